//! What all workers share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

use enaction_core::{Application, Result, process::Boxed};
use enaction_tokens::Verifier;
use tokio::sync::watch;

use crate::{public::PublicBase, route::Routes};

/// Whether something that the service needs is there; asked by `/health/ready`.
pub type Check = Box<dyn Fn() -> Boxed<'static, Result<()>> + Send + Sync>;

pub(crate) struct Shared {
    pub(crate) application: Arc<Application>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) routes: Routes,
    pub(crate) public: PublicBase,
    pub(crate) checks: Vec<Check>,
    /// Told when the server should stop.
    pub(crate) stop: watch::Sender<bool>,
    stopping: AtomicBool,
    running: AtomicUsize,
    begun: AtomicU64,
}

impl Shared {
    pub(crate) fn new(
        application: Arc<Application>,
        verifier: Arc<Verifier>,
        routes: Routes,
        public: PublicBase,
        checks: Vec<Check>,
    ) -> Arc<Self> {
        Arc::new(Self {
            application,
            verifier,
            routes,
            public,
            checks,
            stop: watch::Sender::new(false),
            stopping: AtomicBool::new(false),
            running: AtomicUsize::new(0),
            begun: AtomicU64::new(0),
        })
    }

    pub(crate) fn begin(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
        self.begun.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    /// How many requests run, and how many ever began.
    pub(crate) fn activity(&self) -> (usize, u64) {
        (self.running.load(Ordering::SeqCst), self.begun.load(Ordering::SeqCst))
    }

    /// From now on every answer closes its connection.
    pub(crate) fn set_stopping(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
