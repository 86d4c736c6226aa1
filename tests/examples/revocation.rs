use axum::Router;
use axum::http::StatusCode;
use axum_cognito::{CognitoVerifier, Revocations};

use crate::apps::revocation;
use crate::common::{POOL, alice, bearer, get, post, send};

/// Two servers with one list.
fn servers() -> [Router; 2] {
    let revocations = Revocations::in_memory();
    [(); 2].map(|()| {
        let verifier = CognitoVerifier::builder().trust(&*POOL, "test-client");
        let verifier = verifier.revocations(&revocations).build().expect("valid settings");
        revocation::app(verifier, revocations.clone())
    })
}

#[tokio::test]
async fn a_sign_out_at_one_server_counts_at_both_at_once() {
    let [one, other] = servers();
    let token = bearer(&alice().sign());
    for server in [&one, &other] {
        let answer = send(server, get("/me").header("authorization", &token)).await;
        assert!(answer.into_body().starts_with("you are "));
    }
    let answer = send(&one, post("/sign-out").header("authorization", &token)).await;
    assert_eq!((answer.status(), answer.body().as_str()), (StatusCode::OK, "signed out\n"));
    for server in [&one, &other] {
        let answer = send(server, get("/me").header("authorization", &token)).await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert!(answer.body().contains("The sign-in was ended: sign in again."));
    }
}

#[tokio::test]
async fn another_sign_in_stays() {
    let [server, _] = servers();
    let (phone, laptop) = (bearer(&alice().sign()), bearer(&alice().sign()));
    send(&server, post("/sign-out").header("authorization", laptop)).await;
    let answer = send(&server, get("/me").header("authorization", phone)).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_machine_has_nothing_to_sign_out_of() {
    let [server, _] = servers();
    let token = bearer(&POOL.machine_token("test-client").sign());
    let answer = send(&server, post("/sign-out").header("authorization", token)).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn readiness_counts_the_entries() {
    let [server, _] = servers();
    let token = bearer(&alice().sign());
    send(&server, post("/sign-out").header("authorization", token)).await;
    let answer = send(&server, get("/ready")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.body(), "revocations: Current, 1 entries\n");
}
