//! The pages: plain HTML, one style sheet, one script.

use std::time::UNIX_EPOCH;

use axum::response::Html;
use axum_cognito::Session;

pub(crate) const STYLE: &str = include_str!("style.css");
pub(crate) const SCRIPT: &str = include_str!("app.js");

/// For everybody.
pub(crate) fn home(name: Option<&str>) -> Html<String> {
    let main = match name {
        Some(name) => format!(
            r#"<h1>Welcome back, {}</h1>
            <p>You are signed in.</p>
            <p><a class="button" href="/account">Your account</a></p>"#,
            escape(name)
        ),
        None => r#"<h1>An application with a sign-in</h1>
            <p>This page is for everybody. Your account is behind the sign-in.</p>
            <p><a class="button" href="/auth/sign-in?to=/account">Sign in</a></p>"#
            .to_owned(),
    };
    page("Home", name, &main)
}

/// For who is signed in.
pub(crate) fn account(session: &Session) -> Html<String> {
    let name = session.name();
    let groups = match session.claims().groups() {
        [] => "none".to_owned(),
        groups => escape(&groups.join(", ")),
    };
    let expiry = session.claims().expires_at().duration_since(UNIX_EPOCH).unwrap_or_default();
    let main = format!(
        r#"<h1>Your account</h1>
        <dl>
          <dt>Name</dt><dd id="name">{}</dd>
          <dt>Groups</dt><dd id="groups">{groups}</dd>
          <dt>Token expires</dt><dd><time id="expiry" data-seconds="{}">in a while</time></dd>
        </dl>
        <p>
          <button type="button" id="ask">Ask the API who I am</button>
          <output id="answer" for="ask" aria-live="polite"></output>
        </p>
        <form method="post" action="/account/sign-out-everywhere">
          <button type="submit" class="quiet">Sign out everywhere</button>
        </form>"#,
        escape(&name),
        expiry.as_secs(),
    );
    page("Your account", Some(&name), &main)
}

/// For admins who have just signed in.
pub(crate) fn admin(username: &str) -> Html<String> {
    let main = format!(
        r#"<h1>Administration</h1>
        <p>{}, you signed in within the last minute, so you may see this page.</p>"#,
        escape(username)
    );
    page("Administration", Some(username), &main)
}

fn page(title: &str, name: Option<&str>, main: &str) -> Html<String> {
    let user = match name {
        Some(name) => format!(
            r#"<span id="who">{}</span>
            <form method="post" action="/auth/sign-out"><button type="submit">Sign out</button></form>"#,
            escape(name)
        ),
        None => String::new(),
    };
    Html(format!(
        r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{title} – web_app</title>
    <link rel="stylesheet" href="/style.css">
    <link rel="icon" href="data:,">
    <script src="/app.js" defer></script>
  </head>
  <body data-signed-in="{}">
    <header>
      <nav aria-label="Pages">
        <a href="/">Home</a> <a href="/account">Account</a> <a href="/admin">Administration</a>
      </nav>
      <div class="user">{user}</div>
    </header>
    <main>{main}</main>
  </body>
</html>"#,
        name.is_some()
    ))
}

/// Text as HTML, also between quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
