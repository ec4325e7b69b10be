//! What is indexed of a collection: the names, and how the entries of a record are made.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::Value;

use crate::{
    Entity, Result,
    application::{
        Collection,
        agreement::{Agreed, Foreign, IndexForm, MemberForm, UniqueIn, foreign_claims},
    },
    context::Place,
    entity::{Unique, claims, parse_stored},
    evolution::Evolving,
    query::Listing,
    store::{Claim, Found, INDEX_KEYS, Key, Reindexed, Scope},
};

/// The indexes of an entity, without its type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indexing {
    pub(crate) collection: &'static str,
    unique: &'static [Unique],
    lists: &'static [Listing],
    claims: fn(&Scope, &str, &[u8]) -> Result<Vec<Claim>>,
    foreign: fn(&[Foreign], &Scope, &str, &[u8]) -> Vec<Claim>,
    absent: fn() -> Value,
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
            foreign: foreign_of::<E>,
            absent: absent::<E>,
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

    /// The same with how their entries are made.
    pub(crate) fn forms(&self) -> BTreeMap<&'static str, IndexForm> {
        let absent = (self.absent)();
        let member = |(name, descends): (&str, bool)| {
            let absent = absent.get(name).cloned().unwrap_or_default();
            MemberForm { name: name.to_owned(), descends, absent }
        };
        let form = |index: &'static str, unique, version, members| {
            let since = index.strip_prefix(self.collection).and_then(|rest| rest.strip_prefix('#'));
            let since = since.and_then(|rest| rest.split(['.', ':']).next()?.parse().ok()).unwrap_or(1);
            (index, IndexForm { keys: INDEX_KEYS, since, version, unique, members })
        };
        let lists = self.lists.iter().map(|one| form(one.index, None, 0, one.members().map(member).collect()));
        let unique = self.unique.iter().map(|one| {
            let within = if one.installation { UniqueIn::Installation } else { UniqueIn::Place };
            form(one.index, Some(within), one.version, vec![member((one.member, false))])
        });
        lists.chain(unique).collect()
    }

    /// The entries of a record in indexes of others.
    pub(crate) fn foreign_claims(&self, foreign: &[Foreign], scope: &Scope, id: &str, body: &[u8]) -> Vec<Claim> {
        (self.foreign)(foreign, scope, id, body)
    }

    /// A record as it is declared now: its entries, and where it is of an older schema what it says; nothing where the record
    /// can not be read, which is logged.
    pub(super) fn reindexed(
        &self,
        known: &Collection,
        agreed: &Agreed,
        scope: &Scope,
        found: &Found,
    ) -> Option<Reindexed> {
        let (record, own) = (&found.record, self.evolving.version);
        let current = (record.schema_version != own).then(|| {
            let body = self.evolving.up(known, record.schema_version, &record.body)?;
            Ok((own, body))
        });
        let reindexed = current.transpose().and_then(|current| {
            let body = current.as_ref().map_or(&record.body, |(_, body)| body);
            let mut claims = (self.claims)(scope, &found.id, body)?;
            if !agreed.foreign.is_empty() {
                // Others read it as it is written.
                let written = self.evolving.up_to(record.schema_version, agreed.writes, &record.body)?;
                claims.extend(self.foreign_claims(&agreed.foreign, scope, &found.id, &written));
            }
            let rewritten = current.filter(|_| agreed.writes == own);
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

fn foreign_of<E: Entity>(foreign: &[Foreign], scope: &Scope, id: &str, body: &[u8]) -> Vec<Claim> {
    foreign_claims(foreign, body, Place::of_key::<E>(scope, id))
}

/// What members are where they are absent.
fn absent<E: Entity>() -> Value {
    serde_json::to_value(E::default()).unwrap_or_default()
}
