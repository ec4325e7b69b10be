//! What is built of a collection, as it is kept.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    Time,
    store::{INDEX_KEYS, Key, Record, Scope, Write},
};

use super::Indexing;

/// Where it is kept.
pub(super) const SCOPE: Scope = Scope::Installation;
pub(super) const COLLECTION: &str = "indexes";

/// The state of the indexes of one collection. A name that is in neither list was never built.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Built {
    /// The version of the keys of all entries.
    keys: u32,
    /// Every record of the collection has its entries, and whoever writes keeps them up.
    pub(super) ready: BTreeSet<String>,
    /// No longer declared, and entries of it may still be there.
    pub(super) leaving: BTreeSet<String>,
}

impl Default for Built {
    fn default() -> Self {
        Self { keys: INDEX_KEYS, ready: BTreeSet::new(), leaving: BTreeSet::new() }
    }
}

impl Built {
    /// What a record of this state says; one that can not be read says that nothing is built.
    pub(super) fn of(record: Option<&Record>) -> Self {
        record.and_then(|record| serde_json::from_slice(&record.body).ok()).unwrap_or_default()
    }

    pub(super) fn key(one: &Indexing) -> Key {
        Key { collection: COLLECTION, id: one.collection.into() }
    }

    /// The same where only what is declared is kept up, with keys as they are made now.
    pub(super) fn declared(&self, names: &BTreeSet<&str>) -> Self {
        let declared = |name: &&String| names.contains(name.as_str());
        let ready = self.ready.iter().filter(|name| self.keys == INDEX_KEYS && declared(name));
        Self {
            keys: INDEX_KEYS,
            ready: ready.cloned().collect(),
            leaving: self.ready.union(&self.leaving).filter(|name| !declared(name)).cloned().collect(),
        }
    }

    /// Whether there is something to build that everyone keeps up, or to take away.
    pub(super) fn is_due(&self, by_all: &BTreeSet<&'static str>) -> bool {
        !self.leaving.is_empty() || by_all.iter().any(|name| !self.ready.contains(*name))
    }

    /// The same with these built, and nothing that is leaving.
    pub(super) fn with(self, built: &BTreeSet<&'static str>) -> Self {
        let built = built.iter().map(|name| (*name).to_owned());
        Self { ready: self.ready.into_iter().chain(built).collect(), leaving: BTreeSet::new(), ..self }
    }

    /// The declared names that are not built.
    pub(super) fn missing(&self, names: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
        names.iter().filter(|name| !self.ready.contains(**name)).copied().collect()
    }

    pub(super) fn write(&self, one: &Indexing, before: Option<&Record>, at: Time) -> Write {
        let body = serde_json::to_vec(self).unwrap_or_default().into();
        let record = Record { schema_version: 1, version: 0, at, by: bytes::Bytes::new(), body };
        let expected = before.map_or(0, |record| record.version);
        Write { key: Self::key(one), expected, record: Some(record), claims: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(ready: &[&str], leaving: &[&str]) -> Built {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Built { keys: INDEX_KEYS, ready: names(ready), leaving: names(leaving) }
    }

    fn of_other_keys(kept: Built) -> Built {
        Built { keys: INDEX_KEYS + 1, ..kept }
    }

    #[test]
    fn what_is_not_declared_leaves_and_what_comes_back_is_built_again() {
        for (kept, names, now, missing) in [
            (built(&[], &[]), &[][..], built(&[], &[]), &[][..]),
            (built(&[], &[]), &["a"], built(&[], &[]), &["a"]),
            (built(&["a"], &[]), &["a"], built(&["a"], &[]), &[]),
            (built(&["a", "b"], &["c"]), &["a"], built(&["a"], &["b", "c"]), &[]),
            (built(&["a"], &["c"]), &["a", "c"], built(&["a"], &[]), &["c"]),
            (built(&["a"], &[]), &[], built(&[], &["a"]), &[]),
            (of_other_keys(built(&["a", "b"], &["c"])), &["a"], built(&[], &["b", "c"]), &["a"]),
        ] {
            let names: BTreeSet<&str> = names.iter().copied().collect();
            assert_eq!(kept.declared(&names), now, "{kept:?}");
            assert_eq!(now.missing(&names), missing.iter().copied().collect(), "{kept:?}");
        }
    }
}
