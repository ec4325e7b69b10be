//! Policies of companies from an identity service.

use std::sync::Arc;

use async_trait::async_trait;
use dashmap::DashMap;
use enaction_core::{Fault, Policy, PolicySource, catalogue};
use enaction_tokens::{Error, HttpDocument};

/// Companies that are remembered at most.
const COMPANIES_MAX: usize = 10_000;

/// The policies that an identity service publishes below a URL, `<url>/<company>`. What was fetched is kept until
/// [`refresh`](Self::refresh) finds another; the last good one stays when the identity service can not be reached.
pub struct HttpPolicies {
    base: HttpDocument,
    known: DashMap<String, Arc<Policy>>,
}

impl HttpPolicies {
    /// The policies below this URL: `https`, or `http` to the machine itself.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        Ok(Self { base: HttpDocument::new(url)?, known: DashMap::new() })
    }

    /// Fetches the policies of all companies that were asked for; to be called every few seconds.
    pub async fn refresh(&self) {
        let companies: Vec<String> = self.known.iter().map(|one| one.key().clone()).collect();
        for company in companies {
            if let Err(fault) = self.fetch(&company).await {
                tracing::warn!(company, %fault, "a policy could not be refreshed; the last one stays");
            }
        }
    }

    async fn fetch(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        let unavailable = |why: &'static str| catalogue::KEYS_UNAVAILABLE.because(why);
        let document = self.base.below(company).map_err(|_| unavailable("the policy has no address"))?;
        let policy: Policy = serde_json::from_slice(&document.fetch().await.map_err(unavailable)?)
            .map_err(|_| unavailable("the policy is not what was expected"))?;
        if policy.company != company {
            return Err(unavailable("the policy is that of another company"));
        }
        let policy = Arc::new(policy);
        if self.known.len() < COMPANIES_MAX || self.known.contains_key(company) {
            self.known.insert(company.to_owned(), Arc::clone(&policy));
        }
        Ok(policy)
    }
}

#[async_trait]
impl PolicySource for HttpPolicies {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        self.known.get(company).map(|policy| Arc::clone(&policy))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        self.fetch(company).await
    }
}
