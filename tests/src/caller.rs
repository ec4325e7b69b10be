//! Callers who may do everything, of any company.

use std::sync::Arc;

use async_trait::async_trait;
use enaction::{Caller, Claims, Fault, Policy, PolicySource, SitePolicy};

/// The one role of these callers.
const ROLE: &str = "everything";
/// The one site of every company.
pub const SITE: &str = "s1";

/// Every company has one role that holds every permission, and one site that sells in euros.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

#[async_trait]
impl PolicySource for Everything {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        let site = SitePolicy { code: "0001".to_owned(), currency: "EUR".to_owned() };
        Some(Arc::new(Policy {
            company: company.to_owned(),
            roles: [(ROLE.to_owned(), vec!["*".to_owned()])].into(),
            sites: [(SITE.to_owned(), site)].into(),
            ..Policy::default()
        }))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        Ok(self.cached(company).expect("every company has a policy"))
    }
}

/// A caller of a company who may do everything, at the company's site.
#[must_use]
pub fn of(company: &str) -> Caller {
    Caller::new(Claims {
        subject: "someone".into(),
        company: company.into(),
        site: Some(SITE.into()),
        roles: vec![ROLE.into()],
        ..Claims::default()
    })
}
