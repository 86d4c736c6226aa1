// Calls the tool of a protected MCP server, of which it knows the URL and a client id alone.
//
// It prints each request with the status of its answer, and what the tool said. A browser is not
// needed: the sign-in page sends everybody back at once.

import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [url, clientId, installed] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${installed}/`));
const sdk = (file) => import(pathToFileURL(require.resolve(`@modelcontextprotocol/sdk/client/${file}`)));
const { Client } = await sdk("index.js");
const { UnauthorizedError } = await sdk("auth.js");
const { StreamableHTTPClientTransport } = await sdk("streamableHttp.js");

const callback = "http://localhost:3030/callback";
const stored = {};
let code;

const authProvider = {
  redirectUrl: callback,
  clientMetadata: { redirect_uris: [callback], client_name: "test" },
  // The client that was registered with the pool by hand: it has no secret.
  clientInformation: () => ({ client_id: clientId, token_endpoint_auth_method: "none" }),
  tokens: () => stored.tokens,
  saveTokens: (tokens) => { stored.tokens = tokens; },
  codeVerifier: () => stored.verifier,
  saveCodeVerifier: (verifier) => { stored.verifier = verifier; },
  redirectToAuthorization: async (page) => {
    const answer = await fetch(page, { redirect: "manual" });
    console.log("sign-in", page.pathname, answer.status);
    code = new URL(answer.headers.get("location")).searchParams.get("code");
  },
};

const tellingFetch = async (input, init) => {
  const answer = await fetch(input, init);
  console.log(init?.method ?? "GET", new URL(input).pathname, answer.status);
  return answer;
};

const transport = () =>
  new StreamableHTTPClientTransport(new URL(url), { authProvider, fetch: tellingFetch });

const first = transport();
let client = new Client({ name: "test", version: "1.0.0" });
try {
  await client.connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) throw error;
  await first.finishAuth(code);
  client = new Client({ name: "test", version: "1.0.0" });
  await client.connect(transport());
}
const result = await client.callTool({ name: "whoami", arguments: {} });
console.log("the tool says:", result.content[0].text);
await client.close();
