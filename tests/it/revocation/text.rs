//! An entry as text.

use std::time::{Duration, UNIX_EPOCH};

use axum_cognito::{Batch, Cursor, Revocation, RevocationError};
use proptest::prelude::*;

const POOL: &str = "eu-west-1_AbCdEfGhI";
const MALFORMED: Result<Revocation, RevocationError> = Err(RevocationError::Malformed);

/// The form of this version is for good: another program wrote these.
#[test]
fn the_text_of_every_kind_stays_as_it_is() {
    let at = UNIX_EPOCH + Duration::from_secs(1_767_225_600);
    let texts = [
        (Revocation::sign_in(POOL, "a b"), "1 s eu-west-1_AbCdEfGhI 1767225600 1767312000 a b"),
        (Revocation::token(POOL, "ö"), "1 t eu-west-1_AbCdEfGhI 1767225600 1767312000 ö"),
        (Revocation::user(POOL, "alice"), "1 u eu-west-1_AbCdEfGhI 1767225600 1767312000 alice"),
        (Revocation::renewal(POOL, "alice"), "1 r eu-west-1_AbCdEfGhI 1767225600 1767312000 alice"),
        (Revocation::client(POOL, "web"), "1 c eu-west-1_AbCdEfGhI 1767225600 1767312000 web"),
        (Revocation::all(POOL), "1 p eu-west-1_AbCdEfGhI 1767225600 1767312000"),
    ];
    for (entry, text) in texts {
        let entry = entry.unwrap().with_time(at);
        assert_eq!(entry.to_string(), text);
        assert_eq!(text.parse(), Ok(entry));
    }
}

#[test]
fn nothing_else_is_an_entry() {
    for text in [
        "",
        " ",
        "1",
        "1 u eu-west-1_AbCdEfGhI 1 2",
        "1 u eu-west-1_AbCdEfGhI 1 2 ",
        "1 p eu-west-1_AbCdEfGhI 1 2 id",
        "1 p eu-west-1_AbCdEfGhI 1 2 ",
        "1 p eu-west-1_AbCdEfGhI 1 2 \u{7f}",
        "1 x eu-west-1_AbCdEfGhI 1 2 id",
        "1 u nowhere 1 2 id",
        "1 u eu-west-1_AbCdEfGhI -1 2 id",
        "1 u eu-west-1_AbCdEfGhI +1 2 id",
        "1 u eu-west-1_AbCdEfGhI 1.5 2 id",
        "1 u eu-west-1_AbCdEfGhI 1 4294967296 id",
        "1 u eu-west-1_AbCdEfGhI  1 2 id",
        "1\tu eu-west-1_AbCdEfGhI 1 2 id",
        "1 u eu-west-1_AbCdEfGhI 1 2 i\nd",
        "1 u eu-west-1_AbCdEfGhI 1 2 i\0d",
        "0 u eu-west-1_AbCdEfGhI 1 2 id",
        "+2 u eu-west-1_AbCdEfGhI 1 2 id",
        "99999999999 u eu-west-1_AbCdEfGhI 1 2 id",
    ] {
        assert_eq!(text.parse(), MALFORMED, "{text:?}");
    }
    let long = |length| format!("1 u {POOL} 1 2 {}", "x".repeat(length));
    assert!(long(256).parse::<Revocation>().is_ok());
    assert_eq!(long(257).parse(), MALFORMED);
    assert_eq!(long(1 << 20).parse(), MALFORMED);
}

#[test]
fn the_longest_text_is_shorter_than_512_bytes() {
    let pool = format!("eu-west-1_{}", "A".repeat(45));
    let entry = Revocation::user(pool, "x".repeat(256)).unwrap();
    let entry = entry.with_time(UNIX_EPOCH + Duration::from_secs(u64::from(u32::MAX) + 5));
    assert!(entry.to_string().len() <= 512);
    assert_eq!(entry.to_string().parse(), Ok(entry));
}

#[test]
fn a_batch_skips_what_is_no_entry_and_keeps_the_order() {
    let entries = ["1 u eu-west-1_A 1 2 a", "1 u eu-west-1_A 1 2 b"];
    let next = Some(Cursor::new("7").unwrap());
    let texts = [entries[0].as_bytes(), b"\xff", b"9 new", entries[1].as_bytes()];
    let batch = Batch::from_texts(texts, next.clone());
    let texts: Vec<_> = batch.entries.iter().map(ToString::to_string).collect();
    assert_eq!(texts, entries);
    assert_eq!((batch.next, batch.lost_past), (next, false));
}

#[test]
fn a_cursor_is_a_short_text() {
    assert_eq!(Cursor::new("1-0").unwrap().as_str(), "1-0");
    assert!(Cursor::new("").is_err());
    assert!(Cursor::new("x".repeat(257)).is_err());
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in ".{0,600}") {
        let _ = text.parse::<Revocation>();
    }

    #[test]
    fn a_text_that_is_nearly_an_entry_is_one_or_is_malformed(
        text in "[0-3] [a-z] eu-west-1_[A-Za-z0-9]{0,50} [0-9]{0,11} [0-9]{0,11}( .{0,300})?"
    ) {
        if let Ok(entry) = text.parse::<Revocation>() {
            prop_assert_eq!(entry.to_string().parse(), Ok(entry));
        }
    }

    #[test]
    fn every_entry_is_had_back(id in ".{1,80}", time in 0_u64..5_000_000_000, until in 0_u64..5_000_000_000) {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        if let Ok(entry) = Revocation::user(POOL, id) {
            let entry = entry.with_time(at(time)).with_until(at(until));
            prop_assert_eq!(entry.to_string().parse(), Ok(entry));
        }
    }
}
