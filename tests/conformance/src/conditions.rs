//! Preconditions (RFC 9110, section 13) and validated writes, on every operation that can succeed.

use enaction_core::table::{Effect, Method, Preconditions, Target as Kind};

use crate::{
    answers,
    client::{Answer, Request},
    operation::Operation,
    report::Report,
    success::perform,
    world::World,
};

/// A tag that nothing has: no commit has the number 0.
const STALE: &str = "\"0\"";

/// Tries each operation with a stale tag, with the right one, and without its effect.
pub(crate) fn check(world: &World<'_>, report: &mut Report) {
    for operation in world.operations.iter().filter(|one| !one.taken && one.kind != Kind::Endpoint) {
        let Some(path) = world.some_place(&operation.path) else { continue };
        if operation.method == Method::Get {
            read(world, report, operation, &path);
        } else if operation.effect == Effect::Command {
            let about = About { world, operation, path };
            let known = about.with_the_right_tag(report);
            // What can not succeed here has told why where it was tried without conditions.
            if known.is_success() {
                about.with_a_stale_tag(report);
                about.validated(report);
                report.conditional += 1;
            }
        }
    }
}

/// GET with `If-Match` is answered for the state that the caller knows, and for no other.
fn read(world: &World<'_>, report: &mut Report, operation: &Operation, path: &str) {
    let plain = world.get(path);
    let Some(tag) = plain.header("etag").filter(|_| plain.is_success()) else { return };
    for (sent, status) in [(STALE, 412), (tag, 200), ("*", 200), ("no tag", 400)] {
        let place = format!("{} with If-Match: {sent}", operation.line());
        let answer = world.ask(Request::new("GET", path).with("if-match", sent));
        answers::every(report, &place, "GET", path, &answer);
        report.expect(answer.status == status, &place, || answer.told());
    }
    report.conditional += 1;
}

/// What GET gives of what the preconditions of an operation are about.
pub(crate) fn state(world: &World<'_>, operation: &Operation, path: &str) -> Option<Answer> {
    About { world, operation, path: path.to_owned() }.holds()
}

struct About<'a> {
    world: &'a World<'a>,
    operation: &'a Operation,
    path: String,
}

impl About<'_> {
    /// What the state is read from: the target, or the item that a property or an action belongs to.
    fn holder(&self) -> Option<String> {
        let mut template = self.operation.path.as_str();
        let piece = matches!(self.operation.kind, Kind::Property | Kind::Action);
        if piece {
            template = template.rsplit_once('/')?.0;
        }
        loop {
            let read = self.world.find(Method::Get, template);
            if read.is_some_and(|one| !matches!(one.kind, Kind::Property | Kind::View)) {
                let segments = template.split('/').count();
                return Some(self.path.split('/').take(segments).collect::<Vec<_>>().join("/"));
            }
            template = template.rsplit_once('/').filter(|_| piece)?.0;
        }
    }

    fn holds(&self) -> Option<Answer> {
        // The largest page shows all that there is of a collection.
        let holder = self.holder()?;
        let whole = self.world.get(&format!("{holder}?limit=500"));
        Some(if whole.is_success() { whole } else { self.world.get(&holder) })
    }

    fn perform(&self, fields: &[(&str, &str)]) -> Answer {
        perform(self.world, self.operation, &self.path, fields)
    }

    fn with_the_right_tag(&self, report: &mut Report) -> Answer {
        let place = format!("{} with the tag that it has", self.operation.line());
        let once = || {
            let tag = self.holds().and_then(|holder| Some(holder.header("etag")?.to_owned()));
            let fields: Vec<_> = tag.iter().map(|tag| ("if-match", tag.as_str())).collect();
            self.perform(&fields)
        };
        // Making room for the operation may have changed what it is about.
        let first = once();
        let answer = if first.status == 412 { once() } else { first };
        report.expect(answer.status != 412, &place, || answer.told());
        answer
    }

    fn with_a_stale_tag(&self, report: &mut Report) {
        let place = format!("{} with a stale tag", self.operation.line());
        let Some(path) = self.world.some_place(&self.operation.path) else { return };
        let again = Self { path, ..*self };
        let before = again.holds().map(|holder| holder.body);
        let answer = again.perform(&[("if-match", STALE)]);
        answers::every(report, &place, self.operation.method.as_str(), &again.path, &answer);
        if self.operation.convention.preconditions == Preconditions::Ignored {
            return report.expect(answer.status != 412, &place, || answer.told());
        }
        let refused = (answer.status, answer.code()) == (412, "precondition_failed".to_owned());
        report.expect(refused, &place, || answer.told());
        let filled = self.operation.kind == Kind::Property || !self.operation.faults.is_empty();
        let after = again.holds().map(|holder| holder.body);
        report.expect(filled || before == after, &place, || "it changed something".into());
    }

    fn validated(&self, report: &mut Report) {
        let place = format!("{} with validateOnly", self.operation.line());
        let Some(path) = self.world.some_place(&self.operation.path) else { return };
        let again = Self { path, ..*self };
        let tag = again.holds().and_then(|holder| Some(holder.header("etag")?.to_owned()));
        let target = format!("{}?validateOnly=true", again.path);
        let answer = perform(self.world, self.operation, &target, &[]);
        answers::every(report, &place, self.operation.method.as_str(), &target, &answer);
        let expected = if answer.body.is_empty() { 204 } else { 200 };
        report.expect(answer.status == expected, &place, || answer.told());
        let filled = self.operation.kind == Kind::Property || !self.operation.faults.is_empty();
        let after = again.holds().and_then(|holder| Some(holder.header("etag")?.to_owned()));
        for name in ["location", "etag"] {
            // What is as it was keeps its tag.
            let found = answer.header(name);
            let kept = name == "etag" && found == after.as_deref();
            report.expect(found.is_none() || kept, &place, || format!("{name} {found:?}"));
        }
        report.expect(filled || tag == after, &place, || "it changed something".into());
    }
}
