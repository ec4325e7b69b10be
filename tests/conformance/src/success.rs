//! Operations that succeed: status, body, `Location`, tag, and how they answer who wants little.

use enaction_core::{
    shape::{Mode, Shape, ShapeLimits},
    table::{Effect, Method, Target as Kind},
};
use serde_json::Value;

use crate::{
    answers,
    client::{Answer, Request},
    operation::Operation,
    report::Report,
    world::World,
};

/// Runs an operation on what was made for it, and looks at everything that it answers.
pub(crate) fn check(world: &World<'_>, report: &mut Report, operation: &Operation) {
    let line = operation.line();
    let place = line.as_str();
    let Some(path) = world.some_place(&operation.path) else {
        return report.unseen.push(format!("{line}: nothing to try it on"));
    };
    let before = world.current(&path);
    let answer = perform(world, operation, &path, &[]);
    answers::every(report, place, operation.method.as_str(), &path, &answer);
    if !answer.is_success() {
        refused(report, operation, &answer);
        return report.unseen.push(format!("{line}: {}", answer.told()));
    }
    report.succeeded += 1;
    success(world, report, operation, &answer);
    match (operation.kind, operation.method) {
        (_, Method::Get) => known(world, report, operation, &path, &answer),
        (Kind::Item, Method::Put | Method::Patch) => unchanged(report, place, before.as_ref(), &answer),
        (Kind::Item, Method::Delete) => gone(world, report, place, &path, before.as_ref(), &answer),
        _ => {}
    }
    if operation.kind == Kind::Collection && operation.method == Method::Get {
        crate::answers::pages(world, report, operation, &path);
    }
    if operation.effect == Effect::Command && !matches!(operation.kind, Kind::Endpoint | Kind::Batch) {
        minimal(world, report, operation);
    }
}

/// What is not there is put there first: a property, or what a view looks at.
pub(crate) fn perform(world: &World<'_>, operation: &Operation, path: &str, fields: &[(&str, &str)]) -> Answer {
    let answer = world.perform_with(operation, path, fields);
    let plain = path.split('?').next().unwrap_or(path);
    match (answer.status, operation.kind) {
        (404, Kind::Property) => world.put_property(&operation.path, plain),
        (404, Kind::View) if world.fill(&operation.path, plain) => {}
        _ => return answer,
    }
    world.perform_with(operation, path, fields)
}

/// What does not succeed gives a fault that is declared, never one of the server's own mistakes.
fn refused(report: &mut Report, operation: &Operation, answer: &Answer) {
    let code = answer.code();
    let own = operation.faults.contains(&code);
    let general = ["not_found", "invalid", "already_exists"].contains(&code.as_str());
    report.expect(own || general, &operation.line(), || format!("can not be made to succeed: {}", answer.told()));
}

fn success(world: &World<'_>, report: &mut Report, operation: &Operation, answer: &Answer) {
    let (line, convention) = (operation.line(), &operation.convention);
    let place = line.as_str();
    let expected = if answer.body.is_empty() { convention.nothing } else { convention.success };
    report.expect(answer.status == expected, place, || format!("{}, not {expected}", answer.status));
    if answer.status == expected {
        report.observed.works(operation.kind, operation.method, &operation.path, *convention);
    }
    body(report, operation, answer);
    report.expect(answer.header("location").is_some() == convention.location, place, || {
        format!("location {:?}", answer.header("location"))
    });
    if let Some(location) = answer.header("location") {
        let made = world.get(location);
        report.expect(made.status == 200, place, || format!("{location} is {}", made.told()));
        report.expect(made.json() == answer.json(), place, || format!("{location} is not what was answered"));
    }
    caching(report, operation, answer);
}

fn body(report: &mut Report, operation: &Operation, answer: &Answer) {
    let line = operation.line();
    if answer.body.is_empty() {
        return report
            .expect(operation.output.is_none() || operation.method != Method::Get, &line, || "no body".into());
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let json = media_type == "application/json" || (operation.kind == Kind::Endpoint && media_type.ends_with("+json"));
    report.expect(json, &line, || format!("answers {media_type:?}"));
    let Some(output) = &operation.output else {
        return report.find(&line, "a body that no schema describes");
    };
    match Shape::compile(output) {
        Ok(shape) => {
            let fits = shape.check(&answer.body, Mode::Full, &ShapeLimits::default());
            report.expect(fits.is_ok(), &line, || format!("its answer breaks its schema: {fits:?} {}", answer.json()));
        }
        Err(error) => report.find(&line, format!("the schema of its answer: {error}")),
    }
}

/// GET of what has a version has a tag, may be kept by its reader, and differs by its tokens; everything else is not kept.
fn caching(report: &mut Report, operation: &Operation, answer: &Answer) {
    let line = operation.line();
    let (tag, control) = (answer.header("etag"), answer.header("cache-control").unwrap_or_default());
    let reads = operation.method == Method::Get;
    let versioned = matches!(operation.kind, Kind::Collection | Kind::Item | Kind::Property);
    report.expect(!(reads && versioned) || tag.is_some(), &line, || "no tag".into());
    if let Some(tag) = tag {
        let strong = tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"');
        report.expect(strong, &line, || format!("the tag {tag}"));
    }
    let vary = answer.header("vary").unwrap_or_default().to_ascii_lowercase();
    match (reads, tag, operation.kind) {
        (true, Some(_), Kind::Endpoint) => {
            report.expect(control.starts_with("public, max-age="), &line, || format!("cache-control {control}"));
        }
        (true, Some(_), _) => {
            report.expect(control == "private, no-cache", &line, || format!("cache-control {control}"));
            let both = ["id_token", "id-token", "site_token", "site-token", "authorization", "accept"];
            let all = both.iter().all(|name| vary.split(", ").any(|one| one == *name));
            report.expect(all, &line, || format!("vary {vary:?}"));
        }
        _ => report.expect(control == "no-store", &line, || format!("cache-control {control}")),
    }
}

/// Who knows the tag is told that it still holds.
fn known(world: &World<'_>, report: &mut Report, operation: &Operation, path: &str, answer: &Answer) {
    let Some(tag) = answer.header("etag") else { return };
    let again = world.ask(Request::new("GET", path).with("if-none-match", tag));
    let line = operation.line();
    answers::every(report, &line, "GET", path, &again);
    report.expect(again.status == 304, &line, || format!("{} to a known tag", again.status));
    report
        .expect(again.header("etag") == Some(tag), &line, || format!("304 with {:?}, not {tag}", again.header("etag")));
}

/// HEAD answers what GET answers, without the body.
pub(crate) fn head(world: &World<'_>, report: &mut Report, operation: &Operation) {
    let Some(path) = world.some_place(&operation.path) else { return };
    let place = format!("HEAD {}", operation.path);
    let (get, head) = (world.get(&path), world.ask(Request::new("HEAD", &path)));
    answers::every(report, &place, "HEAD", &path, &head);
    report.expect(get.status == head.status, &place, || format!("{}, and GET {}", head.status, get.status));
    for name in ["content-type", "content-length", "etag", "cache-control", "vary", "link"] {
        // A problem tells its trace, whose length never differs.
        let (expected, found) = (get.header(name), head.header(name));
        report.expect(expected == found, &place, || format!("{name} {found:?}, and GET {expected:?}"));
    }
}

/// What was read can be sent back, and changes nothing.
fn unchanged(report: &mut Report, place: &str, before: Option<&Value>, answer: &Answer) {
    if let Some(before) = before.filter(|_| !answer.body.is_empty()) {
        let after = answer.json();
        report.expect(*before == after, place, || format!("sent back, {before} became {after}"));
    }
}

/// DELETE gives what it was, and then it is not there any more.
fn gone(world: &World<'_>, report: &mut Report, place: &str, path: &str, before: Option<&Value>, answer: &Answer) {
    if let Some(before) = before.filter(|_| !answer.body.is_empty()) {
        report.expect(*before == answer.json(), place, || format!("deleted {before}, gave {}", answer.json()));
    }
    for method in ["GET", "DELETE"] {
        let again = world.ask(Request::new(method, path));
        let missing = (again.status, again.code()) == (404, "not_found".to_owned());
        report.expect(missing, place, || format!("then {method} is {}", again.told()));
    }
}

/// `Prefer: return=minimal`, on a new place.
fn minimal(world: &World<'_>, report: &mut Report, operation: &Operation) {
    let line = format!("{} with return=minimal", operation.line());
    let Some(path) = world.some_place(&operation.path) else { return };
    let answer = perform(world, operation, &path, &[("prefer", "return=minimal")]);
    answers::every(report, &line, operation.method.as_str(), &path, &answer);
    if !answer.is_success() {
        return report.find(&line, answer.told());
    }
    let nothing = operation.convention.nothing;
    report.expect(answer.status == nothing, &line, || format!("{}, not {nothing}", answer.status));
    report.expect(answer.body.is_empty(), &line, || "a body".into());
    let applied = answer.header("preference-applied");
    report.expect(applied == Some("return=minimal"), &line, || format!("preference-applied {applied:?}"));
    let location = answer.header("location");
    report.expect(location.is_some() == operation.convention.location, &line, || format!("location {location:?}"));
    let tag = answer.header("etag");
    let whole = matches!(operation.kind, Kind::Item) && matches!(operation.method, Method::Put | Method::Patch);
    report.expect(!whole || tag.is_some(), &line, || "no tag of what was written".into());
}
