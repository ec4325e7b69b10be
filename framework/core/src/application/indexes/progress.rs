//! How far the indexes of an application are, as far as it knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::Time;

use super::{Indexing, built::Forms};

/// Every collection that the application declares or has met, and what is missing of its indexes.
#[derive(Default)]
pub(crate) struct Progress {
    known: RwLock<BTreeMap<&'static str, Known>>,
    /// All of it was compared with what is kept.
    compared: AtomicBool,
    /// It was, and nothing is missing.
    ready: AtomicBool,
    /// There is something for a walk to do.
    due: AtomicBool,
    /// Told when it is so.
    pub(crate) told: tokio::sync::Notify,
    /// One comparison at a time; the others wait for it.
    pub(super) comparing: tokio::sync::Mutex<()>,
    /// One round of maintenance at a time.
    pub(super) round: tokio::sync::Mutex<()>,
}

/// What a comparison came to, of one collection.
pub(super) struct Compared {
    pub(super) collection: &'static str,
    /// What is declared and not ready.
    pub(super) missing: BTreeSet<&'static str>,
    /// What every program on the store keeps up.
    pub(super) by_all: Forms,
}

struct Known {
    indexing: Indexing,
    /// Nothing until it was compared.
    missing: Option<BTreeSet<&'static str>>,
    /// The indexes that every program on the store keeps up, those of others among them.
    by_all: Forms,
    /// A walk that could not finish the work is not made again before.
    not_before: Option<Time>,
}

impl Progress {
    /// Adds a collection, once.
    pub(crate) fn declare(&self, indexing: Indexing) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Known { indexing, missing: None, by_all: Forms::new(), not_before: None };
        known.entry(indexing.collection).or_insert_with(new);
        self.note(&known);
    }

    /// What is declared.
    pub(super) fn declared(&self) -> Vec<Indexing> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().map(|known| known.indexing).collect()
    }

    pub(super) fn set(&self, compared: Vec<Compared>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for Compared { collection, missing, by_all } in compared {
            if let Some(known) = known.get_mut(collection) {
                if known.by_all != by_all {
                    // What could not be finished then may be now.
                    known.not_before = None;
                }
                (known.missing, known.by_all) = (Some(missing), by_all);
            }
        }
        self.note(&known);
    }

    /// Nothing of what was compared holds any more.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.values_mut().for_each(|one| one.missing = None);
        self.note(&known);
    }

    /// How the entries of a collection are made.
    pub(crate) fn indexing(&self, collection: &str) -> Option<Indexing> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(collection).map(|known| known.indexing)
    }

    /// The indexes of a collection that every program on the store keeps up.
    pub(super) fn by_all(&self, one: &Indexing) -> Forms {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(one.collection).map(|known| known.by_all.clone()).unwrap_or_default()
    }

    fn note(&self, known: &BTreeMap<&'static str, Known>) {
        let all = |is: fn(&Known) -> bool| known.values().all(is);
        self.compared.store(all(|one| one.missing.is_some()), Ordering::Release);
        self.ready.store(all(|one| one.missing.as_ref().is_some_and(BTreeSet::is_empty)), Ordering::Release);
    }

    pub(super) fn set_due(&self, due: bool) {
        self.due.store(due, Ordering::Release);
    }

    pub(crate) fn is_due(&self) -> bool {
        self.due.load(Ordering::Acquire)
    }

    pub(crate) fn is_compared(&self) -> bool {
        self.compared.load(Ordering::Acquire)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Whether an index is not ready, as far as it is known: of a collection that was not compared nothing is.
    pub(super) fn misses(&self, index: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|known| known.missing.as_ref().is_none_or(|missing| missing.contains(index)))
    }

    /// Whether a unique index is missing that a walk has still to make. Where other programs have to go before, it is not
    /// waited for: they may wait for this one to be ready.
    pub(super) fn waits_for_unique(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let missing = |one: &Known, index: &str| {
            one.missing.as_ref().is_some_and(|missing| missing.contains(index)) && one.by_all.contains_key(index)
        };
        let waits = |one: &Known| one.indexing.unique_names().any(|index| missing(one, index));
        known.values().any(|one| one.not_before.is_none() && waits(one))
    }

    /// Whether a walk may be made now.
    pub(super) fn may_walk(&self, one: &Indexing, now: Time) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(one.collection).and_then(|known| known.not_before).is_none_or(|at| at <= now)
    }

    pub(super) fn walk_not_before(&self, one: &Indexing, at: Time) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get_mut(one.collection) {
            known.not_before = Some(at);
        }
    }
}
