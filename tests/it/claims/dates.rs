//! The dates of a token: numbers, and when it is valid by them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum_cognito::{CognitoClaims, CognitoVerifier, CognitoVerifierBuilder, VerifyError};

use crate::common::member::with_member;
use crate::common::texts::texts;
use crate::common::tokens::{CLIENT, POOL, access};

/// The leeway of the lenient verifiers here, in seconds.
const LEEWAY: u64 = 5;

/// A verifier of the pool's tokens, to be made stricter or wider.
fn builder() -> CognitoVerifierBuilder {
    CognitoVerifier::builder().trust(&*POOL, CLIENT).clock(POOL.clock())
}

/// A verifier with leeway.
fn lenient() -> CognitoVerifierBuilder {
    builder().leeway(Duration::from_secs(LEEWAY))
}

fn since_epoch() -> Duration {
    POOL.clock().now().duration_since(UNIX_EPOCH).expect("after 1970")
}

/// The second that it is now.
fn now() -> u64 {
    since_epoch().as_secs()
}

/// Moves the clock, which stands still, to the very beginning of a second.
async fn begin_second() {
    let nanos = u64::from(since_epoch().subsec_nanos());
    tokio::time::advance(Duration::from_nanos(1_000_000_000 - nanos)).await;
    assert_eq!(since_epoch().subsec_nanos(), 0);
}

fn verdict_of(builder: CognitoVerifierBuilder, token: &str) -> Result<CognitoClaims, VerifyError> {
    builder.build().expect("settings that can be").verify_cached(token)
}

/// Why a verifier refuses a token with this date, if it does.
fn refusal(builder: CognitoVerifierBuilder, name: &str, date: u64) -> Option<VerifyError> {
    verdict_of(builder, &access().claim(name, date).sign()).err()
}

/// The verdict on a token with this date, as it is written.
fn verdict_with(name: &str, date: &str) -> Result<CognitoClaims, VerifyError> {
    let [header, payload] = texts(access().without_claim(name));
    let payload = with_member(&payload, &format!(r#""{name}":{date}"#));
    verdict_of(builder(), &POOL.sign(&header, &payload))
}

fn seconds(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds)
}

// RFC 7519 §4.1.4.
#[tokio::test(start_paused = true)]
async fn a_token_expires_with_the_second_of_exp() {
    begin_second().await;
    assert_eq!(refusal(builder(), "exp", now() + 1), None);
    assert_eq!(refusal(builder(), "exp", now()), Some(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn leeway_lets_a_token_live_that_much_longer() {
    begin_second().await;
    assert_eq!(refusal(lenient(), "exp", now() + 1 - LEEWAY), None);
    assert_eq!(refusal(lenient(), "exp", now() - LEEWAY), Some(VerifyError::Expired));
}

#[tokio::test(start_paused = true)]
async fn a_fraction_of_a_second_counts() {
    let exp = now() + 3;
    let token = access().claim("exp", exp as f64 + 0.5).sign();
    let verifier = builder().build().expect("settings that can be");
    let until = |second: f64| seconds(second).duration_since(POOL.clock().now());
    tokio::time::advance(until(exp as f64 + 0.4).expect("not yet")).await;
    assert!(verifier.verify_cached(&token).is_ok());
    tokio::time::advance(until(exp as f64 + 0.6).expect("not yet")).await;
    assert_eq!(verifier.verify_cached(&token).err(), Some(VerifyError::Expired));
}

#[test]
fn exp_and_iat_are_required() {
    for name in ["exp", "iat"] {
        let refused = verdict_of(builder(), &access().without_claim(name).sign()).err();
        assert_eq!(refused, Some(VerifyError::MissingClaim(name)));
    }
}

// RFC 7519 §4.1.5.
#[tokio::test(start_paused = true)]
async fn a_token_is_valid_from_the_second_of_nbf() {
    begin_second().await;
    assert_eq!(refusal(builder(), "nbf", now()), None);
    assert_eq!(refusal(builder(), "nbf", now() + 1), Some(VerifyError::NotYetValid));
}

#[tokio::test(start_paused = true)]
async fn leeway_lets_a_token_live_that_much_sooner() {
    begin_second().await;
    assert_eq!(refusal(lenient(), "nbf", now() + LEEWAY), None);
    let too_soon = now() + LEEWAY + 1;
    assert_eq!(refusal(lenient(), "nbf", too_soon), Some(VerifyError::NotYetValid));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_from_the_future_after_a_minute_and_the_leeway() {
    begin_second().await;
    assert_eq!(refusal(builder(), "iat", now() + 60), None);
    assert_eq!(refusal(builder(), "iat", now() + 61), Some(VerifyError::IssuedInFuture));
    assert_eq!(refusal(lenient(), "iat", now() + 60 + LEEWAY), None);
    let too_late = now() + 61 + LEEWAY;
    assert_eq!(refusal(lenient(), "iat", too_late), Some(VerifyError::IssuedInFuture));
}

#[tokio::test(start_paused = true)]
async fn a_token_is_too_old_after_the_longest_age_and_the_leeway() {
    begin_second().await;
    let strict = || builder().max_token_age(Duration::from_secs(60));
    assert_eq!(refusal(strict(), "iat", now() - 60), None);
    assert_eq!(refusal(strict(), "iat", now() - 61), Some(VerifyError::TooOld));
    let lenient = || strict().leeway(Duration::from_secs(LEEWAY));
    assert_eq!(refusal(lenient(), "iat", now() - 60 - LEEWAY), None);
    assert_eq!(refusal(lenient(), "iat", now() - 61 - LEEWAY), Some(VerifyError::TooOld));
}

#[test]
fn the_time_of_sign_in_decides_nothing() {
    for date in [0, 1, now() + 1_000_000] {
        assert_eq!(refusal(builder(), "auth_time", date), None, "{date}");
    }
    assert!(verdict_of(builder(), &access().without_claim("auth_time").sign()).is_ok());
}

// RFC 7519 §2.
#[test]
fn integers_and_floats_are_dates() {
    let dates =
        [("4000000000", 4e9), ("4e9", 4e9), ("4.0E+9", 4e9), ("4000000000.25", 4_000_000_000.25)];
    for (date, value) in dates {
        let claims = verdict_with("exp", date).expect(date);
        assert_eq!(claims.expires_at(), seconds(value), "{date}");
    }
    for (date, value) in [("1500000000", 1.5e9), ("1e9", 1e9), ("1.5e9", 1.5e9), ("0", 0.0)] {
        let claims = verdict_with("iat", date).expect(date);
        assert_eq!(claims.issued_at(), seconds(value), "{date}");
        let claims = verdict_with("auth_time", date).expect(date);
        assert_eq!(claims.auth_time(), Some(seconds(value)), "{date}");
    }
}

#[test]
fn what_is_no_number_is_no_date() {
    let values = [
        "null",
        "true",
        "false",
        r#""4000000000""#,
        r#""""#,
        "[]",
        "[4000000000]",
        "{}",
        r#"{"seconds":4000000000}"#,
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "0x7fffffff",
        "4_000_000_000",
        "04000000000",
        "+4000000000",
        "4000000000.",
        ".4e10",
    ];
    for name in ["exp", "iat", "nbf", "auth_time"] {
        // Absent, as for every claim that decides nothing here.
        let values = values.iter().filter(|value| name != "auth_time" || **value != "null");
        for value in values {
            let refused = verdict_with(name, value).err();
            assert!(matches!(refused, Some(VerifyError::Payload { .. })), "{name}: {value}");
        }
    }
}

#[test]
fn a_huge_date_is_far_in_the_future_and_nothing_worse() {
    for date in
        ["1e308", "18446744073709551615", "18446744073709551616", "9223372036854775808", "1e20"]
    {
        let claims = verdict_with("exp", date).expect(date);
        assert!(claims.expires_at() > seconds(2e11), "{date}");
        assert!(format!("{claims:?}").contains(&POOL.sub_of("alice")));
        assert!(verdict_with("auth_time", date).is_ok(), "{date}");
        assert_eq!(verdict_with("nbf", date).err(), Some(VerifyError::NotYetValid), "{date}");
        assert_eq!(verdict_with("iat", date).err(), Some(VerifyError::IssuedInFuture), "{date}");
    }
}

#[test]
fn a_negative_date_is_far_in_the_past_and_nothing_worse() {
    for date in
        ["-1", "-0", "-0.5", "-1e308", "-9223372036854775808", "-9223372036854775809", "1e-400"]
    {
        assert_eq!(verdict_with("exp", date).err(), Some(VerifyError::Expired), "{date}");
        assert!(verdict_with("nbf", date).is_ok(), "{date}");
        let claims = verdict_with("iat", date).expect(date);
        assert_eq!(claims.issued_at(), UNIX_EPOCH, "{date}");
    }
}

#[test]
fn a_negative_date_is_not_made_young_by_leeway_or_age() {
    let strict = builder().max_token_age(Duration::from_secs(60));
    let token = access().claim("iat", -1_000_000_000_i64).sign();
    assert_eq!(verdict_of(strict, &token).err(), Some(VerifyError::TooOld));
}

#[test]
fn an_absurd_leeway_and_age_do_not_overflow() {
    let absurd = || builder().leeway(Duration::MAX).max_token_age(Duration::MAX);
    for (name, date) in [("exp", 0), ("exp", u64::MAX), ("nbf", u64::MAX), ("iat", 0)] {
        assert_eq!(refusal(absurd(), name, date), None, "{name}: {date}");
    }
}
