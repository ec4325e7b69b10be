//! Broken documents are told alike: over HTTP, by name, and from another process.

use enaction_core::{
    Application, Fault,
    process::ParameterKind,
    schema::resolve,
    table::{Method, Target as Kind},
};
use serde_json::Value;

use crate::{
    answers,
    broken::{Broken, broken},
    operation::Operation,
    report::Report,
    world::World,
};

/// Sends every broken document to every operation with a body. Gives how many were sent.
pub fn over_http(world: &World<'_>, report: &mut Report) -> usize {
    let mut sent = 0;
    for (operation, input) in with_input(world) {
        let Some(path) = world.some_place(&operation.path) else { continue };
        for one in broken(input, operation.convention.reading) {
            let answer = world.ask(operation.request(&path).json(one.document.clone()));
            let line = format!("{} with {}", operation.line(), short(&one));
            answers::every(report, &line, operation.method.as_str(), &path, &answer);
            let told = (answer.status, answer.code().as_str() == one.code, answer.violations());
            let right = told == (one.status, true, one.violations.clone());
            report.expect(right, &line, || format!("{} {:?}, not {}", one.status, one.violations, answer.told()));
            sent += 1;
        }
    }
    sent
}

/// How a process is called by name: its name, and the object of its parameters.
pub type ByName<'a> = dyn Fn(&str, Vec<u8>) -> Result<(), Fault> + 'a;

/// Calls the process of every operation by name with every broken document, by each of the ways. Gives how many calls.
pub fn by_name(world: &World<'_>, application: &Application, ways: &[&ByName<'_>], report: &mut Report) -> usize {
    let mut called = 0;
    for (operation, input) in with_input(world).filter(|(one, _)| has_name(one)) {
        let Some(process) = application.process(&operation.process) else {
            report.find(&operation.line(), format!("there is no process {}", operation.process));
            continue;
        };
        let Some(path) = world.some_place(&operation.path) else { continue };
        let names: Vec<&str> = process.body_parameters().map(|(name, ..)| name).collect();
        for one in broken(input, operation.convention.reading) {
            let Some(parameters) = parameters(operation, &path, &names, &one, &process) else { continue };
            for (at, way) in ways.iter().enumerate() {
                let line = format!("{} by name, way {at}, with {}", operation.process, short(&one));
                let fault = way(&operation.process, parameters.clone()).err();
                let told = fault.as_ref().map(|fault| (fault.kind().status(), fault.code(), violations(fault)));
                let right = told == Some((one.status, one.code, one.violations.clone()));
                report.expect(right, &line, || format!("{} {:?}, not {told:?}", one.status, one.violations));
                called += 1;
            }
        }
    }
    called
}

/// What stands under a name of its own: a property is its item's, a search its list's, and a batch is no process.
fn has_name(operation: &Operation) -> bool {
    !matches!(operation.kind, Kind::Property | Kind::Search | Kind::Batch) && operation.method != Method::Query
}

fn with_input<'w>(world: &'w World<'_>) -> impl Iterator<Item = (&'w Operation, &'w Value)> {
    let all = world.operations.iter().filter(|one| !one.taken && one.kind != Kind::Endpoint);
    all.filter_map(|one| Some((one, one.input.as_ref()?)))
}

fn short(one: &Broken) -> String {
    String::from_utf8_lossy(&one.document).chars().take(160).collect()
}

/// Pointer and code of every violation, sorted.
#[must_use]
pub fn violations(fault: &Fault) -> Vec<(String, String)> {
    let all = fault.violations().iter();
    let mut found: Vec<_> = all.map(|one| (one.pointer.clone(), one.code.to_string())).collect();
    found.sort();
    found
}

/// The object of all parameters: those of the path, and the document, or its members where several are the body.
fn parameters(
    operation: &Operation,
    path: &str,
    names: &[&str],
    one: &Broken,
    process: &enaction_core::process::Process,
) -> Option<Vec<u8>> {
    let mut members: Vec<Vec<u8>> = Vec::new();
    for (segment, value) in
        operation.path.split('/').zip(path.split('/')).filter(|(segment, _)| segment.starts_with('{'))
    {
        let name = segment.trim_matches(['{', '}']);
        let schema = process.parameters().find(|(one, kind, ..)| *one == name && *kind == ParameterKind::Plain)?.2;
        let value = match resolve(schema, schema)["type"].as_str() {
            Some("integer") => value.to_owned(),
            _ => Value::from(value).to_string(),
        };
        members.push(format!("\"{name}\":{value}").into_bytes());
    }
    match names {
        [only] => members.push([format!("\"{only}\":").as_bytes(), &one.document].concat()),
        _ => {
            let inner = one.document.strip_prefix(b"{").and_then(|rest| rest.strip_suffix(b"}"))?;
            let object = serde_json::from_slice::<Value>(&one.document).is_ok_and(|value| value.is_object());
            if !object {
                return None;
            }
            if !inner.is_empty() {
                members.push(inner.to_vec());
            }
        }
    }
    Some([b"{".to_vec(), members.join(&b","[..]), b"}".to_vec()].concat())
}
