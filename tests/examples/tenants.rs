use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use axum::http::StatusCode;
use axum_cognito::CognitoVerifier;
use axum_cognito::testing::{TestPool, TestToken};

use crate::apps::tenants;
use crate::common::{POOL, alice, get, status};

/// The pool of the tenant `acme`; the other pool is the shared one.
static ACME: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

async fn ask(tenant: &str, token: TestToken) -> StatusCode {
    let verifier = CognitoVerifier::builder().trust(&*POOL, "test-client");
    let verifier = verifier.trust(&*ACME, "test-client").build().expect("two pools");
    let pools = HashMap::from([(ACME.user_pool().id().to_owned(), "acme".to_owned())]);
    let app = tenants::app(verifier, Arc::new(pools));
    status(&app, get(&format!("/tenants/{tenant}/orders")), token).await
}

#[tokio::test]
async fn a_user_of_the_shared_pool_belongs_to_the_tenant_of_the_claim() {
    let bakery = || alice().added_by_trigger("custom:tenant", "bakery");
    assert_eq!(ask("bakery", bakery()).await, StatusCode::OK);
    assert_eq!(ask("florist", bakery()).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_user_of_the_shared_pool_without_the_claim_belongs_to_no_tenant() {
    assert_eq!(ask("bakery", alice()).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_claim_that_is_no_text_names_no_tenant() {
    let token = alice().added_by_trigger("custom:tenant", ["bakery"]);
    assert_eq!(ask("bakery", token).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_pool_of_its_own_is_its_tenant() {
    assert_eq!(ask("acme", ACME.access_token("bob")).await, StatusCode::OK);
}

#[tokio::test]
async fn a_pool_of_its_own_cannot_claim_to_be_another_tenant() {
    let token = || ACME.access_token("bob").added_by_trigger("custom:tenant", "bakery");
    assert_eq!(ask("bakery", token()).await, StatusCode::NOT_FOUND);
    assert_eq!(ask("acme", token()).await, StatusCode::OK);
}

#[tokio::test]
async fn a_pool_that_nobody_trusts_is_no_tenant() {
    let other = TestPool::offline();
    assert_eq!(ask("acme", other.access_token("eve")).await, StatusCode::UNAUTHORIZED);
}
