//! Patches: what a client wants to be different.
//!
//! - `change`: [`Change`]s of places of a document, and how they are made
//! - `merge`: the merge patch (RFC 7396)
//! - `operations`: the JSON Patch (RFC 6902)
//! - `of`: [`Patch`], as a process takes it

#[cfg(test)]
mod cases;
mod change;
mod merge;
mod of;
mod operations;

pub use change::{Change, Step, apply, find};
pub use merge::merge;
pub use of::Patch;
pub(crate) use of::{LIST_MARK, PATCH_MARK};
pub use operations::Operations;
