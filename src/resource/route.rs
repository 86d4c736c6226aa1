use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    CACHE_CONTROL, CONTENT_TYPE,
};
use axum::routing::get;

/// Five minutes: a client asks when it has no token, which is rare, and a corrected document
/// should not be waited for (RFC 9728 §7.10).
const CACHEABLE: &str = "public, max-age=300";

/// A router that serves this document at this path.
///
/// It is public and the same for everyone, so scripts of every origin may read it: clients that
/// run in a browser do. They send a header of their own, so a preflight comes before.
pub(super) fn router<S>(path: &str, document: String) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let document = Bytes::from(document);
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, CACHEABLE),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    let allowed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    ];
    let serve = get(async move || (headers, document))
        .options(async move || (StatusCode::NO_CONTENT, allowed));
    Router::new().route(path, serve)
}
