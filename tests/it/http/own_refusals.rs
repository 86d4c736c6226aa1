//! Refusals that a handler makes: the layer around it answers them as its own.

use std::sync::LazyLock;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum_cognito::testing::TestPool;
use axum_cognito::{CognitoClaims, CognitoLayer, Rejection, RejectionKind, VerifyError};
use http::Response;

use crate::common::challenge::parameters;
use crate::common::handlers::route;
use crate::common::log::Log;
use crate::common::send;

static POOL: LazyLock<TestPool> = LazyLock::new(TestPool::offline);

type Refused = Result<String, Rejection>;

async fn forbids(_: CognitoClaims) -> Refused {
    Err(Rejection::forbidden())
}

async fn wants_a_scope(_: CognitoClaims) -> Refused {
    Err(Rejection::insufficient_scope("orders/write"))
}

async fn knows_better(_: CognitoClaims) -> Refused {
    Err(Rejection::invalid_token("session 7 was revoked"))
}

fn layer() -> CognitoLayer {
    CognitoLayer::new(POOL.verifier("test-client")).realm("orders")
}

async fn alice_asks(app: Router) -> Response<String> {
    let token = POOL.access_token("alice").sign();
    send::get(app, &[("authorization", format!("Bearer {token}"))]).await
}

fn rejection(answer: &Response<String>) -> &Rejection {
    answer.extensions().get().expect("a refusal")
}

#[tokio::test]
async fn a_refusal_has_the_realm_of_the_layer() {
    for app in [route(forbids), route(wants_a_scope), route(knows_better)] {
        let answer = alice_asks(app.layer(layer())).await;
        assert_eq!(parameters(&answer)["realm"], "orders");
        let of_rejection = rejection(&answer).www_authenticate();
        assert_eq!(of_rejection.as_ref(), answer.headers().get("www-authenticate"));
    }
}

#[tokio::test]
async fn a_bearer_who_may_not_do_this_gets_403() {
    let answer = alice_asks(route(forbids).layer(layer())).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(rejection(&answer).kind(), RejectionKind::Forbidden);
    assert_eq!(parameters(&answer)["error"], "insufficient_scope");
    assert!(answer.body().contains("insufficient_scope"), "{}", answer.body());
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let answer = alice_asks(route(wants_a_scope).layer(layer())).await;
    assert_eq!(answer.status(), 403);
    assert_eq!(rejection(&answer).kind(), RejectionKind::InsufficientScope);
    assert_eq!(parameters(&answer)["scope"], "orders/write");
}

#[tokio::test]
async fn a_token_that_is_not_accepted_gets_401_and_the_reason_stays_inside() {
    let answer = alice_asks(route(knows_better).layer(layer())).await;
    assert_eq!(answer.status(), 401);
    assert_eq!(parameters(&answer)["error"], "invalid_token");
    let check = VerifyError::Check("session 7 was revoked".to_owned());
    assert_eq!(rejection(&answer).verify_error(), Some(&check));
    assert!(!format!("{:?} {}", answer.headers(), answer.body()).contains("revoked"));
}

#[tokio::test]
async fn a_refusal_is_answered_in_the_form_of_the_layer() {
    let form = |rejection: Rejection| -> Response<Body> {
        (rejection.status(), format!("{:?}", rejection.kind())).into_response()
    };
    let answer = alice_asks(route(forbids).layer(layer().on_rejection(form))).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (403, "Forbidden"));
    assert_eq!(parameters(&answer)["realm"], "orders");
}

#[tokio::test]
async fn of_two_layers_the_inner_one_gives_its_challenge() {
    let app = route(forbids).layer(layer().realm("inner"));
    let answer = alice_asks(app.layer(layer().realm("outer"))).await;
    assert_eq!(parameters(&answer)["realm"], "inner");
}

#[tokio::test]
async fn without_a_layer_a_refusal_has_a_challenge_all_the_same() {
    let answer = alice_asks(route(async || -> Refused { Err(Rejection::forbidden()) })).await;
    assert_eq!((answer.status().as_u16(), &*parameters(&answer)["realm"]), (403, "cognito"));
}

#[tokio::test]
async fn a_refusal_is_logged_once_whoever_makes_it() {
    for app in [route(forbids), route(async |_: axum_cognito::IdClaims| "in")] {
        let (log, _guard) = Log::start();
        alice_asks(app.layer(layer()).layer(layer())).await;
        let text = log.text();
        assert_eq!(text.matches("rejected a request").count(), 1, "{text}");
    }
}
