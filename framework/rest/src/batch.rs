//! Batch: several operations of one resource in one request. Each goes the whole way of a request, but for what it has in
//! common with the others: the connection, the tokens.

mod part;
mod results;

use std::rc::Rc;

use enaction_core::{Terms, catalogue, resource::BATCH};
use futures_util::future::join_all;
use part::Part;
use results::Results;

use crate::{
    admission::Running, answer::Answer, call::Call, path, problem::problem, process, refused::Refused,
    respond::respond, shared::Shared, trace::Trace,
};

/// Answers a batch: what became of each of its operations, in their order.
///
/// They are run in that order; creations that follow each other are run side by side.
pub(crate) async fn answer(
    call: Call<'_>,
    shared: &Shared,
    running: &Rc<Running>,
    trace: &Trace,
) -> Result<Answer, Refused> {
    let batch = path::read(call.asked.head.path)?;
    let collection = batch.strip_suffix(BATCH).unwrap_or(&batch);
    let operation = &call.ready.operation;
    if operation.path.contains('{') {
        let (caller, admission, input) = (call.caller.clone(), call.admission.clone(), call.input.clone());
        process::run(&shared.application, operation, caller, admission, input, Terms::default(), running).await?;
    }
    let document = |name: &str| call.input.get(operation.process.parameter(name)?);
    let operations = document("operations").ok_or(catalogue::INTERNAL)?;
    let parts = Part::read(operations, collection, shared)?;
    let one = async |part: &Part| {
        let answer = match part.call(&call, shared).await {
            Ok(inner) => inner.answer(shared, running).await,
            Err(refused) => Err(refused),
        };
        answer.unwrap_or_else(|refused| problem(refused, &shared.public, part.path(), trace))
    };
    let mut results = Results::of(parts.len());
    let mut left = parts.as_slice();
    while !left.is_empty() {
        // New items do not touch each other, so that they go to the disk together. Everything else waits for its turn.
        let creates = left.iter().take_while(|part| part.creates()).count();
        let (now, behind) = left.split_at(creates.max(1));
        join_all(now.iter().map(&one)).await.iter().for_each(|answer| results.push(answer));
        left = behind;
    }
    Ok(respond(call.ready, &call.asked, &results.output()))
}
