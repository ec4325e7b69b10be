//! A call: what is left of a request that came through tokens, envelope and unwrap. It is run, and answered.

use std::{borrow::Cow, rc::Rc};

use actix_http::header::HeaderMap;
use enaction_core::{
    Admission, Caller, Terms,
    process::{Input, Unwrapped, Wishes},
};

use crate::{
    admission::Running,
    answer::Answer,
    envelope::Opened,
    prefer::Preference,
    process,
    refused::Refused,
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
        let terms = Terms { conditions: opened.conditions, validate_only, fields };
        Ok(Self { ready, caller, admission, input, terms, asked })
    }

    /// What the request around it asks holds for it too.
    pub(crate) fn within(mut self, batch: &Call<'_>) -> Self {
        if batch.asked.validate_only {
            (self.asked.validate_only, self.terms.validate_only) = (true, true);
        }
        if self.asked.preference == Preference::None {
            self.asked.preference = batch.asked.preference;
        }
        self
    }

    /// Process, commit, respond.
    pub(crate) async fn answer(self, shared: &Shared, running: &Rc<Running>) -> Result<Answer, Refused> {
        let Self { ready, caller, admission, input, terms, asked } = self;
        let application = &shared.application;
        let output = process::run(application, &ready.operation, caller, admission, input, terms, running).await?;
        Ok(respond(ready, &asked, &output))
    }
}
