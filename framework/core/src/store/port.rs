//! What every store does. One contract suite (crate `enaction-stores`) holds all of them to it.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Key, Record, Scope, Unit};

/// A part of an index or of a collection, in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Range {
    /// The ids of a collection, in the order of their bytes, behind `after` when given.
    Ids {
        /// The collection.
        collection: &'static str,
        /// All ids must begin with this; empty for all.
        prefix: Arc<str>,
        /// Ids up to and including this one are left out.
        after: Option<Arc<str>>,
    },
    /// The entries of an index from one key (inclusive) to another (exclusive), by key and then by id. Unique claims
    /// are entries too: who holds one is a scan of its key.
    Entries {
        /// The index.
        index: &'static str,
        /// The collection that the ids belong to.
        collection: &'static str,
        /// First key, inclusive.
        from: Vec<u8>,
        /// Last key, exclusive; `None` for no end.
        to: Option<Vec<u8>>,
        /// Entries up to and including this key and id are left out.
        after: Option<(Vec<u8>, Arc<str>)>,
    },
}

/// One item of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: Arc<str>,
    /// Its record.
    pub record: Record,
}

/// What a scan found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// At most the limit, in order.
    pub items: Vec<Found>,
    /// Whether the range holds more behind the last item.
    pub more: bool,
}

/// A unit was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The number of the commit: the version of everything that it wrote. No other commit ever has it, and the version of
    /// a record grows for as long as the record is there; one that is removed and created again at the same time may get a
    /// smaller one than it had. The latest number when the unit wrote and told nothing ([`Unit::is_numbered`]).
    pub version: u64,
}

/// A unit was not committed; nothing of it is there, except after `Unknown`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// Something that the unit read, or expects, has changed: the keys that conflict (empty when only a scan did).
    Stale(Vec<Key>),
    /// Another record holds a unique claim: the index.
    Taken(&'static str),
    /// A key to create exists, while everything that was read still holds.
    Exists(Key),
    /// The store has no room; nothing was written.
    Full,
    /// The store can not be reached; nothing was written.
    Unavailable(String),
    /// The store did not say whether it committed.
    Unknown(String),
}

/// A read that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreError {
    /// The store can not be reached.
    Unavailable(String),
    /// What is stored can not be read.
    Damaged(String),
    /// The program that announces itself was silent for too long: the others went on without it. They hear it again from now
    /// on, and it may commit again when it has announced itself once more.
    Silent,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "reach the store: {why}"),
            Self::Damaged(why) => write!(f, "read what is stored: {why}"),
            Self::Silent => f.write_str("go on as before: this program was silent for too long"),
        }
    }
}

impl std::error::Error for StoreError {}

/// What one program says to the others that use the same store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The program that runs: drawn at its start, another at each.
    pub program: Arc<str>,
    /// What the others must know of it.
    pub says: Bytes,
}

/// A store. Every call carries a scope; no call sees or changes another scope's data.
///
/// A `get`, a `scan` or a `count` sees one committed state. A `commit` is checked and applied atomically, and it is durable when it
/// returns `Ok`. Checks come in this order: reads, scans and the expected versions of writes (`Stale`); a write that
/// expects its key to be absent, where the unit did not read that key itself (`Exists`); unique claims, also of what is
/// reindexed (`Taken`).
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The records of these keys, in their order, `None` for those that are not there.
    async fn get(&self, scope: &Scope, keys: &[Key]) -> Result<Vec<Option<Record>>, StoreError>;

    /// The first `limit` records of a range, and whether there are more.
    async fn scan(&self, scope: &Scope, range: &Range, limit: usize) -> Result<Page, StoreError>;

    /// How many records a [`scan`](Self::scan) of the range finds, at most `limit`; none of them is read.
    async fn count(&self, scope: &Scope, range: &Range, limit: usize) -> Result<usize, StoreError>;

    /// The scopes that hold a record, in order of their text, at most `limit` and those behind `after`. What it costs
    /// depends on the number of scopes that it gives, not on what they hold.
    async fn scopes(&self, after: Option<&Scope>, limit: usize) -> Result<Vec<Scope>, StoreError>;

    /// Says that this program uses the store, and what the others must know of it; gives what every program says that may write
    /// now, this one's words among them. Of two that say so at the same time at least one hears the other. Called again every
    /// few seconds: a program that is silent for longer than a store's own limit is taken for gone, and from then on the store
    /// refuses what it commits until it is announced again: that announcement is [`StoreError::Silent`], and the one behind it
    /// lets the program commit again, which has to make nothing of what it agreed with the others before. A store that one
    /// program holds alone, which is the default, gives that program's words back.
    async fn announce(&self, own: &Announcement) -> Result<Vec<Announcement>, StoreError> {
        Ok(vec![own.clone()])
    }

    /// Whether it takes reads and commits, as far as it knows without trying. A store that recovers from a failure says so
    /// here until it has.
    async fn ready(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Waits until a program that uses the store wrote to one of these collections, in whatever scope, after this was called;
    /// for ever where the store can not tell, which is the default. It may miss a write, and tell of one that was none: who
    /// waits looks by itself every few seconds, and sooner by this.
    async fn changed(&self, _collections: &[&'static str]) {
        std::future::pending().await
    }

    /// Commits a unit. When the future is dropped the unit may or may not be committed, never in part.
    async fn commit(&self, unit: Unit) -> Result<Committed, Refusal>;
}
