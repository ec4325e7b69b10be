//! Running a process: the unit of work, its re-runs, its time, and what becomes of a panic.

use std::{collections::BTreeSet, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use crate::{
    Admission, Application, Caller, Fault, Operation, Policy, ReadContext, Result, Site, Violation, Withheld,
    WriteContext,
    caller::covers,
    catalogue,
    context::Ambient,
    process::{Access, Answer, Arguments, Callable, Cx, Input, Output, Process, by_name, check_arguments},
    store::{Key, Refusal},
    table::Effect,
};

use super::{
    state::StateOf,
    terms::{Current, Terms},
};

impl Application {
    /// Lets a caller in: the permission of the process, by the roles of the caller and what the token is narrowed to.
    /// Gives what the run needs to know of that.
    ///
    /// # Errors
    /// `insufficient_scope`, `permission_denied`; a fault of the policy source when it can not tell.
    pub async fn admit(&self, process: &Process, caller: &Caller) -> Result<Admission> {
        let policy = match self.policies.cached(&caller.company) {
            Some(policy) => policy,
            None => self.policies.policy(&caller.company).await?,
        };
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

    /// What does not exist for a caller: looked up only where the process could show it, or tell of it.
    fn withheld(&self, process: &Process, policy: &Policy, caller: &Caller) -> Withheld {
        if process.access == Access::Public {
            return Withheld::default();
        }
        if self.sensitive.is_empty() || (process.effect == Effect::Query && process.sensitive().next().is_none()) {
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
    pub fn run<'a>(
        self: &'a Arc<Self>,
        process: &'a Process,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
    ) -> impl Future<Output = Result<Output>> + Send + 'a {
        self.run_on(process, None, caller, admission, input, Terms::NONE)
    }

    /// Runs an operation as [`run`](Self::run) runs its process, on the terms of a request.
    ///
    /// # Errors
    /// As `run`, and `precondition_failed` where the answer would otherwise be a success.
    pub fn perform<'a>(
        self: &'a Arc<Self>,
        operation: &'a Operation,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
        terms: &'a Terms,
    ) -> impl Future<Output = Result<Output>> + Send + 'a {
        self.run_on(&operation.process, operation.state.as_ref(), caller, admission, input, terms)
    }

    async fn run_on(
        self: &Arc<Self>,
        process: &Process,
        state: Option<&StateOf>,
        caller: Option<Caller>,
        admission: Admission,
        input: Input,
        terms: &Terms,
    ) -> Result<Output> {
        if !process.exists_for(&admission.withheld) {
            return Err(catalogue::NOT_FOUND.fault());
        }
        let ambient = Arc::new(Ambient::new(Arc::clone(self), caller, process.installation, admission));
        let result = match process.effect {
            Effect::Query => {
                let cx = ReadContext::new(Arc::clone(&ambient), false);
                let result = self.guarded(process, self.deadline(), process.body.run(Cx::Read(&cx), input)).await;
                result.and_then(|output| read_on(terms, output))
            }
            // Boxed, so that a query does not carry the room that a command needs.
            Effect::Command => Box::pin(self.command(process, state, &ambient, input, terms)).await,
        };
        let seen = process.as_seen(result.map_err(|fault| self.declared(process, fault)), &ambient.withheld);
        match &terms.fields {
            Some(fields) => seen.and_then(|output| fields.of(output)),
            None => seen,
        }
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

    async fn command(
        self: &Arc<Self>,
        process: &Process,
        state: Option<&StateOf>,
        ambient: &Arc<Ambient>,
        input: Input,
        terms: &Terms,
    ) -> Result<Output> {
        let deadline = self.deadline();
        let mut conflicts = BTreeSet::new();
        let mut _turns = None;
        for _ in 0..self.limits.command_attempts_max.max(1) {
            let mut cx = WriteContext::new(Arc::clone(ambient));
            // The state is read first, so that it is the one before the command's own writes.
            let run = async {
                // Boxed, so that a command without conditions does not carry the room for them.
                let met = terms.conditions.is_empty() || Box::pin(terms.are_met(process, state, &cx, &input)).await?;
                Ok((process.body.run(Cx::Write(&mut cx), input.clone()).await?, met))
            };
            let result = self.guarded(process, deadline, run).await;
            if let Err(fault) = &result
                && matches!(fault.kind(), crate::Kind::Internal | crate::Kind::Unavailable)
            {
                return result.map(|(output, _)| output);
            }
            let met = result.as_ref().is_ok_and(|(_, met)| *met);
            let result = result.map(|(output, _)| output);
            let Some(scope) = &ambient.scope else { return result };
            let mut unit = cx.into_log().into_unit(scope.clone(), result.is_ok());
            unit.validate_only = terms.validate_only || !met;
            let writes = !unit.validate_only;
            self.compare_indexes().await?;
            let committed = if unit.is_empty() { None } else { Some(self.store.commit(unit).await) };
            match committed {
                Some(Err(Refusal::Stale(keys))) => {
                    // Another command was first. Give the turns back before taking more, so that none waits in a ring.
                    conflicts.extend(keys);
                    _turns = None;
                    _turns = Some(self.queue.wait(scope, conflicts.clone()).await);
                }
                Some(Err(refusal)) => return Err(process.body.of_commit(refused(&refusal))),
                // What would have been a success is none for this caller.
                _ if result.is_ok() && !met => return Err(catalogue::PRECONDITION_FAILED.fault()),
                Some(Ok(committed)) if writes => {
                    return result.map(|mut output| {
                        output.settle(committed.version);
                        output
                    });
                }
                _ => return result,
            }
        }
        if terms.conditions.if_match.is_some() {
            return Err(catalogue::PRECONDITION_FAILED.because("others kept changing what the command reads"));
        }
        Err(catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1)))
    }

    /// When a process that begins now must have ended, its re-runs included.
    fn deadline(&self) -> Instant {
        let limit = Duration::from_millis(u64::try_from(self.limits.process_ms_max).unwrap_or(u64::MAX));
        Instant::now() + limit
    }

    /// Bounds the time of a process and catches its panic.
    async fn guarded<T>(
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
    fn declared(&self, process: &Process, fault: Fault) -> Fault {
        if process.declares(fault.entry()) {
            return fault;
        }
        tracing::error!(process = process.name, code = fault.code(), "a process gave a fault that it has not declared");
        catalogue::INTERNAL.because(format!("the process gave the undeclared fault {:?}", fault.code()))
    }
}

/// A read whose state is not the one that the caller knows.
fn read_on(terms: &Terms, output: Output) -> Result<Output> {
    let Some(if_match) = &terms.conditions.if_match else { return Ok(output) };
    let current = Current { exists: true, state: output.state() };
    if if_match.have(current) { Ok(output) } else { Err(catalogue::PRECONDITION_FAILED.fault()) }
}

impl Terms {
    async fn are_met(
        &self,
        process: &Process,
        state: Option<&StateOf>,
        cx: &ReadContext,
        input: &Input,
    ) -> Result<bool> {
        let current = match state {
            Some(state) => {
                let path: Vec<_> = process.in_path.iter().map(|index| input.get(*index).cloned()).collect();
                state.read(cx, &path.into()).await?
            }
            // What nobody can read has no state that a client could know.
            None => Current { exists: true, state: None },
        };
        Ok(self.conditions.hold(current))
    }
}

fn site(policy: &Policy, caller: &Caller) -> Site {
    let Some(id) = &caller.site else { return Site::default() };
    let known = policy.sites.get(id.as_ref()).cloned().unwrap_or_default();
    Site { id: Arc::clone(id), code: known.code, currency: known.currency }
}

pub(super) fn refused(refusal: &Refusal) -> Fault {
    let soon = Duration::from_secs(1);
    match refusal {
        Refusal::Taken(index) => {
            let member = index.rsplit('.').next().unwrap_or(index);
            already_exists(member)
        }
        Refusal::Exists(Key { .. }) => already_exists("id"),
        Refusal::Full => catalogue::STORE_FULL.fault(),
        Refusal::Unavailable(why) => {
            tracing::error!(why, "the store refused a unit of work");
            catalogue::STORE_UNAVAILABLE.fault().with_retry_after(soon)
        }
        Refusal::Unknown(why) => {
            tracing::error!(why, "the store did not say whether it committed");
            catalogue::OUTCOME_UNKNOWN.fault().with_retry_after(soon)
        }
        _ => catalogue::INTERNAL.fault(),
    }
}

fn already_exists(member: &str) -> Fault {
    let violation = Violation::new(format!("/{member}"), "already_exists", "expected a value that is not taken");
    catalogue::ALREADY_EXISTS.fault().with_violations(vec![violation])
}
