//! A module: what one team provides, under one path, with one scope.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

use crate::{
    Entity, InstallationCapability,
    process::{Callable, Process},
    shape::ShapeError,
};

use super::{Declared, DeclaredCollection, Endpoint, Resource, Singleton, binding::Described};

/// What one team provides: resources, singletons, endpoints, processes without a URL, and what these are given.
#[derive(Default)]
pub struct Module {
    pub(crate) base: String,
    pub(crate) installation: bool,
    pub(crate) declared: Vec<Declared>,
    pub(crate) processes: Vec<(Result<Process, ShapeError>, TypeId)>,
    pub(crate) provided: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Module {
    /// An empty module whose paths begin with `base`, such as `/identity`; empty for none.
    #[must_use]
    pub fn new(base: &str) -> Self {
        Self { base: base.to_owned(), ..Self::default() }
    }

    /// Its processes touch the data of the installation, not of the caller's company.
    #[must_use]
    pub fn of_installation(mut self, _: &InstallationCapability) -> Self {
        self.installation = true;
        self
    }

    /// Adds a resource.
    #[must_use]
    pub fn resource<E: Entity>(mut self, resource: Resource<E>) -> Self {
        self.declared.push(resource.declare());
        self
    }

    /// Adds a singleton.
    #[must_use]
    pub fn singleton(mut self, singleton: Singleton) -> Self {
        self.declared.push(singleton.declare());
        self
    }

    /// Adds an endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Endpoint) -> Self {
        self.declared.push(endpoint.declare());
        self
    }

    /// Says that processes keep entities of a kind that no resource serves. What a program keeps is compared with what other
    /// versions of it read before anything is written, so an entity that is not declared can not be stored or found:
    /// `internal`.
    ///
    /// ```
    /// use enaction_core::{Id, Module};
    /// use enaction_macros::entity;
    ///
    /// /// How often something was done.
    /// #[entity(crate = enaction_core, "counters")]
    /// pub struct Counter {
    ///     pub id: Id<Counter>,
    ///     pub count: i64,
    /// }
    ///
    /// let module = Module::new("").keeps::<Counter>();
    /// # let _ = module;
    /// ```
    #[must_use]
    pub fn keeps<E: Entity>(mut self) -> Self {
        let collections = vec![DeclaredCollection::of_processes::<E>()];
        self.declared.push(Declared { collections, ..Declared::default() });
        self
    }

    /// Adds a process that has no URL, under a dotted name.
    #[must_use]
    pub fn process<P: Callable>(mut self, name: &str) -> Self {
        self.processes.push(((Described::new::<P>().make)(name), TypeId::of::<P>()));
        self
    }

    /// Gives processes something that they find by its type, with [`ReadContext::provided`](crate::ReadContext::provided).
    #[must_use]
    pub fn provide<T: Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.provided.insert(TypeId::of::<T>(), value);
        self
    }
}
