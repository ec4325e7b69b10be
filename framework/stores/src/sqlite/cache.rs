//! Hot entities in front of the database, never older than what a reader of the database could see.
//!
//! Three rules keep every read current, also across keys. Before COMMIT the writer takes the records that it changes out
//! of the cache, so that they are read from the database, old before it and new behind it. After COMMIT, and before it
//! acknowledges, it puts the new ones in. And a reader that missed puts in what it read only when no such step lies
//! between and the key is not being committed.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    sync::{PoisonError, RwLock},
};

use enaction_core::store::{Key, Record, Scope};
use quick_cache::{Equivalent, Weighter, sync};

use super::apply::Change;

/// What one entry costs beside its bytes: keys, handles, the maps' own.
const ENTRY_BYTES: u64 = 256;
/// An estimate to size the maps.
const RECORD_BYTES: usize = 1024;

pub(super) struct Cache {
    hot: sync::Cache<Address, Record, Weight>,
    steps: RwLock<Steps>,
}

/// Moves on when a commit begins and when it ends.
#[derive(Debug, Default)]
struct Steps {
    step: u64,
    committing: HashSet<Address>,
}

/// How far the writer was before a read of the database began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark(u64);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Address {
    scope: Scope,
    key: Key,
}

/// Looks an address up without making one.
struct Seek<'a> {
    scope: &'a Scope,
    key: &'a Key,
}

impl Hash for Seek<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scope.hash(state);
        self.key.hash(state);
    }
}

impl Equivalent<Address> for Seek<'_> {
    fn equivalent(&self, address: &Address) -> bool {
        *self.key == address.key && *self.scope == address.scope
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<Address, Record> for Weight {
    fn weight(&self, address: &Address, record: &Record) -> u64 {
        let bytes = address.key.id.len() + record.by.len() + record.body.len();
        ENTRY_BYTES + u64::try_from(bytes).unwrap_or(u64::MAX - ENTRY_BYTES)
    }
}

impl Cache {
    pub(super) fn new(bytes_max: usize) -> Self {
        let weight_max = u64::try_from(bytes_max).unwrap_or(u64::MAX);
        let hot = sync::Cache::with_weighter(bytes_max / RECORD_BYTES, weight_max, Weight);
        Self { hot, steps: RwLock::default() }
    }

    pub(super) fn get(&self, scope: &Scope, key: &Key) -> Option<Record> {
        self.hot.get(&Seek { scope, key })
    }

    /// All of them, as one committed state, or nothing.
    pub(super) fn get_all(&self, scope: &Scope, keys: &[Key]) -> Option<Vec<Option<Record>>> {
        let _no_step_between = self.steps.read().unwrap_or_else(PoisonError::into_inner);
        keys.iter().map(|key| self.get(scope, key).map(Some)).collect()
    }

    /// To be taken before a read of the database begins.
    pub(super) fn mark(&self) -> Mark {
        Mark(self.steps.read().unwrap_or_else(PoisonError::into_inner).step)
    }

    /// Puts in what a reader found, unless it may be old.
    pub(super) fn offer(&self, mark: Mark, scope: &Scope, key: &Key, record: &Record) {
        let address = Address { scope: scope.clone(), key: key.clone() };
        let steps = self.steps.read().unwrap_or_else(PoisonError::into_inner);
        if steps.step == mark.0 && !steps.committing.contains(&address) {
            self.hot.insert(address, record.clone());
        }
    }

    /// Before COMMIT.
    pub(super) fn begin(&self, changes: &[Change]) {
        let mut steps = self.steps.write().unwrap_or_else(PoisonError::into_inner);
        steps.step += 1;
        for change in changes {
            let address = Address { scope: change.scope.clone(), key: change.key.clone() };
            self.hot.remove(&address);
            steps.committing.insert(address);
        }
    }

    /// After COMMIT, before any of it is acknowledged.
    pub(super) fn end(&self, changes: Vec<Change>) {
        let mut steps = self.steps.write().unwrap_or_else(PoisonError::into_inner);
        steps.step += 1;
        steps.committing.clear();
        for Change { scope, key, record } in changes {
            let address = Address { scope, key };
            match record {
                Some(record) => self.hot.insert(address, record),
                None => drop(self.hot.remove(&address)),
            }
        }
    }

    /// When nobody knows what was committed; a later [`end`](Self::end) says that it is known again.
    pub(super) fn clear(&self) {
        let _no_offer_between = self.steps.write().unwrap_or_else(PoisonError::into_inner);
        self.hot.clear();
    }
}
