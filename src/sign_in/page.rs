use axum::body::Body;
use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, StatusCode};

/// No script, no form, no other site: what a page of the sign-in shows is text and one link.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";
const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}\
    main{max-width:32rem;margin:15vh auto 0;padding:0 1.5rem}h1{font-size:1.5rem}a{color:#0b57d0}\
    @media(prefers-color-scheme:dark){body{color:#eee;background:#1a1a1a}a{color:#a8c7fa}}";

/// The page of a browser that came back signed in: it goes on by itself.
///
/// A page and no redirect: the way back began at another site, and a browser sends `Strict` cookies
/// to no request of such a way; a page of the application begins a new one.
pub(super) fn signed_in(to: &str) -> Response {
    let to = escape(to);
    page(
        StatusCode::OK,
        "Signed in",
        &format!(r#"<meta http-equiv="refresh" content="0; url={to}">"#),
        &format!(r#"<p>You are signed in.</p><p><a href="{to}">Continue</a></p>"#),
    )
}

/// A page that says in one sentence why a sign-in or a sign-out failed, with a link to try again.
pub(super) fn failed(status: StatusCode, sentence: &str, again: &str) -> Response {
    let again = escape(again);
    let body = format!(r#"<p>{}</p><p><a href="{again}">Try again</a></p>"#, escape(sentence));
    page(status, "That did not work", "", &body)
}

/// The headers of every answer of the sign-in's own: kept nowhere, and their address, which may hold
/// a code, is told to nobody.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [
        (CACHE_CONTROL, "no-store"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn page(status: StatusCode, title: &str, head: &str, body: &str) -> Response {
    let html = format!(
        r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">{head}<title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>"#
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    protect(response.headers_mut());
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, html);
    response
}

/// Text as HTML, also between quotes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
