//! Resources: a collection and its items under one path, declared once.

mod builder;
mod change;
mod declaration;
mod endpoint;
mod members;
mod module;
mod patched;
mod property;
mod respond;
mod singleton;
mod stored;

pub(crate) use builder::Replacement;
pub use builder::Resource;
pub use declaration::{Declaration, Declared};
pub use endpoint::{Endpoint, EndpointBody, EndpointForm, ErrorFormat};
pub use members::Members;
pub use module::Module;
pub use singleton::Singleton;
