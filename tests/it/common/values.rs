//! Any JSON.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any value of JSON that is small, and that reads back as it was written.
pub(crate) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Quarters: what a parser may round is not what is tested.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
        ".{0,20}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let object = prop::collection::vec((".{0,8}", inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object.prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}
