//! The dialect of the API: AWS JSON 1.1.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use axum_cognito::testing::{TestClient, TestPool, TestUser};
use serde_json::{Map, Value, json};

use super::{call, claims, send};

fn password(username: &str, password: &str) -> Value {
    let parameters = json!({ "USERNAME": username, "PASSWORD": password });
    json!({ "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": "web", "AuthParameters": parameters })
}

fn refresh_auth(token: &Value) -> Value {
    let parameters = json!({ "REFRESH_TOKEN": token });
    json!({ "AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": "web", "AuthParameters": parameters })
}

#[tokio::test]
async fn a_renewal_answers_with_these_members_and_no_others() {
    for (rotation, members) in [(true, 5), (false, 4)] {
        let pool = TestPool::offline();
        let client = TestClient::new("web");
        pool.add_client(if rotation { client.rotation(Duration::ZERO) } else { client });
        let token = pool.sign_in("alice", "web").refresh_token().to_owned();
        let input = json!({ "RefreshToken": token, "ClientId": "web" });
        let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
        assert_eq!(answer.header("content-type"), "application/x-amz-json-1.1");
        assert!(!answer.header("x-amzn-requestid").is_empty());
        let json = answer.json();
        assert_eq!(json.as_object().map(Map::len), Some(1));
        let result = &json["AuthenticationResult"];
        assert_eq!(result.as_object().map(Map::len), Some(members), "{result}");
        assert_eq!((&result["ExpiresIn"], &result["TokenType"]), (&json!(3600), &json!("Bearer")));
        assert!(result["AccessToken"].is_string() && result["IdToken"].is_string());
        assert_eq!(result["RefreshToken"].is_string(), rotation);
        assert_eq!(pool.token_requests(), 1);
    }
}

#[tokio::test]
async fn a_sign_in_by_password_gives_tokens_for_the_api_alone() {
    let pool = TestPool::offline();
    pool.add_user(TestUser::new("alice").password("correct horse"));
    let answer = call(&pool, "InitiateAuth", &password("alice", "correct horse")).await;
    let json = answer.json();
    assert_eq!(json["ChallengeParameters"], json!({}));
    let result = &json["AuthenticationResult"];
    let access = claims(result["AccessToken"].as_str().expect("a token"));
    assert_eq!(access["scope"], "aws.cognito.signin.user.admin");
    let id = claims(result["IdToken"].as_str().expect("a token"));
    assert!(id["at_hash"].is_null() && id["nonce"].is_null());
    assert_eq!(id["cognito:username"], "alice");

    let answer = call(&pool, "InitiateAuth", &password("alice", "wrong")).await;
    assert_eq!(answer.exception(), (400, "NotAuthorizedException".to_owned()));
    assert_eq!(answer.header("x-amzn-errormessage"), "Incorrect username or password.");
    let again = call(&pool, "InitiateAuth", &refresh_auth(&result["RefreshToken"])).await.json();
    assert!(again["AuthenticationResult"]["RefreshToken"].is_null());
    let renewed = claims(again["AuthenticationResult"]["AccessToken"].as_str().expect("a token"));
    assert_eq!(renewed["origin_jti"], access["origin_jti"]);
}

#[tokio::test]
async fn rotation_excludes_the_older_flow() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").rotation(Duration::ZERO));
    let token = json!(pool.sign_in("alice", "web").refresh_token());
    let answer = call(&pool, "InitiateAuth", &refresh_auth(&token)).await;
    assert_eq!(answer.exception(), (400, "InvalidParameterException".to_owned()));
}

#[tokio::test]
async fn the_older_flow_wants_a_hash_of_the_secret() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").secret("s"));
    let mut input = password("alice", "any");
    let answer = call(&pool, "InitiateAuth", &input).await;
    assert_eq!(answer.exception(), (400, "NotAuthorizedException".to_owned()));
    for (hash, status) in [
        ("wrong", 400),
        // printf aliceweb | openssl dgst -sha256 -hmac s -binary | base64
        ("p0e0d8sHLpjiZ1OQiQvCwV4AQLL2+XLm0qgKvK1u+5s=", 200),
    ] {
        input["AuthParameters"]["SECRET_HASH"] = json!(hash);
        assert_eq!(call(&pool, "InitiateAuth", &input).await.status, status, "{hash}");
    }
}

#[tokio::test]
async fn a_secret_that_is_wrong_or_missing_is_not_authorized() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web").secret("s"));
    let token = pool.sign_in("alice", "web").refresh_token().to_owned();
    let mut input = json!({ "RefreshToken": token, "ClientId": "web" });
    for (secret, said) in [(json!(null), "secret was not received"), (json!("x"), "verify secret")]
    {
        input["ClientSecret"] = secret;
        let answer = call(&pool, "GetTokensFromRefreshToken", &input).await;
        assert_eq!(answer.exception(), (400, "NotAuthorizedException".to_owned()));
        assert!(answer.text("message").contains(said), "{}", answer.body);
    }
    input["ClientSecret"] = json!("s");
    assert_eq!(call(&pool, "GetTokensFromRefreshToken", &input).await.status, 200);
}

#[tokio::test]
async fn each_mistake_has_its_exception() {
    let pool = TestPool::offline();
    pool.add_client(TestClient::new("web"));
    let token = pool.refresh_token();
    let asked = [
        ("GetTokensFromRefreshToken", json!({ "ClientId": "web" }), "InvalidParameterException"),
        (
            "GetTokensFromRefreshToken",
            json!({ "RefreshToken": token }),
            "InvalidParameterException",
        ),
        (
            "GetTokensFromRefreshToken",
            json!({ "RefreshToken": token, "ClientId": "other" }),
            "ResourceNotFoundException",
        ),
        (
            "GetTokensFromRefreshToken",
            json!({ "RefreshToken": token, "ClientId": "web" }),
            "NotAuthorizedException",
        ),
        (
            "InitiateAuth",
            json!({ "AuthFlow": "USER_SRP_AUTH", "ClientId": "web", "AuthParameters": {} }),
            "InvalidParameterException",
        ),
        ("GetUser", json!({}), "InvalidParameterException"),
        ("GlobalSignOut", json!({ "AccessToken": "a" }), "NotAuthorizedException"),
        ("AdminGetUser", json!({}), "UnknownOperationException"),
    ];
    for (operation, input, exception) in asked {
        let answer = call(&pool, operation, &input).await;
        assert_eq!(answer.exception(), (400, exception.to_owned()), "{operation} {input}");
    }
}

#[tokio::test]
async fn only_json_of_amazons_own_kind_is_read() {
    let pool = TestPool::offline();
    let bodies = [
        ("application/json", "{}"),
        ("application/x-amz-json-1.1", "[]"),
        ("application/x-amz-json-1.1", "{"),
    ];
    for (content_type, body) in bodies {
        let request = Request::post("/")
            .header("content-type", content_type)
            .header("x-amz-target", "AWSCognitoIdentityProviderService.GetUser");
        let answer = send(&pool, request.body(Body::from(body)).expect("a request")).await;
        assert_eq!(answer.exception(), (400, "SerializationException".to_owned()), "{body}");
    }
}
