//! What the tests of several crates share: the workspace on disk, callers, and stores in front of others.

pub mod caller;
pub mod files;
pub mod store;
