//! The context of a query, which is also the reading half of the context of a command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{
    Application, Caller, Entity, Fault, Id, Page, PageRequest, Result, Site, Stored, Time, Withheld, catalogue,
    entity::{Indexed, Raw, parse_stored},
    evolution::bring_up,
    fault::FaultCode,
    process::{Answer, Arguments, Cx, Output, Process, Query, by_name},
    store::{Found, IndexKey, Key, Range, Record, StoreError},
};

use super::{Ambient, Inside, Log, Place, log::Known, place::own_id};

/// What a query may use. It has no method that writes.
pub struct ReadContext {
    pub(crate) ambient: Arc<Ambient>,
    log: Mutex<Log>,
    /// Reads of a command are checked at its commit; those of a plain query are not.
    checked: bool,
}

impl ReadContext {
    pub(crate) fn new(ambient: Arc<Ambient>, checked: bool) -> Self {
        Self { ambient, log: Mutex::default(), checked }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what it reads is checked at a commit.
    pub(crate) fn checked(&self) -> bool {
        self.checked
    }

    pub(crate) fn into_log(self) -> Log {
        self.log.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn application(&self) -> &Arc<Application> {
        &self.ambient.application
    }

    /// Who calls.
    ///
    /// # Errors
    /// `internal` in a process that is public.
    pub fn caller(&self) -> Result<Caller> {
        let caller = self.ambient.caller.clone();
        caller.ok_or_else(|| catalogue::INTERNAL.because("a public process asked for its caller"))
    }

    /// The id of the company on whose behalf the caller acts; empty in a public process.
    #[must_use]
    pub fn company(&self) -> Arc<str> {
        self.ambient.caller.as_ref().map_or_else(|| "".into(), |caller| Arc::clone(&caller.company))
    }

    /// The site that the call is for, with its currency.
    #[must_use]
    pub fn site(&self) -> &Site {
        &self.ambient.site
    }

    /// The time of the request: the same however often it is read or run again.
    #[must_use]
    pub fn now(&self) -> Time {
        self.ambient.now
    }

    /// 128 random bits; a re-run draws the same.
    #[must_use]
    pub fn random(&self) -> [u8; 16] {
        let mut log = self.log();
        let index = log.draws;
        log.draws += 1;
        drop(log);
        self.ambient.random(index)
    }

    /// What the application was given under this type, such as a client of another system.
    ///
    /// # Errors
    /// `internal` when the application was given none.
    pub fn provided<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        self.application().provided::<T>().ok_or_else(|| {
            catalogue::INTERNAL.because(format!("the application was given no {}", std::any::type_name::<T>()))
        })
    }

    /// Every operation of the application, for processes that describe it.
    #[must_use]
    pub fn operations(&self) -> &[Arc<crate::Operation>] {
        self.application().operations()
    }

    /// An entity, if it exists.
    ///
    /// # Errors
    /// When the store can not be reached.
    pub async fn get<E: Entity>(&self, id: &Id<E>) -> Result<Option<Stored<E>>> {
        self.get_in(self.ambient.place::<E>(""), id).await
    }

    pub(crate) async fn get_in<E: Entity>(&self, place: Place<'_>, id: &Id<E>) -> Result<Option<Stored<E>>> {
        self.application().collection::<E>()?;
        let record = self.record(place.key(id)).await?;
        record.map(|record| self.stored(id.text(), record)).transpose()
    }

    /// The entity of a record, whatever schema it was written with.
    fn stored<E: Entity>(&self, id: Arc<str>, mut record: Record) -> Result<Stored<E>> {
        bring_up::<E>(self.application(), &mut record)?;
        Stored::read(id, &record)
    }

    /// An entity that must exist.
    ///
    /// # Errors
    /// `not_found`, or when the store can not be reached.
    pub async fn read<E: Entity>(&self, id: &Id<E>) -> Result<Stored<E>> {
        self.get(id).await?.ok_or_else(|| catalogue::NOT_FOUND.fault())
    }

    /// The entity whose unique member (as serialised) has this value.
    ///
    /// # Errors
    /// `internal` when the member was not declared unique; `index_building` while that is new and what was stored before
    /// is being indexed; when the store can not be reached.
    pub async fn find<E: Entity>(&self, member: &str, value: &(impl Indexed + ?Sized)) -> Result<Option<Stored<E>>> {
        self.find_in(self.ambient.place::<E>(""), member, value.index_key()).await
    }

    pub(crate) async fn find_in<E: Entity>(
        &self,
        place: Place<'_>,
        member: &str,
        value: Option<IndexKey>,
    ) -> Result<Option<Stored<E>>> {
        let unique = E::UNIQUE.iter().find(|unique| unique.member == member);
        let unique = unique.ok_or_else(|| catalogue::INTERNAL.because("the member was not declared unique"))?;
        let Some(key) = value else { return Ok(None) };
        let from = place.unique_key(unique, key.into_bytes());
        let pending = {
            let log = self.log();
            let holds = |write: &&crate::store::Write| {
                write.claims.iter().any(|claim| claim.index == unique.index && claim.key == from)
            };
            log.writes().find(holds).and_then(|write| Some((Arc::clone(&write.key.id), write.record.clone()?)))
        };
        if let Some((id, record)) = pending {
            return self.stored(own_id(&id), record).map(Some);
        }
        let application = self.application();
        // One that no resource declares is known from here on.
        application.collection::<E>()?;
        application.index_ready(unique.index).await?;
        let to = Some([from.as_slice(), &[0]].concat());
        let range = Range::Entries { index: unique.index, collection: E::COLLECTION, from, to, after: None };
        let found = self.scan(range, 1).await?.items.into_iter().next();
        let Some(Found { id, record }) = found else { return Ok(None) };
        // The unit may have moved it away from this value, or removed it.
        match self.known(&Key { collection: E::COLLECTION, id: Arc::clone(&id) }) {
            Known::Record(now) if now.as_ref().is_none_or(|now| now.version != record.version) => Ok(None),
            _ => self.stored(own_id(&id), record).map(Some),
        }
    }

    /// A page of a collection: of what the request selects, in its order; of all in the order of ids where it says nothing.
    ///
    /// # Errors
    /// `query_invalid` for a query that the entity does not declare, or a `limit` out of range; `cursor_invalid`; or when the store can not be reached.
    pub async fn list<E: Entity>(&self, page: &PageRequest) -> Result<Page<Stored<E>>> {
        typed(self.list_raw::<E>(self.ambient.place::<E>(""), page).await?)
    }

    /// What is kept inside of an item: the same calls for the collections that are declared in it.
    #[must_use]
    pub fn inside<P: Entity>(&self, id: &Id<P>) -> Inside<'_> {
        Inside::of(self, id)
    }

    /// What belongs to a company, for a process of the installation: the same calls with the company named.
    #[must_use]
    pub fn of_company<'a>(&'a self, company: &'a str) -> OfCompany<'a> {
        OfCompany { cx: self, company }
    }

    pub(crate) async fn scan(&self, range: Range, limit: usize) -> Result<crate::store::Page> {
        let application = self.application();
        let page = self.ambient.store().scan(self.ambient.scope()?, &range, limit).await.map_err(store_fault)?;
        if self.checked {
            self.log().scanned(range, limit, &page, application.limits.unit_items_max)?;
        }
        Ok(page)
    }

    /// Finds out that there is a record under a key.
    pub(crate) async fn must_exist(&self, key: Key) -> Result<()> {
        self.record(key).await?.map(drop).ok_or_else(|| catalogue::NOT_FOUND.fault())
    }

    fn known(&self, key: &Key) -> Known {
        if self.checked { self.log().known(key) } else { Known::Nothing }
    }

    /// What the unit sees under a key, of the schema that it was written with: [`bring_up`] brings it up.
    pub(crate) async fn record(&self, key: Key) -> Result<Option<Record>> {
        if let Known::Record(record) = self.known(&key) {
            return Ok(record);
        }
        let application = self.application();
        let keys = std::slice::from_ref(&key);
        let found = self.ambient.store().get(self.ambient.scope()?, keys).await.map_err(store_fault)?;
        let record = found.into_iter().next().flatten();
        if self.checked {
            self.log().saw(key, record.clone(), application.limits.unit_items_max)?;
        }
        Ok(record)
    }

    /// Calls another query as everyone but Rust does: by its registration, through its shape, and through what a
    /// deployment put in its place. A direct Rust call runs the function as it is.
    ///
    /// # Errors
    /// The faults of the query; `invalid` when the arguments break its shape; `internal` when it is not registered.
    pub async fn call<P: Query>(&self, args: P::Args) -> Result<P::Out> {
        let process = self.application().process_of::<P>()?;
        let input = crate::process::check_arguments(&process, args.to_input()?, &self.application().limits)?;
        P::Out::from_output(process.body.run(Cx::Read(self), input).await?)
    }

    /// Calls a query by name with an object of its parameters, and reads its answer as `T`.
    ///
    /// # Errors
    /// `not_found` when there is no such query; its faults.
    pub async fn call_named<T: DeserializeOwned>(&self, name: &str, parameters: &Bytes) -> Result<T> {
        let process = self.application().process(name).ok_or_else(|| no_process(name))?;
        let output = self.run_named(&process, parameters).await?;
        crate::__private::value_from(&output)
    }

    async fn run_named(&self, process: &Arc<Process>, parameters: &Bytes) -> Result<Output> {
        let input = by_name(process, parameters, &self.application().limits, &Withheld::nothing())?;
        process.body.run(Cx::Read(self), input).await
    }
}

pub(crate) fn typed<E: Entity>(page: Page<Raw>) -> Result<Page<Stored<E>>> {
    let items = page.items.into_iter().map(|raw| Ok(Stored::new(parse_stored::<E>(&raw.body)?, raw)));
    Ok(Page { items: items.collect::<Result<_>>()?, next: page.next, count: page.count })
}

/// What belongs to a company, for a process of the installation.
pub struct OfCompany<'a> {
    cx: &'a ReadContext,
    company: &'a str,
}

impl OfCompany<'_> {
    /// An entity, if it exists.
    ///
    /// # Errors
    /// `internal` outside the installation's scope; when the store can not be reached.
    pub async fn get<E: Entity>(&self, id: &Id<E>) -> Result<Option<Stored<E>>> {
        self.cx.get_in(self.cx.ambient.named_place::<E>(self.company)?, id).await
    }

    /// The entity whose unique member (as serialised) has this value.
    ///
    /// # Errors
    /// As [`ReadContext::find`], and `internal` outside the installation's scope.
    pub async fn find<E: Entity>(&self, member: &str, value: &(impl Indexed + ?Sized)) -> Result<Option<Stored<E>>> {
        self.cx.find_in(self.cx.ambient.named_place::<E>(self.company)?, member, value.index_key()).await
    }

    /// A page of a collection.
    ///
    /// # Errors
    /// As [`ReadContext::list`], and `internal` outside the installation's scope.
    pub async fn list<E: Entity>(&self, page: &PageRequest) -> Result<Page<Stored<E>>> {
        typed(self.cx.list_raw::<E>(self.cx.ambient.named_place::<E>(self.company)?, page).await?)
    }
}

pub(crate) fn no_process(name: &str) -> Fault {
    const NO_PROCESS: FaultCode = catalogue::NOT_FOUND;
    NO_PROCESS.because(format!("there is no process {name:?}"))
}

pub(crate) fn store_fault(error: StoreError) -> Fault {
    tracing::error!(%error, "the store failed");
    match error {
        StoreError::Unavailable(_) | StoreError::Silent => {
            catalogue::STORE_UNAVAILABLE.fault().with_retry_after(std::time::Duration::from_secs(1))
        }
        StoreError::Damaged(_) => catalogue::INTERNAL.because("what is stored can not be read"),
    }
}
