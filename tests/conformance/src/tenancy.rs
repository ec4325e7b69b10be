//! Another company, with every permission, sees nothing of the first.

use std::collections::BTreeSet;

use enaction_core::table::{BodyRule, Method, Target as Kind};
use serde_json::Value;

use crate::{answers, client::Request, report::Report, world::World};

/// Every operation on what another company has is 404; lists show nothing of it; its ids and unique values are free.
pub fn check(world: &World<'_>, report: &mut Report) -> usize {
    let mut tried = 0;
    for operation in world.operations.iter().filter(|one| one.has_parameters() && one.permission.is_some()) {
        let Some(path) = world.place(&operation.path) else { continue };
        let before = world.current(&path);
        let mut request = operation.request(&path);
        if operation.convention.body != BodyRule::None {
            let body = world.body(operation, &path).unwrap_or_else(|| Value::Object(Default::default()));
            request = request.json(body.to_string());
        }
        let line = format!("{} of another company", operation.line());
        let answer = world.ask_as(&world.target.other, request);
        answers::every(report, &line, operation.method.as_str(), &path, &answer);
        let missing = (answer.status, answer.code()) == (404, "not_found".to_owned());
        report.expect(missing, &line, || answer.told());
        report.expect(before == world.current(&path), &line, || "it changed".into());
        tried += 1;
    }
    for list in world.operations.iter().filter(|one| (one.kind, one.method) == (Kind::Collection, Method::Get)) {
        if !list.has_parameters() {
            apart(world, report, &list.path);
        }
    }
    tried
}

/// What one company lists and what the other lists have nothing in common.
fn apart(world: &World<'_>, report: &mut Report, path: &str) {
    let line = format!("GET {path} of another company");
    let Some(create) = world.find(Method::Post, path).filter(|one| !one.taken) else { return };
    let made = world.perform(create, path);
    let Some(location) = made.header("location") else { return };
    let id = location.rsplit('/').next().unwrap_or_default();
    let ids = |theirs: bool| -> BTreeSet<String> {
        let tokens = if theirs { &world.target.other } else { &world.target.all };
        let (mut all, mut next) = (BTreeSet::new(), Some(format!("{path}?limit=500")));
        while let Some(target) = next.take() {
            let page = world.ask_as(tokens, Request::new("GET", &target)).json();
            let items = page["items"].as_array().cloned().unwrap_or_default();
            all.extend(items.iter().filter_map(|item| Some(item["id"].as_str()?.to_owned())));
            next = page["next"].as_str().map(str::to_owned);
        }
        all
    };
    let (ours, theirs) = (ids(false), ids(true));
    report.expect(ours.contains(id), &line, || format!("{id} is not in the list of its own company"));
    report.expect(!theirs.contains(id), &line, || format!("{id} is in the list of another company"));
    free(world, report, path, location);
}

/// The same document, with its own id and its unique values, can be created by the other company.
fn free(world: &World<'_>, report: &mut Report, path: &str, location: &str) {
    let line = format!("POST {path} of another company");
    let Some(create) = world.find(Method::Post, path) else { return };
    let Some(members) = create.input.as_ref().and_then(|input| input["properties"].as_object()) else { return };
    let Some(mut document) = world.current(location) else { return };
    let own = members.get("id").is_some_and(|id| id.get("readOnly").is_none());
    let sent = |name: &str| members.get(name).is_some_and(|member| member.get("readOnly").is_none());
    if let Some(object) = document.as_object_mut() {
        object.retain(|name, value| sent(name) && !value.is_array() && !value.is_object());
    }
    let answer = world.ask_as(&world.target.other, create.bare(path).json(document.to_string()));
    // What it refers to is not there for the other company; only that nothing is taken counts then.
    let refers = answer.status == 422;
    report.expect(answer.status == 201 || refers, &line, || format!("{document} is {}", answer.told()));
    if answer.status != 201 {
        return;
    }
    let theirs = answer.header("location").unwrap_or_default().to_owned();
    report.expect(!own || theirs == location, &line, || format!("{theirs}, not {location}"));
    if theirs == location {
        let before = world.current(location);
        let deleted = world.ask_as(&world.target.other, Request::new("DELETE", &theirs));
        report.expect(world.current(location) == before, &line, || "to delete theirs deleted ours".into());
        report.expect(deleted.is_success() || deleted.status == 405, &line, || deleted.told());
    }
}
