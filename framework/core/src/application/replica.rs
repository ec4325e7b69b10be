//! A copy of the store that is a little behind, and the store itself where the copy does not answer.

use std::sync::Arc;

use async_trait::async_trait;

use crate::store::{Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit};

pub(super) struct Replica {
    pub(super) replica: Arc<dyn Store>,
    pub(super) store: Arc<dyn Store>,
}

/// What the replica says, else what the store says.
macro_rules! either {
    ($self:ident.$call:ident($($argument:expr),*)) => {
        match $self.replica.$call($($argument),*).await {
            Err(error) => {
                tracing::warn!(%error, "a replica does not answer: the store does");
                $self.store.$call($($argument),*).await
            }
            answer => answer,
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
