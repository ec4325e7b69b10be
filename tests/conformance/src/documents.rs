//! Documents made from schemas: ones that fit, with every member, each time different where that matters.

use enaction::contract::example;
use enaction_core::schema::{resolve, without_null};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    string::string_regex,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Map, Value, json};

const DEPTH_MAX: usize = 4;

/// A document with every member that a client may send.
#[must_use]
pub fn every_member(schema: &Value) -> Value {
    value(schema, schema, DEPTH_MAX)
}

fn value(root: &Value, part: &Value, depth: usize) -> Value {
    let part = without_null(part);
    let schema = without_null(resolve(root, &part));
    if schema.get("anyOf").is_none() && schema.get("oneOf").is_none() {
        if let Some(members) = schema.get("properties").and_then(Value::as_object) {
            let sent = members.iter().filter(|(_, member)| depth > 0 && !is_read_only(root, member));
            return sent
                .map(|(name, member)| (name.clone(), value(root, member, depth - 1)))
                .collect::<Map<_, _>>()
                .into();
        }
        if let (Some("array"), Some(items)) = (schema.get("type").and_then(Value::as_str), schema.get("items"))
            && depth > 0
        {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).max(1);
            return (0..least).map(|_| value(root, items, depth - 1)).collect();
        }
    }
    let mut document = schema;
    if let (Some(object), Some(definitions)) = (document.as_object_mut(), root.get("$defs")) {
        object.insert("$defs".into(), definitions.clone());
    }
    example(&document, true)
}

/// Whether only the server writes a member.
pub(crate) fn is_read_only(root: &Value, member: &Value) -> bool {
    let marked = |schema: &Value| schema.get("readOnly") == Some(&Value::Bool(true));
    marked(member) || marked(resolve(root, &without_null(member)))
}

/// The schema of a place of a document.
pub(crate) fn schema_at(root: &Value, pointer: &str) -> Value {
    let steps = pointer.split('/').skip(1);
    let part = steps.fold(without_null(root), |part, step| {
        let schema = without_null(resolve(root, &part));
        let member = schema.get("properties").and_then(|members| members.get(step));
        without_null(member.or_else(|| schema.get("items")).unwrap_or(&Value::Null))
    });
    without_null(resolve(root, &part))
}

/// A text of a pattern, another one for each seed; nothing where the pattern can not be made.
#[must_use]
pub(crate) fn text_of(pattern: &str, seed: u64) -> Option<String> {
    let bare = pattern.strip_prefix('^').unwrap_or(pattern);
    let bare = bare.strip_suffix('$').unwrap_or(bare);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    Some(string_regex(bare).ok()?.new_tree(&mut runner).ok()?.current())
}

/// Another value for the place that a schema describes.
pub(crate) fn varied(schema: &Value, seed: u64) -> Value {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => json!(seed),
        Some("string") => match schema.get("pattern").and_then(Value::as_str) {
            Some(pattern) => text_of(pattern, seed).map_or(Value::Null, Value::from),
            None => format!("x{seed}").into(),
        },
        _ => Value::Null,
    }
}

/// Puts a value at a pointer; the objects on the way are made.
pub(crate) fn put(document: &mut Value, pointer: &str, value: Value) {
    let mut place = document;
    for step in pointer.split('/').skip(1) {
        if place.is_array() {
            let Some(next) = step.parse::<usize>().ok().and_then(|index| place.get_mut(index)) else { return };
            place = next;
        } else {
            if !place.is_object() {
                *place = json!({});
            }
            place = &mut place[step];
        }
    }
    *place = value;
}
