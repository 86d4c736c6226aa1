"""Calls the tool of a protected MCP server, of which it knows the URL and a client id alone.

It prints each request with the status of its answer, and what the tool said. A browser is not
needed: the sign-in page sends everybody back at once.
"""

import sys
from urllib.parse import parse_qs, urlsplit

import anyio
import httpx2
from mcp import ClientSession
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata

CALLBACK = "http://localhost:3030/callback"


class Storage:
    """Keeps the token, and the client that was registered with the pool by hand."""

    def __init__(self, client_id):
        self.tokens = None
        self.client = OAuthClientInformationFull(
            client_id=client_id, redirect_uris=[CALLBACK], token_endpoint_auth_method="none"
        )

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


class Browser:
    """Opens the sign-in page, and remembers where it sends to."""

    async def open(self, url):
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(url, follow_redirects=False)
        print("sign-in", urlsplit(url).path, answer.status_code)
        self.back = parse_qs(urlsplit(answer.headers["location"]).query)

    async def result(self):
        return AuthorizationCodeResult(code=self.back["code"][0], state=self.back["state"][0])


async def tell(answer):
    print(answer.request.method, answer.request.url.path, answer.status_code)


async def main(url, client_id):
    browser = Browser()
    auth = OAuthClientProvider(
        server_url=url,
        client_metadata=OAuthClientMetadata(redirect_uris=[CALLBACK], client_name="test"),
        storage=Storage(client_id),
        redirect_handler=browser.open,
        callback_handler=browser.result,
    )
    hooks = {"response": [tell]}
    async with httpx2.AsyncClient(auth=auth, event_hooks=hooks, trust_env=False) as http:
        async with streamable_http_client(url, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as session:
                await session.initialize()
                result = await session.call_tool("whoami", {})
    print("the tool says:", result.content[0].text)


anyio.run(main, *sys.argv[1:])
