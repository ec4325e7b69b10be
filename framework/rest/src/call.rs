//! A call: what is left of a request that came through tokens, envelope and unwrap. It is run, and answered.

use std::{borrow::Cow, mem::take, rc::Rc, sync::Arc};

use actix_http::header::HeaderMap;
use enaction_core::{
    Admission, Caller, Outcome, Repeatable, Sharing, Terms,
    process::{Input, Unwrapped, Wishes},
};

use crate::{
    admission::Running,
    answer::Answer,
    envelope::Opened,
    names,
    prefer::Preference,
    process,
    refused::Refused,
    repeat,
    respond::{Asked, respond},
    shared::Shared,
    target::Ready,
    unwrap,
};

/// The head of a request, or of one inside of another.
#[derive(Clone, Copy)]
pub(crate) struct Head<'r> {
    pub(crate) headers: &'r HeaderMap,
    /// Raw, as it was sent.
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
}

/// What is to be run, for whom, and how it is answered.
pub(crate) struct Call<'r> {
    pub(crate) ready: &'r Ready,
    pub(crate) caller: Option<Caller>,
    pub(crate) admission: Admission,
    pub(crate) input: Input,
    pub(crate) terms: Terms,
    pub(crate) asked: Asked<'r>,
}

impl<'r> Call<'r> {
    /// Unwraps what was in the envelope.
    pub(crate) fn unwrap(
        ready: &'r Ready,
        head: Head<'r>,
        segments: &[Cow<'_, str>],
        (caller, admission): (Option<Caller>, Admission),
        mut opened: Opened,
        shared: &'r Shared,
    ) -> Result<Self, Refused> {
        let limits = &shared.application.limits;
        let Unwrapped { input, asked: Wishes { validate_only, fields } } =
            unwrap::input(ready, segments, head.query, &mut opened, &admission.withheld, limits)?;
        let asked = Asked {
            head,
            preference: opened.preference,
            conditional: opened.conditions.if_none_match.is_some(),
            validate_only,
            variant: ready.operation.process.variant(&admission.withheld, fields.as_ref()),
            base: shared.public.path(),
        };
        let repeat = opened.key.map(|key| {
            let body = opened.document.as_deref().unwrap_or_default();
            Box::new(Repeatable { key, fingerprint: repeat::fingerprint(ready.operation.method, &head, body) })
        });
        let terms = Terms { conditions: opened.conditions, validate_only, fields, repeat };
        Ok(Self { ready, caller, admission, input, terms, asked })
    }

    /// What the batch around it asks holds for it too.
    pub(crate) fn within(mut self, batch: &Call<'_>, position: usize) -> Self {
        if batch.asked.validate_only {
            (self.asked.validate_only, self.terms.validate_only) = (true, true);
        }
        if self.asked.preference == Preference::None {
            self.asked.preference = batch.asked.preference;
        }
        if let (None, Some(key), true) = (&self.terms.repeat, &batch.terms.repeat, self.ready.operation.repeatable) {
            self.terms.repeat = Some(Box::new(repeat::inner(key, position)));
        }
        self
    }

    /// Takes out what is run, where several share a unit of work.
    pub(crate) fn share(&mut self) -> Sharing {
        Sharing {
            operation: Arc::clone(&self.ready.operation),
            admission: take(&mut self.admission),
            input: take(&mut self.input),
            terms: take(&mut self.terms),
        }
    }

    /// Runs it on other terms, and gives it back.
    pub(crate) async fn run(&self, terms: &Terms, shared: &Shared, running: &Rc<Running>) -> Result<Outcome, Refused> {
        let (caller, admission, input) = (self.caller.clone(), self.admission.clone(), self.input.clone());
        let application = &shared.application;
        let terms = terms.clone();
        Ok(process::run(application, &self.ready.operation, caller, admission, input, terms, running).await?)
    }

    /// Process, commit, respond.
    pub(crate) async fn answer(self, shared: &Shared, running: &Rc<Running>) -> Result<Answer, Refused> {
        let Self { ready, caller, admission, input, terms, asked } = self;
        let application = &shared.application;
        let outcome = process::run(application, &ready.operation, caller, admission, input, terms, running).await?;
        Ok(answered(ready, &asked, &outcome))
    }

    /// Responds, where it was run with others.
    pub(crate) fn answered(&self, outcome: &Outcome) -> Answer {
        answered(self.ready, &self.asked, outcome)
    }
}

fn answered(ready: &Ready, asked: &Asked<'_>, outcome: &Outcome) -> Answer {
    let mut answer = respond(ready, asked, &outcome.output);
    if outcome.replayed {
        answer.headers_mut().insert(names::IDEMPOTENCY_REPLAYED.clone(), names::TRUE.clone());
    }
    answer
}
