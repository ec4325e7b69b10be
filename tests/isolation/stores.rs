//! The stores under test, made to give way between any two calls.

use std::{any::Any, sync::Arc};

use async_trait::async_trait;
use enaction::{
    store::{Announcement, Committed, Key, Page, Range, Record, Refusal, Scope, Store, StoreError, Unit},
    stores::{MemoryStore, PostgresSettings, PostgresStore, SqliteSettings, SqliteStore},
};
use enaction_postgres_cluster::{Cluster, Durability};
use enaction_tests::store::{Front, Fronted};
use tokio::runtime::Runtime;

use crate::schedule::{at_once, step};

/// Gives way before and after every call.
pub(crate) struct GivingWay {
    inner: Arc<dyn Store>,
    /// Whether a commit is over within one step, so that a seed tells the whole order. Else the commits of several
    /// commands may meet in the writer.
    alone: bool,
}

#[async_trait]
impl Store for GivingWay {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        step().await;
        let found = self.inner.get(scope, keys).await;
        step().await;
        found
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        step().await;
        let found = self.inner.scan(scope, range, limit).await;
        step().await;
        found
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        step().await;
        let count = self.inner.count(scope, range, limit).await;
        step().await;
        count
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        step().await;
        let scopes = self.inner.scopes(after, limit).await;
        step().await;
        scopes
    }

    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        step().await;
        let announced = self.inner.announce(own).await;
        step().await;
        announced
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }

    async fn changed(&self, collections: &[&'static str]) {
        self.inner.changed(collections).await;
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        step().await;
        let committed = if self.alone { at_once(self.inner.commit(unit)) } else { self.inner.commit(unit).await };
        step().await;
        committed
    }
}

/// Lets a store check nothing of what was read: what a test has to find.
struct Careless;

#[async_trait]
impl Front for Careless {
    async fn commit(&self, behind: &dyn Store, mut unit: Unit) -> Result<Committed, Refusal> {
        unit.reads.clear();
        unit.scans.clear();
        let keys: Vec<Key> = unit.writes.iter().map(|write| write.key.clone()).collect();
        let now = behind.get(&unit.scope, &keys).await.expect("the memory answers");
        for (write, now) in unit.writes.iter_mut().zip(now) {
            write.expected = now.map_or(0, |record| record.version);
        }
        behind.commit(unit).await
    }
}

/// A store whose calls run on a runtime with a clock: the scheduler's never rings, and the store waits with time-outs.
struct Elsewhere {
    runtime: Arc<Runtime>,
    inner: Arc<dyn Store>,
}

impl Elsewhere {
    async fn run<T: Send + 'static>(&self, call: impl Future<Output = T> + Send + 'static) -> T {
        self.runtime.spawn(call).await.expect("the call comes to its end")
    }
}

#[async_trait]
impl Store for Elsewhere {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        let (inner, scope, keys) = (Arc::clone(&self.inner), scope.clone(), keys.to_vec());
        self.run(async move { inner.get(&scope, &keys).await }).await
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        let (inner, scope, range) = (Arc::clone(&self.inner), scope.clone(), range.clone());
        self.run(async move { inner.scan(&scope, &range, limit).await }).await
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        let (inner, scope, range) = (Arc::clone(&self.inner), scope.clone(), range.clone());
        self.run(async move { inner.count(&scope, &range, limit).await }).await
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let (inner, after) = (Arc::clone(&self.inner), after.cloned());
        self.run(async move { inner.scopes(after.as_ref(), limit).await }).await
    }

    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        let (inner, own) = (Arc::clone(&self.inner), own.clone());
        self.run(async move { inner.announce(&own).await }).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        self.run(async move { inner.ready().await }).await
    }

    async fn changed(&self, collections: &[&'static str]) {
        let (inner, collections) = (Arc::clone(&self.inner), collections.to_vec());
        self.run(async move { inner.changed(&collections).await }).await;
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        let inner = Arc::clone(&self.inner);
        self.run(async move { inner.commit(unit).await }).await
    }
}

/// A store under test, with what it stands on.
pub(crate) struct UnderTest {
    pub(crate) name: &'static str,
    pub(crate) store: Arc<dyn Store>,
    _stands_on: Option<Box<dyn Any>>,
}

pub(crate) fn memory() -> UnderTest {
    let inner: Arc<dyn Store> = Arc::new(MemoryStore::default());
    UnderTest { name: "memory", store: Arc::new(GivingWay { inner, alone: true }), _stands_on: None }
}

/// SQLite; `alone` as in [`GivingWay`].
pub(crate) fn sqlite(alone: bool) -> UnderTest {
    let directory = tempfile::tempdir().expect("a directory");
    let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).expect("a store");
    let store = Arc::new(GivingWay { inner: Arc::new(store), alone });
    let name = if alone { "SQLite" } else { "SQLite, with commits that meet" };
    UnderTest { name, store, _stands_on: Some(Box::new(directory)) }
}

/// PostgreSQL: whatever is on its way at the same time runs there at the same time.
pub(crate) fn postgres() -> UnderTest {
    let cluster = Cluster::start(Durability::Quick, &[]);
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    // The commands of a test are announced once, with the first of them.
    let settings = PostgresSettings { lease_ms: 60 * 60 * 1_000, ..PostgresSettings::default() };
    let inner = runtime.block_on(PostgresStore::connect(&cluster.url(), settings));
    let inner = Elsewhere { runtime, inner: Arc::new(inner.expect("a store")) };
    let store = Arc::new(GivingWay { inner: Arc::new(inner), alone: false });
    UnderTest { name: "PostgreSQL", store, _stands_on: Some(Box::new(cluster)) }
}

pub(crate) fn careless() -> UnderTest {
    let inner = Fronted::new(Careless, MemoryStore::default());
    UnderTest { name: "careless", store: Arc::new(GivingWay { inner, alone: true }), _stands_on: None }
}
