//! Everything in ordered maps under one lock. It forgets everything at its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use enaction_core::store::{
    Claim, Committed, Found, Key, Page, Range, Record, Refusal, Reindexed, ScanCheck, Scope, Store, StoreError, Unit,
    Write,
};

use crate::{
    check::{Held, State, Verdict, check, check_form},
    claims::Claims,
};

/// A store in memory, for tests and trials. Events ([`Unit::events`]) are dropped, because nothing reads
/// them yet.
///
/// ```
/// use enaction_core::store::{Scope, Store, Unit};
/// use enaction_stores::MemoryStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let store = MemoryStore::new();
/// assert_eq!(store.commit(Unit::new(Scope::Installation)).await.unwrap().version, 0);
/// # });
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore(RwLock<Contents>);

#[derive(Debug, Default)]
struct Contents {
    latest: u64,
    scopes: BTreeMap<Scope, Shelf>,
}

/// The data of one scope.
#[derive(Debug, Default)]
struct Shelf {
    records: BTreeMap<&'static str, BTreeMap<Arc<str>, Kept>>,
    /// By collection and index.
    entries: BTreeMap<(&'static str, &'static str), Entries>,
}

/// Keys with ids.
type Entries = BTreeSet<(Vec<u8>, Arc<str>)>;

#[derive(Debug)]
struct Kept {
    record: Record,
    claims: Vec<Claim>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, scope: &Scope, read: impl FnOnce(&Shelf) -> T) -> T {
        let contents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match contents.scopes.get(scope) {
            Some(shelf) => read(shelf),
            None => read(&Shelf::default()),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError> {
        Ok(self.read(scope, |shelf| {
            keys.iter().map(|key| shelf.kept(key.collection, &key.id).map(|kept| kept.record.clone())).collect()
        }))
    }

    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError> {
        Ok(self.read(scope, |shelf| shelf.page(range, limit)))
    }

    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError> {
        Ok(self.read(scope, |shelf| shelf.found(range).take(limit).count()))
    }

    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError> {
        let contents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let holding = contents.scopes.range((start, Bound::Unbounded)).filter(|(_, shelf)| shelf.holds_a_record());
        Ok(holding.take(limit).map(|(scope, _)| scope.clone()).collect())
    }

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        check_form(&unit)?;
        let mut contents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        contents.commit(unit)
    }
}

impl Contents {
    fn commit(&mut self, unit: Unit) -> Result<Committed, Refusal> {
        let shelf = self.scopes.entry(unit.scope.clone()).or_default();
        let before = match check(shelf, &unit) {
            Ok(before) => before,
            Err(Verdict::Refused(refusal)) => return Err(refusal),
            Err(Verdict::Failed(never)) => match never {},
        };
        if unit.validate_only {
            return Ok(Committed { version: self.latest });
        }
        self.latest += u64::from(unit.is_numbered());
        for write in unit.writes {
            shelf.write(write, self.latest);
        }
        for (one, held) in unit.reindexed.into_iter().zip(before.reindexed) {
            if held.is_some() {
                shelf.reindex(one);
            }
        }
        Ok(Committed { version: self.latest })
    }
}

impl Shelf {
    fn kept(&self, collection: &str, id: &str) -> Option<&Kept> {
        self.records.get(collection)?.get(id)
    }

    fn holds_a_record(&self) -> bool {
        self.records.values().any(|records| !records.is_empty())
    }

    fn page(&self, range: &Range, limit: usize) -> Page {
        let mut found = self.found(range);
        let items = found.by_ref().take(limit).map(|(id, kept)| Found { id: id.clone(), record: kept.record.clone() });
        Page { items: items.collect(), more: found.next().is_some() }
    }

    fn found<'a>(&'a self, range: &'a Range) -> Box<dyn Iterator<Item = (&'a Arc<str>, &'a Kept)> + 'a> {
        match range {
            Range::Ids { collection, prefix, after } => self.ids(collection, prefix, after.as_deref()),
            Range::Entries { index, collection, from, to, after } => {
                let least: (Vec<u8>, Arc<str>) = (from.clone(), "".into());
                let behind = after.clone().filter(|after| *after >= least);
                let start = behind.map_or(Bound::Included(least), Bound::Excluded);
                self.entries_from(collection, index, start, to.as_deref())
            }
        }
    }

    fn ids<'a>(
        &'a self,
        collection: &str,
        prefix: &'a str,
        after: Option<&'a str>,
    ) -> Box<dyn Iterator<Item = (&'a Arc<str>, &'a Kept)> + 'a> {
        let start = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        let records = self.records.get(collection).into_iter();
        Box::new(
            records
                .flat_map(move |ids| ids.range::<str, _>((start, Bound::Unbounded)))
                .take_while(move |(id, _)| id.starts_with(prefix)),
        )
    }

    fn entries_from<'a>(
        &'a self,
        collection: &'static str,
        index: &'static str,
        start: Bound<(Vec<u8>, Arc<str>)>,
        to: Option<&'a [u8]>,
    ) -> Box<dyn Iterator<Item = (&'a Arc<str>, &'a Kept)> + 'a> {
        let entries = self.entries.get(&(collection, index)).into_iter();
        Box::new(
            entries
                .flat_map(move |entries| entries.range((start.clone(), Bound::Unbounded)))
                .take_while(move |(key, _)| to.is_none_or(|to| key.as_slice() < to))
                .filter_map(move |(_, id)| Some((id, self.kept(collection, id)?))),
        )
    }

    fn write(&mut self, write: Write, version: u64) {
        let Write { key: Key { collection, id }, record, claims, .. } = write;
        let records = self.records.entry(collection).or_default();
        let (before, claims) = match record {
            Some(record) => {
                let kept = Kept { record: Record { version, ..record }, claims: claims.clone() };
                (records.insert(Arc::clone(&id), kept), claims)
            }
            None => (records.remove(&id), Vec::new()),
        };
        self.move_entries(collection, &id, before.map(|kept| kept.claims).unwrap_or_default(), claims);
    }

    fn reindex(&mut self, Reindexed { key, rewritten, claims, .. }: Reindexed) {
        if let Some(kept) = self.records.get_mut(key.collection).and_then(|records| records.get_mut(&key.id)) {
            if let Some((schema_version, body)) = rewritten {
                (kept.record.schema_version, kept.record.body) = (schema_version, body);
            }
            let before = std::mem::replace(&mut kept.claims, claims.clone());
            self.move_entries(key.collection, &key.id, before, claims);
        }
    }

    fn move_entries(&mut self, collection: &'static str, id: &Arc<str>, before: Vec<Claim>, after: Vec<Claim>) {
        for claim in before {
            if let Some(entries) = self.entries.get_mut(&(collection, claim.index)) {
                entries.remove(&(claim.key, Arc::clone(id)));
            }
        }
        for claim in after {
            self.entries.entry((collection, claim.index)).or_default().insert((claim.key, Arc::clone(id)));
        }
    }
}

impl State for Shelf {
    type Failure = Infallible;

    fn version(&self, key: &Key) -> Result<u64, Infallible> {
        Ok(self.kept(key.collection, &key.id).map_or(0, |kept| kept.record.version))
    }

    fn held(&self, key: &Key) -> Result<Option<Held>, Infallible> {
        let kept = self.kept(key.collection, &key.id);
        Ok(kept.map(|kept| Held { version: kept.record.version, claims: Claims::of(&kept.claims) }))
    }

    fn holds(&self, scan: &ScanCheck) -> Result<bool, Infallible> {
        Ok(scan.holds(&self.page(&scan.range, scan.limit)))
    }

    fn holders(&self, collection: &str, index: &str, key: &[u8]) -> Result<Vec<String>, Infallible> {
        let first = Bound::Included((key.to_vec(), "".into()));
        let entries = self.entries.get(&(collection, index));
        let from = entries.into_iter().flat_map(|entries| entries.range((first.clone(), Bound::Unbounded)));
        Ok(from.take_while(|(one, _)| one == key).map(|(_, id)| id.to_string()).collect())
    }
}
