//! Whole collections: PUT and PATCH take what GET gives, and one broken item lets nothing happen.

use enaction_core::{
    schema::sub_document,
    table::{Method, Target as Kind},
};
use serde_json::Value;

use crate::{answers, broken::broken, operation::Operation, report::Report, world::World};

/// Tries every operation that takes the list of a collection. Gives how many there are.
pub fn check(world: &World<'_>, report: &mut Report) -> usize {
    let takes_list = |one: &&Operation| {
        let list = one.input.as_ref().is_some_and(|input| input["type"] == "array" && input["items"].is_object());
        list && one.kind == Kind::Collection && matches!(one.method, Method::Put | Method::Patch)
    };
    let all: Vec<&Operation> = world.operations.iter().filter(takes_list).collect();
    for operation in &all {
        match filled(world, operation) {
            Some(path) => {
                sent_back(world, report, operation, &path);
                with_a_broken_item(world, report, operation, &path);
            }
            None => report.find(&operation.line(), "nothing can be put into it"),
        }
    }
    all.len()
}

/// A collection with two items.
fn filled(world: &World<'_>, operation: &Operation) -> Option<String> {
    let path = world.place(&operation.path)?;
    let create = world.find(Method::Post, &operation.path)?;
    let made = (0..2).all(|_| world.perform(create, &path).is_success());
    made.then_some(path)
}

fn held(world: &World<'_>, path: &str) -> Value {
    world.current(&format!("{path}?limit=500")).unwrap_or_default()
}

/// What GET gives, whole or only its items, changes nothing about what there is.
fn sent_back(world: &World<'_>, report: &mut Report, operation: &Operation, path: &str) {
    let before = held(world, path);
    for body in [&before, &before["items"]] {
        let line = format!("{} with what GET gives", operation.line());
        let answer = world.ask(operation.request(path).json(body.to_string()));
        answers::every(report, &line, operation.method.as_str(), path, &answer);
        // A process of the team may take another form.
        let own = answer.status == 422 && body.is_object();
        report.expect(own || answer.status == 200, &line, || answer.told());
        let ids = |page: &Value| {
            page["items"].as_array().map(|all| all.iter().map(|one| one["id"].clone()).collect::<Vec<_>>())
        };
        report.expect(ids(&before) == ids(&held(world, path)), &line, || "other items are there".into());
    }
}

/// One broken item among others: its violations are told at its place, and nothing is changed.
fn with_a_broken_item(world: &World<'_>, report: &mut Report, operation: &Operation, path: &str) {
    let Some(input) = operation.input.as_ref() else { return };
    let schema = sub_document(input, &input["items"]);
    let Some(one) = broken(&schema, operation.convention.reading).into_iter().find(|one| one.status == 422) else {
        return;
    };
    let line = format!("{} with a broken item", operation.line());
    let before = held(world, path);
    let mut items = before["items"].as_array().cloned().unwrap_or_default();
    let at = items.len();
    items.push(serde_json::from_slice(&one.document).unwrap_or_default());
    let answer = world.ask(operation.request(path).json(Value::from(items).to_string()));
    answers::every(report, &line, operation.method.as_str(), path, &answer);
    let expected: Vec<_> =
        one.violations.iter().map(|(pointer, code)| (format!("/{at}{pointer}"), code.clone())).collect();
    let told = (answer.status, answer.violations()) == (422, expected);
    report.expect(told, &line, || answer.told());
    report.expect(before == held(world, path), &line, || "something was changed".into());
}
