use std::time::Duration;

use super::http::Endpoint;
use super::secrets::{Secret, Secrets};
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
    pub(super) async fn renew(&self, refresh_token: &str) -> Result<Issued, Refused> {
        let limit = self.request_timeout;
        self.with_secret(async |client| match &self.domain {
            Some(domain) => domain::renew(domain, client, refresh_token, limit).await,
            None => api::renew(&self.api, client, refresh_token, limit).await,
        })
        .await
    }

    /// Exchanges an authorization code.
    pub(super) async fn exchange(
        &self,
        code: &str,
        redirect_uri: &str,
        code_verifier: &str,
    ) -> Result<Issued, Refused> {
        let Some(domain) = &self.domain else { return Err(Refused::no_domain()) };
        self.with_secret(async |client| {
            let params = [code, redirect_uri, code_verifier];
            domain::exchange(domain, client, params, self.request_timeout).await
        })
        .await
    }

    /// Revokes a refresh token.
    pub(super) async fn revoke(&self, refresh_token: &str) -> Result<(), Refused> {
        let limit = self.request_timeout;
        self.with_secret(async |client| match &self.domain {
            Some(domain) => domain::revoke(domain, client, refresh_token, limit).await,
            None => api::revoke(&self.api, client, refresh_token, limit).await,
        })
        .await
    }

    /// Calls with each secret until Cognito takes one. A refusal of the secret changes nothing at
    /// Cognito, so the next one may follow.
    async fn with_secret<T>(
        &self,
        call: impl AsyncFn(Client<'_>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        let mut refused = Refused::no_secret();
        for (place, secret) in self.secrets.in_order() {
            match call(self.client(secret)).await {
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

    fn client<'a>(&'a self, secret: Option<&'a Secret>) -> Client<'a> {
        Client { id: &self.client_id, secret }
    }
}
