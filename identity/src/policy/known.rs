//! The policies of the application that identity runs in.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::DashMap;
use enaction::{Application, KnownPolicies, Policy, Result, catalogue};
use futures_util::FutureExt as _;

use crate::keys::Ring;

/// How old a policy may be: half of this is between two rounds, and a program whose store does not answer lets nobody in.
const USABLE: Duration = Duration::from_secs(4);
/// How long nothing is used that is kept of a company whose policy was about to change: a command that changes it commits
/// after it said so, and what was loaded between the two would be old. The next refresh covers commits that take longer.
const SETTLES: Duration = Duration::from_secs(2);

/// Policies by the id of their company.
pub(crate) struct Policies {
    known: KnownPolicies,
    changing: DashMap<String, Instant>,
}

impl Policies {
    /// Those of the application that the ring is attached to.
    pub(crate) fn of(ring: &Arc<Ring>) -> Self {
        let ring = Arc::clone(ring);
        let load = move |company: String| {
            let ring = Arc::clone(&ring);
            async move { read(&ring.application()?, &company).await }.boxed()
        };
        Self { known: KnownPolicies::new(USABLE, load), changing: DashMap::new() }
    }

    pub(crate) fn get(&self, company: &str) -> Option<Arc<Policy>> {
        if self.is_settled(company) { self.known.get(company) } else { None }
    }

    /// A command of this program is about to change the policy of a company.
    pub(crate) fn changes(&self, company: &str) {
        self.changing.insert(company.to_owned(), Instant::now());
        self.known.forget(company);
    }

    /// Loads the policy of a company. A company that does not exist allows nothing.
    pub(crate) async fn load(&self, application: &Arc<Application>, company: &str) -> Result<Arc<Policy>> {
        if self.is_settled(company) {
            return self.known.load(company).await;
        }
        // Not shared: what others wait for may have been read before the change.
        Ok(read(application, company).await?.unwrap_or_default())
    }

    /// Loads every policy again that is in use.
    pub(crate) async fn refresh(&self) {
        self.changing.retain(|_, since| since.elapsed() < SETTLES);
        self.known.refresh().await;
    }

    fn is_settled(&self, company: &str) -> bool {
        self.changing.get(company).is_none_or(|since| since.elapsed() >= SETTLES)
    }
}

async fn read(application: &Arc<Application>, company: &str) -> Result<Option<Arc<Policy>>> {
    let parameters = serde_json::json!({ "company": company }).to_string();
    let output = match application.call_public("identity.policy", parameters.as_bytes()).await {
        Ok(output) => output,
        Err(fault) if matches!(fault.code(), "not_found" | "invalid") => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let body = output.json().unwrap_or_default();
    let policy: Policy = serde_json::from_slice(&body).map_err(|_| catalogue::INTERNAL.fault())?;
    Ok(Some(Arc::new(policy)))
}
