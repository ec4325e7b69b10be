//! The program of a service team: modules behind HTTP, on the embedded store, with identity elsewhere.

mod log;
mod policies;
mod program;

pub use log::log_to_stderr;
pub use policies::HttpPolicies;
pub use program::Service;
