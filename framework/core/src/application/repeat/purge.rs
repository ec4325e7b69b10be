//! Taking away what is kept no longer.

use crate::{
    Application, Result, Time,
    application::unit::told,
    context::store_fault,
    store::{Found, IndexKey, Key, Range, Refusal, Scope, Unit, Write},
};

use super::{KEPT, KEPT_AT, expired};

/// So many at once, so that the writers of the scope wait for no more than that.
const PIECE: usize = 100;

impl Application {
    /// Takes away the answers of a scope that were kept under an `Idempotency-Key` for 72 hours, piece by piece. Gives how
    /// many there were.
    ///
    /// # Errors
    /// When the store can not be reached; what was taken away until then is gone.
    #[doc(hidden)]
    pub async fn purge_kept(&self, scope: &Scope) -> Result<usize> {
        let from = Vec::new();
        let behind = Time::from_millis(expired(self.now()).millis().saturating_add(1));
        let to = Some(IndexKey::default().integer(behind.millis()).into_bytes());
        let range = Range::Entries { index: KEPT_AT, collection: KEPT, from, to, after: None };
        let mut gone = 0;
        loop {
            let page = self.store.scan(scope, &range, PIECE).await.map_err(store_fault)?;
            let count = page.items.len();
            if count == 0 {
                return Ok(gone);
            }
            let mut unit = Unit::new(scope.clone());
            unit.writes = page.items.into_iter().map(removal).collect();
            match self.store.commit(unit).await {
                Ok(_) => gone += count,
                // Someone used an expired key anew: it is not in the range any more.
                Err(Refusal::Stale(_)) => {}
                Err(refusal) => return Err(told(&refusal)),
            }
        }
    }
}

fn removal(found: Found) -> Write {
    let key = Key { collection: KEPT, id: found.id };
    Write { key, expected: found.record.version, record: None, claims: Vec::new() }
}
