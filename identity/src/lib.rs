//! The identity service of Enaction: it issues `id_token` and `site_token`, and keeps the companies, sites, people,
//! devices, clients, roles and memberships that they speak of. Built on the framework itself: everything is a process or
//! a resource of one module of the installation.
//!
//! An [`Identity`] gives the [`Module`](enaction::Module), and is the key source and the policy source of the
//! application that it runs in:
//!
//! ```
//! use std::sync::Arc;
//! use enaction::{Application, stores::MemoryStore};
//! use enaction_identity::{Identity, Settings};
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! let identity = Identity::new(Settings::new("http://127.0.0.1:8080/identity"));
//! let mut builder = Application::builder().policies(identity.policies());
//! let capability = builder.take_capability().ok_or("the capability was taken")?;
//! let application = builder.module(identity.module(&capability)).build(Arc::new(MemoryStore::default()))?;
//! identity.start(&application).await?;
//! # Ok(())
//! # }
//! ```

mod authentication;
mod bootstrap;
mod credential;
mod development;
mod endpoints;
mod faults;
mod founding;
mod handle;
mod keys;
mod policy;
mod resources;
mod revocation;
mod setting;
mod subject;
mod token;

pub use bootstrap::{
    AdministratorClient, Bootstrap, FirstCompany, Founded, NewAdministrator, NewCompany, NewSite, bootstrap,
};
pub use development::{
    DEVELOPMENT_CLIENT, DevelopmentClient, DevelopmentCompany, DevelopmentInstallation, DevelopmentSite, development,
    development_client,
};
pub use faults::*;
pub use handle::{Identity, Settings};
pub use resources::{
    AccountStatus, Client, ClientKind, ClientSecret, Company, Device, Me, MeCompany, MeSite, Member, Membership,
    Permission, Person, Role, RoleName, SYSTEM, Site,
};
