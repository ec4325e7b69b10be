//! Patches (RFC 6902) on every operation that lists them, and the media types that each operation lists.

use enaction_core::table::{Method, Preconditions, Target as Kind};
use serde_json::Value;

use crate::{
    answers,
    client::{Answer, Request},
    conditions::state,
    operation::Operation,
    report::Report,
    world::World,
};

const JSON_PATCH: &str = "application/json-patch+json";

/// What no document at all has.
const FAILS: &str = r#"[{"op":"test","path":"","value":{"no-such-member":[]}}]"#;

/// What is sent to what exists, and what is told of it.
const REFUSED: [(&str, &str); 8] = [
    ("[", "400 not_json"),
    (r#"[{"op":"test","op":"test","path":""}]"#, "400 not_json"),
    ("{}", "422 invalid,  type"),
    ("[[]]", "422 invalid, /0 type"),
    (r#"[{"op":"spam","path":""},{}]"#, "422 invalid, /0/op enum, /1/op required, /1/path required"),
    (r#"[{"op":"add","path":"x"}]"#, "422 invalid, /0/path pointer, /0/value required"),
    (r#"[{"op":"remove","path":"/no-such-member"}]"#, "422 invalid, /0/path pointer"),
    (FAILS, "409 test_failed, /0 test_failed"),
];

/// Tries a JSON Patch on each operation that lists it; one that does not, refuses it.
pub(crate) fn check(world: &World<'_>, report: &mut Report) {
    for operation in world.operations.iter().filter(|one| !one.taken && one.kind != Kind::Endpoint) {
        listed(world, report, operation);
        let takes = operation.media_types.iter().any(|one| one == JSON_PATCH);
        let Some(path) = world.some_place(&operation.path).filter(|_| takes) else { continue };
        if operation.kind == Kind::Property && world.current(&path).is_none() {
            world.put_property(&operation.path, &path);
        }
        Tried { world, operation, path }.check(report);
    }
}

/// What `OPTIONS` and 415 tell is what is listed.
fn listed(world: &World<'_>, report: &mut Report, operation: &Operation) {
    let field = match operation.method {
        Method::Post => "accept-post",
        Method::Patch => "accept-patch",
        Method::Query => "accept-query",
        _ => return,
    };
    let place = operation.line();
    let taken = operation.media_types.join(", ");
    let options = world.bare(&Request::new("OPTIONS", &operation.example_path));
    report.expect(options.header(field) == Some(&taken), &place, || format!("{field} {:?}", options.header(field)));
    if !taken.contains(JSON_PATCH) {
        let request = operation.bare(&operation.example_path).with("content-type", JSON_PATCH);
        let answer = world.ask(Request { body: b"[]".to_vec(), ..request });
        let refused = answer.status == 415 && answer.header(field) == Some(&taken);
        report.expect(refused, &place, || format!("a JSON Patch is {}", answer.told()));
    }
}

/// Status and code, then pointer and code of each violation.
fn told(answer: &Answer) -> String {
    let violations = answer.violations().into_iter().map(|(pointer, code)| format!(", {pointer} {code}"));
    format!("{} {}{}", answer.status, answer.code(), violations.collect::<String>())
}

struct Tried<'a> {
    world: &'a World<'a>,
    operation: &'a Operation,
    path: String,
}

impl Tried<'_> {
    fn check(&self, report: &mut Report) {
        let before = self.current();
        for (body, expected) in REFUSED {
            let answer = self.send(report, body, self.tag().filter(|_| self.demands()).as_deref());
            report.expect(told(&answer) == expected, &self.line(body), || format!("{expected}, not {}", answer.told()));
        }
        let stale = self.send(report, "[]", Some("\"0\""));
        report.expect(stale.status == 412, &self.line("a stale tag"), || stale.told());
        let known = self.send(report, "[]", self.tag().as_deref());
        report.expect(known.is_success(), &self.line("[]"), || known.told());
        let after = self.current();
        report.expect(before == after, &self.line("nothing to do"), || format!("{before:?} became {after:?}"));
        report.patched += 1;
    }

    fn demands(&self) -> bool {
        self.operation.convention.preconditions == Preconditions::Demanded
    }

    fn tag(&self) -> Option<String> {
        Some(state(self.world, self.operation, &self.path)?.header("etag")?.to_owned())
    }

    fn current(&self) -> Option<Value> {
        self.world.current(&self.path)
    }

    fn send(&self, report: &mut Report, body: &str, tag: Option<&str>) -> Answer {
        let mut request = self.operation.bare(&self.path).with("content-type", JSON_PATCH);
        if let Some(tag) = tag {
            request = request.with("if-match", tag);
        }
        let answer = self.world.ask(Request { body: body.as_bytes().to_vec(), ..request });
        answers::every(report, &self.line(body), self.operation.method.as_str(), &self.path, &answer);
        answer
    }

    fn line(&self, what: &str) -> String {
        format!("{} as a JSON Patch, with {what}", self.operation.line())
    }
}
