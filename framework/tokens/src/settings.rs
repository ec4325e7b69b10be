//! What a verifier is told: audiences, limits, issuers.

use std::{fmt, sync::Arc, time::Duration};

use enaction_core::KeySource;

/// The audience of this platform: what both audiences are unless a deployment says otherwise.
pub const API_AUDIENCE: &str = "urn:enaction:api";

/// A signature algorithm (RFC 7518 section 3.1). Only asymmetric ones are known, so that a public key can never be
/// taken for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// ECDSA over P-256 with SHA-256.
    Es256,
}

impl Algorithm {
    /// As the header member `alg` has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
        }
    }

    /// Compared byte by byte (RFC 8725 section 3.1).
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Es256].into_iter().find(|algorithm| algorithm.name() == name)
    }

    pub(crate) const fn of_jsonwebtoken(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
        }
    }
}

/// An issuer that is trusted.
#[derive(Clone)]
pub struct Issuer {
    /// The exact text of the claim `iss` (RFC 8414 section 2).
    pub issuer: Arc<str>,
    /// What its tokens may be signed with; by default ES256 alone.
    pub algorithms: Vec<Algorithm>,
    /// Where its keys come from.
    pub keys: Arc<dyn KeySource>,
}

impl Issuer {
    /// An issuer whose tokens are signed with ES256.
    #[must_use]
    pub fn new(issuer: impl Into<Arc<str>>, keys: Arc<dyn KeySource>) -> Self {
        Self { issuer: issuer.into(), algorithms: vec![Algorithm::Es256], keys }
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("issuer", &self.issuer)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// The settings of a [`Verifier`](crate::Verifier).
#[derive(Clone, Debug)]
pub struct VerifierSettings {
    /// What `aud` of an `id_token` must name; default [`API_AUDIENCE`].
    pub audience_id: Arc<str>,
    /// What `aud` of a `site_token` must name; default [`API_AUDIENCE`].
    pub audience_site: Arc<str>,
    /// How long after `exp` a token is still taken; default 30 seconds.
    pub leeway_exp: Duration,
    /// How far `iat` and `nbf` may lie in the future; default 60 seconds.
    pub leeway_future: Duration,
    /// How far `exp` may lie after `iat` in an `id_token`; default 60 minutes.
    pub lifetime_id_max: Duration,
    /// How far `exp` may lie after `iat` in a `site_token`; default 15 minutes.
    pub lifetime_site_max: Duration,
    /// How many characters a token may have; default 4,096.
    pub token_chars_max: usize,
    /// How many verified pairs are remembered; default 10,000, about 2 KiB each. 0 remembers none.
    pub cache_pairs_max: usize,
    /// How long fetching a key set may take; default 10 seconds.
    pub keys_fetch_max: Duration,
    /// How long a key set is used that could not be fetched again; default 72 hours, after which nothing is verified.
    pub keys_stale_max: Duration,
    /// Whose tokens are taken. A key name that two issuers use is that of the earlier one.
    pub issuers: Vec<Issuer>,
}

impl Default for VerifierSettings {
    fn default() -> Self {
        Self {
            audience_id: API_AUDIENCE.into(),
            audience_site: API_AUDIENCE.into(),
            leeway_exp: Duration::from_secs(30),
            leeway_future: Duration::from_secs(60),
            lifetime_id_max: Duration::from_secs(60 * 60),
            lifetime_site_max: Duration::from_secs(15 * 60),
            token_chars_max: 4096,
            cache_pairs_max: 10_000,
            keys_fetch_max: Duration::from_secs(10),
            keys_stale_max: Duration::from_secs(72 * 60 * 60),
            issuers: Vec::new(),
        }
    }
}
