//! The program of a service team: modules behind HTTP, on a store, with identity elsewhere.

mod log;
mod policies;
mod program;
mod store_arguments;
mod store_command;
mod store_location;

pub use log::log_to_stderr;
pub use policies::HttpPolicies;
pub use program::Service;
pub use store_arguments::{StoreArguments, Stores};
pub use store_command::{StoreCheck, StoreCommand};
pub use store_location::{StoreLocation, StoreSettings};
