//! Processes under test without a server.

use std::sync::Arc;

use enaction_core::{
    Admission, Application, Callable, Caller, Claims, Clock, IdSource, Module, Result, Site, SystemClock, SystemIds,
    Withheld,
};
use enaction_stores::MemoryStore;

/// An application over the memory store whose processes are run by their types.
pub struct TestApplication {
    application: Arc<Application>,
    caller: Caller,
    site: Site,
    runtime: actix_rt::Runtime,
}

impl TestApplication {
    /// One module, for the company `acme` at the site `0001` in EUR.
    ///
    /// # Panics
    /// When a declaration has a mistake.
    #[must_use]
    pub fn new(module: Module) -> Self {
        Self::with(module, Arc::new(SystemClock), Arc::new(SystemIds))
    }

    /// The same with another clock and other ids.
    ///
    /// # Panics
    /// When a declaration has a mistake.
    #[must_use]
    pub fn with(module: Module, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>) -> Self {
        let builder = Application::builder().clock(clock).ids(ids).module(module);
        let application = builder.build(Arc::new(MemoryStore::default()));
        let application = application.unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let site = Site { id: "0001".into(), code: "0001".to_owned(), currency: "EUR".to_owned() };
        let claims = Claims {
            subject: "usr_test".into(),
            company: "acme".into(),
            site: Some("0001".into()),
            ..Claims::default()
        };
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        Self { application, caller: Caller::new(claims), site, runtime }
    }

    /// Someone else calls.
    #[must_use]
    pub fn called_by(mut self, claims: Claims) -> Self {
        self.caller = Caller::new(claims);
        self
    }

    /// Runs a process as a unit of work of its own.
    ///
    /// # Errors
    /// Its faults.
    pub fn run<P: Callable>(&self, args: P::Args) -> Result<P::Out> {
        let admission = Admission { site: self.site.clone(), withheld: Withheld::nothing() };
        let run = self.application.run_typed::<P>(Some(self.caller.clone()), admission, args);
        self.runtime.block_on(run)
    }
}
