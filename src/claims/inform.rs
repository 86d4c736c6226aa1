//! Claims that only inform: one that cannot be read is absent, and never a reason to reject a token.
//!
//! Cognito, its triggers and the emulators write them in more than one form, and nothing that the
//! verifier decides rests on them.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::json::Text;

/// A string.
pub(crate) fn text<'a>(claim: Option<&'a RawValue>) -> Option<Text<'a>> {
    read(claim?)
}

/// A string, or a number that should have been one.
pub(super) fn text_or_number(claim: Option<&RawValue>) -> Option<String> {
    let claim = claim?;
    let is_number = claim.get().starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number {
        return Some(claim.get().to_owned());
    }
    text(Some(claim)).map(|text| (*text).to_owned())
}

/// Whether this says `true`, as a boolean or as a string in any case.
///
/// The text is compared: a JSON value could be an object that only `serde_json` takes for a boolean.
pub(crate) fn flag(claim: Option<&RawValue>) -> bool {
    let says_true = |claim: &RawValue| {
        claim.get() == "true"
            || read::<Text<'_>>(claim).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    };
    claim.is_some_and(says_true)
}

/// The strings of a list, without its members of other types.
pub(super) fn texts(claim: Option<&RawValue>) -> Vec<String> {
    let members = claim.and_then(read::<Vec<&RawValue>>).unwrap_or_default();
    members
        .into_iter()
        .filter_map(|member| text(Some(member)))
        .map(|text| (*text).to_owned())
        .collect()
}

/// A value in its type, if it has it.
pub(super) fn read<'a, T: Deserialize<'a>>(claim: &'a RawValue) -> Option<T> {
    serde_json::from_str(claim.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> &RawValue {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn a_flag_is_true_in_any_case_and_in_no_other_form() {
        for json in ["true", r#""true""#, r#""True""#, r#""TRUE""#, r#""tru\u0065""#] {
            assert!(flag(Some(raw(json))), "{json}");
        }
        for json in [
            "false",
            r#""false""#,
            r#""""#,
            r#"" true""#,
            r#""yes""#,
            "1",
            "null",
            "[true]",
            r#"{"$serde_json::private::RawValue":"true"}"#,
        ] {
            assert!(!flag(Some(raw(json))), "{json}");
        }
        assert!(!flag(None));
    }

    #[test]
    fn what_is_no_string_is_left_out() {
        assert_eq!(texts(Some(raw(r#"["a", 5, null, "b", {}, "\ud800"]"#))), ["a", "b"]);
        assert!(texts(Some(raw(r#""a""#))).is_empty());
        assert_eq!(text(Some(raw(r#""\ud800""#))), None);
    }

    #[test]
    fn a_number_is_taken_as_it_is_written() {
        assert_eq!(text_or_number(Some(raw("1070"))).as_deref(), Some("1070"));
        assert_eq!(text_or_number(Some(raw(r#""1070""#))).as_deref(), Some("1070"));
        assert_eq!(text_or_number(Some(raw("[1070]"))), None);
    }
}
