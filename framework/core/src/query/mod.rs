//! Declared queries: which orders a collection has, what can be asked of them, and the cursors that walk them.

mod condition;
mod cursor;
mod fields;
mod listing;
mod plan;
mod queries;
mod request;
mod text;

pub use fields::Fields;
pub use listing::{Listing, list_part};
pub(crate) use request::{BY_OFFSET, Selection, Window};
pub use request::{Count, PageRequest};

pub(crate) use cursor::Seal;
pub(crate) use listing::mistakes;
pub(crate) use plan::{Plan, Span};
pub(crate) use queries::Queries;
pub(crate) use text::{filter_name, read_filters, split_at_commas};
