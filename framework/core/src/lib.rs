//! Enaction's words: processes and their registry, the convention table, Shape, faults, entities, ids, the unit of work,
//! and the ports that everything else plugs into. No server, no database.

pub mod caller;
pub mod fault;
pub mod id;
pub mod keys;
pub mod shape;
pub mod store;
pub mod time;

pub use caller::{Caller, Claims, Policy, PolicySource, Site, SitePolicy, SubjectKind};
pub use fault::{Fault, FaultCode, Kind, Result, Violation, catalogue};
pub use id::{Id, IdForm, IdSource, SystemIds};
pub use keys::{KeySetDocument, KeySource, TokenKind};
pub use time::{Clock, SystemClock, Time};

/// Leave to touch the data of the whole installation. The application builder makes it once and hands it to those who
/// need it; there is no other way to a context or a store call of [`Scope::Installation`](store::Scope).
#[derive(Clone, Debug)]
pub struct InstallationCapability(());

impl InstallationCapability {
    /// Made by the application builder, once. A test looks for every call of this.
    #[doc(hidden)]
    #[must_use]
    pub fn made_by_the_application_builder() -> Self {
        Self(())
    }
}
