//! A unit of work: run, handed to the store, and run again where another was first.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use crate::{
    Application, Fault, Kind, Violation, WriteContext, catalogue,
    context::{Ambient, Makers},
    store::{Committed, Key, Refusal, Unit},
};

use super::agreement::Agreement;

/// What is done in one unit of work.
pub(super) trait Work: Sync {
    /// What it comes to.
    type Done: Send;
    /// Why it comes to nothing.
    type Failure: From<Fault> + Send;
    /// Whether several operations share it, so that one is to blame when the store refuses it.
    const SHARED: bool;

    /// Whether nothing is to be written.
    fn validates_only(&self) -> bool;

    /// Runs it once.
    fn run<'a>(
        &'a self,
        application: &'a Application,
        cx: &'a mut WriteContext,
    ) -> impl Future<Output = Result<Ran<Self>, Self::Failure>> + Send + 'a;

    /// What it came to, now that it is committed.
    fn settled(done: Self::Done, version: u64) -> Self::Done;

    /// What is told of a unit that the store refused.
    fn refused(
        &self,
        application: &Application,
        refused: Option<Shared>,
        refusal: &Refusal,
    ) -> impl Future<Output = Self::Failure> + Send;

    /// The fault of a failure.
    fn fault(failure: &Self::Failure) -> &Fault;

    /// Whether it says which state it knows.
    fn is_conditional(&self) -> bool;

    /// Whether what it came to is kept in its unit, so that another run of it finds out whether that was committed.
    fn is_repeatable(&self) -> bool;
}

/// A unit that several operations share.
pub(super) struct Shared {
    pub(super) unit: Unit,
    /// Which operations made what was written.
    pub(super) makers: BTreeMap<Key, Makers>,
}

/// What one run came to.
pub(super) struct Ran<W: Work + ?Sized> {
    pub(super) done: W::Done,
    /// The precondition that does not hold, where one does not.
    pub(super) unmet: Option<W::Failure>,
    /// Whether it was answered before, and nothing ran.
    pub(super) replayed: bool,
}

impl Application {
    /// Runs work until what it wrote is committed, or is known not to be. A fault is told only when what was read still
    /// holds.
    ///
    /// When the store does not say whether it committed, repeatable work is run again: either it finds what is kept of the
    /// run before, or it is committed now, and then the run before never will be, for both create the same record.
    pub(super) async fn in_a_unit<W: Work>(
        self: &Arc<Self>,
        ambient: &Arc<Ambient>,
        work: &W,
    ) -> Result<W::Done, W::Failure> {
        let mut conflicts = BTreeSet::new();
        let mut _turns = None;
        let mut unknown = None;
        for _ in 0..self.limits.command_attempts_max.max(1) {
            let mut cx = WriteContext::new(Arc::clone(ambient));
            let (result, unmet) = match work.run(self, &mut cx).await {
                Ok(Ran { done, replayed: true, .. }) => return Ok(done),
                Ok(Ran { done, unmet, .. }) => (Ok(done), unmet),
                Err(fault) if is_final(W::fault(&fault)) => return Err(unknown.map_or(fault, W::Failure::from)),
                Err(fault) => (Err(fault), None),
            };
            let Some(scope) = &ambient.scope else { return result };
            let log = cx.into_log();
            let makers = W::SHARED.then(|| log.makers());
            let mut unit = log.into_unit(scope.clone(), result.is_ok());
            unit.validate_only = work.validates_only() || unmet.is_some();
            let shared = makers.map(|makers| Shared { unit: unit.clone(), makers });
            let writes = !unit.validate_only;
            // What becomes of a run before goes before what can not be done now.
            let fault_now = |fault| W::Failure::from(unknown.clone().unwrap_or(fault));
            // Held until the outcome is known: what this program says of itself waits for it.
            let agreement = self.agreed().await.map_err(fault_now)?;
            if unmet.is_none() {
                self.agree(&agreement, &mut unit).map_err(fault_now)?;
            }
            let committed = if unit.is_empty() { None } else { Some(self.commit_by(agreement, unit).await) };
            match (committed, unmet) {
                (Some(Err(Refusal::Stale(keys))), _) => {
                    // Another command was first. Give the turns back before taking more, so that none waits in a ring.
                    conflicts.extend(keys);
                    _turns = None;
                    _turns = Some(self.queue.wait(scope, conflicts.clone()).await);
                }
                (Some(Err(refusal @ Refusal::Unknown(_))), _) if writes && work.is_repeatable() => {
                    unknown = Some(told(&refusal));
                }
                (Some(Err(Refusal::Unavailable(_) | Refusal::Full)), _) if let Some(unknown) = unknown => {
                    return Err(unknown.into());
                }
                (Some(Err(refusal)), _) => return Err(work.refused(self, shared, &refusal).await),
                // What would have been a success is none for this caller.
                (_, Some(unmet)) => return Err(unmet),
                (Some(Ok(committed)), None) if writes => return result.map(|done| W::settled(done, committed.version)),
                _ => return result,
            }
        }
        Err(unknown.unwrap_or_else(|| contended(work.is_conditional())).into())
    }
}

impl Application {
    /// Commits what was made by an agreement. Whether that is done nobody knows where nobody waits for it any more.
    pub(super) async fn commit_by(&self, agreement: Arc<Agreement>, unit: Unit) -> Result<Committed, Refusal> {
        let in_doubt = self.agreements.in_doubt(agreement);
        let committed = self.store.commit(unit).await;
        if !matches!(committed, Err(Refusal::Unknown(_))) {
            in_doubt.ends();
        }
        committed
    }
}

/// Whether it is told whatever was read.
fn is_final(fault: &Fault) -> bool {
    matches!(fault.kind(), Kind::Internal | Kind::Unavailable)
}

/// What is told when others were always first.
fn contended(conditional: bool) -> Fault {
    if conditional {
        return catalogue::PRECONDITION_FAILED.because("others kept changing what the command reads");
    }
    catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1))
}

/// The fault of a refusal.
pub(super) fn told(refusal: &Refusal) -> Fault {
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
