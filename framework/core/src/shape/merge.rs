//! Two flat schemas made into one that demands what both demand.
//!
//! Objects are merged as serde's `flatten` merges them: the members of both are known, and the result is closed unless
//! one side says that it is open.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::schema::{Flat, ShapeError};

/// What both demand.
pub(super) fn merge(mut into: Flat, from: Flat, place: &str) -> Result<Flat, ShapeError> {
    for (keyword, theirs) in from {
        let merged = match into.remove(&keyword) {
            None => theirs,
            Some(ours) if ours == theirs => ours,
            Some(ours) => both(&keyword, ours, theirs, place)?,
        };
        into.insert(keyword, merged);
    }
    Ok(into)
}

fn both(keyword: &str, ours: Value, theirs: Value, place: &str) -> Result<Value, ShapeError> {
    let refused = || ShapeError::new(place, format!("two different rules \"{keyword}\" for one value"));
    Ok(match (keyword, ours, theirs) {
        ("type", ours, theirs) => common_types(&ours, &theirs),
        ("minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties", ours, theirs) => {
            if order(&ours, &theirs).ok_or_else(refused)? == Ordering::Less { theirs } else { ours }
        }
        ("maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties", ours, theirs) => {
            if order(&ours, &theirs).ok_or_else(refused)? == Ordering::Less { ours } else { theirs }
        }
        ("required", Value::Array(mut ours), Value::Array(theirs)) => {
            ours.extend(theirs);
            Value::Array(ours)
        }
        ("properties", Value::Object(mut ours), Value::Object(theirs)) => {
            for (name, theirs) in theirs {
                let merged = match ours.remove(&name) {
                    None => theirs,
                    Some(ours) if ours == theirs => ours,
                    Some(ours) => json!({ "allOf": [ours, theirs] }),
                };
                ours.insert(name, merged);
            }
            Value::Object(ours)
        }
        ("additionalProperties" | "items" | "unevaluatedProperties", ours, theirs) => match (&ours, &theirs) {
            (Value::Bool(true), _) => theirs,
            (_, Value::Bool(true)) => ours,
            (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
            _ => json!({ "allOf": [ours, theirs] }),
        },
        ("enum", Value::Array(ours), Value::Array(theirs)) => {
            Value::Array(ours.into_iter().filter(|value| theirs.contains(value)).collect())
        }
        ("uniqueItems" | "readOnly", Value::Bool(ours), Value::Bool(theirs)) => Value::Bool(ours || theirs),
        ("nullable", Value::Bool(ours), Value::Bool(theirs)) => Value::Bool(ours && theirs),
        _ => return Err(refused()),
    })
}

fn order(ours: &Value, theirs: &Value) -> Option<Ordering> {
    match (ours.as_i64(), theirs.as_i64()) {
        (Some(ours), Some(theirs)) => Some(ours.cmp(&theirs)),
        _ => ours.as_f64()?.partial_cmp(&theirs.as_f64()?),
    }
}

fn common_types(ours: &Value, theirs: &Value) -> Value {
    let names = |types: &Value| match types {
        Value::Array(names) => names.clone(),
        name => vec![name.clone()],
    };
    let theirs = names(theirs);
    let common = names(ours).into_iter().filter_map(|name| match name.as_str() {
        Some("integer") if theirs.contains(&json!("number")) => Some(name),
        Some("number") if !theirs.contains(&name) && theirs.contains(&json!("integer")) => Some(json!("integer")),
        _ => theirs.contains(&name).then_some(name),
    });
    Value::Array(common.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ours: Value, theirs: Value, expected: Value) {
        let (Value::Object(ours), Value::Object(theirs)) = (ours, theirs) else { panic!("expected objects") };
        assert_eq!(Value::Object(merge(ours, theirs, "").unwrap()), expected);
    }

    #[test]
    fn the_tighter_rule_wins() {
        check(
            json!({ "maxLength": 3, "minimum": 1 }),
            json!({ "maxLength": 2, "minimum": 2.5 }),
            json!({ "maxLength": 2, "minimum": 2.5 }),
        );
        check(json!({ "type": ["number", "null"] }), json!({ "type": "integer" }), json!({ "type": ["integer"] }));
        check(json!({ "enum": [1, 2] }), json!({ "enum": [2, 3] }), json!({ "enum": [2] }));
    }

    #[test]
    fn objects_hold_the_members_of_both() {
        check(
            json!({ "properties": { "a": true, "b": { "type": "string" } }, "required": ["a"] }),
            json!({ "properties": { "b": { "maxLength": 1 } }, "additionalProperties": false, "required": ["b"] }),
            json!({
                "properties": { "a": true, "b": { "allOf": [{ "type": "string" }, { "maxLength": 1 }] } },
                "additionalProperties": false,
                "required": ["a", "b"],
            }),
        );
    }

    #[test]
    fn two_patterns_are_refused() {
        let pattern = |text: &str| Flat::from_iter([("pattern".to_owned(), json!(text))]);
        assert!(merge(pattern("a"), pattern("b"), "").is_err());
    }
}
