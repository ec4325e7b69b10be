//! The program of a service team: modules behind HTTP, on the embedded store, with identity elsewhere.

mod policies;
mod program;

pub use policies::HttpPolicies;
pub use program::Service;
