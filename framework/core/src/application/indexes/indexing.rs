//! What is indexed of a collection: the names, and how the entries of a record are made.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Entity, Result,
    application::Collection,
    context::Place,
    entity::{Unique, claims, parse_stored},
    evolution::Evolving,
    query::Listing,
    store::{Claim, Found, Key, Reindexed, Scope},
};

/// The indexes of an entity, without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indexing {
    pub(crate) collection: &'static str,
    unique: &'static [Unique],
    lists: &'static [Listing],
    claims: fn(&Scope, &str, &[u8]) -> Result<Vec<Claim>>,
    /// How its records came to be of the schema that the entries are made of.
    pub(crate) evolving: Evolving,
}

impl Indexing {
    pub(crate) const fn of<E: Entity>() -> Self {
        Self {
            collection: E::COLLECTION,
            unique: E::UNIQUE,
            lists: E::LISTS,
            claims: claims_of::<E>,
            evolving: Evolving::of::<E>(),
        }
    }

    /// The names that are declared.
    pub(super) fn names(&self) -> BTreeSet<&'static str> {
        self.unique_names().chain(self.lists.iter().map(|listing| listing.index)).collect()
    }

    pub(super) fn unique_names(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.unique.iter().map(|unique| unique.index)
    }

    /// A record as it is declared now: its entries, and where it is of an older schema what it says; nothing where the record
    /// can not be read, which is logged.
    pub(super) fn reindexed(&self, known: &Collection, scope: &Scope, found: &Found) -> Option<Reindexed> {
        let (record, own) = (&found.record, self.evolving.version);
        let rewritten = (record.schema_version != own).then(|| {
            let body = self.evolving.up(known, record.schema_version, &record.body)?;
            Ok((own, body))
        });
        let reindexed = rewritten.transpose().and_then(|rewritten| {
            let body = rewritten.as_ref().map_or(&record.body, |(_, body)| body);
            let claims = (self.claims)(scope, &found.id, body)?;
            let key = Key { collection: self.collection, id: Arc::clone(&found.id) };
            Ok(Reindexed { key, version: record.version, rewritten, claims })
        });
        let why = |fault: &crate::Fault| {
            let (collection, id) = (self.collection, &*found.id);
            tracing::error!(collection, id, %scope, %fault, "a stored record can not be read: it stays as it is");
        };
        reindexed.inspect_err(why).ok()
    }
}

fn claims_of<E: Entity>(scope: &Scope, id: &str, body: &[u8]) -> Result<Vec<Claim>> {
    let entity: E = parse_stored(body)?;
    Ok(claims(&entity, Place::of_key::<E>(scope, id)))
}
