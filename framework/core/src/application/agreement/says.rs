//! What a program says of itself to the others on its store.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one program declares and does, by collection. Of a collection that it does not name it writes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Says(pub(crate) BTreeMap<String, SaysOf>);

/// The same of one collection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SaysOf {
    /// The schema version that it reads up to.
    pub(crate) reads: u16,
    /// The schema version that everything is of which it writes from now on.
    pub(crate) writes: u16,
    /// The indexes that it declares, by name.
    pub(crate) declares: BTreeMap<String, IndexForm>,
    /// The indexes of others of which it writes the entries, in every unit that it commits from now on.
    pub(crate) keeps: Vec<String>,
}

/// How the entries of an index are made of what is stored, so that who does not declare it can write them as well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IndexForm {
    /// The version of keys ([`INDEX_KEYS`](crate::store::INDEX_KEYS)).
    pub(crate) keys: u32,
    /// The first schema in which its members are what they are: records of an older one do not tell its entries.
    pub(crate) since: u16,
    /// The [`VERSION`](crate::Indexed::VERSION) of a unique value; 0 where its JSON is enough to make its key.
    #[serde(default)]
    pub(crate) version: u32,
    /// Nothing for a list.
    pub(crate) unique: Option<UniqueIn>,
    /// The members, in order.
    pub(crate) members: Vec<MemberForm>,
}

/// Where a value is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum UniqueIn {
    /// Among what is kept in the same place.
    Place,
    /// In the whole installation.
    Installation,
}

/// A member that stands in an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MemberForm {
    /// As it is serialised.
    pub(crate) name: String,
    /// Whether it descends.
    pub(crate) descends: bool,
    /// What it is where it is absent.
    pub(crate) absent: Value,
}

impl Says {
    /// Reads what another program said.
    pub(crate) fn read(says: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(says)
    }

    pub(crate) fn write(&self) -> Bytes {
        serde_json::to_vec(self).unwrap_or_default().into()
    }
}

impl SaysOf {
    /// Whether whatever it writes has its entry in an index.
    pub(crate) fn keeps_up(&self, index: &str, form: &IndexForm) -> bool {
        let made_so =
            self.declares.get(index).is_some_and(|own| own == form) || self.keeps.iter().any(|one| one == index);
        made_so && form.since <= self.writes
    }
}
