//! Several operations of one caller in one unit of work: all of them are committed, or nothing is.

use std::sync::Arc;

use crate::{
    Admission, Application, Caller, Fault, Operation, Outcome, Terms, WriteContext, catalogue,
    context::Ambient,
    process::{Access, Input},
    store::{Claim, Key, Range, Refusal, Write},
};

use super::{
    one::One,
    unit::{Ran, Shared, Work},
};

/// An operation that shares its unit of work with others.
#[derive(Clone, Debug)]
pub struct Sharing {
    /// What is run.
    pub operation: Arc<Operation>,
    /// What its caller was let in for.
    pub admission: Admission,
    /// Checked input.
    pub input: Input,
    /// What the caller asks beside.
    pub terms: Terms,
}

/// Why nothing of several operations was committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The position of the operation that failed; nothing where no single one is to blame.
    pub operation: Option<usize>,
    /// How it failed.
    pub fault: Fault,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        Self { operation: None, fault }
    }
}

impl Failed {
    fn at(operation: usize) -> impl Fn(Fault) -> Self {
        move |fault| Self { operation: Some(operation), fault }
    }
}

impl Application {
    /// Runs operations of one caller, in their order, each seeing what those before it wrote. Everything is committed when
    /// this returns outcomes; after a failure nothing was written. They belong to one resource, and so to one scope.
    ///
    /// # Errors
    /// The operation that failed, with the faults of [`perform`](Self::perform).
    pub async fn perform_together(
        self: &Arc<Self>,
        caller: Caller,
        operations: &[Sharing],
    ) -> Result<Vec<Outcome>, Failed> {
        // A public one says nothing of its caller.
        let known = |one: &&Sharing| one.operation.process.access != Access::Public;
        let Some(first) = operations.iter().find(known).or(operations.first()) else { return Ok(Vec::new()) };
        let mut admission = first.admission.clone();
        for (index, one) in operations.iter().enumerate() {
            let withheld = &one.admission.withheld;
            if !one.operation.process.exists_for(withheld) {
                return Err(Failed::at(index)(catalogue::NOT_FOUND.fault()));
            }
            // It was looked up only for those that it matters to.
            if admission.withheld.is_nothing() {
                admission.withheld.clone_from(withheld);
            }
        }
        let installation = first.operation.process.installation;
        let ambient = Arc::new(Ambient::new(Arc::clone(self), Some(caller), installation, admission));
        let begun = operations.iter().enumerate().map(|(index, one)| {
            let (operation, process) = (&*one.operation, &*one.operation.process);
            One::begin(process, Some(operation), &ambient, one.input.clone(), &one.terms).map_err(Failed::at(index))
        });
        let several = Several(begun.collect::<Result<_, _>>()?);
        let done = self.in_a_unit(&ambient, &several).await.map_err(|failed| self.as_declared(failed, operations))?;
        let seen = operations.iter().zip(done).map(|(one, Outcome { output, replayed })| {
            let seen = one.operation.process.as_seen(Ok(output), &ambient.withheld)?;
            Ok(Outcome { output: one.terms.shown(seen)?, replayed })
        });
        seen.collect()
    }

    fn as_declared(&self, failed: Failed, operations: &[Sharing]) -> Failed {
        let Some(one) = failed.operation.and_then(|index| operations.get(index)) else { return failed };
        let fault = self.declared(&one.operation.process, failed.fault);
        // What it tells of does not exist for everyone.
        let fault = one.operation.process.as_seen(Err(fault), &one.admission.withheld).err();
        Failed { fault: fault.unwrap_or_else(|| catalogue::INTERNAL.fault()), ..failed }
    }
}

struct Several<'a>(Vec<One<'a>>);

impl Several<'_> {
    /// The operation that made what the store refuses.
    async fn culprit(&self, application: &Application, shared: &Shared, refusal: &Refusal) -> Option<usize> {
        match refusal {
            Refusal::Exists(key) => Some(shared.makers.get(key)?.first),
            Refusal::Taken(index) => shared.taker(application, index).await,
            _ => None,
        }
    }
}

impl Shared {
    /// The first operation that claims, now that all is written, what another record holds.
    async fn taker(&self, application: &Application, index: &str) -> Option<usize> {
        let mut takers = Vec::new();
        for write in &self.unit.writes {
            for (claim, maker) in self.made(write).filter(|(claim, _)| claim.unique && claim.index == index) {
                let to = Some([claim.key.as_slice(), &[0]].concat());
                let (collection, from) = (write.key.collection, claim.key.clone());
                let range = Range::Entries { index: claim.index, collection, from, to, after: None };
                let held = application.store.scan(&self.unit.scope, &range, self.unit.writes.len() + 1).await.ok()?;
                let holds = |key: &Key| held.items.iter().any(|item| item.id == key.id);
                let others = || self.unit.writes.iter().filter(|other| other.key != write.key);
                let beside = |other: &Write| {
                    let maker_beside = self.made(other).find(|(one, _)| one == claim).map(|(_, maker)| *maker);
                    maker_beside.is_some_and(|before| holds(&other.key) || before < *maker)
                };
                let outside = held.items.iter().any(|item| !others().any(|other| other.key.id == item.id));
                // Who held it before takes it from nobody.
                if !holds(&write.key) && (outside || others().any(beside)) {
                    takers.push(*maker);
                }
            }
        }
        takers.into_iter().min()
    }

    /// The claims of a write, with the operations that made them.
    fn made(&self, write: &Write) -> impl Iterator<Item = &(Claim, usize)> {
        self.makers.get(&write.key).into_iter().flat_map(|makers| &makers.claims)
    }
}

impl Work for Several<'_> {
    type Done = Vec<Outcome>;
    type Failure = Failed;
    const SHARED: bool = true;

    fn validates_only(&self) -> bool {
        self.0.iter().any(One::validates_only)
    }

    fn fault(failure: &Failed) -> &Fault {
        &failure.fault
    }

    fn is_conditional(&self) -> bool {
        self.0.iter().any(One::is_conditional)
    }

    fn is_repeatable(&self) -> bool {
        self.0.iter().all(One::is_repeatable)
    }

    async fn run(&self, application: &Application, cx: &mut WriteContext) -> Result<Ran<Self>, Failed> {
        let mut room = application.limits.batch_answer_bytes_max;
        let mut all: Ran<Self> = Ran { done: Vec::with_capacity(self.0.len()), unmet: None, replayed: true };
        for (index, one) in self.0.iter().enumerate() {
            cx.log().operation = Some(index);
            let Ran { done, unmet, replayed } = one.run(application, cx).await.map_err(Failed::at(index))?;
            if let Some(unmet) = unmet {
                // Those behind it would see what is not to be.
                return Err(Failed::at(index)(unmet));
            }
            room = room.checked_sub(done.output.bytes()).ok_or_else(|| {
                Failed::at(index)(catalogue::BATCH_TOO_LARGE.fault().with_limit("batch_answer_bytes_max"))
            })?;
            all.done.push(done);
            all.replayed &= replayed;
        }
        Ok(all)
    }

    fn settled(done: Vec<Outcome>, version: u64) -> Vec<Outcome> {
        done.into_iter().map(|one| One::settled(one, version)).collect()
    }

    async fn refused(&self, application: &Application, shared: Option<Shared>, refusal: &Refusal) -> Failed {
        let culprit = match &shared {
            Some(shared) => self.culprit(application, shared, refusal).await,
            None => None,
        };
        match culprit.and_then(|index| Some((index, self.0.get(index)?))) {
            Some((index, one)) => Failed::at(index)(one.told(refusal)),
            None => super::unit::told(refusal).into(),
        }
    }
}
