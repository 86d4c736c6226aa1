use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::entry::{Kind, MAX_TOKEN_LIFETIME, Revocation};
use crate::RevocationError;

/// The most that EventBridge delivers.
const MAX_LENGTH: usize = 256 * 1024;
const EVENT_SOURCE: &str = "cognito-idp.amazonaws.com";
/// What CloudTrail writes in the place of what is personal or secret: `HIDDEN_DUE_TO_SECURITY_REASONS`.
const HIDDEN: &str = "HIDDEN_";

/// What EventBridge puts around an event of CloudTrail.
#[derive(Deserialize)]
struct Envelope {
    detail: Option<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    event_source: Option<String>,
    event_name: Option<String>,
    event_time: Option<String>,
    error_code: Option<String>,
    #[serde(default)]
    request_parameters: Value,
    #[serde(default)]
    response_elements: Value,
    #[serde(default)]
    additional_event_data: Value,
}

impl Revocation {
    /// Reads what an event of CloudTrail says is revoked, as EventBridge delivers it, or bare: what an
    /// administrator did in the console, or a program through Cognito's API. `None` if it revokes
    /// nothing.
    ///
    /// | event | revokes |
    /// |---|---|
    /// | `AdminUserGlobalSignOut`, `GlobalSignOut`, `AdminDisableUser`, `AdminDeleteUser`, `DeleteUser`, `AdminResetUserPassword`, `AdminSetUserPassword` | every sign-in of the user until then |
    /// | `AdminAddUserToGroup`, `AdminRemoveUserFromGroup`, `AdminUpdateUserAttributes`, `AdminDeleteUserAttributes`, `UpdateUserAttributes`, `DeleteUserAttributes`, `VerifyUserAttribute` | requires that the user's tokens are renewed |
    /// | `DeleteUserPoolClient` | every sign-in at the client until then |
    /// | `DeleteUserPool` | every sign-in at the pool until then |
    /// | any other one, and one that failed | nothing |
    ///
    /// `RevokeToken` and `RevokeUserSession` revoke nothing here, since their events do not say which
    /// sign-in is meant: call [`end_sign_in`](crate::Revocations::end_sign_in) where you call them. A
    /// change of a whole group (`DeleteGroup`, `UpdateGroup`) names no user.
    ///
    /// Events come minutes later, and whether each comes is not promised: what your own program
    /// does to a user, it should say to its list itself.
    ///
    /// ```
    /// use axum_cognito::Revocation;
    ///
    /// let event = br#"{
    ///     "source": "aws.cognito-idp",
    ///     "detail-type": "AWS API Call via CloudTrail",
    ///     "detail": {
    ///         "eventSource": "cognito-idp.amazonaws.com",
    ///         "eventName": "AdminDisableUser",
    ///         "eventTime": "2026-01-01T00:00:00Z",
    ///         "requestParameters": {
    ///             "userPoolId": "eu-west-1_AbCdEfGhI",
    ///             "username": "HIDDEN_DUE_TO_SECURITY_REASONS"
    ///         },
    ///         "additionalEventData": { "sub": "6ba7b810-9dad-11d1-80b4-00c04fd430c8" }
    ///     }
    /// }"#;
    /// let revocation = Revocation::from_cloudtrail(event)?.ok_or("something to revoke")?;
    /// assert_eq!(revocation.pool_id(), "eu-west-1_AbCdEfGhI");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`RevocationError::Event`] if this is no event of CloudTrail, or one of the table that does not
    /// say when, or whom or which pool it means: nothing can be revoked by it, and somebody should
    /// look at it. A user's own call (`GlobalSignOut`, `DeleteUser`, …) need not name the pool.
    ///
    /// Source: [Amazon Cognito logging in AWS CloudTrail][aws].
    ///
    /// [aws]: https://docs.aws.amazon.com/cognito/latest/developerguide/logging-using-cloudtrail.html
    pub fn from_cloudtrail(event: &[u8]) -> Result<Option<Self>, RevocationError> {
        let event = Event::parse(event)?;
        let source = event.event_source.as_deref();
        let (Some(source), Some(name)) = (source, event.event_name.as_deref()) else {
            return Err(RevocationError::Event("has no `eventSource` or no `eventName`"));
        };
        // An event of the hosted pages that went well has an empty code.
        let has_failed = event.error_code.as_deref().is_some_and(|code| !code.is_empty());
        let Some(kind) = kind(name) else { return Ok(None) };
        if source != EVENT_SOURCE || has_failed {
            return Ok(None);
        }
        let time = event.event_time.as_deref().and_then(seconds_since_epoch);
        let time =
            time.ok_or(RevocationError::Event("has no `eventTime` like 2026-01-01T00:00:00Z"))?;
        let pool_id = event.find(&["userPoolId"]);
        let pool_id = pool_id.ok_or(RevocationError::Event("names no user pool"))?;
        let id = match kind {
            Kind::Pool => Some(""),
            Kind::Client => event.find(&["clientId"]),
            Kind::SignIn | Kind::Token | Kind::User | Kind::Renewal => {
                event.find(&["sub", "userSub", "UserSub"])
            }
        };
        let id = id.ok_or(RevocationError::Event("names no `sub`, or no client"))?;
        let revocation = Self::new(kind, pool_id, id)
            .map_err(|_| RevocationError::Event("has ids that no token can have"))?;
        Ok(Some(revocation.at(time, MAX_TOKEN_LIFETIME)))
    }
}

/// What an event of this name revokes, if it went well.
fn kind(name: &str) -> Option<Kind> {
    match name {
        // An administrator who sets a password does so because the old one is lost or known to
        // others, though Cognito itself lets the sign-ins be.
        "AdminUserGlobalSignOut"
        | "GlobalSignOut"
        | "AdminDisableUser"
        | "AdminDeleteUser"
        | "DeleteUser"
        | "AdminResetUserPassword"
        | "AdminSetUserPassword" => Some(Kind::User),
        "AdminAddUserToGroup"
        | "AdminRemoveUserFromGroup"
        | "AdminUpdateUserAttributes"
        | "AdminDeleteUserAttributes"
        | "UpdateUserAttributes"
        | "DeleteUserAttributes"
        | "VerifyUserAttribute" => Some(Kind::Renewal),
        "DeleteUserPoolClient" => Some(Kind::Client),
        "DeleteUserPool" => Some(Kind::Pool),
        _ => None,
    }
}

impl Event {
    fn parse(text: &[u8]) -> Result<Self, RevocationError> {
        const NOT_AN_EVENT: RevocationError =
            RevocationError::Event("is not a JSON object of its form");

        if text.len() > MAX_LENGTH {
            return Err(RevocationError::Event("is longer than 256 KiB"));
        }
        let envelope: Envelope = serde_json::from_slice(text).map_err(|_| NOT_AN_EVENT)?;
        match envelope.detail {
            Some(event) => Ok(event),
            None => serde_json::from_slice(text).map_err(|_| NOT_AN_EVENT),
        }
    }

    /// The first text under one of these names, wherever CloudTrail puts what the call was about.
    fn find(&self, names: &[&str]) -> Option<&str> {
        let places =
            [&self.additional_event_data, &self.request_parameters, &self.response_elements];
        let texts = places.into_iter().flat_map(|place| {
            names.iter().filter_map(move |name| place.get(*name).and_then(Value::as_str))
        });
        texts.into_iter().find(|text| !text.is_empty() && !text.starts_with(HIDDEN))
    }
}

/// Reads `2026-01-01T00:00:00Z` (RFC 3339), perhaps with parts of a second, which are dropped.
fn seconds_since_epoch(text: &str) -> Option<Duration> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let time = time.split_once('.').map_or(time, |(seconds, _)| seconds);
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || !is_time {
        return None;
    }
    // The days before a date, with the year taken to begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days_to_epoch = 719_468;
    let days =
        (year * 365 + leap_days + (153 * month + 2) / 5 + day - 1).checked_sub(days_to_epoch)?;
    Some(Duration::from_secs(days * 86_400 + hour * 3600 + minute * 60 + second))
}

/// Three numbers of so many digits each.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let is_number = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        *number = is_number.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<u64> {
        seconds_since_epoch(text).map(|time| time.as_secs())
    }

    #[test]
    fn a_time_is_read_to_the_second() {
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(seconds("2000-02-29T23:59:59Z"), Some(951_868_799));
        assert_eq!(seconds("2026-11-26T01:02:03.987Z"), Some(1_795_654_923));
        assert_eq!(seconds("2100-03-01T00:00:00Z"), Some(4_107_542_400));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "Z",
            "2026-11-26",
            "2026-11-26T01:02:03",
            "2026-11-26T01:02:03+01:00",
            "2026-13-26T01:02:03Z",
            "2026-00-26T01:02:03Z",
            "2026-11-00T01:02:03Z",
            "2026-11-26T24:02:03Z",
            "1969-12-31T23:59:59Z",
            "+026-11-26T01:02:03Z",
            "2026-11-26-01T01:02:03Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
