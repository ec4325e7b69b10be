//! Enaction's words: processes and their registry, the convention table, Shape, faults, entities, ids, the unit of work,
//! and the ports that everything else plugs into. No server, no database.

pub mod application;
pub mod caller;
pub mod context;
pub mod entity;
mod evolution;
pub mod fault;
pub mod id;
pub mod keys;
pub mod layout;
pub mod limits;
pub mod patch;
mod policies;
pub mod process;
pub mod query;
pub mod resource;
pub mod schema;
pub mod secret;
pub mod sensitive;
pub mod shape;
pub mod store;
pub mod table;
pub mod time;

pub use application::{
    Application, Conditions, Failed, Mistakes, OWN_COLLECTIONS, Operation, Outcome, Repeatable, Sharing, States, Terms,
};
pub use caller::{Admission, Caller, Claims, Policy, PolicySource, Site, SitePolicy, SubjectKind};
pub use context::{Inside, InsideMut, OfCompany, ReadContext, WriteContext};
pub use entity::{Entity, Indexed, Page, Stored, Unique};
pub use evolution::{Document, Step, StepFunction};
pub use fault::{Fault, FaultCode, Kind, Result, Violation, catalogue};
pub use id::{Id, IdForm, IdSource, SystemIds};
pub use keys::{KeySetDocument, KeySource, TokenKind};
pub use patch::Patch;
pub use policies::KnownPolicies;
pub use process::{Answer, Callable, ClientAuthentication, Command, Described, Query};
pub use query::{Count, Fields, Listing, PageRequest};
pub use resource::{Endpoint, Members, Module, Resource, Singleton};
pub use secret::Secret;
pub use sensitive::Withheld;
pub use time::{Clock, SystemClock, Time};

/// Leave to touch the data of the whole installation. The application builder makes it once and hands it to those who
/// need it; there is no other way to a context or a store call of [`Scope::Installation`](store::Scope).
#[derive(Clone, Debug)]
pub struct InstallationCapability(());

impl InstallationCapability {
    /// Made by the application builder, once.
    #[must_use]
    pub(crate) fn made_by_the_application_builder() -> Self {
        Self(())
    }
}

/// For the code that the macros emit.
#[doc(hidden)]
pub mod __private {
    pub use schemars;
    pub use serde;
    pub use serde_json::{self, Value};

    pub use crate::{
        entity::Indexed,
        id::Id,
        plain_answer,
        process::{
            Body, Boxed, Description, Parameter, PlainAnswer, command_body, query_body, run_command, run_query,
            value_from, value_output,
        },
        query::list_part,
        schema::{Require, Schematic},
        store::IndexKey,
        table::Effect,
    };
}
