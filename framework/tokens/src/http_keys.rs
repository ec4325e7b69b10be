//! A key set that a server publishes.

use async_trait::async_trait;
use enaction_core::{Fault, KeySetDocument, KeySource, catalogue};

use crate::{Error, HttpDocument};

/// Fetches the key set from a URL (`jwks_uri` of RFC 8414), as [`HttpDocument`] does.
#[derive(Clone, Debug)]
pub struct HttpKeys(HttpDocument);

impl HttpKeys {
    /// The keys of this URL: `https`, or `http` to the machine itself.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no such URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        HttpDocument::new(url).map(Self)
    }

    /// The keys of this URL, also by `http` to another machine: only where the network between is as trusted as the
    /// machine.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no `http` or `https` URL.
    pub fn without_encryption_to_another_machine(url: &str) -> Result<Self, Error> {
        HttpDocument::without_encryption_to_another_machine(url).map(Self)
    }
}

#[async_trait]
impl KeySource for HttpKeys {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        match self.0.fetch().await {
            Ok(document) => Ok(KeySetDocument { json: document.into() }),
            Err(why) => Err(catalogue::KEYS_UNAVAILABLE.because(why)),
        }
    }
}
