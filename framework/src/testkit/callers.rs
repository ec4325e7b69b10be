//! Tokens for any caller, signed with real keys, and the policies behind their roles.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use enaction_core::{Fault, KeySetDocument, KeySource, Policy, PolicySource, SitePolicy, Time, TokenKind};
use enaction_tokens::{API_AUDIENCE, SigningKey, key_set_document};
use serde_json::json;

/// The issuer of the tokens of the test kit.
pub(super) const ISSUER: &str = "https://identity.test";

/// Signs tokens and knows what their roles allow.
pub(super) struct Issuer {
    id_key: SigningKey,
    site_key: SigningKey,
    policy: Mutex<Policy>,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let key = |kind| SigningKey::generate(kind).expect("make a key");
        Self { id_key: key(TokenKind::Id), site_key: key(TokenKind::Site), policy: Mutex::default() }
    }

    /// The two header lines' values, at a time.
    pub(super) fn pair(&self, caller: &TestCaller, now: Time) -> (String, String) {
        let role = format!("may {}", caller.permissions.join(" "));
        {
            let mut policy = self.policy.lock().unwrap();
            policy.roles.insert(role.clone(), caller.permissions.clone());
            if let Some((site, currency)) = &caller.site {
                let known = SitePolicy { code: site.clone(), currency: currency.clone() };
                policy.sites.insert(site.clone(), known);
            }
        }
        let (iat, client) = (now.seconds(), "test-client");
        let mut id = json!({
            "iss": ISSUER, "sub": caller.subject, "aud": [client, API_AUDIENCE], "azp": client, "iat": iat, "exp": iat + 900,
            "jti": format!("id-{}", caller.subject), "token_use": "id", "sub_type": caller.kind, "sid": "session",
        });
        let mut site = json!({
            "iss": ISSUER, "sub": caller.subject, "aud": API_AUDIENCE, "client_id": client, "iat": iat, "exp": iat + 300,
            "jti": format!("site-{}", caller.subject), "token_use": "site", "sid": "session", "company": caller.company,
            "roles": [role],
        });
        let parts: BTreeMap<&str, Option<&str>> = [
            ("dev", caller.device.as_deref()),
            ("site", caller.site.as_ref().map(|(site, _)| site.as_str())),
            ("scope", caller.scope.as_deref()),
        ]
        .into();
        for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            site[name] = value.into();
            if name == "dev" {
                id[name] = value.into();
            }
        }
        (self.id_key.sign(&id).expect("sign"), self.site_key.sign(&site).expect("sign"))
    }
}

#[async_trait]
impl KeySource for Issuer {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        Ok(key_set_document([self.id_key.public_jwk(), self.site_key.public_jwk()]))
    }
}

#[async_trait]
impl PolicySource for Issuer {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        let policy = self.policy.lock().unwrap().clone();
        Some(Arc::new(Policy { company: company.to_owned(), ..policy }))
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        Ok(self.cached(company).unwrap_or_default())
    }
}

/// Someone who calls. Holds no permission until it is given some.
#[derive(Clone, Debug)]
pub struct TestCaller {
    pub(super) subject: String,
    pub(super) kind: &'static str,
    pub(super) company: String,
    pub(super) site: Option<(String, String)>,
    pub(super) device: Option<String>,
    pub(super) permissions: Vec<String>,
    pub(super) scope: Option<String>,
}

impl TestCaller {
    pub(super) fn of(company: &str) -> Self {
        Self {
            subject: format!("usr_{company}"),
            kind: "user",
            company: company.to_owned(),
            site: None,
            device: None,
            permissions: Vec::new(),
            scope: None,
        }
    }

    /// Another subject than the company's default person.
    #[must_use]
    pub fn named(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }

    /// At a site with this currency.
    #[must_use]
    pub fn at(mut self, site: &str, currency: &str) -> Self {
        self.site = Some((site.to_owned(), currency.to_owned()));
        self
    }

    /// On a device.
    #[must_use]
    pub fn on(mut self, device: &str) -> Self {
        self.device = Some(device.to_owned());
        self
    }

    /// Holding these permissions, such as `baskets.*`.
    #[must_use]
    pub fn may<S: Into<String>>(mut self, permissions: impl IntoIterator<Item = S>) -> Self {
        self.permissions.extend(permissions.into_iter().map(Into::into));
        self
    }

    /// With a token that is narrowed to these permissions.
    #[must_use]
    pub fn narrowed_to(mut self, scope: &str) -> Self {
        self.scope = Some(scope.to_owned());
        self
    }
}
