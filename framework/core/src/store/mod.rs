//! The store port: what a store must do, and the words of the unit of work.

mod index;
mod port;
mod record;
mod scalar;
mod unit;

pub(crate) use index::INDEX_KEYS;
pub use index::{INDEX_TEXT_CHARS, IndexKey, prefix_end};
pub use port::{Announcement, Committed, Found, Page, Range, Refusal, Store, StoreError};
pub use record::{Record, RecordError};
pub use unit::{Claim, Event, Key, ReadCheck, Reindexed, ScanCheck, Scope, Unit, Write};
