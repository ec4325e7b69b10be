//! One request with a key, from its beginning to its record.

use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::{
    Result, Terms, WriteContext, catalogue,
    context::Ambient,
    process::{Input, Output, Process},
    store::{Claim, IndexKey, Key, Record, Write},
};

use super::{
    super::Operation,
    Again, KEPT, KEPT_AT, expired,
    kept::{Kept, Known},
    under_way::Running,
};

/// The key of a request, and what else the request was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeatable {
    /// `Idempotency-Key`. It belongs to one caller of one company.
    pub key: String,
    /// A hash of everything of the request that decides its effect and the form of its answer.
    pub fingerprint: [u8; 32],
}

/// A request with a key while it runs.
pub(in super::super) struct Repeating<'a> {
    request: &'a Repeatable,
    /// Where its answer is kept.
    place: Key,
    _running: Running,
}

impl<'a> Repeating<'a> {
    /// Begins a request that has a key. What nobody calls, or only validates, can not be repeated.
    ///
    /// # Errors
    /// `idempotency_in_progress` when it runs already.
    pub(in super::super) fn begin(ambient: &Ambient, terms: &'a Terms) -> Result<Option<Box<Self>>> {
        let Some(request) = terms.repeat.as_deref().filter(|_| !terms.validate_only) else { return Ok(None) };
        let (Some(scope), Some(caller)) = (&ambient.scope, &ambient.caller) else { return Ok(None) };
        let id: Arc<str> = format!("{}\u{1f}{}\u{1f}{}", caller.company, caller.subject, request.key).into();
        let running = ambient.application.under_way.begin(scope, &id)?;
        Ok(Some(Box::new(Self { request, place: Key { collection: KEPT, id }, _running: running })))
    }

    /// What the request was answered with before.
    ///
    /// # Errors
    /// `idempotency_key_reused` when the key was that of another request; when the store can not be reached.
    pub(in super::super) async fn before(
        &self,
        process: &Process,
        operation: Option<&Operation>,
        cx: &WriteContext,
        input: &Input,
    ) -> Result<Option<Output>> {
        let Some(record) = cx.record(self.place.clone()).await? else { return Ok(None) };
        if record.at <= expired(cx.now()) {
            return Ok(None);
        }
        let kept = Kept::read(&record.body)?;
        if kept.request != HEXLOWER.encode(&self.request.fingerprint) {
            return Err(catalogue::IDEMPOTENCY_KEY_REUSED.fault());
        }
        let steps = kept.steps;
        Ok(Some(match current(process, steps, kept.known(record.version), cx)? {
            Known::Whole(output) => output,
            Known::TooLong(told) => {
                let now = match again(operation) {
                    Some(again) => again.read(process, cx, input, &told).await?,
                    None => None,
                };
                now.unwrap_or(match told {
                    Output::Page { .. } => Output::Nothing,
                    // Its id and its version, without a body: as to who prefers none.
                    told => told,
                })
            }
        }))
    }

    /// Keeps the answer in the unit of its effect.
    pub(in super::super) fn keep(
        &self,
        process: &Process,
        operation: Option<&Operation>,
        cx: &WriteContext,
        output: &Output,
    ) -> Result<()> {
        let bytes_max = cx.application().limits.idempotency_answer_bytes_max;
        // What can be read nowhere else is kept, however long it is.
        let bytes_max = again(operation).map_or(usize::MAX, |_| bytes_max);
        let kept = Kept::of(&self.request.fingerprint, process.steps, output, bytes_max)?;
        let body = serde_json::to_vec(&kept).map_err(|_| catalogue::INTERNAL.because("an answer can not be kept"))?;
        let by = cx.caller()?.subject_bytes();
        let record = Record { schema_version: 1, version: 0, at: cx.now(), by, body: body.into() };
        let key = IndexKey::default().integer(cx.now().millis()).into_bytes();
        let claims = vec![Claim { index: KEPT_AT, key, unique: false }];
        // The room of a unit is for what the process reads and writes.
        cx.log().write(Write { key: self.place.clone(), expected: 0, record: Some(record), claims }, usize::MAX)
    }
}

/// What was kept, in the schemas of this program; what can not be brought into them is as good as too long.
fn current(process: &Process, steps: u32, known: Known, cx: &WriteContext) -> Result<Known> {
    let Known::Whole(mut output) = known else { return Ok(known) };
    if steps == process.steps || matches!(output, Output::Nothing | Output::Value(_)) {
        return Ok(Known::Whole(output));
    }
    let Some(entity) = process.entity.filter(|_| steps < process.steps) else { return Ok(Known::TooLong(output)) };
    let (collection, version) = (cx.application().known(entity.collection)?, steps.saturating_add(1));
    let version = u16::try_from(version).map_err(|_| catalogue::INTERNAL.fault())?;
    let current = output.bodies_mut().map(|body| entity.up(collection, version, body)).collect::<Result<Vec<_>>>();
    let Ok(current) = current else { return Ok(Known::TooLong(output)) };
    output.bodies_mut().zip(current).for_each(|(body, current)| *body = current);
    Ok(Known::Whole(output))
}

fn again(operation: Option<&Operation>) -> Option<&Again> {
    operation?.again.as_ref()
}
