//! Everything in ordered maps under one lock. It forgets everything at its end.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use enaction_core::store::{
    Claim, Committed, Found, Key, Page, Range, Record, Refusal, ScanCheck, Scope, Store, StoreError, Unit, Write,
};

use crate::{
    check::{Held, State, Verdict, check, check_form, claimed},
    claims::Claims,
};

/// A store in memory, for tests and trials. What a unit tells ([`Unit::events`]) is dropped, because nothing
/// reads it back.
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
pub struct MemoryStore(RwLock<Committing>);

#[derive(Debug, Default)]
struct Committing {
    latest: u64,
    scopes: HashMap<Scope, Shelf>,
}

/// The data of one scope.
#[derive(Debug, Default)]
struct Shelf {
    records: BTreeMap<&'static str, BTreeMap<Arc<str>, Kept>>,
    /// Collection, index, key, id.
    entries: BTreeSet<(&'static str, &'static str, Vec<u8>, Arc<str>)>,
}

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
        let committing = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match committing.scopes.get(scope) {
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

    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal> {
        check_form(&unit)?;
        let mut committing = self.0.write().unwrap_or_else(PoisonError::into_inner);
        committing.commit(unit)
    }
}

impl Committing {
    fn commit(&mut self, unit: Unit) -> Result<Committed, Refusal> {
        let shelf = self.scopes.entry(unit.scope.clone()).or_default();
        if let Err(Verdict::Refused(refusal)) = check(shelf, &unit) {
            return Err(refusal);
        }
        if unit.validate_only {
            return Ok(Committed { version: self.latest });
        }
        if !unit.writes.is_empty() || !unit.events.is_empty() {
            self.latest += 1;
        }
        for write in unit.writes {
            shelf.write(write, self.latest);
        }
        Ok(Committed { version: self.latest })
    }
}

impl Shelf {
    fn kept(&self, collection: &str, id: &str) -> Option<&Kept> {
        self.records.get(collection)?.get(id)
    }

    fn page(&self, range: &Range, limit: usize) -> Page {
        let mut found = match range {
            Range::Ids { collection, prefix, after } => self.ids(collection, prefix, after.as_deref()),
            Range::Entries { index, collection, from, to, after } => {
                let least: (Vec<u8>, Arc<str>) = (from.clone(), "".into());
                let behind = after.clone().filter(|after| *after >= least);
                let start = behind.map_or(Bound::Included(least), Bound::Excluded);
                self.entries_from(collection, index, start, to.as_deref())
            }
        };
        let items = found.by_ref().take(limit).map(|(id, kept)| Found { id: id.clone(), record: kept.record.clone() });
        Page { items: items.collect(), more: found.next().is_some() }
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
        let start = start.map(|(key, id)| (collection, index, key, id));
        Box::new(
            self.entries
                .range((start, Bound::Unbounded))
                .take_while(move |(of, entry, key, _)| {
                    *of == collection && *entry == index && to.is_none_or(|to| key.as_slice() < to)
                })
                .filter_map(move |(_, _, _, id)| Some((id, self.kept(collection, id)?))),
        )
    }

    fn write(&mut self, write: Write, version: u64) {
        let claims: Vec<Claim> = claimed(&write).cloned().collect();
        let Key { collection, id } = write.key;
        let records = self.records.entry(collection).or_default();
        let kept = write.record.map(|record| Kept { record: Record { version, ..record }, claims: claims.clone() });
        let before = match kept {
            Some(kept) => records.insert(id.clone(), kept),
            None => records.remove(&id),
        };
        for claim in before.into_iter().flat_map(|kept| kept.claims) {
            self.entries.remove(&(collection, claim.index, claim.key, id.clone()));
        }
        for claim in claims {
            self.entries.insert((collection, claim.index, claim.key, id.clone()));
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
        let holders =
            self.entries.iter().filter(|entry| (entry.0, entry.1, entry.2.as_slice()) == (collection, index, key));
        Ok(holders.map(|entry| entry.3.to_string()).collect())
    }
}
