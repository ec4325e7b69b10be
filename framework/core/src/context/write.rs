//! The context of a command: everything that a query may use, and writes.

use std::{ops::Deref, sync::Arc};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{
    Caller, Entity, Id, Result, Stored, Violation, Withheld,
    application::Collection,
    catalogue,
    entity::{Raw, claims, parse_stored},
    evolution::{bring_up, lay_in},
    id::is_id,
    process::{Answer, Arguments, Callable, Cx, by_name},
    shape::Mode,
    store::{Key, Record, Write},
};

use super::{Ambient, InsideMut, Log, Place, ReadContext, log::Known, read::no_process};

/// Room for most representations, so that they are written without moving.
const REPRESENTATION_BYTES: usize = 1024;

/// What a command may use. Its writes are one unit of work: committed whole after it returned, or not at all.
pub struct WriteContext {
    read: ReadContext,
}

impl Deref for WriteContext {
    type Target = ReadContext;

    fn deref(&self) -> &ReadContext {
        &self.read
    }
}

impl WriteContext {
    pub(crate) fn new(ambient: Arc<Ambient>) -> Self {
        Self { read: ReadContext::new(ambient, true) }
    }

    pub(crate) fn into_log(self) -> Log {
        self.read.into_log()
    }

    /// Creates an entity. An unset id is drawn; times are set.
    ///
    /// # Errors
    /// `already_exists` when the id or a unique value is taken (told at the latest at the commit); `invalid` when it
    /// breaks its shape or a rule, or has a reserved id.
    pub async fn create<E: Entity>(&mut self, entity: E) -> Result<Stored<E>> {
        self.create_in(self.ambient.place::<E>(""), entity)
    }

    /// Creates an entity that belongs to a company, for a process of the installation.
    ///
    /// # Errors
    /// As [`create`](Self::create), and `internal` outside the installation's scope.
    pub async fn create_of<E: Entity>(&mut self, company: &str, entity: E) -> Result<Stored<E>> {
        self.create_in(self.ambient.named_place::<E>(company)?, entity)
    }

    pub(crate) fn create_in<E: Entity>(&self, place: Place<'_>, mut entity: E) -> Result<Stored<E>> {
        let collection = self.application().collection::<E>()?;
        if collection.depth.is_some_and(|depth| depth != place.depth()) {
            return Err(catalogue::INTERNAL.because(format!("{} are created inside of other items", E::COLLECTION)));
        }
        if entity.id().is_unset() {
            let drawn = E::ID_FORM.draw(self.random(), self.now());
            let drawn = drawn.ok_or_else(|| Violation::new("/id", "required", "expected an id"))?;
            entity.set_id(Id::known(drawn));
        } else if collection.reserved.iter().any(|word| word == entity.id().as_str()) {
            return Err(Violation::new("/id", "id_reserved", "this word is not free for ids").into());
        } else if !is_id(entity.id().as_str()) {
            return Err(Violation::new("/id", "pattern", "expected the form of an id").into());
        }
        entity.set_times(self.now(), self.now());
        if let Some(company) = place.company {
            entity.set_company(company);
        }
        let key = place.key(entity.id());
        if let Known::Record(Some(_)) = self.log().known(&key) {
            let violation = Violation::new("/id", "already_exists", "expected an id that is not taken");
            return Err(catalogue::ALREADY_EXISTS.fault().with_violations(vec![violation]));
        }
        let body = self.representation(collection, &entity)?;
        let raw = Raw { id: entity.id().text(), body: body.clone(), version: 0 };
        self.put(place, key, &entity, body, 0)?;
        Ok(Stored::new(entity, raw))
    }

    /// Writes an entity in the place of the stored one with its id. When nothing differs nothing is written, and the
    /// version stays.
    ///
    /// # Errors
    /// `not_found` when it does not exist; `already_exists` when a unique value is taken; `invalid` as for create.
    pub async fn update<E: Entity>(&mut self, entity: E) -> Result<Stored<E>> {
        self.update_in(self.ambient.place::<E>(""), entity).await
    }

    /// Writes an entity that belongs to a company, for a process of the installation.
    ///
    /// # Errors
    /// As [`update`](Self::update), and `internal` outside the installation's scope.
    pub async fn update_of<E: Entity>(&mut self, company: &str, entity: E) -> Result<Stored<E>> {
        self.update_in(self.ambient.named_place::<E>(company)?, entity).await
    }

    pub(crate) async fn update_in<E: Entity>(&self, place: Place<'_>, mut entity: E) -> Result<Stored<E>> {
        let key = place.key(entity.id());
        let mut stored = self.record(key.clone()).await?.ok_or_else(|| catalogue::NOT_FOUND.fault())?;
        bring_up::<E>(self.application(), &mut stored)?;
        let before = parse_stored::<E>(&stored.body)?;
        entity.set_times(before.created(), before.modified());
        if let Some(company) = place.company {
            entity.set_company(company);
        }
        let id = entity.id().text();
        let collection = self.application().collection::<E>()?;
        let unknown = collection.unknown_members(&stored.body);
        if lay_in(self.representation(collection, &entity)?, &unknown) == stored.body {
            return Ok(Stored::new(entity, Raw { id, body: stored.body, version: stored.version }));
        }
        entity.set_times(before.created(), self.now());
        let body = lay_in(self.representation(collection, &entity)?, &unknown);
        self.put(place, key, &entity, body.clone(), stored.version)?;
        Ok(Stored::new(entity, Raw { id, body, version: 0 }))
    }

    /// Removes an entity and gives what it was.
    ///
    /// # Errors
    /// `not_found` when it does not exist; `not_empty` while a collection inside it holds items.
    pub async fn delete<E: Entity>(&mut self, id: &Id<E>) -> Result<Stored<E>> {
        self.delete_in(self.ambient.place::<E>(""), id).await
    }

    pub(crate) async fn delete_in<E: Entity>(&self, place: Place<'_>, id: &Id<E>) -> Result<Stored<E>> {
        let stored = self.get_in(place, id).await?.ok_or_else(|| catalogue::NOT_FOUND.fault())?;
        let key = place.key(id);
        for child in &self.application().collection::<E>()?.children {
            let (found, _) = self.scan_ids(child, &format!("{}/", key.id).into(), 1).await?;
            if !found.is_empty() {
                return Err(catalogue::NOT_EMPTY.because(format!("delete what is in its {child} first")));
            }
        }
        let write = Write { key, expected: stored.version().unwrap_or(0), record: None, claims: Vec::new() };
        self.log().write(write, self.application().limits.unit_items_max)?;
        Ok(stored)
    }

    /// What is kept inside of an item: the same calls for the collections that are declared in it.
    #[must_use]
    pub fn inside<P: Entity>(&mut self, id: &Id<P>) -> InsideMut<'_> {
        InsideMut::of(self, id)
    }

    fn put<E: Entity>(&self, place: Place<'_>, key: Key, entity: &E, body: Bytes, expected: u64) -> Result<()> {
        let by = self.ambient.caller.as_ref().map_or_else(Bytes::new, Caller::subject_bytes);
        let record = Record { schema_version: E::SCHEMA_VERSION, version: 0, at: self.now(), by, body };
        let write = Write { key, expected, record: Some(record), claims: claims(entity, place) };
        self.log().write(write, self.application().limits.unit_items_max)
    }

    /// The canonical JSON, after it was found to be what a request could have stored.
    fn representation<E: Entity>(&self, collection: &Collection, entity: &E) -> Result<Bytes> {
        let mut body = Vec::with_capacity(REPRESENTATION_BYTES);
        serde_json::to_writer(&mut body, entity)
            .map_err(|_| catalogue::INTERNAL.because("an entity can not be written as JSON"))?;
        let untold = |fault| collection.untold(fault, &self.ambient.withheld);
        collection.shape.check(&body, Mode::Full, &Default::default()).map_err(|broken| untold(broken.into()))?;
        let violations = entity.violations();
        if violations.is_empty() {
            // Copied, so that what is kept has no room to spare.
            Ok(Bytes::copy_from_slice(&body))
        } else {
            Err(untold(catalogue::INVALID.fault().with_violations(violations)))
        }
    }

    /// Calls another process as everyone but Rust does: by its registration, through its shape, and through what a
    /// deployment put in its place. It becomes a part of this unit of work.
    ///
    /// # Errors
    /// The faults of the process; `invalid` when the arguments break its shape; `internal` when it is not registered.
    pub async fn call<P: Callable>(&mut self, args: P::Args) -> Result<P::Out> {
        let process = self.application().process_of::<P>()?;
        let input = crate::process::check_arguments(&process, args.to_input()?, &self.application().limits)?;
        P::Out::from_output(process.body.run(Cx::Write(self), input).await?)
    }

    /// Calls a process by name with an object of its parameters, and reads its answer as `T`.
    ///
    /// # Errors
    /// `not_found` when there is no such process; its faults.
    pub async fn call_named<T: DeserializeOwned>(&mut self, name: &str, parameters: &Bytes) -> Result<T> {
        let process = self.application().process(name).ok_or_else(|| no_process(name))?;
        let input = by_name(&process, parameters, &self.application().limits, &Withheld::nothing())?;
        let output = process.body.run(Cx::Write(self), input).await?;
        crate::__private::value_from(&output)
    }
}
