//! What a declaration promises is checked before the first request; all mistakes are told together.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    process::{ParameterKind, Process},
    query,
    resource::{Declaration, Module},
    sensitive::Veil,
    table::{BodyRule, Method, Target},
};

use super::{indexes::OWN, repeat::KEPT};

/// Names of query parameters that the framework gives a meaning.
const RESERVED_FLAGS: [&str; 9] =
    ["limit", "cursor", "pageSize", "pageOffset", "sort", "fields", "count", "filter", "validateOnly"];

/// Every mistake that can be seen without compiling.
pub(super) fn mistakes(modules: &[Module]) -> Vec<String> {
    let mut found = Vec::new();
    let mut schemas = Schemas::default();
    let mut places: BTreeMap<String, Vec<(Target, Method)>> = BTreeMap::new();
    let mut collections: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut above: BTreeMap<&str, &[&str]> = BTreeMap::new();
    for module in modules {
        for (process, _) in &module.processes {
            if let Ok(process) = process {
                one_process(process, &mut schemas, &mut found);
            }
        }
        for declared in &module.declared {
            found.extend(declared.mistakes.iter().cloned());
            for collection in &declared.collections {
                schemas.document(&collection.schema, &mut found);
                found.extend(collection.layout.out_of_reach(collection.name));
                found.extend(query::mistakes(collection.name, collection.lists, &collection.layout));
                if *collections.entry(collection.name).or_insert(&collection.schema) != &collection.schema {
                    found.push(format!("two entities have the collection {:?}", collection.name));
                }
                if collection.name == KEPT {
                    found.push(format!("{}: {KEPT:?} is the framework's own collection", collection.path));
                }
                if module.installation && OWN.contains(&collection.name) {
                    found.push(format!("{}: {:?} is the framework's own collection", collection.path, collection.name));
                }
                found.extend(collection.indexing.evolving.mistake());
                let inside = collection.inside.as_deref();
                if inside.is_some_and(|inside| *above.entry(collection.name).or_insert(inside) != inside) {
                    found.push(format!("the collection {:?} is declared in two places", collection.name));
                }
            }
            for operation in &declared.operations {
                let path = format!("{}{}", module.base, operation.path);
                places.entry(path).or_default().push((operation.target, operation.method));
                if let Ok(process) = &operation.process {
                    one_process(process, &mut schemas, &mut found);
                    flags(operation, process, declared.collections.iter().map(|one| &one.schema), &mut found);
                    no_body(operation, process, &mut found);
                }
            }
        }
    }
    found.extend(places.iter().filter_map(|(path, operations)| one_part(path, operations)));
    found
}

/// One URL is one part: a view and an action of one name, or two parts with one method, are a mistake.
fn one_part(path: &str, operations: &[(Target, Method)]) -> Option<String> {
    let (first, others) = operations.split_first()?;
    let alone = matches!(first.0, Target::View | Target::Action);
    let mixed = others.iter().any(|(target, _)| alone || *target != first.0);
    let twice = |method: &Method| operations.iter().filter(|(_, other)| other == method).count() > 1;
    let method = operations.iter().map(|(_, method)| method).find(|method| mixed || twice(method))?;
    Some(format!("{} {path}: two parts have this name", method.as_str()))
}

/// Where a method has no body, each parameter that is needed comes from the path or from the query string.
fn no_body(operation: &Declaration, process: &Process, found: &mut Vec<String>) {
    if operation.convention.body != BodyRule::None {
        return;
    }
    for (name, _, _) in process.body_parameters().filter(|(_, _, optional)| !optional) {
        found.push(format!(
            "{} {}: `{}` needs `{name}`, which neither the path nor the query string gives, and there is no body",
            operation.method.as_str(),
            operation.path,
            process.function
        ));
    }
}

fn one_process(process: &Process, schemas: &mut Schemas, found: &mut Vec<String>) {
    if process.documentation.is_empty() {
        found.push(format!("the process `{}` has no description: write a doc comment", process.function));
    }
    for parameter in &process.parameters {
        schemas.document(&parameter.schema, found);
    }
    if let Some(output) = &process.output {
        schemas.document(output, found);
    }
    sensitive(process, found);
    for (index, parameter) in process.parameters.iter().enumerate() {
        if process.parameters.iter().take(index).any(|before| before.name == parameter.name) {
            found.push(format!("the process `{}` has two parameters `{}`", process.function, parameter.name));
        }
    }
}

/// What a sensitive member needs is the name of one permission, which a role can hold.
fn sensitive(process: &Process, found: &mut Vec<String>) {
    let answer = process.output.as_ref().and_then(Veil::of);
    let veils = process.parameters.iter().filter_map(|one| one.veil.as_ref()).chain(&answer);
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    for permission in veils.flat_map(Veil::permissions).filter(|one| !one.split('.').all(word)) {
        found.push(format!("{permission:?} is no permission: expected words with dots, such as `customers.personal`"));
    }
}

/// Parameters are flags, not data (seed 003): none may have the name of a property of the entity.
fn flags<'a>(
    operation: &Declaration,
    process: &Process,
    entities: impl Iterator<Item = &'a Value>,
    found: &mut Vec<String>,
) {
    let properties: Vec<&String> = entities
        .filter_map(|schema| schema.get("properties")?.as_object())
        .flat_map(|members| members.keys())
        .collect();
    for parameter in process.parameters.iter().filter(|one| one.kind == ParameterKind::Flags) {
        let place = format!("{} {}", operation.method.as_str(), operation.path);
        let paging = parameter.selects();
        for (flag, _) in &parameter.flags {
            // Those of a page select what is data by names of their own: `filter[count]`.
            if !paging && properties.contains(&flag) {
                found.push(format!(
                    "{place}: the flag `{flag}` has the name of a property; a flag steers the service and is no data"
                ));
            }
            if !paging && RESERVED_FLAGS.contains(&flag.as_str()) {
                found.push(format!("{place}: the flag `{flag}` has a name that the framework keeps for itself"));
            }
        }
    }
}

/// The schemas seen so far, by name.
#[derive(Default)]
struct Schemas(BTreeMap<String, Value>);

impl Schemas {
    fn document(&mut self, document: &Value, found: &mut Vec<String>) {
        let definitions = document.get("$defs").and_then(Value::as_object).into_iter().flatten();
        for (name, schema) in definitions {
            self.one(name, schema, found);
        }
        let patch = document.get(crate::patch::PATCH_MARK).is_some();
        if let (Some(title), false) = (document.get("title").and_then(Value::as_str), patch) {
            let mut schema = document.clone();
            if let Some(object) = schema.as_object_mut() {
                object.remove("$defs");
                object.remove("title");
            }
            if schema.get("properties").is_some() {
                self.one(title, &schema, found);
            }
        }
    }

    fn one(&mut self, name: &str, schema: &Value, found: &mut Vec<String>) {
        match self.0.get(name) {
            Some(before) if before != schema => found.push(format!("two types have the schema name {name:?}")),
            Some(_) => {}
            None => {
                self.0.insert(name.to_owned(), schema.clone());
            }
        }
    }
}
