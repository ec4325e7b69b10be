//! The unit of work: everything that a command read and writes, committed whole or not at all.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::{Page, Range, Record};

/// Whose data a store call touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One company's.
    Company(Arc<str>),
    /// The installation's own. Only who was handed [`InstallationCapability`](crate::InstallationCapability) gets there.
    Installation,
}

impl fmt::Display for Scope {
    /// The text that stores put first in their keys: `c:<company>` or `i`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Company(company) => write!(f, "c:{company}"),
            Self::Installation => f.write_str("i"),
        }
    }
}

/// The place of a record within its scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The name of the collection.
    pub collection: &'static str,
    /// The id within it.
    pub id: Arc<str>,
}

/// A record that the unit read, with the version that it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadCheck {
    /// Which.
    pub key: Key,
    /// The version that it saw; 0 = absent.
    pub version: u64,
}

/// A scan that the unit made, with what it saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanCheck {
    /// What was scanned.
    pub range: Range,
    /// At most so many.
    pub limit: usize,
    /// Ids and versions, in the order of the index.
    pub seen: Vec<(Arc<str>, u64)>,
    /// Whether the scan said that there is more.
    pub more: bool,
}

impl ScanCheck {
    /// Whether a scan of the same range sees the same now.
    #[must_use]
    pub fn holds(&self, now: &Page) -> bool {
        self.more == now.more
            && self.seen.len() == now.items.len()
            && self
                .seen
                .iter()
                .zip(&now.items)
                .all(|((id, version), item)| *id == item.id && *version == item.record.version)
    }
}

/// An index entry: at most one id may hold a unique one. Ids of one index and key are in order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim {
    /// The name of the index, `<collection>.<member>`.
    pub index: &'static str,
    /// Order-preserving bytes, see [`IndexKey`](super::IndexKey).
    pub key: Vec<u8>,
    /// Whether a second holder is refused.
    pub unique: bool,
}

/// One record to write or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Which.
    pub key: Key,
    /// The version that it must still have; 0 = absent.
    pub expected: u64,
    /// The new record, its `version` ignored; `None` removes it.
    pub record: Option<Record>,
    /// All index entries that it holds afterwards; those that it held before and that are not here go.
    pub claims: Vec<Claim>,
}

/// Something that happened, told to others after the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its dotted name.
    pub name: &'static str,
    /// Its JSON.
    pub body: Bytes,
}

/// Everything that a command read and writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Whose data.
    pub scope: Scope,
    /// Records that must still have the version that was seen.
    pub reads: Vec<ReadCheck>,
    /// Scans that must still see the same.
    pub scans: Vec<ScanCheck>,
    /// Records to write, at most one per key.
    pub writes: Vec<Write>,
    /// What to tell.
    pub events: Vec<Event>,
    /// Everything is checked as for a commit, and nothing is written.
    pub validate_only: bool,
}

impl Unit {
    /// A unit without reads and writes.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            reads: Vec::new(),
            scans: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
            validate_only: false,
        }
    }

    /// Whether a commit would check and change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.scans.is_empty() && self.writes.is_empty() && self.events.is_empty()
    }
}
