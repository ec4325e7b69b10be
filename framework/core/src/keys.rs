//! The port of key sets: which keys an issuer signs with (RFC 7517).

use std::sync::Arc;

use async_trait::async_trait;

use crate::Fault;

/// The kind of token that a key signs. One key signs one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// `id_token`: who calls.
    Id,
    /// `site_token`: for which company and site.
    Site,
}

/// The document that a key set comes as, and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetDocument {
    /// RFC 7517 JSON: `keys`, each with `kty`, `crv`, `x`, `y`, `alg`, `kid`, and `kind` (`id` or `site`).
    pub json: Arc<[u8]>,
}

/// Where the key set of one issuer comes from: the identity service in the same process, a URL, a file.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Fetches the set. Callers keep the last good one, refresh it in the background, and throttle.
    ///
    /// # Errors
    /// When it can not be had now.
    async fn fetch(&self) -> Result<KeySetDocument, Fault>;
}
