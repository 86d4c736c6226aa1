//! `AlbLayer`, and the claims as arguments of a handler.

use std::time::Duration;

use axum::routing::get;
use axum::{Extension, Router};
use axum_cognito::testing::{TestLoadBalancer, TestPool};
use axum_cognito::{
    AlbClaims, AlbLayer, CognitoClaims, CognitoLayer, Rejection, RejectionKind, Require,
    VerifyError,
};
use http::{Request, Response};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt as _, service_fn};

use crate::common::alb::{CLIENT, LOAD_BALANCER, data};
use crate::common::handlers::route;
use crate::common::log::Log;
use crate::common::send;

const DATA: &str = "x-amzn-oidc-data";

async fn who(claims: AlbClaims) -> String {
    claims.sub().to_owned()
}

async fn who_if_any(claims: Option<AlbClaims>) -> String {
    claims.map_or("nobody".to_owned(), |claims| claims.sub().to_owned())
}

fn layer() -> AlbLayer {
    AlbLayer::new(LOAD_BALANCER.verifier(CLIENT))
}

async fn ask<V: AsRef<[u8]>>(app: Router, values: &[V]) -> Response<String> {
    let headers: Vec<_> = values.iter().map(|value| (DATA, value.as_ref())).collect();
    send::get(app, &headers).await
}

fn kind(answer: &Response<String>) -> Option<RejectionKind> {
    answer.extensions().get().map(Rejection::kind)
}

fn challenge(answer: &Response<String>) -> Option<&str> {
    let mut lines = answer.headers().get_all("www-authenticate").iter();
    let line = lines.next().map(|line| line.to_str().expect("text"));
    assert_eq!(lines.next(), None);
    line
}

fn body(answer: &Response<String>) -> Value {
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    serde_json::from_str(answer.body()).expect("JSON")
}

#[tokio::test]
async fn a_handler_gets_the_claims() {
    let answer = ask(route(who).layer(layer()), &[data().sign()]).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "alice"));
    let answer = ask(route(who_if_any).layer(layer()), &[data().sign()]).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "alice"));
}

#[tokio::test]
async fn a_request_without_data_gets_a_challenge_without_an_error_code() {
    for values in [vec![], vec![""]] {
        let answer = ask(route(who).layer(layer()), &values).await;
        assert_eq!(answer.status(), 401);
        assert_eq!(kind(&answer), Some(RejectionKind::MissingToken));
        assert_eq!(challenge(&answer), Some("ALB realm=\"cognito\""));
        assert_eq!(body(&answer)["error"], "missing_token");
    }
}

#[tokio::test]
async fn a_request_without_data_does_not_reach_a_handler_that_takes_no_claims() {
    let app = Router::new().route("/", get(async || "in")).layer(layer());
    assert_eq!(ask::<&str>(app, &[]).await.status(), 401);
}

#[tokio::test]
async fn the_token_of_another_header_is_no_data() {
    let app = route(who).layer(layer());
    let bearer = format!("Bearer {}", data().sign());
    assert_eq!(send::get(app, &[("authorization", bearer)]).await.status(), 401);
}

#[tokio::test]
async fn bad_data_are_invalid_and_no_challenge_says_bearer() {
    let wrong = [
        data().expired(),
        data().header("signer", "x"),
        data().header("iss", "x"),
        data().client_id("x"),
        data().header("alg", "HS256"),
        data().header("kid", "x"),
        data().without_claim("sub"),
        data().signed_by(&TestLoadBalancer::offline()),
    ];
    for data in wrong {
        let answer = ask(route(who).layer(layer()), &[data.sign()]).await;
        assert_eq!(answer.status(), 401, "{}", answer.body());
        let body = body(&answer);
        assert_eq!(body["error"], "invalid_token");
        let description = body["error_description"].as_str().expect("a sentence");
        assert_eq!(
            challenge(&answer).expect("a challenge"),
            format!(
                "ALB realm=\"cognito\", error=\"invalid_token\", error_description=\"{description}\""
            ),
        );
    }
}

#[tokio::test]
async fn expired_data_are_told_apart() {
    let answer = ask(route(who).layer(layer()), &[data().expired().sign()]).await;
    assert_eq!(kind(&answer), Some(RejectionKind::ExpiredToken));
    let rejection: &Rejection = answer.extensions().get().expect("a rejection");
    assert_eq!(rejection.verify_error(), Some(&VerifyError::Expired));
    assert_eq!(rejection.to_string(), "401: the token has expired");
}

#[tokio::test]
async fn two_headers_are_refused_even_if_they_are_equal() {
    let (good, other) = (data().sign(), data().expired().sign());
    for values in [[&good, &good], [&good, &other], [&other, &good]] {
        for layer in [layer(), layer().optional()] {
            let answer = ask(route(who).layer(layer), &values).await;
            assert_eq!(answer.status(), 400);
            assert_eq!(kind(&answer), Some(RejectionKind::MalformedCredentials));
        }
    }
}

#[tokio::test]
async fn bytes_that_are_no_text_are_refused_and_never_a_panic() {
    for byte in (0x80..=0xff).chain([b'\t']) {
        let mut value = data().sign().into_bytes();
        value[7] = byte;
        assert_eq!(ask(route(who).layer(layer()), &[value]).await.status(), 401, "{byte}");
    }
}

#[tokio::test]
async fn an_optional_layer_lets_a_request_without_data_through_and_no_bad_ones() {
    let app = || route(who_if_any).layer(layer().optional());
    let answer = ask::<&str>(app(), &[]).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "nobody"));
    assert_eq!(ask(app(), &[data().sign()]).await.body(), "alice");
    assert_eq!(ask(app(), &[data().expired().sign()]).await.status(), 401);
    assert_eq!(ask(app(), &["x"]).await.status(), 401);
}

#[tokio::test]
async fn a_handler_that_needs_claims_behind_an_optional_layer_asks_with_that_layers_challenge() {
    let app = route(who).layer(layer().optional().realm("shop"));
    let answer = ask::<&str>(app, &[]).await;
    assert_eq!((answer.status().as_u16(), challenge(&answer)), (401, Some("ALB realm=\"shop\"")));
}

#[tokio::test]
async fn claims_without_the_layer_are_an_error_of_the_server() {
    let bearer = CognitoLayer::new(TestPool::offline().verifier("app")).optional();
    for app in [
        route(who),
        route(who_if_any),
        route(who).layer(bearer.clone()),
        Router::new().layer(layer()).route("/", get(who)),
    ] {
        let (log, _guard) = Log::start();
        let answer = ask(app, &[data().sign()]).await;
        assert_eq!(answer.status(), 500);
        assert_eq!(kind(&answer), Some(RejectionKind::MissingLayer));
        assert_eq!(challenge(&answer), None);
        let errors = log.errors();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].contains("AlbLayer") && errors[0].contains("AlbClaims"), "{errors:?}");
    }
}

#[tokio::test]
async fn the_layer_does_not_stand_in_for_a_cognito_layer() {
    let (log, _guard) = Log::start();
    let app = route(async |_: CognitoClaims| "in").layer(layer());
    assert_eq!(ask(app, &[data().sign()]).await.status(), 500);
    let app = route(async || "in").layer(Require::group("admins")).layer(layer());
    assert_eq!(ask(app, &[data().sign()]).await.status(), 500);
    assert!(log.errors().iter().all(|line| line.contains("CognitoLayer")), "{:?}", log.errors());
}

#[tokio::test]
async fn both_layers_go_together() {
    let pool = TestPool::offline();
    let bearer = CognitoLayer::new(pool.verifier("test-client"));
    let both = async |alb: AlbClaims, token: CognitoClaims| {
        format!("{} {}", alb.sub(), token.username().unwrap_or_default())
    };
    let app = route(both).layer(layer()).layer(bearer);
    let token = format!("Bearer {}", pool.access_token("bob").sign());
    let answer = send::get(app, &[(DATA, data().sign()), ("authorization", token)]).await;
    assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, "alice bob"));
}

#[tokio::test]
async fn an_inner_layer_takes_the_claims_of_an_outer_one_away() {
    let verifier = LOAD_BALANCER.verifier(CLIENT);
    let claims = verifier.verify(&data().sign()).await.expect("good data");
    let app = route(who_if_any).layer(layer().optional()).layer(Extension(claims));
    assert_eq!(ask::<&str>(app, &[]).await.body(), "nobody");
}

#[tokio::test]
async fn a_layer_inside_prints_sensitive_for_what_the_load_balancer_adds() {
    let print = async |headers: http::HeaderMap| format!("{headers:?}");
    let app = route(print).layer(layer());
    let headers = [(DATA, data().sign()), ("x-amzn-oidc-accesstoken", "eyJ.a.b".to_owned())];
    let answer = send::get(app, &headers).await;
    assert_eq!(answer.body().matches("Sensitive").count(), 2, "{}", answer.body());
    assert!(!answer.body().contains("eyJ"), "{}", answer.body());
}

#[tokio::test]
async fn a_key_that_is_not_available_is_503_with_a_time_to_wait() {
    let load_balancer = TestLoadBalancer::offline();
    load_balancer.set_outage(true);
    let app = route(who).layer(AlbLayer::new(load_balancer.verifier("test-client")));
    let answer = ask(app, &[load_balancer.token("alice").sign()]).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(kind(&answer), Some(RejectionKind::KeysUnavailable));
    assert_eq!(challenge(&answer), None);
    let seconds: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().expect("seconds");
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert_eq!(body(&answer)["error"], "temporarily_unavailable");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_waits_for_its_key_gets_the_claims_or_the_refusal() {
    let load_balancer = TestLoadBalancer::offline();
    load_balancer.set_latency(Duration::from_secs(1));
    let app = route(who).layer(AlbLayer::new(load_balancer.verifier("test-client")));
    let forged = [load_balancer.token("alice").signed_by(&TestLoadBalancer::offline()).sign()];
    let good = [load_balancer.token("alice").sign()];
    let (good, forged) = tokio::join!(ask(app.clone(), &good), ask(app, &forged));
    assert_eq!((good.status().as_u16(), good.body().as_str()), (200, "alice"));
    assert_eq!((forged.status().as_u16(), kind(&forged)), (401, Some(RejectionKind::InvalidToken)));
    assert_eq!(load_balancer.key_requests(), 1);
}

#[tokio::test]
async fn refusals_are_answered_in_the_programs_own_way() {
    let own = |rejection: Rejection| {
        let body = json!({ "kind": format!("{:?}", rejection.kind()) }).to_string();
        let answer = Response::builder().status(rejection.status());
        answer.body(axum::body::Body::from(body)).expect("an answer")
    };
    let app = route(who).layer(layer().on_rejection(own));
    let answer = ask(app, &[data().expired().sign()]).await;
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_str()),
        (401, r#"{"kind":"ExpiredToken"}"#)
    );
    assert!(challenge(&answer).is_some_and(|line| line.starts_with("ALB ")));
    // An extractor's refusal too.
    let app = route(who).layer(layer().optional().on_rejection(own));
    let answer = ask::<&str>(app, &[]).await;
    assert_eq!(answer.body(), r#"{"kind":"MissingToken"}"#);
}

#[test]
fn a_realm_that_a_challenge_cannot_carry_is_an_error_of_the_build() {
    assert!(layer().realm("shop").build().is_ok());
    assert!(layer().realm("a\"b").build().is_err());
}

#[tokio::test]
async fn the_claims_stand_in_the_extensions_of_plain_services() {
    let inner = service_fn(async |request: Request<()>| {
        let claims = request.extensions().get::<AlbClaims>();
        let user = claims.map_or("nobody".to_owned(), |claims| claims.sub().to_owned());
        Ok::<_, std::convert::Infallible>(Response::new(user))
    });
    let request = Request::get("/").header(DATA, data().sign()).body(()).expect("a request");
    let answer = layer().layer(inner).oneshot(request).await.expect("never fails");
    assert_eq!(answer.body(), "alice");
}
