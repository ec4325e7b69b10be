//! Policies of companies from an identity service.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use enaction_core::{Fault, KnownPolicies, Policy, PolicySource, catalogue};
use enaction_tokens::{Error, HttpDocument};
use futures_util::FutureExt as _;

/// How old a policy may be: the identity service may be started anew meanwhile, and a token lives for longer.
const USABLE: Duration = Duration::from_secs(60);

/// The policies that an identity service publishes below a URL, `<url>/<company>`. What is in use is kept fresh by
/// [`refresh`](Self::refresh); when the identity service can not be reached, the last good one is used for a minute.
pub struct HttpPolicies(KnownPolicies);

impl HttpPolicies {
    /// The policies below this URL: `https`, or `http` to the machine itself.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        let base = HttpDocument::new(url)?;
        let load = move |company: String| {
            let document = base.below(&company);
            async move { fetch(document, &company).await.map_err(|why| catalogue::KEYS_UNAVAILABLE.because(why)) }
                .boxed()
        };
        Ok(Self(KnownPolicies::new(USABLE, load)))
    }

    /// Fetches the policies again that are in use; to be called every two seconds.
    pub async fn refresh(&self) {
        self.0.refresh().await;
    }
}

async fn fetch(document: Result<HttpDocument, Error>, company: &str) -> Result<Option<Arc<Policy>>, &'static str> {
    let document = document.map_err(|_| "the policy has no address")?;
    let Some(bytes) = document.fetch_if_there().await? else { return Ok(None) };
    let policy: Policy = serde_json::from_slice(&bytes).map_err(|_| "the policy is not what was expected")?;
    if policy.company != company {
        return Err("the policy is that of another company");
    }
    Ok(Some(Arc::new(policy)))
}

#[async_trait]
impl PolicySource for HttpPolicies {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        self.0.get(company)
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        self.0.load(company).await
    }
}
