//! A store that several programs use, each of which knows when another came or went.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use enaction::store::{Announcement, Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit};

use super::stores::Slow;

/// What all programs on one store said.
pub(crate) type Said = Arc<Mutex<BTreeMap<Arc<str>, Bytes>>>;

/// The store as one program has it.
pub(crate) struct Program {
    pub(crate) inner: Arc<Slow>,
    said: Said,
    own: Mutex<Option<Arc<str>>>,
    /// How often it was announced.
    pub(crate) announcements: AtomicUsize,
    /// What happens once between its next announcement and what it does with the answer.
    pub(crate) meanwhile: Mutex<Option<Pin<Box<dyn Future<Output = ()> + Send>>>>,
}

impl Program {
    pub(crate) fn on(inner: &Arc<Slow>, said: &Said) -> Arc<Self> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            said: Arc::clone(said),
            own: Mutex::default(),
            announcements: AtomicUsize::new(0),
            meanwhile: Mutex::default(),
        })
    }

    /// It ends, and the others know.
    pub(crate) fn leave(&self) {
        if let Some(own) = self.own.lock().expect("nobody panics").take() {
            self.said.lock().expect("nobody panics").remove(&own);
        }
    }
}

#[async_trait]
impl Store for Program {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        self.inner.get(scope, keys).await
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        self.inner.scan(scope, range, limit).await
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        self.inner.count(scope, range, limit).await
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        self.inner.scopes(after, limit).await
    }

    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        self.announcements.fetch_add(1, Ordering::SeqCst);
        // As a store that is asked over a network.
        tokio::task::yield_now().await;
        *self.own.lock().expect("nobody panics") = Some(Arc::clone(&own.program));
        let all = {
            let mut said = self.said.lock().expect("nobody panics");
            said.insert(Arc::clone(&own.program), own.says.clone());
            let all = said.iter().map(|(program, says)| (Arc::clone(program), says.clone()));
            all.map(|(program, says)| Announcement { program, says }).collect()
        };
        let meanwhile = self.meanwhile.lock().expect("nobody panics").take();
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
        Ok(all)
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        self.inner.commit(unit).await
    }
}
