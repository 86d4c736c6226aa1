//! Events of CloudTrail.

use axum_cognito::{Revocation, RevocationError};
use serde_json::{Value, json};

const POOL: &str = "eu-west-1_AbCdEfGhI";
const SUB: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

/// As CloudTrail records what an administrator did to a user in the console.
fn detail(name: &str) -> Value {
    json!({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLE:admin",
            "arn": "arn:aws:sts::123456789012:assumed-role/Admin/admin",
            "accountId": "123456789012",
            "sessionContext": { "attributes": { "mfaAuthenticated": "true" } }
        },
        "eventTime": "2026-01-01T00:00:00Z",
        "eventSource": "cognito-idp.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "Mozilla/5.0",
        "requestParameters": {
            "userPoolId": POOL,
            "username": "HIDDEN_DUE_TO_SECURITY_REASONS"
        },
        "responseElements": null,
        "additionalEventData": { "sub": SUB },
        "requestID": "fd0600b7-ad1e-4e2c-a1bb-2a1cbd8c2eaa",
        "eventID": "1b3b3b3b-7d9d-4e2c-8f64-9c2b8a1d0e11",
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": "123456789012",
        "eventCategory": "Management"
    })
}

/// As EventBridge delivers it.
fn delivered(detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "36eb8523-97d0-4518-b33d-ee3579ff19f0",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.cognito-idp",
        "account": "123456789012",
        "time": "2026-01-01T00:03:12Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail
    })
}

fn read(event: &Value) -> Result<Option<String>, RevocationError> {
    let revocation = Revocation::from_cloudtrail(event.to_string().as_bytes())?;
    Ok(revocation.map(|revocation| revocation.to_string()))
}

fn entry(letter: &str, id: &str) -> Result<Option<String>, RevocationError> {
    let id = if id.is_empty() { String::new() } else { format!(" {id}") };
    Ok(Some(format!("1 {letter} {POOL} 1767225600 1767312000{id}")))
}

#[test]
fn what_ends_the_sign_ins_of_a_user_ends_them() {
    for name in [
        "AdminUserGlobalSignOut",
        "AdminDisableUser",
        "AdminDeleteUser",
        "AdminResetUserPassword",
        "AdminSetUserPassword",
        "GlobalSignOut",
        "DeleteUser",
    ] {
        assert_eq!(read(&delivered(&detail(name))), entry("u", SUB), "{name}");
        assert_eq!(read(&detail(name)), entry("u", SUB), "{name}, bare");
    }
}

#[test]
fn what_changes_a_users_groups_or_attributes_requires_a_renewal() {
    for name in [
        "AdminAddUserToGroup",
        "AdminRemoveUserFromGroup",
        "AdminUpdateUserAttributes",
        "AdminDeleteUserAttributes",
        "UpdateUserAttributes",
        "DeleteUserAttributes",
        "VerifyUserAttribute",
    ] {
        assert_eq!(read(&delivered(&detail(name))), entry("r", SUB), "{name}");
    }
}

#[test]
fn a_client_or_a_pool_that_was_deleted_is_ended() {
    let mut event = detail("DeleteUserPoolClient");
    event["requestParameters"] = json!({ "userPoolId": POOL, "clientId": "1example23456789" });
    event["additionalEventData"] = Value::Null;
    assert_eq!(read(&delivered(&event)), entry("c", "1example23456789"));
    let mut event = detail("DeleteUserPool");
    event["requestParameters"] = json!({ "userPoolId": POOL });
    assert_eq!(read(&delivered(&event)), entry("p", ""));
}

#[test]
fn an_event_of_anything_else_revokes_nothing() {
    for name in [
        "AdminGetUser",
        "RevokeToken",
        "RevokeUserSession",
        "InitiateAuth",
        "DeleteGroup",
        "",
        "Login_GET",
    ] {
        assert_eq!(read(&delivered(&detail(name))), Ok(None), "{name}");
    }
    let mut other_service = detail("DeleteUser");
    other_service["eventSource"] = json!("iam.amazonaws.com");
    assert_eq!(read(&delivered(&other_service)), Ok(None));
}

#[test]
fn a_call_that_failed_revokes_nothing() {
    let mut event = detail("AdminDisableUser");
    event["errorCode"] = json!("UserNotFoundException");
    event["errorMessage"] = json!("User does not exist.");
    assert_eq!(read(&delivered(&event)), Ok(None));
    for empty in [json!(""), Value::Null] {
        event["errorCode"] = empty;
        assert_eq!(read(&delivered(&event)), entry("u", SUB));
    }
}

#[test]
fn the_user_is_found_under_each_name_that_cognito_gives() {
    for place in ["additionalEventData", "requestParameters", "responseElements"] {
        for name in ["sub", "userSub", "UserSub"] {
            let mut event = detail("AdminDisableUser");
            event["additionalEventData"] = json!({ "sub": "HIDDEN_DUE_TO_SECURITY_REASONS" });
            event["requestParameters"] = json!({ "userPoolId": POOL });
            event[place][name] = json!(SUB);
            assert_eq!(read(&event), entry("u", SUB), "{place} {name}");
        }
    }
}

#[test]
fn an_event_that_does_not_say_whom_it_means_is_an_error() {
    let without = |place: &str, name: &str| {
        let mut event = detail("AdminDisableUser");
        match name {
            "" => event[place] = Value::Null,
            name => event[place][name] = Value::Null,
        }
        read(&delivered(&event)).unwrap_err().to_string()
    };
    assert!(without("additionalEventData", "sub").contains("sub"));
    assert!(without("requestParameters", "userPoolId").contains("user pool"));
    assert!(without("requestParameters", "").contains("user pool"));
    assert!(without("eventTime", "").contains("eventTime"));
    assert!(without("eventName", "").contains("eventName"));
    assert!(without("eventSource", "").contains("eventSource"));
}

#[test]
fn ids_that_no_token_can_have_are_an_error() {
    for (place, name, value) in [
        ("requestParameters", "userPoolId", "nowhere".to_owned()),
        ("additionalEventData", "sub", "a\nb".to_owned()),
        ("additionalEventData", "sub", "x".repeat(257)),
    ] {
        let mut event = detail("AdminDisableUser");
        event[place][name] = json!(value);
        assert!(matches!(read(&event), Err(RevocationError::Event(_))), "{name}");
    }
}

#[test]
fn what_is_no_event_is_an_error_and_never_a_panic() {
    let long = vec![b' '; 256 * 1024 + 1];
    let deep = "[".repeat(100_000);
    let texts: [&[u8]; 10] = [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{\"detail\":[]}",
        b"{\"detail\":{}}",
        b"{\"eventName\":7,\"eventSource\":8}",
        b"\xff",
        &long,
        deep.as_bytes(),
    ];
    for text in texts {
        assert!(matches!(Revocation::from_cloudtrail(text), Err(RevocationError::Event(_))));
    }
}

#[test]
fn no_message_holds_what_the_event_says() {
    let mut event = detail("AdminDisableUser");
    event["additionalEventData"] = json!({ "sub": "a\nsecret" });
    let error = read(&event).unwrap_err().to_string();
    assert!(!error.contains("secret"), "{error}");
}
