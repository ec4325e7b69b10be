//! Every method on every target: what `OPTIONS` tells, what is refused, and what succeeds.

use enaction_core::table::{BodyRule, Method};

use crate::{answers, client::Request, operation::Operation, report::Report, success, world::World};

const METHODS: [&str; 10] = ["POST", "GET", "HEAD", "PUT", "PATCH", "DELETE", "QUERY", "OPTIONS", "TRACE", "BREW"];

/// Tries every method on every target.
pub(crate) fn check(world: &World<'_>, report: &mut Report) {
    for path in world.paths() {
        let all: Vec<&Operation> = world.operations.iter().filter(|one| one.path == path).collect();
        for method in METHODS {
            let there = Method::parse(method).and_then(|method| all.iter().find(|one| one.method == method));
            match (method, there) {
                ("OPTIONS", _) => options(world, report, all[0]),
                ("HEAD", Some(operation)) => success::head(world, report, operation),
                (_, Some(operation)) if operation.taken => taken(world, report, operation),
                (_, Some(operation)) => success::check(world, report, operation),
                (_, None) => refused(world, report, all[0], method),
            }
        }
    }
}

/// `OPTIONS` needs no tokens and nothing that exists.
fn options(world: &World<'_>, report: &mut Report, any: &Operation) {
    let (path, place) = (any.example_path.as_str(), format!("OPTIONS {}", any.path));
    let answer = world.bare(&Request::new("OPTIONS", path));
    answers::every(report, &place, "OPTIONS", path, &answer);
    report.expect(answer.status == 204, &place, || answer.told());
    let allow = world.allow(&any.path);
    report.expect(answer.header("allow") == Some(&allow), &place, || {
        format!("{:?}, not {allow}", answer.header("allow"))
    });
    report.expect(answer.header("cache-control") == Some("no-store"), &place, || "it may be kept".into());
    let takers = [("accept-post", Method::Post), ("accept-patch", Method::Patch), ("accept-query", Method::Query)];
    for (name, method) in takers {
        let takes = world.find(method, &any.path).is_some_and(|one| one.convention.body != BodyRule::None);
        report.expect(answer.header(name).is_some() == takes, &place, || format!("{name} {:?}", answer.header(name)));
    }
}

/// A method that the target does not have needs no tokens either to be refused.
fn refused(world: &World<'_>, report: &mut Report, any: &Operation, method: &str) {
    let (path, place) = (any.example_path.as_str(), format!("{method} {}", any.path));
    let answer = world.bare(&Request::new(method, path));
    answers::every(report, &place, method, path, &answer);
    report.expect(answer.status == 405, &place, || answer.told());
    if method != "HEAD" {
        report.expect(answer.code() == "method_not_allowed", &place, || answer.told());
    }
    let allow = world.allow(&any.path);
    report.expect(answer.header("allow") == Some(&allow), &place, || {
        format!("{:?}, not {allow}", answer.header("allow"))
    });
    if let (405, Some(method)) = (answer.status, Method::parse(method).filter(|_| method != "HEAD")) {
        report.observed.refused(any.kind, method, &any.path);
    }
}

/// POST to an item: 404 when it is unknown, 409 when it exists; it changes nothing.
fn taken(world: &World<'_>, report: &mut Report, operation: &Operation) {
    let place = operation.line();
    let Some(path) = world.place(&operation.path) else {
        return report.unseen.push(format!("{place}: nothing to post to"));
    };
    let before = world.get(&path);
    let answer = world.ask(Request::new("POST", &path));
    // Without a body, what is required is missing: that is told first.
    let needs = answer.status == 422 && answer.violations().iter().all(|(_, code)| code == "required");
    let answer = if needs { world.ask(Request::new("POST", &path).json(example(operation))) } else { answer };
    answers::every(report, &place, "POST", &path, &answer);
    let existing = (answer.status, answer.code()) == (409, "already_exists".into());
    report.expect(existing, &place, || format!("409 of what exists, not {}", answer.told()));
    let after = world.get(&path);
    report.expect(before.json() == after.json(), &place, || "it changed what exists".into());
    let unknown = crate::mistakes::unknown_path(&operation.path, &path);
    let answer = world.ask(Request::new("POST", &unknown).json(example(operation)));
    answers::every(report, &place, "POST", &unknown, &answer);
    let missing = (answer.status, answer.code()) == (404, "not_found".into());
    report.expect(missing, &place, || format!("404 of what is unknown, not {}", answer.told()));
    report.expect(world.get(&unknown).status == 404, &place, || "it made what was unknown".into());
    if existing && missing {
        report.observed.taken(operation.kind, operation.method, &operation.path);
    }
}

fn example(operation: &Operation) -> String {
    operation.example.as_ref().map_or_else(|| "{}".to_owned(), ToString::to_string)
}
