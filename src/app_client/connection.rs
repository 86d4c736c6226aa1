use std::time::Duration;

use reqwest::RequestBuilder;

use super::http::{Answer, Endpoint, Retry};
use super::secrets::Secrets;
use super::wire::{Client, Issued, Kind, Refused};
use super::{api, domain};

/// How an app client talks to Cognito: where, as whom, with which secret.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client_id: String,
    pub(super) secrets: Secrets,
    /// The endpoint of the user pool's domain, where there is one.
    pub(super) domain: Option<Endpoint>,
    /// The endpoint of the pool's API.
    pub(super) api: Endpoint,
    pub(super) request_timeout: Duration,
}

impl Connection {
    /// Exchanges a refresh token.
    ///
    /// Within the grace period of the rotation the old token works again, so a lost answer is asked
    /// for once more.
    pub(super) async fn renew(&self, token: &str) -> Result<Issued, Refused> {
        match &self.domain {
            Some(domain) => {
                let request = |client: Client<'_>| domain::renewal(domain, client, token);
                self.with_secret(request, Retry::Lost, domain::issued).await
            }
            None => {
                let request = |client: Client<'_>| api::renewal(&self.api, client, token);
                self.with_secret(request, Retry::Lost, api::issued).await
            }
        }
    }

    /// Exchanges an authorization code, which works once.
    pub(super) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Result<Issued, Refused> {
        let domain = self.domain.as_ref().ok_or_else(Refused::no_domain)?;
        let params = [code, redirect_uri, code_verifier];
        let request = |client: Client<'_>| domain::exchange(domain, client, params);
        self.with_secret(request, Retry::NotSent, domain::issued).await
    }

    /// Revokes a refresh token.
    pub(super) async fn revoke(&self, token: &str) -> Result<(), Refused> {
        match &self.domain {
            Some(domain) => {
                let request = |client: Client<'_>| domain::revocation(domain, client, token);
                self.with_secret(request, Retry::Lost, domain::done).await
            }
            None => {
                let request = |client: Client<'_>| api::revocation(&self.api, client, token);
                self.with_secret(request, Retry::Lost, api::done).await
            }
        }
    }

    /// Ends every sign-in of the user of this access token.
    pub(super) async fn sign_out_everywhere(&self, access_token: &str) -> Result<(), Refused> {
        self.call_as_user(api::sign_out_everywhere(&self.api, access_token)).await
    }

    /// Asks for the user of this access token.
    pub(super) async fn user(&self, access_token: &str) -> Result<(), Refused> {
        self.call_as_user(api::user(&self.api, access_token)).await
    }

    async fn call_as_user(&self, request: RequestBuilder) -> Result<(), Refused> {
        api::done(&Answer::to(request, Retry::Lost, self.request_timeout).await?)
    }

    /// Sends a request with each secret until Cognito takes one. A refusal of the secret changes
    /// nothing at Cognito, so the next one may follow.
    async fn with_secret<T>(
        &self,
        request: impl Fn(Client<'_>) -> RequestBuilder,
        retry: Retry,
        read: fn(&Answer) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let mut refused = Refused::no_secret();
        for (place, secret) in self.secrets.in_order() {
            let request = request(Client { id: &self.client_id, secret });
            match read(&Answer::to(request, retry, self.request_timeout).await?) {
                Err(error) if error.kind == Kind::WrongSecret => refused = error,
                Err(error) if error.kind != Kind::Ended => return Err(error),
                answer => {
                    self.secrets.accept(place);
                    return answer;
                }
            }
        }
        Err(refused)
    }
}
