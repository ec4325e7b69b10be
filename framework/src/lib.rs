//! A REST framework for teams that build services: write **processes**, plain async functions that know nothing of HTTP,
//! and get everything else, the same way in every service: the convention table, the two tokens, validation, storage,
//! documents, errors.
//!
//! ```
//! use enaction::prelude::*;
//!
//! /// What is to be bought.
//! #[entity("notes")]
//! pub struct Note {
//!     pub id: Id<Note>,
//!     #[validate(length(max = 200))]
//!     pub text: String,
//! }
//!
//! /// Everything that the service answers.
//! pub fn module() -> Module {
//!     Module::new("").resource(Resource::<Note>::stored())
//! }
//! ```
//!
//! `Service::new().module(module()).main()` serves it, with tokens checked against an identity service.

mod data_directory;
#[cfg(feature = "service")]
mod service;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use data_directory::{DataDirectory, DataDirectoryError, read_private};
pub use enaction_core::{
    Admission, Answer, Application, Callable, Caller, Claims, ClientAuthentication, Clock, Command, Conditions,
    Described, Document, Endpoint, Entity, Fault, FaultCode, Id, IdForm, IdSource, Indexed, Inside, InsideMut,
    InstallationCapability, KeySetDocument, KeySource, Kind, KnownPolicies, Listing, Members, Mistakes, Module,
    Operation, Page, PageRequest, Patch, Policy, PolicySource, Query, ReadContext, Resource, Result, Secret, Singleton,
    Site, SitePolicy, States, Step, Stored, SubjectKind, SystemClock, SystemIds, Terms, Time, TokenKind, Unique,
    Violation, Withheld, WriteContext, application, caller, catalogue, faults, limits, patch, process as processes,
    resource, store, table,
};
pub use enaction_macros::{entity, flags, process, value};
#[cfg(feature = "service")]
pub use service::{
    HttpPolicies, Service, StoreArguments, StoreCheck, StoreCommand, StoreLocation, StoreSettings, Stores,
    log_to_stderr,
};

#[doc(hidden)]
pub use enaction_core::__private;

pub use enaction_contract as contract;
#[cfg(feature = "server")]
pub use enaction_rest as rest;
pub use enaction_stores as stores;
pub use enaction_tokens as tokens;

/// What a service team writes most.
pub mod prelude {
    pub use enaction_core::{
        Caller, Document, Entity, Fault, Id, Members, Module, Page, PageRequest, Patch, ReadContext, Resource, Result,
        Singleton, Stored, Time, Violation, WriteContext, faults,
    };
    pub use enaction_macros::{entity, flags, process, value};
}
