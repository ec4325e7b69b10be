//! What both servers have in common: one company with a site and a cashier, signed tokens, products.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use dashmap::DashMap;
use enaction::{
    Clock as _, Fault, KeySetDocument, KeySource, Policy, PolicySource, SitePolicy, SystemClock, TokenKind,
    tokens::{API_AUDIENCE, Denylist, Issuer, SigningKey, Verifier, VerifierSettings, key_set_document},
};
use serde_json::json;

const ISSUER: &str = "https://identity.example";
pub(crate) const COMPANY: &str = "com_acme";
const SITE: &str = "sit_0001";
const ROLE: &str = "cashier";

/// Keys of its own, the tokens of a cashier, and what a cashier may do.
pub(crate) struct World {
    id_key: SigningKey,
    site_key: SigningKey,
    /// As identity keeps them.
    policies: DashMap<String, Arc<Policy>>,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        let key = |kind| SigningKey::generate(kind).expect("make a key");
        let policies = DashMap::new();
        policies.insert(COMPANY.to_owned(), Arc::new(policy()));
        Arc::new(Self { id_key: key(TokenKind::Id), site_key: key(TokenKind::Site), policies })
    }

    /// `id_token` and `site_token` of the cashier.
    pub(crate) fn tokens(&self) -> (String, String) {
        let (now, subject, device) = (SystemClock.now().seconds(), "usr_cashier", "dev_till1");
        let id = json!({
            "iss": ISSUER, "sub": subject, "aud": ["till", API_AUDIENCE], "azp": "till", "iat": now, "exp": now + 3600,
            "jti": "id-1", "token_use": "id", "sub_type": "user", "sid": "ses_1", "dev": device,
        });
        let site = json!({
            "iss": ISSUER, "sub": subject, "aud": API_AUDIENCE, "client_id": "till", "iat": now, "exp": now + 900,
            "jti": "site-1", "token_use": "site", "sid": "ses_1", "company": COMPANY, "site": SITE, "dev": device,
            "roles": [ROLE],
        });
        (self.id_key.sign(&id).expect("sign"), self.site_key.sign(&site).expect("sign"))
    }

    pub(crate) fn verifier(self: &Arc<Self>) -> Verifier {
        let issuers = vec![Issuer::new(ISSUER, Arc::clone(self) as _)];
        Verifier::new(VerifierSettings { issuers, ..VerifierSettings::default() }, Arc::new(Denylist::new()))
    }
}

fn policy() -> Policy {
    let permissions = ["baskets.*", "products.read", "products.list", "products.stock"];
    let site = SitePolicy { code: "0001".to_owned(), currency: "EUR".to_owned() };
    Policy {
        company: COMPANY.to_owned(),
        roles: BTreeMap::from([(ROLE.to_owned(), permissions.map(str::to_owned).to_vec())]),
        sites: BTreeMap::from([(SITE.to_owned(), site)]),
        ..Policy::default()
    }
}

#[async_trait]
impl KeySource for World {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        Ok(key_set_document([self.id_key.public_jwk(), self.site_key.public_jwk()]))
    }
}

#[async_trait]
impl PolicySource for World {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        self.policies.get(company).map(|policy| Arc::clone(&policy))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        Ok(self.cached(company).unwrap_or_default())
    }
}

/// Item code, description, price.
pub(crate) fn products() -> impl Iterator<Item = (String, String, i64)> {
    (0..50).map(|n| (format!("{}", 1001 + n), format!("Product of the shelf, number {n}"), 99 + 10 * n))
}
