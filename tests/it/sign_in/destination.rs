//! Where a sign-in may lead: pages of this application, whatever a link says.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reqwest::Url;

use super::ADDRESS;
use super::browser::{Browser, From};
use super::rig::Rig;

/// The page that a sign-in with this `to` leads to; `None` if it is refused.
async fn led_to(browser: &mut Browser, to: &str) -> Option<String> {
    let query: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    let response = browser.go(&format!("/auth/sign-in?to={query}"), From::Elsewhere).await;
    if response.status() == 400 {
        return None;
    }
    let back = browser.at_pool(&super::browser::location(&response)).await;
    let response = browser.go(&back, From::Elsewhere).await;
    let (_, behind) = response.body().split_once("0; url=").expect("a way on");
    let url = behind.split('"').next().expect("an address");
    Some(url.replace("&amp;", "&").replace("&#39;", "'"))
}

fn is_of_application(url: &str) -> bool {
    // As browsers read an address (WHATWG URL).
    let base = Url::parse(&format!("{ADDRESS}/auth/callback")).expect("an address");
    base.join(url).is_ok_and(|url| url.origin() == base.origin())
}

#[tokio::test]
async fn a_destination_out_of_the_application_is_refused() {
    let rig = Rig::new().await;
    for to in [
        "//evil.example",
        "/\\evil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "https://evil.example",
        "https://app.example.com",
        "javascript:alert(1)",
        "/\t/evil.example",
        "@evil.example",
        "/a/../../b",
        "",
        "/auth/sign-in",
        "/caf\u{e9}",
    ] {
        assert_eq!(led_to(&mut rig.browser(), to).await, None, "{to}");
    }
    let response = rig.browser().go("/auth/sign-in?to=/a&to=/b", From::Here).await;
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_destination_of_the_application_is_where_the_sign_in_leads() {
    let rig = Rig::new().await;
    for to in ["/", "/orders?a=b&c=d'e#top", "/search?to=//evil.example", "/@alice", "/caf%C3%A9"] {
        assert_eq!(led_to(&mut rig.browser(), to).await.as_deref(), Some(to));
    }
}

#[tokio::test]
async fn a_page_with_an_address_that_cannot_be_kept_leads_to_the_start() {
    let rig = Rig::new().await;
    let long = format!("/orders?{}", "a".repeat(3000));
    let response = rig.browser().go(&long, From::Here).await;
    assert_eq!(super::browser::location(&response), "/auth/sign-in");
}

#[test]
fn no_text_leads_out_of_the_application() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let rig = runtime.block_on(Rig::new());
    let texts = prop_oneof![
        "[/\\\\@:.%25cfe?#\\t\\n a-z]{0,24}",
        "/{1,3}(%2[fF]|%5[cC]|\\\\|/|\\.|%2[eE]){0,4}(evil\\.example)?",
        "/[a-z]{1,8}[/?#][\\PC&&[^/]]{0,8}",
        "\\PC{0,24}",
    ];
    let config = ProptestConfig { cases: 256, failure_persistence: None, ..Default::default() };
    let checked = TestRunner::new(config).run(&texts, |to| {
        if let Some(url) = runtime.block_on(led_to(&mut rig.browser(), &to)) {
            prop_assert!(is_of_application(&url), "{to:?} leads to {url:?}");
            prop_assert_eq!(url, to);
        }
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}
