use std::convert::Infallible;
use std::fmt;
use std::future::{Future as _, Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::header::{HeaderName, ORIGIN, UPGRADE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use tower_http::csrf::CsrfLayer;
use tower_layer::Layer as _;
use tower_service::Service;

use super::address::Address;
use crate::ConfigError;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Tells requests that another site lets a browser send, by `Sec-Fetch-Site` and `Origin`.
///
/// `tower-http`'s layer decides. It is asked with the two headers alone, so that only the configured
/// origin counts as the application's own, whatever `Host` a proxy hands on, and not its http twin.
#[derive(Clone)]
pub(super) struct CrossSite {
    layer: CsrfLayer,
}

impl CrossSite {
    pub(super) fn new(address: &Address) -> Result<Self, ConfigError> {
        let layer = CsrfLayer::new().add_trusted_origin(address.origin());
        let layer = layer.map_err(|_| ConfigError::Url {
            url: address.origin().to_owned(),
            role: "the address of an application",
            problem: "its host should be as browsers send it: ASCII, in punycode",
        })?;
        Ok(Self { layer })
    }

    /// Whether a request that may change something comes from another site.
    ///
    /// A WebSocket begins with `GET`, and no same-origin policy keeps another site from opening one.
    pub(super) fn is_forged(&self, method: &Method, headers: &HeaderMap) -> bool {
        let method = if headers.contains_key(UPGRADE) { &Method::POST } else { method };
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        for name in [ORIGIN, SEC_FETCH_SITE] {
            if let Some(value) = headers.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let mut service = self.layer.layer(LetIn);
        let answer = pin!(service.call(request)).poll(&mut Context::from_waker(Waker::noop()));
        let status = match &answer {
            Poll::Ready(Ok(response)) => response.status(),
            Poll::Ready(Err(never)) => match *never {},
            // The layer waits for nothing.
            Poll::Pending => StatusCode::FORBIDDEN,
        };
        status != StatusCode::OK
    }
}

impl fmt::Debug for CrossSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}

/// What stands behind the layer, to see what it lets through.
struct LetIn;

impl Service<Request<()>> for LetIn {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_forged(method: &Method, headers: &[(&str, &str)]) -> bool {
        let address = Address::parse("https://app.example.com/shop").expect("an address");
        let cross_site = CrossSite::new(&address).expect("an origin");
        let headers = headers.iter().map(|(name, value)| {
            (HeaderName::try_from(*name).expect("a name"), value.parse().expect("a value"))
        });
        cross_site.is_forged(method, &headers.collect())
    }

    #[test]
    fn an_unsafe_request_of_the_application_itself_is_let_through() {
        for headers in [
            &[("sec-fetch-site", "same-origin"), ("origin", "https://app.example.com")][..],
            &[("origin", "https://app.example.com"), ("host", "10.0.0.7:8080")],
            // Typed by the user, or no browser at all.
            &[("sec-fetch-site", "none")],
            &[],
        ] {
            assert!(!is_forged(&Method::POST, headers), "{headers:?}");
        }
    }

    #[test]
    fn an_unsafe_request_of_any_other_origin_is_forged() {
        for headers in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example.com")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "https://app.example.com.evil.example")],
            &[("origin", "https://app.example.com:8443")],
            &[("origin", "http://app.example.com"), ("host", "app.example.com")],
            &[("origin", "https://evil.example"), ("host", "evil.example")],
        ] {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::TRACE]
            {
                assert!(is_forged(&method, headers), "{method} {headers:?}");
            }
        }
    }

    #[test]
    fn a_safe_request_is_never_forged_but_a_web_socket_of_another_site_is() {
        let cross = ("origin", "https://evil.app.example.com");
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(!is_forged(&method, &[cross]));
        }
        assert!(is_forged(&Method::GET, &[cross, ("upgrade", "websocket")]));
        let own = ("origin", "https://app.example.com");
        assert!(!is_forged(&Method::GET, &[own, ("upgrade", "websocket")]));
    }
}
