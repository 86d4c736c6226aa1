//! The crate's own app client against an emulator, as far as that has what the client asks for.

use axum_cognito::{AppClient, AppClientBuilder};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, redirect};

use crate::{Emulator, Pool};

impl Emulator {
    /// An app client of this pool, which uses the API until it is told of the domain.
    ///
    /// # Panics
    /// When its HTTP client cannot be built.
    pub fn app_client(&self, pool: &Pool<'_>, client: &str) -> AppClientBuilder {
        let builder = AppClient::builder(pool.trusted(), client).endpoint(self.url(""));
        let Some(authorization) = self.signer().authorization else { return builder };
        let value = HeaderValue::from_static(authorization);
        let headers: HeaderMap = [(AUTHORIZATION, value)].into_iter().collect();
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none());
        let http = http.default_headers(headers).build().expect("the HTTP client can be built");
        builder.http_client(http)
    }

    /// Its domain, where it has the endpoints of one.
    #[must_use]
    pub fn domain(&self) -> String {
        self.url("")
    }
}
