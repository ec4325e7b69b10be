//! Stores that can be kept from being rewritten, or fail on the way.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use enaction::{
    Time,
    store::{Committed, Key, Range, Record, Refusal, Scope, Store, Unit, Write},
    stores::{MemoryStore, SqliteSettings, SqliteStore},
};
use enaction_tests::store::{Front, Fronted};
use tempfile::TempDir;

/// Lets only so many commits of maintenance through to a store, and counts what is asked of it.
pub(crate) struct Slow {
    /// What is looked at and damaged behind the back of every program.
    behind: Arc<dyn Store>,
    /// How many units with something to reindex are still committed.
    let_through: AtomicUsize,
    /// Commits of flasks are never answered.
    pub(crate) stuck: AtomicBool,
    /// How often flasks were scanned.
    pub(crate) scans: AtomicUsize,
    _directory: Option<TempDir>,
}

impl Slow {
    pub(crate) fn memory() -> Arc<Fronted<Self>> {
        Self::of(Arc::new(MemoryStore::new()), None)
    }

    pub(crate) fn sqlite() -> Arc<Fronted<Self>> {
        let directory = tempfile::tempdir().expect("a directory");
        let store = SqliteStore::open(&directory.path().join("store.db"), SqliteSettings::default()).expect("a store");
        Self::of(Arc::new(store), Some(directory))
    }

    fn of(behind: Arc<dyn Store>, directory: Option<TempDir>) -> Arc<Fronted<Self>> {
        let (let_through, scans) = (AtomicUsize::new(usize::MAX), AtomicUsize::new(0));
        let front = Self {
            behind: Arc::clone(&behind),
            let_through,
            stuck: AtomicBool::new(false),
            scans,
            _directory: directory,
        };
        Fronted::of(front, behind)
    }

    /// From now on so many units of maintenance are committed, and no more.
    pub(crate) fn let_through(&self, units: usize) {
        self.let_through.store(units, Ordering::SeqCst);
    }

    /// The schemas of all records of acme's flasks.
    pub(crate) async fn schemas(&self) -> Vec<u16> {
        self.flasks().await.into_iter().map(|record| record.schema_version).collect()
    }

    pub(crate) async fn flasks(&self) -> Vec<Record> {
        let all = Range::Ids { collection: "flasks", prefix: "".into(), after: None };
        let page = self.behind.scan(&acme(), &all, 1_000).await.expect("a scan");
        page.items.into_iter().map(|item| item.record).collect()
    }

    /// Puts another text in the place of what a flask of acme says, behind the back of every program.
    pub(crate) async fn damage(&self, id: &str, body: &'static str) {
        let (mut unit, key) = (Unit::new(acme()), Key { collection: "flasks", id: id.into() });
        let record = self.behind.get(&unit.scope, std::slice::from_ref(&key)).await.expect("a record").remove(0);
        let record = record.expect("a record");
        let expected = record.version;
        let damaged = Record { body: body.into(), ..record };
        unit.writes.push(Write { key, expected, record: Some(damaged), claims: Vec::new() });
        self.behind.commit(unit).await.expect("a commit");
    }

    /// Says that flasks are written in the first schema, and in the second when every program is known to read it.
    pub(crate) async fn propose_the_second(&self) {
        let (mut unit, key) = (Unit::new(Scope::Installation), Key { collection: "schemas", id: "flasks".into() });
        let kept = self.behind.get(&unit.scope, std::slice::from_ref(&key)).await.expect("a record").remove(0);
        let body = r#"{"written":1,"next":2,"whole":1}"#.into();
        let (version, by) = (kept.map_or(0, |record| record.version), "".into());
        let record = Record { schema_version: 1, version: 0, at: Time::from_millis(0), by, body };
        unit.writes.push(Write { key, expected: version, record: Some(record), claims: Vec::new() });
        self.behind.commit(unit).await.expect("a commit");
    }

    /// The ids of acme's flasks in an index, in its order.
    pub(crate) async fn in_index(&self, index: &'static str) -> Vec<String> {
        let all = Range::Entries { index, collection: "flasks", from: Vec::new(), to: None, after: None };
        let page = self.behind.scan(&acme(), &all, 1_000).await.expect("a scan");
        page.items.into_iter().map(|item| item.id.to_string()).collect()
    }
}

pub(crate) fn acme() -> Scope {
    Scope::Company("acme".into())
}

#[async_trait]
impl Front for Slow {
    fn scans(&self, range: &Range) {
        let (Range::Ids { collection, .. } | Range::Entries { collection, .. }) = range;
        self.scans.fetch_add(usize::from(*collection == "flasks"), Ordering::SeqCst);
    }

    async fn commit(&self, behind: &dyn Store, unit: Unit) -> Result<Committed, Refusal> {
        if !unit.reindexed.is_empty() {
            let less = |units: usize| Some(if units == usize::MAX { units } else { units.checked_sub(1)? });
            if self.let_through.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
                return Err(Refusal::Unavailable("the test lets no more through".to_owned()));
            }
        }
        if self.stuck.load(Ordering::SeqCst) && unit.scope == acme() {
            return std::future::pending().await;
        }
        behind.commit(unit).await
    }
}
