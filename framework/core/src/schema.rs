//! JSON Schema of types. The types are schemars's inside; nothing of it stands in a signature here but the bound.

use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::Transform};
use serde_json::{Map, Value};

/// A type with a JSON Schema. Derived by `#[entity]`, `#[value]` and `#[flags]`; implemented for the types of the standard library.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no schema, so it can not be a parameter or an answer of a process",
    note = "give a struct or an enum `#[value]`, an entity `#[entity(\"collection\")]`, flags `#[flags]`"
)]
pub trait Schematic {
    /// The self-contained schema document: definitions under `$defs`.
    fn schema() -> Value;
    /// The name that documents use for it.
    fn schema_name() -> String;
}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> Schematic for T {
    fn schema() -> Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.meta_schema = None);
        settings.into_generator().into_root_schema_for::<T>().to_value()
    }

    fn schema_name() -> String {
        <T as JsonSchema>::schema_name().into_owned()
    }
}

/// Marks members as required; emitted by `#[entity]` and `#[value]`.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub struct Require(pub &'static [&'static str]);

impl Transform for Require {
    fn transform(&mut self, schema: &mut Schema) {
        if !self.0.is_empty() {
            schema.insert("required".into(), self.0.to_vec().into());
        }
    }
}

/// Follows `$ref` and single-element `allOf` within a document until a schema that says something itself.
#[must_use]
pub fn resolve<'a>(root: &'a Value, mut schema: &'a Value) -> &'a Value {
    for _ in 0..16 {
        let Some(next) = schema.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = next.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) else { break };
        schema = target;
    }
    schema
}

/// The schema of an optional value without its `null`, when it is `anyOf [X, null]` or `type [x, null]`.
#[must_use]
pub fn without_null(schema: &Value) -> Value {
    if let Some(alternatives) = schema.get("anyOf").and_then(Value::as_array) {
        let rest: Vec<&Value> = alternatives.iter().filter(|one| one.get("type") != Some(&"null".into())).collect();
        if let [only] = rest.as_slice() {
            return (*only).clone();
        }
    }
    let mut schema = schema.clone();
    if let Some(Value::Array(types)) = schema.get("type").cloned() {
        let rest: Vec<Value> = types.into_iter().filter(|one| one != "null").collect();
        if let ([only], Some(object)) = (rest.as_slice(), schema.as_object_mut()) {
            object.insert("type".into(), only.clone());
        }
    }
    schema
}

/// Whether a schema takes `null`.
#[must_use]
pub fn is_optional(schema: &Value) -> bool {
    let null = Value::from("null");
    match schema.get("type") {
        Some(Value::Array(types)) => types.contains(&null),
        Some(one) => *one == null,
        None => schema.get("anyOf").and_then(Value::as_array).is_some_and(|all| all.iter().any(is_optional)),
    }
}

/// A part of a document as a document of its own, with the definitions that it may need.
#[must_use]
pub fn sub_document(root: &Value, part: &Value) -> Value {
    let mut object = match part {
        Value::Object(object) => object.clone(),
        _ => Map::new(),
    };
    if let Some(definitions) = root.get("$defs") {
        object.insert("$defs".into(), definitions.clone());
    }
    object.into()
}
