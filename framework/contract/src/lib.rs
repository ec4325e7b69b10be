//! The table in, documents out: every operation of an application with its schemas and an example.

mod example;
mod module;
mod operation;
mod pattern;
mod query;

pub use example::{example, example_path};
pub use module::module;
pub use operation::{BodyDocument, OperationDocument, documents};
