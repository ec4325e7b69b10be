//! The keys in use by this program, and the source that verifiers in the same program get them from.

use std::sync::{Arc, OnceLock, Weak};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use enaction::{
    Admission, Application, Fault, KeySetDocument, KeySource, Result, Stored, catalogue,
    tokens::{SigningKey, key_set_document},
};
use serde_json::Value;

use super::stored::{KeyKind, KeyStatus, StoredKey, load};

/// The keys of the store as they were when they were loaded, and the issuer that they sign for.
pub(crate) struct Keys {
    pub(crate) issuer: Arc<str>,
    pub(crate) id: SigningKey,
    pub(crate) site: SigningKey,
    pub(crate) jwks: Vec<Value>,
}

impl Keys {
    pub(super) fn of(issuer: String, stored: &[Stored<StoredKey>]) -> Result<Self> {
        let keys = stored.iter().map(|one| Ok((one, one.signing_key()?))).collect::<Result<Vec<_>>>()?;
        let active = |kind: KeyKind| {
            let mut all = keys.iter().filter(|(one, _)| one.kind == kind && one.status == KeyStatus::Active);
            all.next().map(|(_, key)| key.clone()).ok_or_else(|| catalogue::KEYS_UNAVAILABLE.fault())
        };
        Ok(Self {
            issuer: issuer.into(),
            id: active(KeyKind::Id)?,
            site: active(KeyKind::Site)?,
            jwks: keys.iter().map(|(_, key)| key.public_jwk()).collect(),
        })
    }
}

/// The keys in use. Loaded at the start, by every refresh, and when a verifier meets a key that it does not know.
#[derive(Default)]
pub(crate) struct Ring {
    application: OnceLock<Weak<Application>>,
    keys: ArcSwapOption<Keys>,
}

impl Ring {
    /// The application to load from. The first one stays.
    pub(crate) fn attach(&self, application: &Arc<Application>) {
        let _ = self.application.set(Arc::downgrade(application));
    }

    pub(crate) fn application(&self) -> Result<Arc<Application>> {
        let application = self.application.get().and_then(Weak::upgrade);
        application.ok_or_else(|| catalogue::KEYS_UNAVAILABLE.because("identity was not started"))
    }

    pub(super) fn put(&self, keys: Keys) {
        self.keys.store(Some(Arc::new(keys)));
    }

    pub(crate) fn keys(&self) -> Result<Arc<Keys>> {
        self.keys.load_full().ok_or_else(|| catalogue::KEYS_UNAVAILABLE.because("identity was not started"))
    }

    pub(crate) async fn load(&self) -> Result<()> {
        self.application()?.run_typed::<load>(None, Admission::default(), ()).await
    }
}

#[async_trait]
impl KeySource for Ring {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        self.load().await?;
        Ok(key_set_document(self.keys()?.jwks.iter().cloned()))
    }
}
