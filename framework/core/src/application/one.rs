//! One operation, as what is done in a unit of work.

use std::sync::Arc;

use tokio::time::Instant;

use crate::{
    Application, Fault, Operation, Outcome, Result, WriteContext, catalogue,
    context::Ambient,
    process::{Cx, Input, Process},
    store::Refusal,
    table::Effect,
};

use super::{
    repeat::Repeating,
    run::read_on,
    terms::{Current, Terms},
    unit::{Ran, Shared, Work, told},
};

/// One operation.
pub(super) struct One<'a> {
    process: &'a Process,
    operation: Option<&'a Operation>,
    input: Input,
    terms: &'a Terms,
    repeating: Option<Box<Repeating<'a>>>,
    deadline: Instant,
}

impl<'a> One<'a> {
    /// Begins it.
    ///
    /// # Errors
    /// `idempotency_in_progress` when the same runs already.
    pub(super) fn begin(
        process: &'a Process,
        operation: Option<&'a Operation>,
        ambient: &Arc<Ambient>,
        input: Input,
        terms: &'a Terms,
    ) -> Result<Self> {
        let repeating = Repeating::begin(ambient, terms)?;
        Ok(Self { process, operation, input, terms, repeating, deadline: ambient.application.deadline() })
    }

    /// A fault of the store as this operation tells it.
    pub(super) fn told(&self, refusal: &Refusal) -> Fault {
        self.process.body.of_commit(told(refusal))
    }

    async fn once(&self, cx: &mut WriteContext) -> Result<Ran<Self>> {
        let (process, terms) = (self.process, self.terms);
        if let Some(repeating) = &self.repeating
            && let Some(output) = Box::pin(repeating.before(process, self.operation, cx, &self.input)).await?
        {
            return Ok(Ran { done: Outcome { output, replayed: true }, unmet: None, replayed: true });
        }
        // The state is read first, so that it is the one before the command's own writes. Boxed, so that a command
        // without conditions does not carry the room for them.
        let queries = process.effect == Effect::Query;
        let met = queries || terms.conditions.is_empty() || Box::pin(self.conditions_hold(cx)).await?;
        let output = process.body.run(Cx::Write(cx), self.input.clone()).await?;
        let output = if queries { read_on(terms, output)? } else { output };
        let unmet = (!met).then(|| catalogue::PRECONDITION_FAILED.fault());
        Ok(Ran { done: Outcome { output, replayed: false }, unmet, replayed: false })
    }

    async fn conditions_hold(&self, cx: &WriteContext) -> Result<bool> {
        let state = self.operation.and_then(|operation| operation.state.as_ref());
        let current = match state {
            Some(state) => {
                let path: Vec<_> = self.process.in_path.iter().map(|index| self.input.get(*index).cloned()).collect();
                state.read(cx, &path.into()).await?
            }
            // What nobody can read has no state that a client could know.
            None => Current { exists: true, state: None },
        };
        Ok(self.terms.conditions.hold(current))
    }
}

impl Work for One<'_> {
    type Done = Outcome;
    type Failure = Fault;
    const SHARED: bool = false;

    fn validates_only(&self) -> bool {
        self.terms.validate_only
    }

    fn fault(failure: &Fault) -> &Fault {
        failure
    }

    fn is_conditional(&self) -> bool {
        self.terms.conditions.if_match.is_some()
    }

    fn is_repeatable(&self) -> bool {
        self.repeating.is_some()
    }

    async fn run(&self, application: &Application, cx: &mut WriteContext) -> Result<Ran<Self>> {
        let ran = application.guarded(self.process, self.deadline, self.once(cx)).await?;
        if let (Some(repeating), None, false) = (&self.repeating, &ran.unmet, ran.replayed) {
            repeating.keep(self.process, self.operation, cx, &ran.done.output)?;
        }
        Ok(ran)
    }

    fn settled(mut done: Outcome, version: u64) -> Outcome {
        done.output.settle(version);
        done
    }

    async fn refused(&self, _: &Application, _: Option<Shared>, refusal: &Refusal) -> Fault {
        self.told(refusal)
    }
}
