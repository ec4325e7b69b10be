//! How far the indexes of an application are, as far as it knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::Time;

use super::Indexing;

/// Every collection that the application declares or has met, and what is missing of its indexes.
#[derive(Default)]
pub(crate) struct Progress {
    known: RwLock<BTreeMap<&'static str, Known>>,
    /// All of it was compared with what is kept.
    compared: AtomicBool,
    /// It was, and nothing is missing.
    ready: AtomicBool,
    /// One comparison at a time; the others wait for it.
    pub(super) comparing: tokio::sync::Mutex<()>,
    /// One round of maintenance at a time.
    pub(super) round: tokio::sync::Mutex<()>,
}

struct Known {
    indexing: Indexing,
    /// Nothing until it was compared.
    missing: Option<BTreeSet<&'static str>>,
    /// A walk that could not finish the work is not made again before.
    not_before: Option<Time>,
}

impl Progress {
    /// Adds a collection, once.
    pub(crate) fn declare(&self, indexing: Indexing) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let new = || Known { indexing, missing: None, not_before: None };
        known.entry(indexing.collection).or_insert_with(new);
        self.note(&known);
    }

    /// What is declared.
    pub(super) fn declared(&self) -> Vec<Indexing> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().map(|known| known.indexing).collect()
    }

    pub(super) fn set_missing(&self, missing: Vec<(&'static str, BTreeSet<&'static str>)>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for (collection, missing) in missing {
            if let Some(known) = known.get_mut(collection) {
                known.missing = Some(missing);
            }
        }
        self.note(&known);
    }

    fn note(&self, known: &BTreeMap<&'static str, Known>) {
        let all = |is: fn(&Known) -> bool| known.values().all(is);
        self.compared.store(all(|one| one.missing.is_some()), Ordering::Release);
        self.ready.store(all(|one| one.missing.as_ref().is_some_and(BTreeSet::is_empty)), Ordering::Release);
    }

    pub(super) fn is_compared(&self) -> bool {
        self.compared.load(Ordering::Acquire)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    pub(super) fn misses(&self, index: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().filter_map(|known| known.missing.as_ref()).any(|missing| missing.contains(index))
    }

    /// Whether a unique index is missing that a walk has still to make.
    pub(super) fn waits_for_unique(&self) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let missing = |one: &Known, index: &str| one.missing.as_ref().is_some_and(|missing| missing.contains(index));
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
