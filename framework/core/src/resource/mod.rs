//! Resources: a collection and its items under one path, declared once.

mod above;
mod alias;
mod beside;
mod binding;
mod builder;
mod change;
mod declaration;
mod declare;
mod elements;
mod endpoint;
mod kept;
mod members;
mod module;
mod patched;
mod property;
mod respond;
mod sent;
mod singleton;
mod stored;
mod whole;

pub use beside::{BATCH, PARAMETER as BATCH_PARAMETER, SEARCH};
pub(crate) use binding::Replacement;
pub use builder::Resource;
pub(crate) use declaration::DeclaredCollection;
pub use declaration::{Declaration, Declared};
pub use endpoint::{Endpoint, EndpointBody, EndpointForm, ErrorFormat};
pub use members::Members;
pub use module::Module;
pub use singleton::Singleton;
