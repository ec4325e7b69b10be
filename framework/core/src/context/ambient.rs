//! What stays the same for one request, however often its command is run again.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    Admission, Application, Caller, Entity, Id, Result, Site, Time, catalogue,
    store::{Key, Scope},
};

pub(crate) struct Ambient {
    pub(crate) application: Arc<Application>,
    pub(crate) caller: Option<Caller>,
    pub(crate) scope: Option<Scope>,
    pub(crate) site: Site,
    pub(crate) now: Time,
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
        Self { application, caller, scope, site: admission.site, now, drawn: Mutex::default() }
    }

    pub(crate) fn scope(&self) -> Result<&Scope> {
        self.scope.as_ref().ok_or_else(|| catalogue::INTERNAL.because("a process without a caller touched the store"))
    }

    /// The `index`-th randomness of the request.
    pub(crate) fn random(&self, index: usize) -> [u8; 16] {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        while drawn.len() <= index {
            drawn.push(self.application.ids.draw());
        }
        drawn.get(index).copied().unwrap_or_default()
    }

    /// The company that an entity of the installation's scope belongs to, when it belongs to one.
    pub(crate) fn owner<E: Entity>(&self) -> Option<&str> {
        let caller = self.caller.as_ref().filter(|_| E::OWNED_BY_COMPANY && self.scope == Some(Scope::Installation));
        caller.map(|caller| caller.company.as_ref())
    }

    /// The company that was named, which only the installation's scope may do.
    pub(crate) fn named_owner<'a, E: Entity>(&self, company: &'a str) -> Result<Option<&'a str>> {
        if self.scope == Some(Scope::Installation) && E::OWNED_BY_COMPANY {
            Ok(Some(company))
        } else {
            Err(catalogue::INTERNAL.because("only a process of the installation names the company of what it reads"))
        }
    }

    /// The key of an entity: within the installation's scope, what belongs to a company is kept under its id.
    pub(crate) fn key<E: Entity>(owner: Option<&str>, id: &Id<E>) -> Key {
        let id = match owner {
            Some(company) => format!("{company}/{id}").into(),
            None => id.text(),
        };
        Key { collection: E::COLLECTION, id }
    }
}
