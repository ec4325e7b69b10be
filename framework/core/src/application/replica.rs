//! A copy of the store that is a little behind, and the store itself where the copy does not answer.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::store::{Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit};

/// How long a replica that did not answer is left alone: who asks it waits for it.
const LEFT_ALONE: Duration = Duration::from_secs(5);

pub(super) struct Replica {
    replica: Arc<dyn Store>,
    store: Arc<dyn Store>,
    /// It did not answer, and is not asked before.
    not_before: Mutex<Option<Instant>>,
    /// The indexes that are known to be ready there too.
    ready: Mutex<BTreeSet<&'static str>>,
}

impl Replica {
    pub(super) fn new(replica: Arc<dyn Store>, store: Arc<dyn Store>) -> Self {
        Self { replica, store, not_before: Mutex::default(), ready: Mutex::default() }
    }

    /// A record of the replica itself, where it answers and has it.
    pub(super) async fn of_itself(&self, scope: &Scope, key: Key) -> Option<Record> {
        if self.is_left_alone() {
            return None;
        }
        let found = self.replica.get(scope, &[key]).await;
        found.inspect_err(|error| self.did_not_answer(error)).ok()?.into_iter().next().flatten()
    }

    pub(super) fn is_ready(&self, index: &str) -> bool {
        lock(&self.ready).contains(index)
    }

    pub(super) fn set_ready(&self, index: &'static str) {
        lock(&self.ready).insert(index);
    }

    /// What is ready there has to be found out anew.
    pub(super) fn forget(&self) {
        lock(&self.ready).clear();
    }

    fn is_left_alone(&self) -> bool {
        lock(&self.not_before).is_some_and(|at| Instant::now() < at)
    }

    fn did_not_answer(&self, error: &StoreError) {
        let before = lock(&self.not_before).replace(Instant::now() + LEFT_ALONE);
        if before.is_none() {
            tracing::warn!(%error, "a replica does not answer: the store does");
        }
    }

    fn answers(&self) {
        if lock(&self.not_before).take().is_some() {
            tracing::info!("a replica answers again");
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the replica says, else what the store says.
macro_rules! either {
    ($self:ident.$call:ident($($argument:expr),*)) => {
        if $self.is_left_alone() {
            $self.store.$call($($argument),*).await
        } else {
            match $self.replica.$call($($argument),*).await {
                Ok(answer) => {
                    $self.answers();
                    Ok(answer)
                }
                Err(error) => {
                    $self.did_not_answer(&error);
                    $self.store.$call($($argument),*).await
                }
            }
        }
    };
}

#[async_trait]
impl Store for Replica {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        either!(self.get(scope, keys))
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        either!(self.scan(scope, range, limit))
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        either!(self.count(scope, range, limit))
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        either!(self.scopes(after, limit))
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        self.store.commit(unit).await
    }
}
