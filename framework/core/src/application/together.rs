//! Several operations of one caller in one unit of work: all of them are committed, or nothing is.

use std::sync::Arc;

use crate::{
    Admission, Application, Caller, Fault, Operation, Outcome, Terms, WriteContext, catalogue,
    context::Ambient,
    process::Input,
    store::{Refusal, Unit, Write},
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
        let Some(first) = operations.first() else { return Ok(Vec::new()) };
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
            let output = one.operation.process.as_seen(Ok(output), &ambient.withheld)?;
            Ok(Outcome { output, replayed })
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
            Refusal::Exists(key) => Some(shared.written.get(key)?.first),
            Refusal::Taken(_) => {
                // The first with which what was written so far is refused.
                for index in 0..self.0.len() {
                    let mut tried = Unit::new(shared.unit.scope.clone());
                    tried.validate_only = true;
                    let so_far = |write: &&Write| shared.written.get(&write.key).is_some_and(|by| by.last <= index);
                    tried.writes = shared.unit.writes.iter().filter(so_far).cloned().collect();
                    if matches!(application.store.commit(tried).await, Err(Refusal::Taken(_))) {
                        return Some(index);
                    }
                }
                None
            }
            _ => None,
        }
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

    async fn run(&self, application: &Application, cx: &mut WriteContext) -> Result<Ran<Self>, Failed> {
        let mut all: Ran<Self> = Ran { done: Vec::with_capacity(self.0.len()), unmet: None, replayed: true };
        for (index, one) in self.0.iter().enumerate() {
            cx.log().operation = index;
            let Ran { done, unmet, replayed } = one.run(application, cx).await.map_err(Failed::at(index))?;
            if let Some(unmet) = unmet {
                // Those behind it would see what is not to be.
                return Err(Failed::at(index)(unmet));
            }
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
