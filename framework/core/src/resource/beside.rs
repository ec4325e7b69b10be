//! What stands beside a collection, under a word behind a colon, which no id can hold: its search and its batch.

use std::{marker::PhantomData, sync::Arc};

use serde_json::{Value, json};

use crate::{
    Entity, Result,
    process::{BoundParameter, Boxed, Cx, Erased, Input, Output, Process},
    table::{Effect, Method, Target},
};

use super::{Declared, above::Within, declaration::built_in};

/// What the path of a search ends with.
pub const SEARCH: &str = ":search";
/// What the path of a batch ends with.
pub const BATCH: &str = ":batch";

/// Declares the search of a collection: the query that is bound to its list.
pub(crate) fn search(out: &mut Declared, path: &str) {
    let list = out.operations.iter().find(|one| one.path == path && one.method == Method::Get);
    let list = list.and_then(|list| list.process.as_ref().ok());
    let Some(list) = list.filter(|list| list.parameters.iter().any(BoundParameter::is_page)).cloned() else {
        out.mistakes.push(format!("{path}: a search needs a list whose query takes a `PageRequest`"));
        return;
    };
    let list = by_document(list);
    out.push(Target::Search, Method::Post, &format!("{path}{SEARCH}"), Ok(list.clone()), None);
    out.unregistered();
    out.push(Target::Collection, Method::Query, path, Ok(list), None);
    out.unregistered();
}

/// The same query, whose page is asked for by the body.
fn by_document(mut list: Process) -> Process {
    list.parameters.iter_mut().for_each(BoundParameter::take_page_by_document);
    list
}

/// Declares the batch of a collection.
pub(crate) fn batch<E: Entity>(out: &mut Declared, path: &str, name: &str, above: &[(&str, Value)], within: Within) {
    let parameters = [above.to_vec(), vec![(PARAMETER, document())]].concat();
    let batch = built_in(
        &format!("{name}.batch"),
        "Runs several operations of this resource.",
        Effect::Command,
        &parameters,
        Some(results()),
        Arc::new(Requests::<E>(within, PhantomData)),
    );
    out.push(Target::Batch, Method::Post, &format!("{path}{BATCH}"), batch, None);
    out.unregistered();
}

/// The parameter that is the document of a batch.
pub const PARAMETER: &str = "batch";

fn document() -> Value {
    let methods: Vec<&str> = Method::ALL.iter().map(|method| method.as_str()).filter(|name| *name != "QUERY").collect();
    json!({
        "type": "object",
        "properties": {
            "atomic": { "type": "boolean", "default": false, "description": "All of them in one commit, or nothing." },
            "operations": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "properties": {
                        "method": { "type": "string", "enum": methods },
                        "path": { "type": "string", "pattern": "^/[!-~]*$", "description": "With its query, as in a request." },
                        "headers": { "type": "object", "additionalProperties": { "type": "string" } },
                        "body": { "description": "Absent for none." },
                    },
                    "required": ["method", "path"],
                    "additionalProperties": false,
                },
            },
        },
        "required": ["operations"],
        "additionalProperties": false,
    })
}

fn results() -> Value {
    json!({
        "type": "object",
        "properties": { "results": { "type": "array", "items": {
            "type": "object",
            "properties": {
                "status": { "type": "integer" },
                "headers": { "type": "object", "additionalProperties": { "type": "string" } },
                "body": {},
            },
            "required": ["status", "headers"],
        } } },
        "required": ["results"],
    })
}

/// A batch is made of requests, and is taken apart where requests are. What is left to its process is that the item exists
/// which its collection is inside of.
struct Requests<E>(Within, PhantomData<fn() -> E>);

impl<E: Entity> Erased for Requests<E> {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let ids = self.0.ids(&input)?;
            if let Some(parent) = self.0.parent(cx.read().ambient.place::<E>(&ids)) {
                cx.read().must_exist(parent).await?;
            }
            Ok(Output::Nothing)
        })
    }
}
