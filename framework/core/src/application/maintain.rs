//! What is to be done at the start and from time to time, beside all requests.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

use crate::{Application, Result, catalogue, context::store_fault};

/// Scopes that are asked for at once.
const SCOPES: usize = 100;

impl Application {
    /// Tells the other programs on the store what this one reads and declares, hears them, and finds out whether it may use the
    /// store. The server does it before it takes the first request and then every three seconds; an application without one
    /// calls it where that suits, and else it is done before the first write and in every round of maintenance.
    ///
    /// # Errors
    /// `schema_newer` when the store holds what this program can not read; when it can not be reached.
    pub async fn announce(&self) -> Result<()> {
        whole(self.compare_indexes_again()).await?;
        if self.indexes.is_due() {
            self.indexes.told.notify_one();
        }
        Ok(())
    }

    /// Waits until an announcement found that there is something to build: a round of [`maintain`](Self::maintain) need not wait
    /// for its time then.
    pub async fn due(&self) {
        self.indexes.told.notified().await;
    }

    /// One round of what is due: indexes that came or went with their declaration, and answers that are kept no longer.
    /// The server does it at its start and then every minute; an application without one calls it where that suits.
    /// Whatever it does it does in small units of work, so that nothing waits for it; when its future is dropped, the next
    /// round begins where it has to.
    ///
    /// # Errors
    /// The first fault, when the store can not be reached or refuses; what could be done is done all the same.
    pub async fn maintain(&self) -> Result<()> {
        let indexed = whole(self.maintain_indexes()).await;
        let purged = whole(self.purge_all()).await;
        indexed.and(purged)
    }

    /// One scope that fails does not stop the others.
    async fn purge_all(&self) -> Result<()> {
        let (mut result, mut after) = (Ok(()), None);
        loop {
            let scopes = self.store.scopes(after.as_ref(), SCOPES).await.map_err(store_fault)?;
            for scope in &scopes {
                if let Err(fault) = self.purge_kept(scope).await {
                    tracing::error!(%scope, %fault, "answers that were kept could not be taken away: tried again");
                    result = result.and(Err(fault));
                }
            }
            match scopes.into_iter().last() {
                Some(last) => after = Some(last),
                None => return result,
            }
        }
    }
}

/// What declarations do may panic, and where no request runs nothing else would catch it: nothing more would ever be done.
async fn whole(round: impl Future<Output = Result<()>>) -> Result<()> {
    let done = AssertUnwindSafe(round).catch_unwind().await;
    done.unwrap_or_else(|_| Err(catalogue::INTERNAL.because("what is done beside all requests panicked")))
}
