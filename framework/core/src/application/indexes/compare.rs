//! Compares what is declared with what is kept, before anything depends on it.

use std::{collections::BTreeSet, time::Duration};

use crate::{
    Application, Fault, Result,
    application::{
        agreement::{Agreed, Agreement, Foreign, Heard},
        unit::told,
    },
    catalogue,
    context::store_fault,
    evolution::newer,
    store::{Range, Record, Refusal, Scope, Unit},
};

use super::{
    Indexing,
    built::{Built, Forms, SCOPE},
    progress::Compared,
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
        if self.agreements.is_out_of_date() {
            // This program may have been stopped for a while.
            self.compare_indexes_again().await?;
        }
        if self.indexes.is_ready() {
            return Ok(());
        }
        self.compare_indexes().await?;
        if self.indexes.misses(index) { Err(building()) } else { Ok(()) }
    }

    /// Whether an index that is ready is so in the replica too, as far as there is one: a copy that is behind may lack
    /// the entries of what was stored long ago.
    pub(crate) async fn replica_index_ready(&self, collection: &str, index: &'static str) -> bool {
        let (Some(replica), Some(one)) = (&self.stale, self.indexes.indexing(collection)) else { return true };
        if replica.is_ready(index) {
            return true;
        }
        let kept = replica.of_itself(&SCOPE, Built::key(&one)).await;
        let ready = one.forms().get(index).is_some_and(|form| Built::of(kept.as_ref()).is_ready(index, form));
        if ready {
            replica.set_ready(index);
        }
        ready
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
        let compared = self.compare_until_it_stays().await;
        if compared.as_ref().is_err_and(|fault| fault.entry() == catalogue::SCHEMA_NEWER) {
            // The others took this program for gone.
            self.indexes.forget();
        }
        compared
    }

    async fn compare_until_it_stays(&self) -> Result<()> {
        let mut compared = false;
        for _ in 0..ATTEMPTS {
            // What is kept is read on both sides of the announcement: before it, what a new schema is raised by; behind it,
            // what others raised who had not heard of this program.
            let before = self.readable().await?;
            let declared: Vec<_> = before.iter().map(|(one, _, schemas)| (*one, schemas.written)).collect();
            let Some(heard) = self.hear(&declared).await? else { continue };
            match self.compare_with(&heard, before).await? {
                Some(true) => return Ok(()),
                Some(false) => compared = true,
                None => {}
            }
        }
        if compared { Ok(()) } else { Err(catalogue::CONTENDED.fault().with_retry_after(Duration::from_secs(1))) }
    }

    /// Whether nothing changed; nothing where others were first.
    async fn compare_with(&self, heard: &Heard, before: Vec<(Indexing, Before, Schemas)>) -> Result<Option<bool>> {
        let (mut unit, mut compared, mut agreement) = (Unit::new(SCOPE), Vec::new(), Agreement::default());
        let (mut any_due, agreed) = (false, self.agreements.now());
        for (one, kept, stored) in self.readable().await? {
            // What a process used for the first time meanwhile has not been announced.
            let Some((_, _, before)) = before.iter().find(|(same, ..)| same.collection == one.collection) else {
                continue;
            };
            let (collection, own, mut forms) = (one.collection, one.evolving.version, one.forms());
            let own_names = one.names();
            let foreign: Vec<_> = heard
                .foreign(&one, &forms)
                .into_iter()
                .map(|(name, form)| Foreign { index: self.agreements.name(name), form: form.clone(), leaves: false })
                .collect();
            forms.extend(foreign.iter().map(|one| (one.index, one.form.clone())));
            let by_all = forms.iter().filter(|(name, form)| heard.all_keep(collection, name, form));
            let by_all: Forms = by_all.map(|(name, form)| (*name, form.clone())).collect();
            let built = Built::of(kept.built.as_ref());
            let (mut now, mut schemas) =
                (built.declared(&forms), stored.heard(*before, heard.least(collection, own), own));
            let due = now.is_due(&by_all) || schemas.whole < schemas.written;
            if due && self.holds_nothing(&one).await? {
                (now, schemas.whole) = (now.with(by_all.clone()), schemas.written);
            }
            if now != built {
                unit.writes.push(now.write(&one, kept.built.as_ref(), self.clock.now()));
            }
            if schemas != stored {
                unit.writes.push(schemas.write(&one, kept.schemas.as_ref(), self.clock.now()));
            }
            any_due |= (now.is_due(&by_all) || schemas.written == own && schemas.whole < own)
                && self.indexes.may_walk(&one, self.clock.now());
            compared.push(Compared { collection, missing: now.missing(own_names.clone()), by_all });
            let writes = schemas.written.min(own);
            let foreign = with_those_that_leave(foreign, agreed.of(collection), &own_names);
            if writes != own || !foreign.is_empty() {
                agreement.add(collection, Agreed { writes, foreign });
            }
        }
        let stays = unit.is_empty();
        match self.keep(unit).await? {
            Kept::AsWritten => {
                let stays = !self.agreements.change(agreement) && stays;
                self.indexes.set(compared);
                self.indexes.set_due(any_due);
                Ok(Some(stays))
            }
            Kept::ByOthers => Ok(None),
        }
    }

    /// What is kept of every collection that is declared.
    ///
    /// # Errors
    /// `schema_newer` when one of them holds what this program can not read.
    async fn readable(&self) -> Result<Vec<(Indexing, Before, Schemas)>> {
        let (mut all, mut too_new) = (Vec::new(), Vec::new());
        for (one, kept) in self.kept().await? {
            let schemas = Schemas::of(kept.schemas.as_ref())?;
            if schemas.written > one.evolving.version {
                too_new.push(one.evolving.too_new(schemas.written));
            }
            all.push((one, kept, schemas));
        }
        if too_new.is_empty() { Ok(all) } else { Err(newer(&too_new)) }
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

/// An index that is kept for others goes in two steps: first this program says that it does not keep it any more, then it
/// stops. Who comes between the two hears what is so.
fn with_those_that_leave(
    mut foreign: Vec<Foreign>,
    agreed: Option<&Agreed>,
    own: &BTreeSet<&'static str>,
) -> Vec<Foreign> {
    let before = agreed.into_iter().flat_map(|agreed| &agreed.foreign);
    let stays = |one: &&Foreign| !one.leaves && !own.contains(one.index);
    let leave: Vec<_> = before
        .filter(stays)
        .filter(|one| foreign.iter().all(|other| other.index != one.index))
        .map(|one| Foreign { leaves: true, ..one.clone() })
        .collect();
    foreign.extend(leave);
    foreign
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
