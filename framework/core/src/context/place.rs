//! Where entities are kept within a scope: what the keys of a collection begin with.

use std::sync::Arc;

use crate::{
    Entity, Id,
    entity::Unique,
    store::{IndexKey, Key, Scope},
};

/// Where entities are kept: what belongs to a company within the installation's scope under the company, what is inside
/// of other items under their ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) company: Option<&'a str>,
    /// The ids of the items on the way, from the top, a slash behind each.
    pub(crate) inside: &'a str,
}

impl<'a> Place<'a> {
    /// The key of an entity that is kept here.
    pub(crate) fn key<E: Entity>(self, id: &Id<E>) -> Key {
        let id = match self.company {
            None if self.inside.is_empty() => id.text(),
            None => format!("{}{id}", self.inside).into(),
            Some(company) => format!("{company}/{}{id}", self.inside).into(),
        };
        Key { collection: E::COLLECTION, id }
    }

    /// Where the record of a key is kept, told from the key.
    pub(crate) fn of_key<E: Entity>(scope: &Scope, key: &'a str) -> Self {
        let (company, rest) = match key.split_once('/') {
            Some((company, rest)) if E::OWNED_BY_COMPANY && *scope == Scope::Installation => (Some(company), rest),
            _ => (None, key),
        };
        let inside = rest.rfind('/').and_then(|slash| rest.get(..=slash)).unwrap_or_default();
        Self { company, inside }
    }

    /// What the ids of all keys here begin with.
    pub(crate) fn prefix(self) -> Arc<str> {
        match self.company {
            None => self.inside.into(),
            Some(company) => format!("{company}/{}", self.inside).into(),
        }
    }

    /// The key of a unique value: it is so among what is kept here, unless it is so in the whole installation.
    pub(crate) fn unique_key(self, unique: &Unique, value: Vec<u8>) -> Vec<u8> {
        if unique.installation { value } else { self.index_key(value) }
    }

    /// A key of an index among what is kept here.
    pub(crate) fn index_key(self, value: Vec<u8>) -> Vec<u8> {
        if self == Self::default() {
            return value;
        }
        let mut key = IndexKey::default();
        if let Some(company) = self.company {
            key = key.text(company);
        }
        if !self.inside.is_empty() {
            key = key.text(self.inside);
        }
        [key.into_bytes(), value].concat()
    }

    /// How many items it is inside of.
    pub(crate) fn depth(self) -> usize {
        self.inside.bytes().filter(|byte| *byte == b'/').count()
    }
}

/// The id of an entity by the id of its key.
pub(crate) fn own_id(key: &Arc<str>) -> Arc<str> {
    key.rsplit_once('/').map_or_else(|| Arc::clone(key), |(_, id)| id.into())
}
