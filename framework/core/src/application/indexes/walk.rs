//! Makes and drops indexes, and brings records into the current schema: goes through everything that a collection holds and
//! sets it as it is declared.

use std::{collections::BTreeSet, future::poll_fn, sync::Arc, task::Poll, time::Duration};

use crate::{
    Application, Fault, Result,
    application::{
        Collection,
        agreement::{Agreed, Agreement},
        unit::told,
    },
    catalogue,
    context::store_fault,
    store::{Range, Refusal, Reindexed, Scope, Unit},
};

use super::{
    Indexing,
    built::{Built, SCOPE},
    compare::Before,
    schemas::Schemas,
};

/// Records that are read at once and reindexed in one unit: a write waits for no more than that.
const ITEMS: usize = 100;
/// Scopes that are asked for at once.
const SCOPES: usize = 100;
/// When a walk is made again that found a unique value twice, or a record that can not be read. An application that starts
/// tries at once.
const AGAIN: Duration = Duration::from_secs(60 * 60);

impl Application {
    /// Makes the indexes that came, drops those that went, and writes records of an older schema in the current one. One
    /// collection that fails does not stop the others.
    pub(crate) async fn maintain_indexes(&self) -> Result<()> {
        let _alone = self.indexes.round.lock().await;
        self.compare_indexes_again().await?;
        let mut result = Ok(());
        for (one, before) in self.kept().await? {
            if let Err(fault) = self.maintain_indexes_of(&one, &before).await {
                tracing::error!(collection = one.collection, %fault, "an index could not be built: tried again");
                result = result.and(Err(fault));
            }
        }
        result.and(self.compare_indexes_again().await)
    }

    async fn maintain_indexes_of(&self, one: &Indexing, before: &Before) -> Result<()> {
        // Held until the walk is over: what this program says of itself waits for it, as for any unit.
        let agreement = self.agreed().await?;
        let (own, kept) = (one.evolving.version, Built::of(before.built.as_ref()));
        let plain = || Agreed { writes: own, foreign: Vec::new() };
        let agreed = agreement.of(one.collection).cloned().unwrap_or_else(plain);
        let (by_all, schemas) = (self.indexes.by_all(one), Schemas::of(before.schemas.as_ref())?);
        let old = agreed.writes == own && schemas.whole < own;
        let due = kept.is_due(&by_all) || old;
        if !due || !self.indexes.may_walk(one, self.clock.now()) {
            return Ok(());
        }
        let found = self.walk(one, &agreed, &agreement).await?;
        let (mut unit, now) = (Unit::new(SCOPE), self.clock.now());
        let made = by_all.into_iter().filter(|(name, _)| !found.taken.contains(name));
        let built = kept.clone().with(made.collect());
        if built != kept {
            unit.writes.push(built.write(one, before.built.as_ref(), now));
        }
        if old && !found.unreadable {
            let whole = Schemas { whole: own, ..schemas };
            unit.writes.push(whole.write(one, before.schemas.as_ref(), now));
        }
        // Where others changed it meanwhile, the walk may have been of no use: the next round looks again.
        self.keep(unit).await?;
        self.walked(one, &found);
        Ok(())
    }

    /// Others may have changed what is kept since it was compared.
    pub(crate) async fn compare_indexes_again(&self) -> Result<()> {
        let _alone = self.indexes.comparing.lock().await;
        self.compare_indexes_now().await
    }

    fn walked(&self, one: &Indexing, found: &Walked) {
        let (collection, schema) = (one.collection, one.evolving.version);
        if found.taken.is_empty() && !found.unreadable {
            tracing::info!(collection, schema, "the records and the indexes of a collection are as they are declared");
            return;
        }
        let now = self.clock.now();
        let again = now.millis().saturating_add(i64::try_from(AGAIN.as_millis()).unwrap_or(i64::MAX));
        self.indexes.walk_not_before(one, crate::Time::from_millis(again));
        if found.unreadable {
            tracing::error!(collection, schema, "a collection holds what can not be read: tried in an hour");
        }
        for index in &found.taken {
            tracing::error!(collection, index, "a unique index is not ready: values are held twice; tried in an hour");
        }
    }

    async fn walk(&self, one: &Indexing, agreed: &Agreed, by: &Arc<Agreement>) -> Result<Walked> {
        let (mut found, mut after) = (Walked::default(), None);
        let known = self.known(one.collection)?;
        loop {
            let scopes = self.store.scopes(after.as_ref(), SCOPES).await.map_err(store_fault)?;
            for scope in &scopes {
                self.walk_scope((one, agreed, by), known, scope, &mut found).await?;
            }
            match scopes.into_iter().last() {
                Some(last) => after = Some(last),
                None => return Ok(found),
            }
        }
    }

    async fn walk_scope(
        &self,
        (one, agreed, by): (&Indexing, &Agreed, &Arc<Agreement>),
        known: &Collection,
        scope: &Scope,
        all: &mut Walked,
    ) -> Result<()> {
        let mut after: Option<Arc<str>> = None;
        loop {
            let range = Range::Ids { collection: one.collection, prefix: "".into(), after };
            let page = self.store.scan(scope, &range, ITEMS).await.map_err(store_fault)?;
            after = page.items.last().map(|last| Arc::clone(&last.id));
            let reindexed: Vec<_> =
                page.items.iter().filter_map(|found| one.reindexed(known, agreed, scope, found)).collect();
            all.unreadable |= reindexed.len() < page.items.len();
            self.reindex(by, scope, reindexed, &mut all.taken).await?;
            if !page.more {
                return Ok(());
            }
            give_way().await;
        }
    }

    /// All at once; where a unique value is taken one by one, so that the others get their entries.
    async fn reindex(
        &self,
        by: &Arc<Agreement>,
        scope: &Scope,
        all: Vec<Reindexed>,
        taken: &mut BTreeSet<&'static str>,
    ) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        match self.commit_reindexed(by, scope, all.clone()).await {
            Err(Refusal::Taken(_)) => {}
            refused => return refused.map_err(fault),
        }
        for mut one in all {
            while let Err(refusal) = self.commit_reindexed(by, scope, vec![one.clone()]).await {
                let claims = one.claims.len();
                let Refusal::Taken(index) = refusal else { return Err(fault(refusal)) };
                one.claims.retain(|claim| claim.index != index);
                if one.claims.len() == claims {
                    return Err(catalogue::INTERNAL.because("the store refused a claim that nobody made"));
                }
                let (collection, id) = (one.key.collection, &*one.key.id);
                tracing::error!(collection, id, index, %scope, "another record holds the same unique value");
                taken.insert(index);
            }
        }
        Ok(())
    }

    async fn commit_reindexed(
        &self,
        by: &Arc<Agreement>,
        scope: &Scope,
        reindexed: Vec<Reindexed>,
    ) -> Result<(), Refusal> {
        self.commit_by(Arc::clone(by), Unit { reindexed, ..Unit::new(scope.clone()) }).await.map(drop)
    }
}

/// What a walk found.
#[derive(Default)]
struct Walked {
    /// The unique indexes that could not be made, because a value is held twice.
    taken: BTreeSet<&'static str>,
    /// Whether there was a record that this program can not read.
    unreadable: bool,
}

/// Lets others of the thread go on, also where the store never waits.
async fn give_way() {
    let mut given = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn fault(refusal: Refusal) -> Fault {
    told(&refusal)
}
