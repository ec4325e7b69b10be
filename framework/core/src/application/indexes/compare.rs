//! Compares what is declared with what is kept, before anything depends on it.

use std::time::Duration;

use crate::{
    Application, Fault, Result,
    application::unit::told,
    catalogue,
    context::store_fault,
    evolution::newer,
    store::{Range, Record, Refusal, Scope, Unit},
};

use super::{
    Indexing,
    built::{Built, SCOPE},
    schemas::Schemas,
};

/// In a store of fewer scopes a collection that holds nothing is seen to hold nothing at once; else by the next round.
const SCOPES: usize = 100;
/// How often others may change what is kept while it is compared.
const ATTEMPTS: usize = 8;

impl Application {
    /// Whether everything that is stored is in an index. Costs next to nothing when all are ready; the first use asks the
    /// store.
    ///
    /// # Errors
    /// `index_building` while a round of [`maintain`](Self::maintain) has still to make it; when the store can not be
    /// reached.
    pub async fn index_ready(&self, index: &str) -> Result<()> {
        if self.indexes.is_ready() {
            return Ok(());
        }
        self.compare_indexes().await?;
        if self.indexes.misses(index) { Err(building()) } else { Ok(()) }
    }

    /// Whether every unique index is there, as far as a round of [`maintain`](Self::maintain) can make it: one whose values
    /// are held twice is not waited for. Costs as [`index_ready`](Self::index_ready).
    ///
    /// # Errors
    /// As `index_ready`.
    pub async fn unique_indexes_ready(&self) -> Result<()> {
        if self.indexes.is_ready() {
            return Ok(());
        }
        self.compare_indexes().await?;
        if self.indexes.waits_for_unique() { Err(building()) } else { Ok(()) }
    }

    /// Has to be done before anything is written: an index that this application does not keep up must not be taken for
    /// ready by one that declares it, and no older program may take a record for its own that it can not read.
    ///
    /// # Errors
    /// `schema_newer` when the store holds what a newer program wrote; when it can not be reached.
    pub(crate) async fn compare_indexes(&self) -> Result<()> {
        if self.indexes.is_compared() {
            return Ok(());
        }
        // Boxed, so that no request carries the room for what is done once.
        Box::pin(async {
            let _alone = self.indexes.comparing.lock().await;
            if self.indexes.is_compared() { Ok(()) } else { self.compare_indexes_now().await }
        })
        .await
    }

    pub(super) async fn compare_indexes_now(&self) -> Result<()> {
        for _ in 0..ATTEMPTS {
            let (mut unit, mut missing, mut too_new) = (Unit::new(SCOPE), Vec::new(), Vec::new());
            for (one, before) in self.kept().await? {
                let (names, kept) = (one.names(), Built::of(before.built.as_ref()));
                let (own, stored) = (one.evolving.version, Schemas::of(before.schemas.as_ref())?);
                if stored.written > own {
                    too_new.push(one.evolving.too_new(stored.written));
                }
                let (mut now, mut schemas) = (kept.declared(&names), Schemas { written: own, ..stored });
                if (now != Built::whole(&names) || schemas.whole != own) && self.holds_nothing(&one).await? {
                    (now, schemas.whole) = (Built::whole(&names), own);
                }
                if now != kept {
                    unit.writes.push(now.write(&one, before.built.as_ref(), self.clock.now()));
                }
                if schemas != stored {
                    unit.writes.push(schemas.write(&one, before.schemas.as_ref(), self.clock.now()));
                }
                missing.push((one.collection, now.missing(&names)));
            }
            if !too_new.is_empty() {
                return Err(newer(&too_new));
            }
            match self.keep(unit).await? {
                Kept::AsWritten => {
                    self.indexes.set_missing(missing);
                    return Ok(());
                }
                Kept::ByOthers => {}
            }
        }
        Err(catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1)))
    }

    /// Every collection that is declared, with what is kept of it.
    pub(super) async fn kept(&self) -> Result<Vec<(Indexing, Before)>> {
        let declared = self.indexes.declared();
        let keys: Vec<_> = declared.iter().flat_map(|one| [Built::key(one), Schemas::key(one)]).collect();
        let mut records = self.store.get(&SCOPE, &keys).await.map_err(store_fault)?.into_iter();
        let mut next = || records.next().flatten();
        Ok(declared.into_iter().map(|one| (one, Before { built: next(), schemas: next() })).collect())
    }

    pub(super) async fn keep(&self, unit: Unit) -> Result<Kept> {
        if unit.is_empty() {
            return Ok(Kept::AsWritten);
        }
        match self.store.commit(unit).await {
            Ok(_) => Ok(Kept::AsWritten),
            Err(Refusal::Stale(_) | Refusal::Exists(_)) => Ok(Kept::ByOthers),
            Err(refusal) => Err(told(&refusal)),
        }
    }

    /// Whether no scope holds anything of a collection, where that can be said soon.
    async fn holds_nothing(&self, one: &Indexing) -> Result<bool> {
        let scopes: Vec<Scope> = self.store.scopes(None, SCOPES).await.map_err(store_fault)?;
        if scopes.len() == SCOPES {
            return Ok(false);
        }
        let all = Range::Ids { collection: one.collection, prefix: "".into(), after: None };
        for scope in scopes {
            // A scope that can not be read may hold something, and must not keep the others from being used.
            if self.store.count(&scope, &all, 1).await.map_err(store_fault) != Ok(0) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn building() -> Fault {
    catalogue::INDEX_BUILDING.fault().with_retry_after(Duration::from_secs(1))
}

/// What is kept of a collection.
pub(super) struct Before {
    pub(super) built: Option<Record>,
    pub(super) schemas: Option<Record>,
}

/// What became of a change of what is kept.
pub(super) enum Kept {
    AsWritten,
    /// Another was first: what is kept has to be read again.
    ByOthers,
}
