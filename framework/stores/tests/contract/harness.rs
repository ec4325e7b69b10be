//! The stores under test, and a few words to write cases with.

use std::sync::Arc;

use enaction_core::{
    Time,
    store::{
        Claim, Committed, IndexKey, Key, Page, Range, ReadCheck, Record, Refusal, Reindexed, ScanCheck, Scope, Store,
        Unit, Write,
    },
};
use enaction_stores::MemoryStore;

pub(crate) type Subjected = Arc<dyn Store>;

/// A store with what it stands on.
pub(crate) struct Subject {
    pub(crate) store: Subjected,
    _directory: Option<tempfile::TempDir>,
}

pub(crate) fn memory() -> Subject {
    Subject { store: Arc::new(MemoryStore::new()), _directory: None }
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite() -> Subject {
    sqlite_with(enaction_stores::SqliteSettings::default())
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_with_a_cache_that_holds_little() -> Subject {
    sqlite_with(enaction_stores::SqliteSettings { cache_bytes_max: 2_000, group_units_max: 3, ..Default::default() })
}

#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_without_cache() -> Subject {
    sqlite_with(enaction_stores::SqliteSettings { cache_bytes_max: 0, read_connections_max: 1, ..Default::default() })
}

#[cfg(feature = "sqlite")]
fn sqlite_with(settings: enaction_stores::SqliteSettings) -> Subject {
    let directory = tempfile::tempdir().unwrap();
    let store = enaction_stores::SqliteStore::open(&directory.path().join("store.db"), settings).unwrap();
    Subject { store: Arc::new(store), _directory: Some(directory) }
}

pub(crate) fn acme() -> Scope {
    Scope::Company("acme".into())
}

pub(crate) fn globex() -> Scope {
    Scope::Company("globex".into())
}

pub(crate) const BASKETS: &str = "baskets";
pub(crate) const BY_NAME: &str = "baskets.name";
pub(crate) const CODE: &str = "baskets.code";

pub(crate) fn key(id: &str) -> Key {
    Key { collection: BASKETS, id: id.into() }
}

pub(crate) fn record(body: &str) -> Record {
    Record {
        schema_version: 3,
        version: 0,
        at: Time::from_millis(1_795_000_000_123),
        by: "till-7".into(),
        body: body.to_owned().into(),
    }
}

pub(crate) fn name(value: &str) -> Claim {
    Claim { index: BY_NAME, key: IndexKey::default().text(value).into_bytes(), unique: false }
}

pub(crate) fn code(value: &str) -> Claim {
    Claim { index: CODE, key: IndexKey::default().text(value).into_bytes(), unique: true }
}

pub(crate) fn all_ids() -> Range {
    ids("", None)
}

pub(crate) fn ids(prefix: &str, after: Option<&str>) -> Range {
    Range::Ids { collection: BASKETS, prefix: prefix.into(), after: after.map(Into::into) }
}

pub(crate) fn entries(index: &'static str) -> Range {
    Range::Entries { index, collection: BASKETS, from: Vec::new(), to: None, after: None }
}

/// A unit, put together word by word.
pub(crate) trait Words {
    fn reads(self, id: &str, version: u64) -> Self;
    fn writes(self, id: &str, expected: u64, claims: &[Claim]) -> Self;
    fn removes(self, id: &str, expected: u64) -> Self;
    fn reindexes(self, id: &str, version: u64, claims: &[Claim]) -> Self;
    fn rewrites(self, id: &str, version: u64, to: (u16, &'static str), claims: &[Claim]) -> Self;
    fn scanned(self, range: Range, limit: usize, seen: &Page) -> Self;
}

pub(crate) fn unit() -> Unit {
    Unit::new(acme())
}

impl Words for Unit {
    fn reads(mut self, id: &str, version: u64) -> Self {
        self.reads.push(ReadCheck { key: key(id), version });
        self
    }

    fn writes(mut self, id: &str, expected: u64, claims: &[Claim]) -> Self {
        let record = Some(record(&format!("\"{id} behind {expected}\"")));
        self.writes.push(Write { key: key(id), expected, record, claims: claims.to_vec() });
        self
    }

    fn removes(mut self, id: &str, expected: u64) -> Self {
        self.writes.push(Write { key: key(id), expected, record: None, claims: Vec::new() });
        self
    }

    fn reindexes(mut self, id: &str, version: u64, claims: &[Claim]) -> Self {
        self.reindexed.push(Reindexed { key: key(id), version, rewritten: None, claims: claims.to_vec() });
        self
    }

    fn rewrites(mut self, id: &str, version: u64, (schema, body): (u16, &'static str), claims: &[Claim]) -> Self {
        let rewritten = Some((schema, body.into()));
        self.reindexed.push(Reindexed { key: key(id), version, rewritten, claims: claims.to_vec() });
        self
    }

    fn scanned(mut self, range: Range, limit: usize, seen: &Page) -> Self {
        let items = seen.items.iter().map(|item| (item.id.clone(), item.record.version));
        self.scans.push(ScanCheck { range, limit, seen: items.collect(), more: seen.more });
        self
    }
}

/// Commits what must be committed; its number.
pub(crate) async fn done(store: &Subjected, unit: Unit) -> u64 {
    let Committed { version } = store.commit(unit).await.unwrap();
    version
}

/// Commits what must be refused.
pub(crate) async fn refused(store: &Subjected, unit: Unit) -> Refusal {
    store.commit(unit).await.unwrap_err()
}

pub(crate) fn stale(ids: &[&str]) -> Refusal {
    Refusal::Stale(ids.iter().map(|id| key(id)).collect())
}

/// The version of a record of acme, 0 when it is absent.
pub(crate) async fn version(store: &Subjected, id: &str) -> u64 {
    let records = store.get(&acme(), &[key(id)]).await.unwrap();
    records[0].as_ref().map_or(0, |record| record.version)
}

/// The whole range.
pub(crate) async fn scan(store: &Subjected, range: &Range) -> Page {
    store.scan(&acme(), range, 1000).await.unwrap()
}

/// The ids of a range of acme, and `..` where there is more.
pub(crate) async fn found(store: &Subjected, range: &Range, limit: usize) -> Vec<String> {
    let page = store.scan(&acme(), range, limit).await.unwrap();
    let ids = page.items.iter().map(|item| item.id.to_string());
    ids.chain(page.more.then(|| "..".to_owned())).collect()
}
