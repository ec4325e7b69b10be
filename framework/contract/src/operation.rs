//! One operation as a document.

use enaction_core::{
    Operation,
    process::{Access, ParameterKind},
    resource::BATCH,
    table::{BodyRule, Convention, Effect, Method, Reading, Target},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{example, example_path, query};

/// Everything about one operation.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationDocument {
    /// `POST`, `GET`, `PUT`, `PATCH`, `DELETE` or `QUERY`; HEAD goes where GET goes.
    pub method: Method,
    /// Below the public base, parameters in braces.
    pub path: String,
    /// What the path names.
    pub target: Target,
    /// The process that it runs.
    pub process: String,
    /// What it does.
    pub description: String,
    /// Query or command.
    pub effect: Effect,
    /// What a caller needs; absent for what is public.
    pub permission: Option<String>,
    /// Whether a replica may answer it, without what was written in the last moments.
    pub may_be_stale: bool,
    /// The codes of its own that it may answer with.
    pub faults: Vec<&'static str>,
    /// How it takes a request and answers a success.
    pub convention: Convention,
    /// Path parameters by name.
    pub path_parameters: Value,
    /// Query parameters by name.
    pub flags: Value,
    /// The media types that a body may have; none where none is taken.
    pub media_types: Vec<&'static str>,
    /// The schema of the body; absent where none is taken.
    pub input: Option<Value>,
    /// The schema of the answer; absent where nothing is answered.
    pub output: Option<Value>,
    /// A request that fits.
    pub example: Example,
}

/// What a request looks like.
#[derive(Clone, Debug, Serialize)]
pub struct Example {
    /// The path.
    pub path: String,
    /// The body; absent where none is taken.
    pub body: Option<Value>,
}

/// The body of an operation.
#[derive(Clone, Debug)]
pub struct BodyDocument {
    /// Its schema.
    pub schema: Value,
    /// A document that fits.
    pub example: Value,
}

/// The documents of operations that can succeed.
#[must_use]
pub fn documents<'a>(operations: impl IntoIterator<Item = &'a Operation>) -> Vec<OperationDocument> {
    operations.into_iter().filter(|operation| operation.succeeds).map(document).collect()
}

fn document(operation: &Operation) -> OperationDocument {
    let process = &operation.process;
    let plain: Vec<(&str, &Value)> = process.path_parameters().collect();
    let (path, body) = (example_path(&operation.path, &plain), body(operation));
    let example = Example { body: body.as_ref().map(|body| shown(operation, &path, &body.example)), path };
    OperationDocument {
        method: operation.method,
        path: operation.path.clone(),
        target: operation.target,
        process: process.name.clone(),
        description: process.documentation.clone(),
        effect: process.effect,
        permission: match &process.access {
            Access::Public => None,
            Access::Permission(permission) => Some(permission.clone()),
        },
        may_be_stale: operation.may_be_stale,
        faults: process.faults.iter().map(|fault| fault.code).collect(),
        convention: operation.convention,
        path_parameters: plain
            .iter()
            .map(|(name, schema)| ((*name).to_owned(), (*schema).clone()))
            .collect::<Map<_, _>>()
            .into(),
        flags: flags(operation),
        media_types: operation.media_types().names().collect(),
        input: body.map(|body| body.schema),
        output: process.output.clone(),
        example,
    }
}

/// The example of a body; that of a search asks for the first page, that of a batch for a list of its resource.
fn shown(operation: &Operation, path: &str, of_schema: &Value) -> Value {
    match (operation.target, operation.method) {
        (Target::Search, _) | (_, Method::Query) => json!({}),
        (Target::Batch, _) => {
            let collection = path.strip_suffix(BATCH).unwrap_or(path);
            json!({ "operations": [{ "method": "GET", "path": collection }] })
        }
        _ => of_schema.clone(),
    }
}

fn flags(operation: &Operation) -> Value {
    let flags = operation.process.parameters().filter(|(_, kind, _, _)| *kind == ParameterKind::Flags);
    let members = flags.filter_map(|(_, _, schema, _)| schema.get("properties")?.as_object().cloned()).flatten();
    let mut all: Map<_, _> = members.collect();
    query::tell(operation, &mut all);
    if operation.process.effect == Effect::Command && operation.endpoint.is_none() {
        let description = "Everything is checked and nothing is written.";
        all.insert("validateOnly".into(), json!({ "type": "boolean", "default": false, "description": description }));
    }
    all.into()
}

fn body(operation: &Operation) -> Option<BodyDocument> {
    if operation.convention.body == BodyRule::None {
        return None;
    }
    let parameters: Vec<_> = operation.process.body_parameters().collect();
    if let [(_, schema, _)] = parameters.as_slice() {
        let example = match operation.convention.reading {
            // A patch without members changes nothing and always fits.
            Reading::Patch if schema.get("properties").is_some() => json!({}),
            _ => example(schema, true),
        };
        return Some(BodyDocument { schema: (*schema).clone(), example });
    }
    let mut properties = Map::new();
    let mut shown = Map::new();
    let mut required = Vec::new();
    for (name, schema, optional) in parameters {
        properties.insert(name.to_owned(), schema.clone());
        if !optional {
            required.push(Value::from(name));
            shown.insert(name.to_owned(), example(schema, true));
        }
    }
    let schema = json!({ "type": "object", "properties": properties, "required": required });
    Some(BodyDocument { schema, example: shown.into() })
}
