//! Makes and drops indexes: goes through everything that a collection holds and sets the entries as they are declared.

use std::{collections::BTreeSet, future::poll_fn, sync::Arc, task::Poll, time::Duration};

use crate::{
    Application, Fault, Result,
    application::unit::told,
    catalogue,
    context::store_fault,
    store::{Range, Record, Refusal, Reindexed, Scope, Unit},
};

use super::{
    Indexing,
    built::{Built, SCOPE},
};

/// Records that are read at once and reindexed in one unit: a write waits for no more than that.
const ITEMS: usize = 100;
/// Scopes that are asked for at once.
const SCOPES: usize = 100;
/// When a unique index is tried again whose values were found twice. An application that starts tries at once.
const AGAIN: Duration = Duration::from_secs(60 * 60);

impl Application {
    /// Makes the indexes that came, and drops those that went. One collection that fails does not stop the others.
    pub(crate) async fn maintain_indexes(&self) -> Result<()> {
        let _alone = self.indexes.round.lock().await;
        self.compare_indexes_again().await?;
        let mut result = Ok(());
        let declared = self.indexes.declared();
        for (one, before) in declared.iter().zip(self.built(&declared).await?) {
            if let Err(fault) = self.maintain_indexes_of(one, before.as_ref()).await {
                tracing::error!(collection = one.collection, %fault, "an index could not be built: tried again");
                result = result.and(Err(fault));
            }
        }
        result.and(self.compare_indexes_again().await)
    }

    async fn maintain_indexes_of(&self, one: &Indexing, before: Option<&Record>) -> Result<()> {
        let (names, kept) = (one.names(), Built::of(before));
        if kept == Built::whole(&names) || !self.indexes.may_walk(one, self.clock.now()) {
            return Ok(());
        }
        let taken = self.walk(one).await?;
        let built: BTreeSet<_> = names.difference(&taken).copied().collect();
        let mut unit = Unit::new(SCOPE);
        unit.writes.push(Built::whole(&built).write(one, before, self.clock.now()));
        // Where others changed it meanwhile, the walk may have been of no use: the next round looks again.
        self.keep(unit).await?;
        self.walked(one, &taken);
        Ok(())
    }

    /// Others may have changed what is kept since it was compared.
    async fn compare_indexes_again(&self) -> Result<()> {
        let _alone = self.indexes.comparing.lock().await;
        self.compare_indexes_now().await
    }

    fn walked(&self, one: &Indexing, taken: &BTreeSet<&'static str>) {
        let collection = one.collection;
        if taken.is_empty() {
            tracing::info!(collection, "the indexes of a collection are as they are declared");
            return;
        }
        let now = self.clock.now();
        let again = now.millis().saturating_add(i64::try_from(AGAIN.as_millis()).unwrap_or(i64::MAX));
        self.indexes.walk_not_before(one, crate::Time::from_millis(again));
        for index in taken {
            tracing::error!(collection, index, "a unique index is not ready: values are held twice; tried in an hour");
        }
    }

    /// The unique indexes that could not be made, because a value is held twice.
    async fn walk(&self, one: &Indexing) -> Result<BTreeSet<&'static str>> {
        let (mut taken, mut after) = (BTreeSet::new(), None);
        loop {
            let scopes = self.store.scopes(after.as_ref(), SCOPES).await.map_err(store_fault)?;
            for scope in &scopes {
                self.walk_scope(one, scope, &mut taken).await?;
            }
            match scopes.into_iter().last() {
                Some(last) => after = Some(last),
                None => return Ok(taken),
            }
        }
    }

    async fn walk_scope(&self, one: &Indexing, scope: &Scope, taken: &mut BTreeSet<&'static str>) -> Result<()> {
        let mut after: Option<Arc<str>> = None;
        loop {
            let range = Range::Ids { collection: one.collection, prefix: "".into(), after };
            let page = self.store.scan(scope, &range, ITEMS).await.map_err(store_fault)?;
            after = page.items.last().map(|last| Arc::clone(&last.id));
            let reindexed = page.items.iter().filter_map(|found| one.reindexed(scope, found)).collect();
            self.reindex(scope, reindexed, taken).await?;
            if !page.more {
                return Ok(());
            }
            give_way().await;
        }
    }

    /// All at once; where a unique value is taken one by one, so that the others get their entries.
    async fn reindex(&self, scope: &Scope, all: Vec<Reindexed>, taken: &mut BTreeSet<&'static str>) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        match self.commit_reindexed(scope, all.clone()).await {
            Err(Refusal::Taken(_)) => {}
            refused => return refused.map_err(fault),
        }
        for mut one in all {
            while let Err(refusal) = self.commit_reindexed(scope, vec![one.clone()]).await {
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

    async fn commit_reindexed(&self, scope: &Scope, reindexed: Vec<Reindexed>) -> Result<(), Refusal> {
        self.store.commit(Unit { reindexed, ..Unit::new(scope.clone()) }).await.map(drop)
    }
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
