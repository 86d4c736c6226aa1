//! What somebody who attacks a user, the application or its store gets: nothing.

use axum::body::Body;
use axum_cognito::{SessionKey, SessionStore as _};
use http::Request;

use super::browser::{From, location, set_cookies};
use super::rig::Rig;
use super::{ADDRESS, SESSION_COOKIE};
use crate::common::log::Log;
use crate::common::send;

#[tokio::test]
async fn login_csrf_with_the_callback_of_the_attackers_browser_signs_nobody_in() {
    let rig = Rig::new().await;
    rig.pool.sign_in_as("mallory");
    let mut attacker = rig.browser();
    let way = attacker.go_to_pool("/auth/sign-in").await;
    let back = attacker.at_pool(&way).await;
    // The victim follows the attacker's link, with a sign-in of their own under way or not.
    let mut victim = rig.browser();
    for _ in 0..2 {
        let response = victim.go(&back, From::Elsewhere).await;
        assert_eq!(response.status(), 400, "{}", response.body());
        assert!(set_cookies(&response).is_empty());
        victim.go_to_pool("/auth/sign-in").await;
    }
    assert!(victim.session().is_none());
}

#[tokio::test]
async fn a_code_of_another_browser_is_worth_nothing_under_ones_own_state() {
    let rig = Rig::new().await;
    let mut victim = rig.browser();
    let way = victim.go_to_pool("/auth/sign-in").await;
    let stolen = victim.at_pool(&way).await;
    let code = stolen.split(['?', '&']).find(|pair| pair.starts_with("code=")).expect("a code");
    let mut attacker = rig.browser();
    let way = attacker.go_to_pool("/auth/sign-in").await;
    let own = attacker.at_pool(&way).await;
    let state = own.split(['?', '&']).find(|pair| pair.starts_with("state=")).expect("a state");
    let response = attacker.go(&format!("/auth/callback?{code}&{state}"), From::Elsewhere).await;
    assert_eq!(response.status(), 400, "{}", response.body());
    assert!(attacker.session().is_none());
}

#[tokio::test]
async fn a_callback_counts_once() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let way = browser.go_to_pool("/auth/sign-in").await;
    let back = browser.at_pool(&way).await;
    let before = browser.clone();
    assert_eq!(browser.go(&back, From::Elsewhere).await.status(), 200);
    assert_eq!(browser.go(&back, From::Elsewhere).await.status(), 400);
    // Whoever kept the cookie of the attempt meets the code, which works once.
    let mut again = before.clone();
    let response = again.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 400, "{}", response.body());
    assert!(again.session().is_none());
}

#[tokio::test]
async fn a_session_id_that_was_planted_is_not_the_one_of_the_sign_in() {
    let rig = Rig::new().await;
    let known = "A".repeat(43);
    let mut victim = rig.browser();
    victim.set_cookie(SESSION_COOKIE, &known);
    victim.sign_in("/auth/sign-in").await;
    let own = victim.session().expect("a session");
    assert_ne!(own, known);
    let mut attacker = rig.browser();
    attacker.set_cookie(SESSION_COOKIE, &known);
    assert_eq!(attacker.fetch("GET", "/api/me").await.status(), 401);
    // A second sign-in changes the id, and ends the session of the first.
    let mut before = victim.clone();
    victim.sign_in("/auth/sign-in").await;
    assert_ne!(victim.session().expect("a session"), own);
    assert_eq!(before.fetch("GET", "/api/me").await.status(), 401);
}

#[tokio::test]
async fn a_cookie_that_a_subdomain_tossed_signs_nobody_in_as_somebody_else() {
    let rig = Rig::new().await;
    let victim = rig.signed_in("alice").await.session().expect("a session");
    let attacker = rig.signed_in("mallory").await.session().expect("a session");
    for cookies in [
        format!("{SESSION_COOKIE}={attacker}; {SESSION_COOKIE}={victim}"),
        format!("{SESSION_COOKIE}={victim}; {SESSION_COOKIE}={attacker}"),
        // Names that a browser takes from anybody.
        format!("__host-http-session={attacker}"),
        format!("session={attacker}"),
        format!("Host-Http-session={attacker}"),
    ] {
        let request = Request::get("/api/me").header("cookie", &cookies);
        let response = send::send(rig.app(), request.body(Body::empty()).expect("a request")).await;
        assert_eq!(response.status(), 401, "{cookies}");
    }
}

#[tokio::test]
async fn requests_that_change_something_are_refused_across_sites() {
    let rig = Rig::with(|client| client, |builder| builder.lax()).await;
    let browser = rig.signed_in("alice").await;
    let session = browser.session().expect("a session");
    // As a browser would if it did not know `SameSite`.
    let post = |headers: &[(&str, &str)]| {
        let request =
            headers.iter().fold(Request::post("/api/orders"), |request, (name, value)| {
                request.header(*name, *value)
            });
        let request = request.header("cookie", format!("{SESSION_COOKIE}={session}"));
        send::send(rig.app(), request.body(Body::empty()).expect("a request"))
    };
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example.com")],
        &[("origin", "https://evil.example"), ("host", "evil.example")],
        &[("origin", "null")],
        &[("origin", "http://app.example.com"), ("host", "app.example.com")],
    ] {
        let response = post(headers).await;
        assert_eq!(response.status(), 403, "{headers:?}");
        assert!(response.body().contains("cross_site_request"), "{}", response.body());
    }
    // Behind a proxy that ends TLS and names the machine.
    for headers in [
        &[("origin", ADDRESS), ("host", "10.0.0.7:8080")][..],
        &[("sec-fetch-site", "same-origin"), ("host", "10.0.0.7:8080")],
        &[],
    ] {
        assert_eq!(post(headers).await.body(), "ordered", "{headers:?}");
    }
}

#[tokio::test]
async fn a_sign_out_by_another_site_or_by_get_signs_nobody_out() {
    let rig = Rig::with(|client| client, |builder| builder.lax()).await;
    let mut browser = rig.signed_in("alice").await;
    let session = browser.session().expect("a session");
    for (site, origin) in
        [("cross-site", "https://evil.example"), ("same-site", "https://b.app.example.com")]
    {
        let request = Request::post("/auth/sign-out")
            .header("cookie", format!("{SESSION_COOKIE}={session}"))
            .header("sec-fetch-site", site)
            .header("origin", origin);
        let response = send::send(rig.app(), request.body(Body::empty()).expect("a request")).await;
        assert_eq!(response.status(), 403);
        assert!(set_cookies(&response).is_empty());
    }
    assert_eq!(browser.go("/auth/sign-out", From::Here).await.status(), 405);
    assert_eq!(browser.fetch("GET", "/api/me").await.status(), 200);
}

#[tokio::test]
async fn no_token_and_no_secret_is_in_any_answer_log_or_debug() {
    let (log, _guard) = Log::start();
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let mut answers = Vec::new();
    let way = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let begun = browser.cookie(browser.cookie_names()[0]).expect("a cookie").to_owned();
    let back = browser.at_pool(&way).await;
    let code = back.split(['?', '&']).find_map(|pair| pair.strip_prefix("code=")).expect("a code");
    answers.push(browser.go(&back, From::Elsewhere).await);
    let session = browser.session().expect("a session");
    let token = browser.fetch("GET", "/api/token").await.body().clone();
    rig.advance(3700);
    for path in ["/orders", "/api/me", "/auth/session", "/public", "/admin"] {
        answers.push(browser.fetch("GET", path).await);
        answers.push(browser.go(path, From::Here).await);
    }
    let renewed = browser.fetch("GET", "/api/token").await.body().clone();
    assert_ne!(token, renewed);
    answers.push(browser.fetch("POST", "/auth/sign-out").await);
    let text: Vec<_> = answers.iter().map(|answer| format!("{answer:?}")).collect();
    // `Set-Cookie` is marked sensitive, so the answers' text is without it.
    let seen =
        [text.join("\n"), log.text(), format!("{:?} {:?}", rig.sign_in, rig.store)].join("\n");
    let secret = begun.split('.').next().expect("a secret");
    for secret in [&*token, &renewed, &session, code, secret, "secret-of-the-client"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    let signature = token.rsplit('.').next().expect("a signature");
    assert!(!seen.contains(signature));
}

#[tokio::test]
async fn a_stolen_dump_of_the_store_gives_no_token_and_no_session() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let id = browser.fetch("GET", "/api/id").await.body().clone();
    let token = browser.fetch("GET", "/api/token").await.body().clone();
    let bytes: Vec<_> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&id[at..at + 2], 16)).collect();
    let bytes: Result<Vec<u8>, _> = bytes.into_iter().collect();
    let key: [u8; 32] = bytes.expect("hexadecimal").try_into().expect("32 bytes");
    let stored = rig.store.load(SessionKey::from_bytes(key)).await.expect("a store");
    let record = stored.expect("the session under its key").record;
    let text = String::from_utf8_lossy(&record);
    for secret in [&*token, &token[..40], &rig.pool.sub_of("alice"), "eyJ", "refresh"] {
        assert!(!text.contains(secret), "{secret}");
    }
    // Neither the key nor the record is a cookie.
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    for cookie in [id, engine.encode(key), engine.encode(&record)] {
        let mut thief = rig.browser();
        thief.set_cookie(SESSION_COOKIE, &cookie);
        assert_eq!(thief.fetch("GET", "/api/me").await.status(), 401);
    }
}

#[tokio::test]
async fn a_flood_of_sign_ins_and_of_unknown_cookies_leaves_nothing_on_the_server() {
    let rig = Rig::new().await;
    for number in 0..500_u32 {
        rig.browser().go_to_pool("/auth/sign-in?to=/orders").await;
        let mut browser = rig.browser();
        let id = format!("{number:0>43}").replace('0', "A");
        browser.set_cookie(SESSION_COOKIE, &id);
        assert_eq!(browser.fetch("GET", "/api/me").await.status(), 401);
        assert_eq!(
            browser.go(&format!("/auth/callback?code=a&state={id}"), From::Here).await.status(),
            400
        );
    }
    assert!(format!("{:?}", rig.store).contains("sessions: 0"), "{:?}", rig.store);
    assert_eq!(rig.pool.token_requests(), 0);
}

#[tokio::test]
async fn two_accounts_in_two_tabs_are_never_mixed() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    rig.pool.sign_in_as("alice");
    let alice = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let bob = browser.go_to_pool("/auth/sign-in?to=/orders").await;
    let back = browser.at_pool(&alice).await;
    browser.go(&back, From::Elsewhere).await;
    assert_eq!(browser.fetch("GET", "/api/me").await.body(), &rig.pool.sub_of("alice"));
    let alices = browser.clone();
    rig.pool.sign_in_as("bob");
    let back = browser.at_pool(&bob).await;
    browser.go(&back, From::Elsewhere).await;
    // The browser has one session, the later one, whole: its claims, its token, its name.
    assert_eq!(browser.fetch("GET", "/api/me").await.body(), &rig.pool.sub_of("bob"));
    assert!(browser.fetch("GET", "/auth/session").await.body().contains("bob@example.com"));
    assert_ne!(browser.session(), alices.session());
}

#[tokio::test]
async fn a_web_socket_of_another_site_is_not_opened_with_the_session() {
    let rig = Rig::with(|client| client, |builder| builder.lax()).await;
    let session = rig.signed_in("alice").await.session().expect("a session");
    let open = |origin: &str| {
        let request = Request::get("/api/me")
            .header("cookie", format!("{SESSION_COOKIE}={session}"))
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("origin", origin);
        send::send(rig.app(), request.body(Body::empty()).expect("a request"))
    };
    assert_eq!(open("https://evil.app.example.com").await.status(), 403);
    assert_eq!(open(ADDRESS).await.status(), 200);
}

#[tokio::test]
async fn a_link_of_another_site_to_a_strict_application_leads_through_the_sign_in() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    let response = browser.go("/orders", From::Elsewhere).await;
    assert_eq!(
        (response.status().as_u16(), &*location(&response)),
        (303, "/auth/sign-in?to=%2Forders")
    );
}
