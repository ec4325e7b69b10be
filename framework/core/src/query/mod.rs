//! Declared queries: which orders a collection has, and what can be asked of them.

mod listing;

pub(crate) use listing::mistakes;
pub use listing::{Listing, list_part};
