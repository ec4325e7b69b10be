//! The policies that this program knows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::DashMap;
use enaction::{Application, Policy, Result, catalogue};

/// How long nothing is kept of a company whose policy was about to change: a command that changes it commits after it
/// said so, and what was loaded between the two would be old. The next refresh covers commits that take longer.
const SETTLES: Duration = Duration::from_secs(2);

/// Policies by the id of their company.
#[derive(Default)]
pub(crate) struct Policies {
    known: DashMap<String, Arc<Policy>>,
    changing: DashMap<String, Instant>,
}

impl Policies {
    pub(crate) fn get(&self, company: &str) -> Option<Arc<Policy>> {
        if self.is_settled(company) { self.known.get(company).map(|policy| Arc::clone(&policy)) } else { None }
    }

    /// A command of this program is about to change the policy of a company.
    pub(crate) fn changes(&self, company: &str) {
        self.changing.insert(company.to_owned(), Instant::now());
        self.known.remove(company);
    }

    /// Loads the policy of a company. A company that does not exist allows nothing.
    pub(crate) async fn load(&self, application: &Arc<Application>, company: &str) -> Result<Arc<Policy>> {
        let parameters = serde_json::json!({ "company": company }).to_string();
        let output = match application.call_public("identity.policy", parameters.as_bytes()).await {
            Ok(output) => output,
            Err(fault) if matches!(fault.code(), "not_found" | "invalid") => {
                self.known.remove(company);
                return Ok(Arc::default());
            }
            Err(fault) => return Err(fault),
        };
        let body = output.json().unwrap_or_default();
        let policy: Policy = serde_json::from_slice(&body).map_err(|_| catalogue::INTERNAL.fault())?;
        let policy = Arc::new(policy);
        if self.is_settled(company) {
            self.known.insert(company.to_owned(), Arc::clone(&policy));
        }
        Ok(policy)
    }

    /// Loads every known policy again. One that can not be loaded stays as it was.
    pub(crate) async fn refresh(&self, application: &Arc<Application>) {
        self.changing.retain(|_, since| since.elapsed() < SETTLES);
        let companies: Vec<String> = self.known.iter().map(|one| one.key().clone()).collect();
        for company in companies {
            if let Err(fault) = self.load(application, &company).await {
                tracing::warn!(company, %fault, "failed to load a policy; the last one stays in use");
            }
        }
    }

    fn is_settled(&self, company: &str) -> bool {
        self.changing.get(company).is_none_or(|since| since.elapsed() >= SETTLES)
    }
}
