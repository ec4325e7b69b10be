//! Examples from schemas: the smallest document that a schema describes well.

use enaction_core::{id::ID_PATTERN, schema::resolve};
use serde_json::{Map, Value, json};

use crate::pattern::matching;

const DEPTH_MAX: usize = 6;

/// An example of a self-contained schema document. Members that only the server writes are left out of what a client
/// sends (`sent`), and optional ones too unless they have an example of their own.
#[must_use]
pub fn example(schema: &Value, sent: bool) -> Value {
    value(schema, schema, sent, DEPTH_MAX)
}

fn value(root: &Value, part: &Value, sent: bool, depth: usize) -> Value {
    let schema = resolve(root, part);
    let given = part.get("examples").or_else(|| schema.get("examples")).and_then(|all| all.get(0));
    if let Some(given) = given.or_else(|| schema.get("const")).or_else(|| schema.pointer("/enum/0")) {
        return given.clone();
    }
    if let Some(alternatives) = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
        return alternatives.first().map_or(Value::Null, |first| value(root, first, sent, depth));
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind {
        Some("object") => object(root, schema, sent, depth),
        Some("array") => array(root, schema, sent, depth),
        Some("integer") => integer(schema),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(1.5)),
        Some("boolean") => json!(true),
        Some("string") => text(schema),
        Some("null") => Value::Null,
        _ if schema.get("properties").is_some() => object(root, schema, sent, depth),
        _ => json!({}),
    }
}

fn object(root: &Value, schema: &Value, sent: bool, depth: usize) -> Value {
    let required = schema.get("required").and_then(Value::as_array);
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let shown = members.filter(|(name, member)| {
        let required = required.is_some_and(|all| all.iter().any(|one| one == name.as_str()));
        let read_only = member.get("readOnly") == Some(&Value::Bool(true));
        let exemplary = member.get("examples").is_some();
        // Not every caller may send what is sensitive.
        let sensitive = member.get("x-sensitive").is_some();
        required || if sent { exemplary && !read_only && !sensitive } else { depth > 0 }
    });
    let pairs: Map<String, Value> =
        shown.map(|(name, member)| (name.clone(), value(root, member, sent, depth.saturating_sub(1)))).collect();
    pairs.into()
}

fn array(root: &Value, schema: &Value, sent: bool, depth: usize) -> Value {
    let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    let count = if least == 0 && (sent || depth == 0) { 0 } else { least.max(1) };
    let item = schema.get("items").map_or(Value::Null, |items| value(root, items, sent, depth.saturating_sub(1)));
    (0..count).map(|_| item.clone()).collect()
}

fn integer(schema: &Value) -> Value {
    let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(1).max(1);
    let most = schema.get("maximum").and_then(Value::as_i64).unwrap_or(least);
    least.min(most).into()
}

fn text(schema: &Value) -> Value {
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => return json!("2026-11-22T12:00:00.000Z"),
        Some("email") => return json!("till@example.com"),
        Some("uri") => return json!("https://example.com/"),
        Some("uuid") => return json!("0193d5a0-0000-7000-8000-000000000000"),
        _ => {}
    }
    let count = |name: &str, default: u64| schema.get(name).and_then(Value::as_u64).unwrap_or(default);
    let (least, most) = (count("minLength", 0), count("maxLength", u64::MAX));
    let fits = |text: &String| (least..=most).contains(&(text.chars().count() as u64));
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str).filter(|pattern| *pattern != ID_PATTERN)
        && let Some(text) = matching(pattern).filter(fits)
    {
        return text.into();
    }
    let length = usize::try_from(least.max(4).min(most)).unwrap_or(4);
    "text".chars().cycle().take(length).collect::<String>().into()
}

/// A path with an example in the place of each parameter.
#[must_use]
pub fn example_path(template: &str, parameters: &[(&str, &Value)]) -> String {
    let segments = template.split('/').map(|segment| {
        let name = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}'));
        let Some(name) = name else { return segment.to_owned() };
        let schema = parameters.iter().find(|(one, _)| *one == name).map(|(_, schema)| *schema);
        match schema.map(|schema| example(schema, true)) {
            Some(Value::String(text)) => text,
            Some(other) => other.to_string(),
            None => "text".to_owned(),
        }
    });
    segments.collect::<Vec<_>>().join("/")
}
