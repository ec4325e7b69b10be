//! Batch: several operations of one resource in one request. Each goes the whole way of a request, but for what it has in
//! common with the others: the connection, the tokens.

mod part;
mod results;

use std::rc::Rc;

use enaction_core::{catalogue, resource::BATCH};
use futures_util::future::join_all;
use part::Part;
use results::Results;

use crate::{
    admission::Running, answer::Answer, call::Call, path, problem::problem, process, refused::Refused,
    respond::respond, shared::Shared, trace::Trace,
};

/// Answers a batch: what became of each of its operations, in their order.
pub(crate) async fn answer(
    call: Call<'_>,
    shared: &Shared,
    running: &Rc<Running>,
    trace: &Trace,
) -> Result<Answer, Refused> {
    let path = path::read(call.asked.head.path)?;
    let collection = path.strip_suffix(BATCH).unwrap_or(&path);
    let operation = &call.ready.operation;
    if operation.path.contains('{') || call.terms.repeat.is_some() {
        // Does the item exist that the collection is inside of, and is this the batch that the key was used for?
        let (caller, admission, input) = (call.caller.clone(), call.admission.clone(), call.input.clone());
        process::run(&shared.application, operation, caller, admission, input, call.terms.clone(), running).await?;
    }
    let document = |name: &str| call.input.get(operation.process.parameter(name)?);
    let operations = document("operations").ok_or(catalogue::INTERNAL)?;
    let parts = Part::read(operations, collection, shared)?;
    let batch = Batch { call: &call, parts: &parts, shared, running, trace };
    let atomic = document("atomic").is_some_and(|atomic| atomic == "true");
    let results = if atomic { batch.together().await? } else { batch.one_by_one().await };
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
    async fn one_by_one(&self) -> Results {
        let mut results = Results::of(self.parts.len());
        let mut left = self.parts;
        while !left.is_empty() {
            // New items do not touch each other, so that they go to the disk together. Everything else waits for its turn.
            let creates = left.iter().take_while(|part| part.creates()).count();
            let (now, behind) = left.split_at(creates.max(1));
            join_all(now.iter().map(|part| self.alone(part))).await.iter().for_each(|answer| results.push(answer));
            left = behind;
        }
        results
    }

    async fn alone(&self, part: &Part) -> Answer {
        let answer = match part.call(self.call, self.shared).await {
            Ok(call) => call.answer(self.shared, self.running).await,
            Err(refused) => Err(refused),
        };
        answer.unwrap_or_else(|refused| problem(refused, &self.shared.public, part.path(), self.trace))
    }

    /// What shares a unit of work is written with the others, or validated with them.
    fn whole<'c>(&self, call: Call<'c>) -> Result<Call<'c>, Refused> {
        if call.asked.validate_only == self.call.asked.validate_only {
            return Ok(call);
        }
        Err(catalogue::QUERY_INVALID.because("validateOnly is asked of the whole batch").into())
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
