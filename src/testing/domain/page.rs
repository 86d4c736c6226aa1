//! The pages that a person sees.

use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::params::{Params, with_query};

/// A page with a button for each user, and a field for any other.
pub(super) fn sign_in(query: &str, users: &[String], hint: &str, problem: Option<&str>) -> String {
    let problem = problem
        .map_or(String::new(), |problem| format!("<p role=\"alert\">{}</p>\n", escape(problem)));
    let buttons: String = users
        .iter()
        .map(|name| {
            let name = escape(name);
            format!("<li><button name=\"username\" value=\"{name}\">{name}</button></li>\n")
        })
        .collect();
    let (action, hint) = (escape(&format!("/login?{query}")), escape(hint));
    let list = if users.is_empty() {
        String::new()
    } else {
        format!(
            "<form method=\"post\" action=\"{action}\">\n<ul aria-label=\"Users\">\n{buttons}</ul>\n</form>\n"
        )
    };
    document(
        "Sign in to the test pool",
        &format!(
            "{problem}{list}<form method=\"post\" action=\"{action}\">\n\
             <label for=\"username\">User name</label>\n\
             <input id=\"username\" name=\"username\" value=\"{hint}\" autocomplete=\"username\" required>\n\
             <button>Sign in</button>\n</form>\n"
        ),
    )
}

/// `GET /error`: what cannot be told to the client.
pub(super) async fn error(uri: Uri) -> Response {
    let params = Params::parse(uri.query().unwrap_or_default().as_bytes());
    let error = escape(params.get("error").unwrap_or("error"));
    html(
        StatusCode::BAD_REQUEST,
        document("An error was encountered", &format!("<p>{error}</p>\n")),
    )
}

/// The address of the error page, where Cognito sends a browser that it cannot send back.
pub(super) fn error_address(error: &str, client_id: &str) -> String {
    with_query("/error", &[("error", error), ("client_id", client_id)])
}

pub(super) fn redirect(to: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, to), (header::CACHE_CONTROL, "no-store")])
        .into_response()
}

pub(super) fn html(status: StatusCode, html: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html;charset=UTF-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, html).into_response()
}

fn document(title: &str, content: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{content}</main>\n</body>\n</html>\n"
    )
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 24rem; margin: 3rem auto; padding: 0 1rem; }
ul { list-style: none; padding: 0; }
li { margin: .5rem 0; }
button, input { font: inherit; padding: .5rem .75rem; width: 100%; box-sizing: border-box; }
label, input { display: block; margin-bottom: .5rem; }
";

/// Text for an element or a quoted attribute.
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
