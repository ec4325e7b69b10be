//! Which schemas a collection holds, as it is kept: so that a program which does not know one of them refuses the store.

use serde::{Deserialize, Serialize};

use crate::{
    Result, Time, catalogue,
    store::{Key, Record, Write},
};

use super::Indexing;

pub(super) const COLLECTION: &str = "schemas";

/// The schemas of the records of one collection. Where nothing is kept all of them are of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schemas {
    /// The latest that a record may be of: kept before the first one is written.
    pub(super) written: u16,
    /// A later one, that will be when every program is known to read it; 0 for none.
    #[serde(default)]
    pub(super) next: u16,
    /// A walk brought every record to at least this one. Nothing but the next walk depends on it.
    pub(super) whole: u16,
}

impl Default for Schemas {
    fn default() -> Self {
        Self { written: 1, next: 0, whole: 1 }
    }
}

impl Schemas {
    /// What a record of it says.
    ///
    /// # Errors
    /// `internal` when it can not be read: a program that does not know what is stored must not write.
    pub(super) fn of(record: Option<&Record>) -> Result<Self> {
        let Some(record) = record else { return Ok(Self::default()) };
        let read = serde_json::from_slice(&record.body);
        read.map_err(|_| catalogue::INTERNAL.because("what is kept of the schemas of a collection can not be read"))
    }

    /// What becomes of it where every announced program reads up to `least`, this one up to `own`. Raised is only what stood there as
    /// the next one from before the programs were heard: `stood` says that nobody wrote it since.
    pub(super) fn heard(self, stood: bool, least: u16, own: u16) -> Self {
        let mut now = self;
        if now.next > own {
            // Who wanted it has not heard of this program.
            now.next = 0;
        }
        if least > now.written {
            (now.written, now.next) = if stood && self.next == least { (least, 0) } else { (now.written, least) };
        }
        now
    }

    pub(super) fn key(one: &Indexing) -> Key {
        Key { collection: COLLECTION, id: one.collection.into() }
    }

    pub(super) fn write(self, one: &Indexing, before: Option<&Record>, at: Time) -> Write {
        let body = serde_json::to_vec(&self).unwrap_or_default().into();
        let record = Record { schema_version: 1, version: 0, at, by: bytes::Bytes::new(), body };
        let expected = before.map_or(0, |record| record.version);
        Write { key: Self::key(one), expected, record: Some(record), claims: Vec::new() }
    }
}
