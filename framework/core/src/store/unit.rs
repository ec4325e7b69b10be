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

impl Scope {
    /// The scope of a text that [`Display`](fmt::Display) made; `None` for another.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        match text.strip_prefix("c:") {
            Some(company) => Some(Self::Company(company.into())),
            None => (text == "i").then_some(Self::Installation),
        }
    }
}

/// The place of a record within its scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The name of the collection.
    pub collection: &'static str,
    /// The id within it. It holds no zero character.
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
    /// The name of the index.
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

/// The index entries of a record, made anew from what is stored: of an index that came, or went, after the record was
/// written. Its version, when it was written and by whom stay as they are; so does what it says, unless its
/// representation is brought into another schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reindexed {
    /// Which.
    pub key: Key,
    /// The version that the entries were made from. Where the record has another now, or is gone, nothing is done and
    /// nothing is refused: who wrote it since wrote its entries too.
    pub version: u64,
    /// The schema version and the representation that it has from now on, the same thing said in another schema; `None`
    /// leaves both.
    pub rewritten: Option<(u16, Bytes)>,
    /// All index entries that it holds afterwards, as in [`Write::claims`].
    pub claims: Vec<Claim>,
}

/// Something that happened, kept with the commit. Nothing reads it yet.
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
    /// Records whose index entries are set anew; none that is written too, and each once.
    pub reindexed: Vec<Reindexed>,
    /// What happened.
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
            reindexed: Vec::new(),
            events: Vec::new(),
            validate_only: false,
        }
    }

    /// Whether a commit would check and change nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.scans.is_empty() && self.reindexed.is_empty() && !self.is_numbered()
    }

    /// Whether its commit has a number of its own: it writes records, or tells something. One that only sets index
    /// entries anew has none, because nothing carries it.
    #[must_use]
    pub fn is_numbered(&self) -> bool {
        !self.writes.is_empty() || !self.events.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_back_from_its_text_and_scopes_are_in_the_order_of_their_texts() {
        let company = |id: &str| Scope::Company(id.into());
        let in_order = [company(""), company("acme"), company("c:"), company("i"), company("é"), Scope::Installation];
        let texts = in_order.each_ref().map(ToString::to_string);
        assert!(in_order.is_sorted() && texts.is_sorted());
        for (scope, text) in in_order.into_iter().zip(texts) {
            assert_eq!(Scope::from_text(&text), Some(scope));
        }
        assert_eq!(["", "c", "ii", "C:acme"].map(Scope::from_text), [const { None }; 4]);
    }
}
