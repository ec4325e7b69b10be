//! The identity service as the program that runs it holds it.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use enaction::{
    Admission, Application, Entity as _, Fault, InstallationCapability, KeySetDocument, KeySource, Module, Policy,
    PolicySource, Result,
    tokens::{Denylist, Issuer, Verifier, VerifierSettings},
};

use futures_util::future::join;

use crate::{
    endpoints,
    keys::{self, Ring, StoredKey},
    policy::Policies,
    resources::{Company, Role, Site},
    revocation::Revocations,
};

/// What identity is told by the program that runs it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer that tokens name (RFC 8414 section 2), such as `http://127.0.0.1:8080/identity`. It is kept at the
    /// first start on a store and stays, wherever the program listens later.
    pub issuer: String,
}

impl Settings {
    /// Settings with this issuer for a first start.
    pub fn new(issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into() }
    }
}

/// The identity service: one for a program. It gives its module, and is the key source and the policy source of the
/// application that it runs in.
pub struct Identity {
    settings: Settings,
    ring: Arc<Ring>,
    policies: Policies,
    verifier: OnceLock<Verifier>,
}

/// The collections that keys and policies are made of.
const KEPT: [&str; 5] =
    [StoredKey::COLLECTION, Company::COLLECTION, Site::COLLECTION, Role::COLLECTION, Revocations::COLLECTION];
/// How long nothing is loaded again that was just loaded.
const QUIET: Duration = Duration::from_millis(200);
/// How long the store may be silent.
const REFRESH: Duration = Duration::from_secs(2);

impl Identity {
    /// A service that is still to be started.
    #[must_use]
    pub fn new(settings: Settings) -> Arc<Self> {
        let ring = Arc::default();
        Arc::new(Self { settings, policies: Policies::of(&ring), ring, verifier: OnceLock::new() })
    }

    /// Everything that it serves, below `/identity`.
    #[must_use]
    pub fn module(self: &Arc<Self>, capability: &InstallationCapability) -> Module {
        endpoints::module(capability).provide(Arc::clone(self))
    }

    /// Itself as the source of policies, for the builder of the application.
    #[must_use]
    pub fn policies(self: &Arc<Self>) -> Arc<dyn PolicySource> {
        Arc::clone(self) as _
    }

    /// Itself as the source of keys, for a verifier in the same program.
    #[must_use]
    pub fn keys(self: &Arc<Self>) -> Arc<dyn KeySource> {
        Arc::clone(&self.ring) as _
    }

    /// Starts it on the store of the application: at the first start the issuer is kept and a key is made for each kind
    /// of token. To be called once, before the first request.
    ///
    /// # Errors
    /// `invalid` when the issuer of a first start is no URL; when the store can not be reached.
    pub async fn start(&self, application: &Arc<Application>) -> Result<()> {
        self.ring.attach(application);
        let issuer = (self.settings.issuer.clone(),);
        application.run_typed::<keys::begin>(None, Admission::default(), issuer).await?;
        self.ring.load().await?;
        let issuer = Issuer::new(self.issuer()?, Arc::clone(&self.ring) as Arc<dyn KeySource>);
        let settings = VerifierSettings { issuers: vec![issuer], cache_pairs_max: 0, ..VerifierSettings::default() };
        let verifier = self.verifier.get_or_init(|| Verifier::new(settings, Arc::new(Denylist::new())));
        verifier.refresh_all(application.now()).await;
        Ok(())
    }

    /// Refreshes keys and policies every two seconds, and as soon as the store tells that a program changed them. It never
    /// returns: to be run beside the server.
    pub async fn keep_fresh(&self) {
        loop {
            let load = async {
                if let Err(fault) = self.refresh().await {
                    tracing::warn!(%fault, "identity could not be refreshed");
                }
                // What changes again meanwhile is loaded once.
                tokio::time::sleep(QUIET).await;
            };
            // Listened to from before the load on: what is written while it runs is loaded behind it.
            let _ = join(tokio::time::timeout(REFRESH, self.changed()), load).await;
        }
    }

    async fn changed(&self) {
        match self.ring.application() {
            Ok(application) => application.changed(&KEPT).await,
            Err(_) => std::future::pending().await,
        }
    }

    /// Loads keys and the policies in use again, as other programs on the same store may have changed them. A policy that
    /// can not be loaded stays as it was until it is old.
    ///
    /// # Errors
    /// When identity was not started, or its keys could not be loaded.
    pub async fn refresh(&self) -> Result<()> {
        let application = self.ring.application()?;
        let keys = self.ring.load().await;
        if let Some(verifier) = self.verifier.get() {
            verifier.refresh_all(application.now()).await;
        }
        self.policies.refresh().await;
        keys
    }

    /// The issuer that tokens name, as the store holds it.
    ///
    /// # Errors
    /// `keys_unavailable` before the start.
    pub fn issuer(&self) -> Result<Arc<str>> {
        Ok(Arc::clone(&self.ring.keys()?.issuer))
    }

    pub(crate) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Verifies the tokens of this issuer.
    pub(crate) fn verifier(&self) -> Result<&Verifier> {
        self.verifier.get().ok_or_else(|| enaction::catalogue::KEYS_UNAVAILABLE.because("identity was not started"))
    }

    /// A command of this program is about to change the policy of a company.
    pub(crate) fn policy_changes(&self, company: &str) {
        self.policies.changes(company);
    }
}

#[async_trait]
impl KeySource for Identity {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        self.ring.fetch().await
    }
}

#[async_trait]
impl PolicySource for Identity {
    fn cached(&self, company: &str) -> Option<Arc<Policy>> {
        self.policies.get(company)
    }

    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault> {
        self.policies.load(&self.ring.application()?, company).await
    }
}
