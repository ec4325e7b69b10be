//! Batch: several operations of one resource in one request. Each goes the whole way of a request, but for what it has in
//! common with the others: the connection, the tokens.

mod part;
mod results;

use std::{rc::Rc, time::Duration};

use actix_rt::time::Instant;
use enaction_core::{
    Terms, catalogue,
    resource::{BATCH, BATCH_PARAMETER},
};
use futures_util::future::join_all;
use part::Part;
use results::Results;

use crate::{
    admission::Running, answer::Answer, call::Call, path, problem::problem, process, refused::Refused,
    respond::respond, shared::Shared, trace::Trace,
};

/// Answers a batch: what became of each of its operations, in their order.
///
/// # Errors
/// What is wrong with the batch as a whole; where it is atomic, how the first operation failed that did.
pub(crate) async fn answer(
    call: Call<'_>,
    shared: &Shared,
    running: &Rc<Running>,
    trace: &Trace,
) -> Result<Answer, Refused> {
    let path = path::read(call.asked.head.path)?;
    let collection = path.strip_suffix(BATCH).unwrap_or(&path);
    let operation = &call.ready.operation;
    if operation.path.contains('{') {
        // Does the item exist that the collection is inside of?
        call.run(&Terms::default(), shared, running).await?;
    }
    let document = operation.process.parameter(BATCH_PARAMETER).and_then(|index| call.input.get(index));
    let (parts, atomic) = part::read(document.ok_or(catalogue::INTERNAL)?, collection, shared)?;
    let batch = Batch { call: &call, parts: &parts, shared, running, trace };
    let results = if atomic { batch.together().await? } else { batch.one_by_one().await? };
    Ok(respond(call.ready, &call.asked, &results.output()))
}

struct Batch<'b> {
    call: &'b Call<'b>,
    parts: &'b [Part],
    shared: &'b Shared,
    running: &'b Rc<Running>,
    trace: &'b Trace,
}

impl Batch<'_> {
    /// Each for itself, in their order.
    async fn one_by_one(&self) -> Result<Results, Refused> {
        if self.call.terms.repeat.is_some() {
            // Is this the batch that the key was used for before?
            self.call.run(&self.call.terms, self.shared, self.running).await?;
        }
        let limits = &self.shared.application.limits;
        let until = Instant::now() + Duration::from_millis(limits.process_ms_max as u64);
        let mut results = Results::of(self.parts.len());
        let mut left = self.parts;
        while !left.is_empty() {
            // New items do not touch each other, so that they go to the disk together. Everything else waits for its turn.
            let creates = left.iter().take_while(|part| part.creates()).count();
            let (now, behind) = left.split_at(creates.max(1));
            let late = if results.bytes() > limits.batch_answer_bytes_max {
                Some(catalogue::BATCH_TOO_LARGE.fault().with_limit("batch_answer_bytes_max"))
            } else if Instant::now() > until {
                let fault = catalogue::PROCESS_TIMEOUT.fault().with_limit("process_ms_max");
                Some(fault.with_retry_after(Duration::from_secs(1)))
            } else {
                None
            };
            let answers = match late {
                Some(fault) => now.iter().map(|_| Err(Refused::from(fault.clone()))).collect(),
                None => join_all(now.iter().map(|part| self.alone(part))).await,
            };
            for (part, answer) in now.iter().zip(answers) {
                results.push(&self.answered(part, answer).await?);
            }
            left = behind;
        }
        Ok(results)
    }

    async fn alone(&self, part: &Part) -> Result<Answer, Refused> {
        part.call(self.call, self.shared).await?.answer(self.shared, self.running).await
    }

    /// What is answered to an operation that was run beside others.
    ///
    /// # Errors
    /// `idempotency_in_progress` where the batch came again before its first run was through: what stands behind this
    /// operation has to wait for it.
    async fn answered(&self, part: &Part, answer: Result<Answer, Refused>) -> Result<Answer, Refused> {
        let code = |answer: &Result<Answer, Refused>| answer.as_ref().err().map(|refused| refused.fault.entry());
        let answer = match code(&answer) {
            Some(catalogue::IDEMPOTENCY_IN_PROGRESS) if self.call.terms.repeat.is_some() => return answer,
            // Those beside it were in its way; now nobody is.
            Some(catalogue::CONTENDED | catalogue::IDEMPOTENCY_IN_PROGRESS) => self.alone(part).await,
            _ => answer,
        };
        Ok(answer.unwrap_or_else(|refused| {
            let (status, code) = (refused.fault.kind().status(), refused.fault.code());
            let position = part.position();
            tracing::info!(target: "enaction::request", position, status, code, "an operation of a batch was refused");
            problem(refused, &self.shared.public, part.path(), self.trace)
        }))
    }

    /// What shares a unit of work is written with the others, or validated with them, and comes again with them.
    fn whole<'c>(&self, call: Call<'c>) -> Result<Call<'c>, Refused> {
        if call.asked.validate_only != self.call.asked.validate_only {
            return Err(catalogue::QUERY_INVALID.because("validateOnly is asked of the whole batch").into());
        }
        if self.call.terms.repeat.is_some() && !call.ready.operation.repeatable {
            return Err(catalogue::INVALID
                .because("under a key, what is atomic holds only what can be repeated")
                .into());
        }
        Ok(call)
    }

    /// All in one unit of work, or nothing.
    async fn together(&self) -> Result<Results, Refused> {
        let mut calls = Vec::with_capacity(self.parts.len());
        for (position, part) in self.parts.iter().enumerate() {
            let call = part.call(self.call, self.shared).await.and_then(|call| self.whole(call));
            calls.push(call.map_err(|refused| Refused { operation: Some(position), ..refused })?);
        }
        let caller = self.call.caller.clone().ok_or(catalogue::TOKENS_MISSING)?;
        let operations = calls.iter_mut().map(Call::share).collect();
        let outcomes = process::run_together(&self.shared.application, caller, operations, self.running).await?;
        let mut results = Results::of(calls.len());
        calls.iter().zip(&outcomes).for_each(|(call, outcome)| results.push(&call.answered(outcome)));
        Ok(results)
    }
}
