//! `Idempotency-Key` on every operation that takes one: the same request again has the same answer, another has none.

use enaction_core::table::{IdempotencyKey, Target as Kind};

use crate::{
    answers,
    client::{Answer, Request},
    operation::{Operation, fresh_key},
    report::Report,
    success::perform,
    world::World,
};

/// What differs between two answers that are the same: when each was given, and to which request.
pub const OF_EACH: [&str; 4] = ["date", "x-request-id", "traceparent", "idempotency-replayed"];

/// Sends what succeeds twice under one key, and then another request under it.
pub(crate) fn check(world: &World<'_>, report: &mut Report) {
    let takes = |one: &&Operation| !one.taken && one.convention.idempotency_key != IdempotencyKey::Ignored;
    for operation in world.operations.iter().filter(takes) {
        let Some(path) = world.some_place(&operation.path) else { continue };
        let first = perform(world, operation, &path, &[("idempotency-key", &fresh_key())]);
        // What can not succeed here has told why where it was tried without a key.
        if first.is_success() {
            let request = world.last.take();
            // Of a batch, each command is answered again, and what only reads is read again.
            if operation.kind != Kind::Batch {
                again(world, report, operation, &first, &request);
            }
            another(world, report, operation, request);
            report.repeated += 1;
        }
    }
}

fn again(world: &World<'_>, report: &mut Report, operation: &Operation, first: &Answer, request: &Request) {
    let place = format!("{} again under its key", operation.line());
    let answer = world.ask(request.clone());
    answers::every(report, &place, operation.method.as_str(), &request.target, &answer);
    let replayed = answer.header("idempotency-replayed");
    report.expect(replayed == Some("true"), &place, || format!("idempotency-replayed {replayed:?}: {}", answer.told()));
    report.expect(first.header("idempotency-replayed").is_none(), &place, || "the first was none".into());
    let (before, after) = (same(first), same(&answer));
    report.expect(before == after, &place, || format!("{after:?}, not {before:?}"));
}

/// All of an answer that has to be the same.
fn same(answer: &Answer) -> (u16, Vec<(&str, &str)>, String) {
    let fields = answer.headers.iter().filter(|(name, _)| !OF_EACH.contains(&name.as_str()));
    let mut fields: Vec<_> = fields.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    fields.sort_unstable();
    (answer.status, fields, String::from_utf8_lossy(&answer.body).into_owned())
}

fn another(world: &World<'_>, report: &mut Report, operation: &Operation, mut request: Request) {
    let place = format!("another {} under its key", operation.line());
    if request.body.is_empty() {
        request = request.with("prefer", "return=representation");
    } else {
        request.body.push(b' ');
    }
    let answer = world.ask(request);
    let told = (answer.status, answer.code());
    report.expect(told == (422, "idempotency_key_reused".to_owned()), &place, || answer.told());
}
