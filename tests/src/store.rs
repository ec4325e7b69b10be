//! A store in front of another, for tests that decide what becomes of a call.

use std::{ops::Deref, sync::Arc};

use async_trait::async_trait;
use enaction::store::{Announcement, Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit};

/// What stands in front of a store. Every call goes on to the store behind it unless it says otherwise.
#[async_trait]
pub trait Front: Send + Sync + 'static {
    /// Records are about to be read.
    fn gets(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// A scan of this range begins.
    fn scans(&self, _range: &Range) {}

    /// A count of this range begins.
    fn counts(&self, _range: &Range) {}

    async fn announce(&self, behind: &dyn Store, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        behind.announce(own).await
    }

    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        behind.commit(unit).await
    }
}

/// A store with a [`Front`]. It derefs to the front, which the test arms and asks.
pub struct Fronted<F> {
    /// Dropped first: the front may hold its directory.
    behind: Arc<dyn Store>,
    front: F,
}

impl<F: Front> Fronted<F> {
    pub fn new(front: F, behind: impl Store) -> Arc<Self> {
        Self::of(front, Arc::new(behind))
    }

    pub fn of(front: F, behind: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { behind, front })
    }
}

impl<F> Deref for Fronted<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.front
    }
}

#[async_trait]
impl<F: Front> Store for Fronted<F> {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.front.gets()?;
        self.behind.get(scope, keys).await
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        self.front.scans(range);
        self.behind.scan(scope, range, limit).await
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        self.front.counts(range);
        self.behind.count(scope, range, limit).await
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        self.behind.scopes(after, limit).await
    }

    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        self.front.announce(&*self.behind, own).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.behind.ready().await
    }

    async fn changed(&self, collections: &[&'static str]) {
        self.behind.changed(collections).await;
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        self.front.commit(&*self.behind, unit).await
    }
}
