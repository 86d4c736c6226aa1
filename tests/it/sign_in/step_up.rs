//! A page that needs a recent or a stronger sign-in.

use super::browser::{From, location};
use super::rig::Rig;

#[tokio::test]
async fn a_page_that_needs_a_recent_sign_in_leads_to_one_and_back() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    assert_eq!(browser.go("/admin", From::Here).await.status(), 200);
    rig.advance(400);
    let response = browser.go("/admin", From::Here).await;
    assert_eq!(response.status(), 303);
    assert_eq!(location(&response), "/auth/sign-in?to=%2Fadmin&max_age=300");
    let way = browser.go_to_pool(&location(&response)).await;
    assert!(way.contains("max_age=300"), "{way}");
    let before = browser.session();
    let back = browser.at_pool(&way).await;
    let response = browser.go(&back, From::Elsewhere).await;
    assert!(response.body().contains("url=/admin"), "{}", response.body());
    assert_ne!(browser.session(), before);
    assert_eq!(browser.go("/admin", From::Here).await.status(), 200);
}

#[tokio::test]
async fn a_call_of_a_script_is_told_what_sign_in_it_needs() {
    let rig = Rig::new().await;
    let mut browser = rig.signed_in("alice").await;
    rig.advance(400);
    let response = browser.fetch("GET", "/admin").await;
    assert_eq!(response.status(), 401);
    let challenge = response.headers()["www-authenticate"].to_str().expect("text");
    assert!(challenge.contains(r#"error="insufficient_user_authentication""#), "{challenge}");
    assert!(challenge.contains(r#"max_age="300""#), "{challenge}");
}

#[tokio::test]
async fn a_level_that_is_asked_for_is_passed_on_and_held() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let response = browser.sign_in("/auth/sign-in?to=/admin&acr_values=urn:cognito:loa:3").await;
    assert_eq!(response.status(), 200, "{}", response.body());
}

#[tokio::test]
async fn a_pool_that_does_not_sign_in_as_needed_ends_in_a_page_and_not_in_a_circle() {
    let rig = Rig::new().await;
    let mut browser = rig.browser();
    let needed = "acr_values=urn%3Acognito%3Aloa%3A3";
    let way = browser.go_to_pool(&format!("/auth/sign-in?to=/admin&{needed}")).await;
    assert!(way.contains(needed), "{way}");
    // A pool that does not know the parameter.
    let back = browser.at_pool(&way.replace(&format!("&{needed}"), "")).await;
    let response = browser.go(&back, From::Elsewhere).await;
    assert_eq!(response.status(), 403);
    let again = "/auth/sign-in?to=%2Fadmin&amp;acr_values=urn%3Acognito%3Aloa%3A3";
    assert!(response.body().contains(again), "{}", response.body());
    assert!(browser.session().is_none());
}

#[tokio::test]
async fn what_cannot_be_asked_of_a_sign_in_is_refused() {
    let rig = Rig::new().await;
    for query in
        ["max_age=soon", "max_age=-1", "max_age=1&max_age=2", "acr_values=%22", "acr_values="]
    {
        let response = rig.browser().go(&format!("/auth/sign-in?{query}"), From::Here).await;
        assert_eq!(response.status(), 400, "{query}");
    }
}
