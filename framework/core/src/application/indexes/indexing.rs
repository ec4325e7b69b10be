//! What is indexed of a collection: the names, and how the entries of a record are made.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Entity,
    context::Place,
    entity::claims,
    query::Listing,
    store::{Claim, Found, Key, Reindexed, Scope},
};

use crate::entity::Unique;

/// The indexes of an entity, without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indexing {
    pub(crate) collection: &'static str,
    unique: &'static [Unique],
    lists: &'static [Listing],
    claims: fn(&Scope, &str, &[u8]) -> serde_json::Result<Vec<Claim>>,
}

impl Indexing {
    pub(crate) const fn of<E: Entity>() -> Self {
        Self { collection: E::COLLECTION, unique: E::UNIQUE, lists: E::LISTS, claims: claims_of::<E> }
    }

    /// The names that are declared.
    pub(super) fn names(&self) -> BTreeSet<&'static str> {
        self.unique_names().chain(self.lists.iter().map(|listing| listing.index)).collect()
    }

    pub(super) fn unique_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.unique.iter().map(|unique| unique.index)
    }

    /// The entries of a record as they are declared now; nothing where the record can not be read, which is logged.
    pub(super) fn reindexed(&self, scope: &Scope, found: &Found) -> Option<Reindexed> {
        match (self.claims)(scope, &found.id, &found.record.body) {
            Ok(claims) => {
                let key = Key { collection: self.collection, id: Arc::clone(&found.id) };
                Some(Reindexed { key, version: found.record.version, rewritten: None, claims })
            }
            Err(error) => {
                // The text of the error would show the value that did not fit.
                let (collection, id, why) = (self.collection, &*found.id, error.classify());
                tracing::error!(collection, id, %scope, ?why, "a stored record can not be read: its indexes stay");
                None
            }
        }
    }
}

fn claims_of<E: Entity>(scope: &Scope, id: &str, body: &[u8]) -> serde_json::Result<Vec<Claim>> {
    let entity: E = serde_json::from_slice(body)?;
    Ok(claims(&entity, Place::of_key::<E>(scope, id)))
}
