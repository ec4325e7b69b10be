//! A service under test.

use std::{net::SocketAddr, sync::Arc};

use enaction_core::{Application, Clock, IdSource, Module, SystemClock, SystemIds, limits::Limits, store::Store};
use enaction_rest::{Handle, Server};
use enaction_stores::MemoryStore;
use enaction_tokens::{Denylist, Verifier, VerifierSettings};

use super::{
    Exchange, TestCaller,
    callers::{ISSUER, Issuer},
};

/// What a service under test is made of.
pub struct TestService {
    modules: Vec<Module>,
    store: Arc<dyn Store>,
    replica: Option<Arc<dyn Store>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    limits: Limits,
}

impl Default for TestService {
    fn default() -> Self {
        Self {
            modules: vec![enaction_contract::module()],
            store: Arc::new(MemoryStore::default()),
            replica: None,
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            limits: Limits::default(),
        }
    }
}

impl TestService {
    /// The memory store, the system's clock and ids, and `GET /operations`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module.
    #[must_use]
    pub fn module(mut self, module: Module) -> Self {
        self.modules.push(module);
        self
    }

    /// Another store.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = store;
        self
    }

    /// A store that answers what may be stale.
    #[must_use]
    pub fn replica(mut self, replica: Arc<dyn Store>) -> Self {
        self.replica = Some(replica);
        self
    }

    /// Another clock, such as [`FixedClock`](super::FixedClock).
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Another source of ids, such as [`CountedIds`](super::CountedIds).
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn IdSource>) -> Self {
        self.ids = ids;
        self
    }

    /// Other limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Starts the server on a free port of 127.0.0.1. It ends when [`Running`] is dropped.
    ///
    /// # Panics
    /// When a declaration has a mistake, or the server can not start.
    #[must_use]
    pub fn start(self) -> Running {
        let issuer = Arc::new(Issuer::new());
        let builder = Application::builder().clock(Arc::clone(&self.clock)).ids(self.ids).limits(self.limits);
        let builder = builder.policies(Arc::clone(&issuer) as _);
        let builder = self.replica.into_iter().fold(builder, |builder, replica| builder.replica(replica));
        let builder = self.modules.into_iter().fold(builder, |builder, module| builder.module(module));
        let application = builder.build(self.store).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let issuers = vec![enaction_tokens::Issuer::new(ISSUER, Arc::clone(&issuer) as _)];
        let token_chars_max = application.limits.token_chars_max;
        let settings = VerifierSettings { issuers, token_chars_max, ..VerifierSettings::default() };
        let verifier = Arc::new(Verifier::new(settings, Arc::new(Denylist::new())));
        let server = Server::new(Arc::clone(&application), Arc::clone(&verifier));
        let bound = server.listen("127.0.0.1:0").workers(1).without_signals().bind().expect("listen");
        let address = *bound.addresses().first().expect("an address");
        let (handle, clock) = (bound.handle(), self.clock);
        let thread = std::thread::spawn(move || bound.run().expect("serve"));
        Running { application, issuer, clock, address, handle, thread: Some(thread) }
    }
}

/// A service that runs.
pub struct Running {
    application: Arc<Application>,
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    address: SocketAddr,
    handle: Handle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What runs in it, for calls by name.
    #[must_use]
    pub fn application(&self) -> &Arc<Application> {
        &self.application
    }

    /// Someone of a company, without permissions yet.
    #[must_use]
    pub fn caller(&self, company: &str) -> TestCaller {
        TestCaller::of(company)
    }

    /// The `id_token` and the `site_token` of a caller.
    #[must_use]
    pub fn tokens(&self, caller: &TestCaller) -> (String, String) {
        self.issuer.pair(caller, self.clock.now())
    }

    /// A request of any method.
    #[must_use]
    pub fn request(&self, method: &str, target: &str) -> Exchange<'_> {
        Exchange::new(self, method, target)
    }

    /// GET.
    #[must_use]
    pub fn get(&self, target: &str) -> Exchange<'_> {
        self.request("GET", target)
    }

    /// POST.
    #[must_use]
    pub fn post(&self, target: &str) -> Exchange<'_> {
        self.request("POST", target)
    }

    /// PUT.
    #[must_use]
    pub fn put(&self, target: &str) -> Exchange<'_> {
        self.request("PUT", target)
    }

    /// PATCH.
    #[must_use]
    pub fn patch(&self, target: &str) -> Exchange<'_> {
        self.request("PATCH", target)
    }

    /// DELETE.
    #[must_use]
    pub fn delete(&self, target: &str) -> Exchange<'_> {
        self.request("DELETE", target)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
