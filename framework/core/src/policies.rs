//! The policies that a program knows: loaded once for all who ask, loaded again while they are used, and refused when they
//! are old.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use dashmap::DashMap;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, Shared},
    stream,
};
use tokio::time::Instant;

use crate::{Policy, Result};

/// Companies that are remembered at most.
const COMPANIES_MAX: usize = 10_000;
/// How many policies a refresh loads at once.
const AT_ONCE: usize = 16;
/// In how many rounds a policy is loaded again that nobody asked for: a minute, when a round is two seconds.
const IDLE_ROUNDS: u32 = 30;
/// How old a load may be that one who asks waits for: who began it may have left it as it was.
const SHARED_MAX: Duration = Duration::from_secs(4);

/// Policies by the id of their company, from wherever they are loaded.
pub struct KnownPolicies {
    load: Box<Load>,
    usable: Duration,
    known: DashMap<String, Known>,
    loading: DashMap<String, Loading>,
}

/// Gives the policy of a company; nothing when there is no such company.
type Load = dyn Fn(String) -> BoxFuture<'static, Loaded> + Send + Sync;
type Loaded = Result<Option<Arc<Policy>>>;

struct Known {
    policy: Arc<Policy>,
    /// When it began to be loaded: what it says was so at that time or later.
    since: Instant,
    /// Rounds in which nobody asked for it.
    idle: AtomicU32,
}

#[derive(Clone)]
struct Loading {
    since: Instant,
    end: Shared<BoxFuture<'static, Loaded>>,
}

impl KnownPolicies {
    /// Policies that are loaded like this, and not used any more when they are older than that.
    pub fn new(usable: Duration, load: impl Fn(String) -> BoxFuture<'static, Loaded> + Send + Sync + 'static) -> Self {
        Self { load: Box::new(load), usable, known: DashMap::new(), loading: DashMap::new() }
    }

    /// The policy of a company, where it is known and not too old.
    #[must_use]
    pub fn get(&self, company: &str) -> Option<Arc<Policy>> {
        let known = self.known.get(company)?;
        if known.since.elapsed() > self.usable {
            return None;
        }
        // Most often there is nothing to write, and threads do not take the line from each other.
        if known.idle.load(Ordering::Relaxed) != 0 {
            known.idle.store(0, Ordering::Relaxed);
        }
        Some(Arc::clone(&known.policy))
    }

    /// Loads the policy of a company, once for all who ask at the same time. A company that does not exist allows nothing.
    ///
    /// # Errors
    /// Those of the load. What was known before stays.
    pub async fn load(&self, company: &str) -> Result<Arc<Policy>> {
        let begin = || Loading { since: Instant::now(), end: (self.load)(company.to_owned()).shared() };
        let loading = {
            let mut slot = self.loading.entry(company.to_owned()).or_insert_with(begin);
            if slot.since.elapsed() > SHARED_MAX {
                *slot = begin();
            }
            slot.clone()
        };
        let loaded = loading.end.clone().await;
        self.loading.remove_if(company, |_, slot| slot.end.ptr_eq(&loading.end));
        let loaded = loaded?;
        self.keep(company, loading.since, loaded.clone());
        Ok(loaded.unwrap_or_default())
    }

    /// Loads every policy again that is in use, and forgets the others.
    pub async fn refresh(&self) {
        // Those whom nobody waits for any more.
        self.loading.retain(|_, loading| loading.since.elapsed() <= SHARED_MAX);
        let mut used = Vec::new();
        self.known.retain(|company, known| {
            let is_used = known.idle.fetch_add(1, Ordering::Relaxed) < IDLE_ROUNDS;
            if is_used {
                used.push(company.clone());
            }
            is_used
        });
        let again = async |company: String| {
            if let Err(fault) = self.load(&company).await {
                tracing::warn!(company, %fault, "a policy could not be loaded again; the last one stays until it is old");
            }
        };
        stream::iter(used).for_each_concurrent(AT_ONCE, again).await;
    }

    /// Forgets the policy of a company.
    pub fn forget(&self, company: &str) {
        self.known.remove(company);
    }

    fn keep(&self, company: &str, since: Instant, policy: Option<Arc<Policy>>) {
        let Some(policy) = policy else { return self.forget(company) };
        if let Some(mut known) = self.known.get_mut(company) {
            if known.since < since {
                (known.policy, known.since) = (policy, since);
            }
        } else if self.known.len() < COMPANIES_MAX {
            self.known.insert(company.to_owned(), Known { policy, since, idle: AtomicU32::new(0) });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep, timeout};

    use super::*;
    use crate::catalogue;

    const USABLE: Duration = Duration::from_secs(4);
    const TAKES: Duration = Duration::from_millis(10);

    /// Where policies come from: each load takes a while, and says in the name of the company which one it was.
    #[derive(Default)]
    struct Source {
        loads: AtomicUsize,
        fails: std::sync::atomic::AtomicBool,
    }

    fn policies(source: &Arc<Source>) -> KnownPolicies {
        let source = Arc::clone(source);
        KnownPolicies::new(USABLE, move |company| {
            let source = Arc::clone(&source);
            async move {
                let load = source.loads.fetch_add(1, Ordering::SeqCst);
                sleep(TAKES).await;
                if source.fails.load(Ordering::SeqCst) {
                    return Err(catalogue::KEYS_UNAVAILABLE.fault());
                }
                let there = company != "nobody";
                Ok(there.then(|| Arc::new(Policy { company: load.to_string(), ..Policy::default() })))
            }
            .boxed()
        })
    }

    fn known(policies: &KnownPolicies, company: &str) -> Option<String> {
        policies.get(company).map(|policy| policy.company.clone())
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_is_loaded_once_for_all_who_ask_at_the_same_time() {
        let source = Arc::default();
        let policies = policies(&source);
        let all = join_all((0..50).map(|_| policies.load("acme"))).await;
        assert!(all.iter().all(|policy| policy.as_ref().is_ok_and(|policy| policy.company == "0")));
        assert_eq!(source.loads.load(Ordering::SeqCst), 1);
        assert_eq!(known(&policies, "acme").as_deref(), Some("0"));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_a_load_that_was_given_up_long_ago() {
        let source = Arc::default();
        let policies = policies(&source);
        assert!(timeout(TAKES / 2, policies.load("acme")).await.is_err());
        advance(SHARED_MAX * 2).await;
        assert_eq!(policies.load("acme").await.map(|policy| policy.company.clone()), Ok("1".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn of_three_thousand_companies_each_is_loaded_again_in_time() {
        let source = Arc::default();
        let policies = policies(&source);
        let names: Vec<String> = (0..3_000).map(|number| number.to_string()).collect();
        join_all(names.iter().map(|name| policies.load(name))).await;
        let begun = Instant::now();
        policies.refresh().await;
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let again = |name: &String| {
            policies.get(name).is_some_and(|one| one.company.parse().is_ok_and(|load: i32| load >= 3_000))
        };
        assert!(names.iter().all(again));
    }

    #[tokio::test(start_paused = true)]
    async fn a_policy_that_can_not_be_loaded_again_is_used_until_it_is_old() {
        let source = Arc::<Source>::default();
        let policies = policies(&source);
        assert!(policies.load("acme").await.is_ok());
        source.fails.store(true, Ordering::SeqCst);
        policies.refresh().await;
        assert!(policies.load("acme").await.is_err());
        assert_eq!(known(&policies, "acme").as_deref(), Some("0"));
        advance(USABLE).await;
        assert_eq!(known(&policies, "acme"), None);
        source.fails.store(false, Ordering::SeqCst);
        policies.refresh().await;
        assert!(known(&policies, "acme").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_asks_for_and_what_is_gone_is_forgotten() {
        let source = Arc::<Source>::default();
        let policies = policies(&source);
        for company in ["idle", "used"] {
            assert!(policies.load(company).await.is_ok());
        }
        assert_eq!(policies.load("nobody").await, Ok(Arc::default()), "it allows nothing");
        assert_eq!(known(&policies, "nobody"), None);
        for _ in 0..=IDLE_ROUNDS {
            assert!(known(&policies, "used").is_some());
            policies.refresh().await;
        }
        let loads = source.loads.load(Ordering::SeqCst);
        policies.refresh().await;
        assert_eq!(source.loads.load(Ordering::SeqCst), loads + 1, "only what is used is loaded again");
        assert_eq!((known(&policies, "idle"), known(&policies, "used").is_some()), (None, true));
    }
}
