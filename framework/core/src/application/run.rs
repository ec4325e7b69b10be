//! Running a process: who is let in, its time, and what becomes of a panic.

use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::{
    Admission, Application, Caller, Fault, Operation, Outcome, Policy, ReadContext, Result, Site, Withheld,
    caller::covers,
    catalogue,
    context::Ambient,
    process::{Access, Answer, Arguments, Callable, Cx, Input, Output, Process, by_name, check_arguments},
    table::Effect,
};

use super::{
    one::One,
    terms::{Current, Terms},
};

impl Application {
    /// Lets a caller in whose tokens were not revoked: the permission of the process, by the roles of the caller and what
    /// the token is narrowed to. Gives what the run needs to know of that.
    ///
    /// # Errors
    /// `invalid_token`, `insufficient_scope`, `permission_denied`; a fault of the policy source when it can not tell.
    pub async fn admit(&self, process: &Process, caller: &Caller) -> Result<Admission> {
        let policy = match self.policies.cached(&caller.company) {
            Some(policy) => policy,
            None => self.policies.policy(&caller.company).await?,
        };
        if policy.revokes(caller) {
            return Err(catalogue::INVALID_TOKEN.because("the token was revoked"));
        }
        if let Access::Permission(permission) = &process.access {
            if caller.scope.as_ref().is_some_and(|scope| !covers(scope, permission)) {
                return Err(catalogue::INSUFFICIENT_SCOPE.because(permission.clone()));
            }
            if !policy.allows(&caller.roles, permission) {
                return Err(catalogue::PERMISSION_DENIED.because(permission.clone()));
            }
        }
        Ok(Admission { site: site(&policy, caller), withheld: self.withheld(process, &policy, caller) })
    }

    /// What does not exist for a caller: looked up only where the process could show it, tell of it, or select by it.
    fn withheld(&self, process: &Process, policy: &Policy, caller: &Caller) -> Withheld {
        if process.access == Access::Public {
            return Withheld::default();
        }
        let shows = || process.effect == Effect::Command || process.sensitive().next().is_some();
        if self.sensitive.is_empty() || !(shows() || process.lists()) {
            return Withheld::nothing();
        }
        let narrowed = |one: &str| caller.scope.as_ref().is_some_and(|scope| !covers(scope, one));
        let lacks = |one: &&Arc<str>| narrowed(one) || !policy.allows(&caller.roles, one);
        Withheld::only(self.sensitive.iter().filter(lacks).cloned().collect())
    }

    /// Runs a process for a caller who was let in, on checked input. A command's writes are committed when this returns
    /// an output; after a fault nothing was written.
    ///
    /// When the future of a command is dropped, its unit is committed whole or not at all.
    ///
    /// # Errors
    /// The faults of the process and of the commit.
    pub async fn run(
        self: &Arc<Self>,
        process: &Process,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
    ) -> Result<Output> {
        Ok(self.run_on(process, None, caller, admission, input, Terms::NONE).await?.output)
    }

    /// Runs an operation as [`run`](Self::run) runs its process, on the terms of a request.
    ///
    /// # Errors
    /// As `run`, and `precondition_failed` where the answer would otherwise be a success. Of a request with a key:
    /// `idempotency_in_progress` while the same runs on this server, `idempotency_key_reused` after another.
    pub fn perform<'a>(
        self: &'a Arc<Self>,
        operation: &'a Operation,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
        terms: &'a Terms,
    ) -> impl Future<Output = Result<Outcome>> + Send + 'a {
        self.run_on(&operation.process, Some(operation), caller, admission, input, terms)
    }

    async fn run_on(
        self: &Arc<Self>,
        process: &Process,
        operation: Option<&Operation>,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
        terms: &Terms,
    ) -> Result<Outcome> {
        if !process.exists_for(&admission.withheld) {
            return Err(catalogue::NOT_FOUND.fault());
        }
        let ambient = Ambient::new(Arc::clone(self), caller, process.installation, admission);
        let may_be_stale = operation.is_some_and(|operation| operation.may_be_stale);
        let ambient = Arc::new(ambient.with_stale_reads(may_be_stale));
        let mut replayed = false;
        let result = match process.effect {
            Effect::Query => {
                let cx = ReadContext::new(Arc::clone(&ambient), false);
                let result = self.guarded(process, self.deadline(), process.body.run(Cx::Read(&cx), input)).await;
                result.and_then(|output| read_on(terms, output))
            }
            // Boxed, so that a query does not carry the room that a command needs.
            Effect::Command => {
                let one = One::begin(process, operation, &ambient, input, terms)?;
                let outcome = Box::pin(self.in_a_unit(&ambient, &one)).await;
                replayed = outcome.as_ref().is_ok_and(|outcome| outcome.replayed);
                outcome.map(|outcome| outcome.output)
            }
        };
        let seen = process.as_seen(result.map_err(|fault| self.declared(process, fault)), &ambient.withheld)?;
        Ok(Outcome { output: terms.shown(seen)?, replayed })
    }

    /// Runs a process by its type, for a caller who was let in.
    ///
    /// # Errors
    /// `internal` when it is not registered; `invalid` when the arguments break its shape; else as [`run`](Self::run).
    pub async fn run_typed<P: Callable>(
        self: &Arc<Self>,
        caller: Option<Caller>,
        admission: Admission,
        args: P::Args,
    ) -> Result<P::Out> {
        let process = self.process_of::<P>()?;
        let input = check_arguments(&process, args.to_input()?, &self.limits)?;
        P::Out::from_output(self.run(&process, caller, admission, input).await?)
    }

    /// Lets a caller in and runs a process by name with the JSON object of its parameters, as `enaction call` does.
    ///
    /// # Errors
    /// `not_found` when there is no such process; else as [`admit`](Self::admit) and [`run`](Self::run).
    pub async fn call(self: &Arc<Self>, name: &str, caller: Caller, parameters: &[u8]) -> Result<Output> {
        let process = self.process(name).ok_or_else(|| crate::context::no_process(name))?;
        let admission = self.admit(&process, &caller).await?;
        let parameters = bytes::Bytes::copy_from_slice(parameters);
        let input = by_name(&process, &parameters, &self.limits, &admission.withheld)?;
        self.run(&process, Some(caller), admission, input).await
    }

    /// Runs a public process by name, without a caller.
    ///
    /// # Errors
    /// `not_found` when there is no such process or it is not public; else as [`run`](Self::run).
    pub async fn call_public(self: &Arc<Self>, name: &str, parameters: &[u8]) -> Result<Output> {
        let process = self.process(name).filter(|process| process.access == Access::Public);
        let process = process.ok_or_else(|| crate::context::no_process(name))?;
        let (parameters, admission) = (bytes::Bytes::copy_from_slice(parameters), Admission::default());
        let input = by_name(&process, &parameters, &self.limits, &admission.withheld)?;
        self.run(&process, None, admission, input).await
    }

    /// When a process that begins now must have ended, its re-runs included.
    pub(super) fn deadline(&self) -> Instant {
        let limit = Duration::from_millis(u64::try_from(self.limits.process_ms_max).unwrap_or(u64::MAX));
        Instant::now() + limit
    }

    /// Bounds the time of a process and catches its panic.
    pub(super) async fn guarded<T>(
        &self,
        process: &Process,
        deadline: Instant,
        run: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout_at(deadline, AssertUnwindSafe(run).catch_unwind()).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => {
                tracing::error!(process = process.name, "a process panicked");
                Err(catalogue::INTERNAL.fault())
            }
            Err(_) => {
                tracing::warn!(process = process.name, "a process ran out of time");
                let fault = catalogue::PROCESS_TIMEOUT.fault().with_limit("process_ms_max");
                Err(fault.with_retry_after(Duration::from_secs(1)))
            }
        }
    }

    /// A fault that the process gives and has not declared is a mistake of the service.
    pub(super) fn declared(&self, process: &Process, fault: Fault) -> Fault {
        if process.declares(fault.entry()) {
            return fault;
        }
        tracing::error!(process = process.name, code = fault.code(), "a process gave a fault that it has not declared");
        catalogue::INTERNAL.because(format!("the process gave the undeclared fault {:?}", fault.code()))
    }
}

/// A read whose state is not the one that the caller knows.
pub(super) fn read_on(terms: &Terms, output: Output) -> Result<Output> {
    let Some(if_match) = &terms.conditions.if_match else { return Ok(output) };
    let current = Current { exists: true, state: output.state() };
    if if_match.have(current) { Ok(output) } else { Err(catalogue::PRECONDITION_FAILED.fault()) }
}

fn site(policy: &Policy, caller: &Caller) -> Site {
    let Some(id) = &caller.site else { return Site::default() };
    let known = policy.sites.get(id.as_ref()).cloned().unwrap_or_default();
    Site { id: Arc::clone(id), code: known.code, currency: known.currency }
}
