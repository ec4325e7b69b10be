//! What the tests of several crates share: the workspace on disk, callers, and applications without a server.

pub mod caller;
pub mod files;
