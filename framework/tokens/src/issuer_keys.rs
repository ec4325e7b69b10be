//! The key set of one issuer as it is now, and how it is fetched again: one fetch at a time, the last good set kept.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use enaction_core::{KeySource, Time};
use futures_util::future::{BoxFuture, FutureExt, Shared};

use crate::{Issuer, KeySet, VerifierSettings};

/// How often a key that is not known may cause a fetch.
const RETRY_UNKNOWN_KEY: Duration = Duration::from_secs(30);
/// How often that is while there is no set to use; also what `Retry-After` says then.
pub(crate) const RETRY_NEVER_LOADED: Duration = Duration::from_secs(2);

pub(crate) struct IssuerKeys {
    shared: Arc<Loaded>,
    stale_max: Duration,
    flight: Mutex<Flight>,
}

/// What a fetch writes to. It outlives the request that began it.
struct Loaded {
    issuer: Arc<str>,
    source: Arc<dyn KeySource>,
    fetch_max: Duration,
    set: ArcSwapOption<KeySet>,
    fetched_at: AtomicI64,
    generation: Arc<AtomicU64>,
}

/// The fetch that is under way. It is kept here, not in the request that began it, so that the next one goes on with it
/// when that request is given up.
#[derive(Default)]
struct Flight {
    fetch: Option<Shared<BoxFuture<'static, ()>>>,
    asked: Option<Time>,
}

impl IssuerKeys {
    pub(crate) fn new(issuer: &Issuer, settings: &VerifierSettings, generation: Arc<AtomicU64>) -> Self {
        let shared = Loaded {
            issuer: issuer.issuer.clone(),
            source: issuer.keys.clone(),
            fetch_max: settings.keys_fetch_max,
            set: ArcSwapOption::empty(),
            fetched_at: AtomicI64::new(0),
            generation,
        };
        Self { shared: Arc::new(shared), stale_max: settings.keys_stale_max, flight: Mutex::default() }
    }

    /// The set in use; nothing when none was ever loaded or the last is too old.
    pub(crate) fn current(&self, now: Time) -> Option<Arc<KeySet>> {
        let fetched = Time::from_millis(self.shared.fetched_at.load(Ordering::Acquire));
        self.shared.set.load_full().filter(|_| now <= fetched.plus(self.stale_max))
    }

    /// Fetches the set, or waits for the fetch that is under way.
    pub(crate) async fn refresh(&self, now: Time) {
        let fetch = self.join_or_begin(now, |_| true);
        if let Some(fetch) = fetch {
            fetch.await;
        }
    }

    /// The same for a key that is not in the set, but no more often than is good for the source.
    pub(crate) async fn refresh_for_unknown_key(&self, now: Time) {
        let pause = if self.current(now).is_some() { RETRY_UNKNOWN_KEY } else { RETRY_NEVER_LOADED };
        let fetch = self.join_or_begin(now, |flight| {
            let may = flight.asked.is_none_or(|asked| now < asked || now >= asked.plus(pause));
            if may {
                flight.asked = Some(now);
            }
            may
        });
        if let Some(fetch) = fetch {
            fetch.await;
        }
    }

    fn join_or_begin(
        &self,
        now: Time,
        may_begin: impl FnOnce(&mut Flight) -> bool,
    ) -> Option<Shared<BoxFuture<'static, ()>>> {
        let mut flight = self.flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = flight.fetch.as_ref().filter(|fetch| fetch.peek().is_none()) {
            return Some(running.clone());
        }
        if !may_begin(&mut flight) {
            return None;
        }
        let fetch = Arc::clone(&self.shared).fetch(now).boxed().shared();
        flight.fetch = Some(fetch.clone());
        Some(fetch)
    }
}

impl Loaded {
    async fn fetch(self: Arc<Self>, now: Time) {
        let fetched = match tokio::time::timeout(self.fetch_max, self.source.fetch()).await {
            Ok(Ok(document)) => KeySet::parse(&document.json).map_err(|error| error.to_string()),
            Ok(Err(fault)) => Err(fault.to_string()),
            Err(_) => Err("the source did not answer in time".to_owned()),
        };
        match fetched {
            Ok(set) => self.take(set, now),
            Err(why) => {
                tracing::warn!(issuer = %self.issuer, %why, "failed to fetch a key set; the last one stays in use")
            }
        }
    }

    fn take(&self, set: KeySet, now: Time) {
        self.fetched_at.store(now.millis(), Ordering::Release);
        if self.set.load().as_deref() != Some(&set) {
            tracing::info!(issuer = %self.issuer, keys = set.len(), "a new key set is in use");
            self.set.store(Some(Arc::new(set)));
            // After the set is there: who reads the new generation also sees the set.
            self.generation.fetch_add(1, Ordering::Release);
        }
    }
}
