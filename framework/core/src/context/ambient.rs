//! What stays the same for one request, however often its command is run again.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::{
    Admission, Application, Caller, Entity, Result, Site, Time, Withheld, catalogue,
    store::{Scope, Store},
};

use super::Place;

pub(crate) struct Ambient {
    pub(crate) application: Arc<Application>,
    pub(crate) caller: Option<Caller>,
    pub(crate) scope: Option<Scope>,
    pub(crate) site: Site,
    pub(crate) withheld: Withheld,
    pub(crate) now: Time,
    /// Whether what is read may be a little old.
    may_be_stale: AtomicBool,
    /// Randomness in the order in which it was drawn, so that a re-run sees the same.
    drawn: Mutex<Vec<[u8; 16]>>,
}

impl Ambient {
    pub(crate) fn new(
        application: Arc<Application>,
        caller: Option<Caller>,
        installation: bool,
        admission: Admission,
    ) -> Self {
        let scope = match &caller {
            _ if installation => Some(Scope::Installation),
            Some(caller) => Some(Scope::Company(Arc::clone(&caller.company))),
            None => None,
        };
        let now = application.clock.now();
        let Admission { site, withheld } = admission;
        Self {
            application,
            caller,
            scope,
            site,
            withheld,
            now,
            may_be_stale: AtomicBool::new(false),
            drawn: Mutex::default(),
        }
    }

    pub(crate) fn scope(&self) -> Result<&Scope> {
        self.scope.as_ref().ok_or_else(|| catalogue::INTERNAL.because("a process without a caller touched the store"))
    }

    /// Lets a replica answer what is read.
    pub(crate) fn with_stale_reads(mut self, may_be_stale: bool) -> Self {
        self.may_be_stale = AtomicBool::new(may_be_stale);
        self
    }

    pub(crate) fn may_be_stale(&self) -> bool {
        self.may_be_stale.load(Ordering::Relaxed)
    }

    /// From now on the store itself is read.
    pub(crate) fn read_the_store(&self) {
        self.may_be_stale.store(false, Ordering::Relaxed);
    }

    /// What is read from.
    pub(crate) fn store(&self) -> &dyn Store {
        self.application.read_store(self.may_be_stale())
    }

    /// The `index`-th randomness of the request.
    pub(crate) fn random(&self, index: usize) -> [u8; 16] {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        while drawn.len() <= index {
            drawn.push(self.application.ids.draw());
        }
        drawn.get(index).copied().unwrap_or_default()
    }

    /// Where the caller's entities are kept, inside of the items of these ids.
    pub(crate) fn place<'a, E: Entity>(&'a self, inside: &'a str) -> Place<'a> {
        let caller = self.caller.as_ref().filter(|_| E::OWNED_BY_COMPANY && self.scope == Some(Scope::Installation));
        Place { company: caller.map(|caller| caller.company.as_ref()), inside }
    }

    /// The place of a company that was named, which only the installation's scope may do.
    pub(crate) fn named_place<'a, E: Entity>(&self, company: &'a str) -> Result<Place<'a>> {
        if self.scope == Some(Scope::Installation) && E::OWNED_BY_COMPANY {
            Ok(Place { company: Some(company), inside: "" })
        } else {
            Err(catalogue::INTERNAL.because("only a process of the installation names the company of what it reads"))
        }
    }
}
