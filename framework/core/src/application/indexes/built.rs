//! What is built of a collection, as it is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    Time,
    application::agreement::IndexForm,
    store::{Key, Record, Scope, Write},
};

use super::Indexing;

/// Where it is kept.
pub(super) const SCOPE: Scope = Scope::Installation;
pub(super) const COLLECTION: &str = "indexes";

/// Indexes by name, and how their entries are made.
pub(super) type Forms = BTreeMap<&'static str, IndexForm>;

/// The state of the indexes of one collection. A name that is in neither was never built.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Built {
    /// Every record of the collection has its entries, made in this form, and whoever writes keeps them up.
    ready: BTreeMap<String, IndexForm>,
    /// No longer declared, and entries of it may still be there.
    leaving: BTreeSet<String>,
}

impl Built {
    /// What a record of this state says; one that can not be read says that nothing is built.
    pub(super) fn of(record: Option<&Record>) -> Self {
        record.and_then(|record| serde_json::from_slice(&record.body).ok()).unwrap_or_default()
    }

    pub(super) fn key(one: &Indexing) -> Key {
        Key { collection: COLLECTION, id: one.collection.into() }
    }

    /// The same where only what is declared is kept up, with entries as they are made now.
    pub(super) fn declared(&self, forms: &Forms) -> Self {
        let is_declared = |name: &&String| forms.contains_key(name.as_str());
        let names = self.ready.keys().chain(&self.leaving);
        Self {
            ready: self
                .ready
                .clone()
                .into_iter()
                .filter(|(name, form)| forms.get(name.as_str()) == Some(form))
                .collect(),
            leaving: names.filter(|name| !is_declared(name)).cloned().collect(),
        }
    }

    pub(super) fn is_ready(&self, name: &str, form: &IndexForm) -> bool {
        self.ready.get(name) == Some(form)
    }

    /// Whether there is something to build that everyone keeps up, or to take away.
    pub(super) fn is_due(&self, by_all: &Forms) -> bool {
        !self.leaving.is_empty() || by_all.iter().any(|(name, form)| !self.is_ready(name, form))
    }

    /// The same with these built, and nothing that is leaving.
    pub(super) fn with(mut self, built: Forms) -> Self {
        self.ready.extend(built.into_iter().map(|(name, form)| (name.to_owned(), form)));
        self.leaving.clear();
        self
    }

    /// The names that are not built.
    pub(super) fn missing(&self, names: BTreeSet<&'static str>) -> BTreeSet<&'static str> {
        names.into_iter().filter(|name| !self.ready.contains_key(*name)).collect()
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

    /// Of names with a number behind them, which stands for how their entries are made.
    fn forms(names: &[&'static str]) -> Forms {
        let form = |since| IndexForm { keys: 1, since, version: 0, unique: None, members: Vec::new() };
        names.iter().map(|name| (&name[..1], form(name[1..].parse().unwrap()))).collect()
    }

    fn built(ready: &[&'static str], leaving: &[&str]) -> Built {
        let ready = forms(ready).into_iter().map(|(name, form)| (name.to_owned(), form)).collect();
        Built { ready, leaving: leaving.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn what_is_not_declared_leaves_and_what_comes_back_or_is_made_otherwise_is_built_again() {
        for (kept, declared, now, missing) in [
            (built(&[], &[]), &[][..], built(&[], &[]), &[][..]),
            (built(&[], &[]), &["a1"], built(&[], &[]), &["a"]),
            (built(&["a1"], &[]), &["a1"], built(&["a1"], &[]), &[]),
            (built(&["a1", "b1"], &["c"]), &["a1"], built(&["a1"], &["b", "c"]), &[]),
            (built(&["a1"], &["c"]), &["a1", "c1"], built(&["a1"], &[]), &["c"]),
            (built(&["a1"], &[]), &[], built(&[], &["a"]), &[]),
            (built(&["a1", "b1"], &["c"]), &["a2", "b1"], built(&["b1"], &["c"]), &["a"]),
        ] {
            let forms = forms(declared);
            assert_eq!(kept.declared(&forms), now, "{kept:?}");
            assert_eq!(now.missing(forms.keys().copied().collect()), missing.iter().copied().collect(), "{kept:?}");
            assert_eq!(now.is_due(&forms), !missing.is_empty() || !now.leaving.is_empty());
            assert!(!now.with(forms.clone()).is_due(&forms));
        }
    }
}
