//! Sign-out: what the domain and the API refuse from then on.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum_cognito::testing::{TestClient, TestPool};
use serde_json::{Value, json};

use super::{Answer, call, post, refresh, send};

fn revoke(token: &str) -> [(&str, &str); 2] {
    [("client_id", "web"), ("token", token)]
}

async fn get_user(pool: &TestPool, access_token: &str) -> Answer {
    call(pool, "GetUser", &json!({ "AccessToken": access_token })).await
}

async fn user_info(pool: &TestPool, access_token: &str) -> Answer {
    let request = Request::get("/oauth2/userInfo");
    let request = request.header("authorization", format!("Bearer {access_token}"));
    send(pool, request.body(Body::empty()).expect("a request")).await
}

/// Whether the pool itself takes an access token.
async fn is_taken(pool: &TestPool, access_token: &str) -> bool {
    let (user, info) = (get_user(pool, access_token).await, user_info(pool, access_token).await);
    assert_eq!(user.status == 200, info.status == 200, "{} {}", user.body, info.body);
    if user.status != 200 {
        assert_eq!(user.exception(), (400, "NotAuthorizedException".to_owned()));
        let said = info.header("www-authenticate");
        assert!(info.status == 401 && said.starts_with("Bearer error=\"invalid_token\""), "{said}");
    }
    user.status == 200
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_its_sign_in_and_no_other() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").rotation(Duration::from_secs(60)));
    let [by_domain, by_api, other] = [(); 3].map(|()| pool.sign_in("alice", "web"));
    let rotated = refresh(&pool, by_domain.refresh_token()).await;
    let answer = post(&pool, "/oauth2/revoke", &revoke(by_domain.refresh_token())).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    let input = json!({ "Token": by_api.refresh_token(), "ClientId": "web" });
    let answer = call(&pool, "RevokeToken", &input).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));

    for ended in [by_domain.refresh_token(), by_api.refresh_token(), &rotated.text("refresh_token")]
    {
        assert_eq!(refresh(&pool, ended).await.error(), (400, "invalid_grant".to_owned()));
    }
    for ended in [by_domain.access_token(), by_api.access_token(), &rotated.text("access_token")] {
        assert!(!is_taken(&pool, ended).await);
        pool.verifier("web").verify(ended).await.expect("nothing that a local check could see");
    }
    assert!(is_taken(&pool, other.access_token()).await);
    assert_eq!(refresh(&pool, other.refresh_token()).await.status, 200);
    assert_eq!(pool.revoke_requests(), 2);
}

#[tokio::test]
async fn to_revoke_what_nobody_knows_is_fine() {
    let pool = TestPool::offline();
    for unknown in ["unknown", &pool.refresh_token()] {
        let answer = post(&pool, "/oauth2/revoke", &revoke(unknown)).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
        let answer =
            call(&pool, "RevokeToken", &json!({ "Token": unknown, "ClientId": "web" })).await;
        assert_eq!(answer.status, 200);
    }
}

#[tokio::test]
async fn what_cannot_be_revoked_is_an_error() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web"));
    pool.add_client(TestClient::new("secret").secret("s"));
    pool.add_client(TestClient::new("off").without_revocation());
    let session = pool.sign_in("alice", "web");
    let (token, access) = (session.refresh_token(), session.access_token());
    let asked = [
        (&[("client_id", "web"), ("token", access)][..], 400, "unsupported_token_type"),
        (&[("client_id", "web")], 400, "invalid_request"),
        (&[("token", token)], 400, "invalid_request"),
        (&[("client_id", "off"), ("token", token)], 400, "invalid_request"),
        (&[("client_id", "secret"), ("token", token)], 401, "invalid_client"),
        (&[("client_id", "unknown"), ("token", token)], 401, "invalid_client"),
    ];
    for (params, status, error) in asked {
        let answer = post(&pool, "/oauth2/revoke", params).await;
        assert_eq!(answer.error(), (status, error.to_owned()), "{params:?}");
    }
    let asked = [
        (json!({ "Token": access, "ClientId": "web" }), "UnsupportedTokenTypeException"),
        (json!({ "ClientId": "web" }), "InvalidParameterException"),
        (json!({ "Token": token }), "InvalidParameterException"),
        (json!({ "Token": token, "ClientId": "off" }), "UnsupportedOperationException"),
        (json!({ "Token": token, "ClientId": "secret" }), "UnauthorizedException"),
    ];
    for (input, exception) in asked {
        let answer = call(&pool, "RevokeToken", &input).await;
        assert_eq!(answer.exception(), (400, exception.to_owned()), "{input}");
    }
    assert_eq!(refresh(&pool, token).await.status, 200);
}

#[tokio::test]
async fn a_global_sign_out_ends_all_sign_ins_of_the_user() {
    let pool = TestPool::offline();
    let [first, second] = [(); 2].map(|()| pool.sign_in("alice", "web"));
    let other = pool.sign_in("bob", "web");
    let made = pool.access_token("alice").scope("openid aws.cognito.signin.user.admin").sign();
    let answer =
        call(&pool, "GlobalSignOut", &json!({ "AccessToken": first.access_token() })).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "{}"));
    for ended in [first.access_token(), second.access_token(), &made] {
        assert!(!is_taken(&pool, ended).await);
    }
    assert!(is_taken(&pool, other.access_token()).await);
    assert!(is_taken(&pool, pool.sign_in("alice", "web").access_token()).await, "in that second");
}

#[tokio::test(start_paused = true)]
async fn the_pool_takes_its_own_good_access_tokens_alone() {
    let pool = TestPool::offline();
    let session = pool.sign_in("alice", "web");
    assert!(is_taken(&pool, session.access_token()).await);
    let stranger = TestPool::offline();
    for wrong in [
        session.id_token(),
        session.refresh_token(),
        "token",
        "",
        stranger.sign_in("alice", "web").access_token(),
        &pool.access_token("alice").signed_by(&stranger).sign(),
        &pool.machine_token("web").sign(),
    ] {
        let answer = get_user(&pool, wrong).await;
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(user_info(&pool, wrong).await.status, 401, "{wrong}");
    }
    let narrow = pool.access_token("alice").scope("openid").sign();
    assert_eq!(get_user(&pool, &narrow).await.exception().1, "NotAuthorizedException");
    let by_api = pool.access_token("alice").sign();
    assert_eq!(user_info(&pool, &by_api).await.status, 401);
    pool.disable_user("alice");
    assert!(!is_taken(&pool, session.access_token()).await);
    pool.enable_user("alice");
    pool.clock().advance(Duration::from_secs(3600));
    assert!(!is_taken(&pool, session.access_token()).await);
}

#[tokio::test]
async fn the_attributes_of_a_user_are_all_strings() {
    let pool = TestPool::offline();
    pool.set_attribute("alice", "custom:tenant", "acme");
    let session = pool.sign_in("alice", "web");
    let answer = get_user(&pool, session.access_token()).await;
    assert_eq!(answer.text("Username"), "alice");
    let sub = pool.sub_of("alice");
    let expected: Vec<Value> = [
        ("sub", sub.as_str()),
        ("custom:tenant", "acme"),
        ("email", "alice@example.com"),
        ("email_verified", "true"),
    ]
    .map(|(name, value)| json!({ "Name": name, "Value": value }))
    .to_vec();
    assert_eq!(answer.json()["UserAttributes"], Value::Array(expected));
    let info = user_info(&pool, session.access_token()).await.json();
    assert_eq!((&info["sub"], &info["email_verified"]), (&json!(sub), &json!("true")));
    assert_eq!((&info["username"], &info["custom:tenant"]), (&json!("alice"), &json!("acme")));
}
