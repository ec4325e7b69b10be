//! The requests with a key that run on this server now.

use std::{sync::Arc, time::Duration};

use dashmap::{DashMap, Entry};

use crate::{Result, catalogue, store::Scope};

/// Scope and place of each.
#[derive(Default)]
pub(crate) struct UnderWay(Arc<DashMap<(Scope, Arc<str>), ()>>);

/// A request that runs; over when dropped.
pub(super) struct Running {
    all: Arc<DashMap<(Scope, Arc<str>), ()>>,
    place: (Scope, Arc<str>),
}

impl UnderWay {
    /// Begins a request, unless it runs already.
    ///
    /// # Errors
    /// `idempotency_in_progress`.
    pub(super) fn begin(&self, scope: &Scope, id: &Arc<str>) -> Result<Running> {
        let place = (scope.clone(), Arc::clone(id));
        match self.0.entry(place.clone()) {
            Entry::Occupied(_) => {
                Err(catalogue::IDEMPOTENCY_IN_PROGRESS.fault().with_retry_after(Duration::from_secs(1)))
            }
            Entry::Vacant(free) => {
                free.insert(());
                Ok(Running { all: Arc::clone(&self.0), place })
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.all.remove(&self.place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_begins_again_when_the_one_before_is_over() {
        let (all, scope) = (UnderWay::default(), Scope::Company("acme".into()));
        let first = all.begin(&scope, &"a".into()).unwrap();
        let second = all.begin(&scope, &"a".into()).err().unwrap();
        assert_eq!((second.code(), second.retry_after()), ("idempotency_in_progress", Some(Duration::from_secs(1))));
        assert!(all.begin(&scope, &"b".into()).is_ok());
        assert!(all.begin(&Scope::Installation, &"a".into()).is_ok());
        drop(first);
        assert!(all.begin(&scope, &"a".into()).is_ok());
        assert!(all.0.is_empty());
    }
}
