//! A stored record: a head of fixed form, and the canonical JSON of the entity behind it.

use std::fmt;

use bytes::Bytes;

use crate::Time;

const FORMAT: u8 = 1;
const FIXED: usize = 1 + 2 + 8 + 8 + 2;

/// What a store keeps of one entity.
///
/// Encoded: format (1 byte), schema version (2), version (8), when in milliseconds (8), length of who (2), who,
/// representation. Integers are big-endian.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The schema that the representation was written with.
    pub schema_version: u16,
    /// The number of the commit that wrote it; 0 while it is pending.
    pub version: u64,
    /// When it was written.
    pub at: Time,
    /// The subject that wrote it.
    pub by: Bytes,
    /// The canonical JSON representation.
    pub body: Bytes,
}

/// Stored bytes that are no record, or one of a format that this program does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordError;

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read a stored record: its format is not known to this version")
    }
}

impl std::error::Error for RecordError {}

impl Record {
    /// The bytes that a store keeps, as written by the commit `version`.
    #[must_use]
    pub fn encode(&self, version: u64) -> Bytes {
        let by = self.by.get(..self.by.len().min(usize::from(u16::MAX))).unwrap_or_default();
        let mut bytes = Vec::with_capacity(FIXED + by.len() + self.body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.schema_version.to_be_bytes());
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(&self.at.millis().to_be_bytes());
        bytes.extend_from_slice(&u16::try_from(by.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend_from_slice(by);
        bytes.extend_from_slice(&self.body);
        bytes.into()
    }

    /// Reads what [`encode`](Self::encode) wrote; the parts share the bytes.
    ///
    /// # Errors
    /// When the bytes are too short or of another format.
    pub fn decode(bytes: &Bytes) -> Result<Self, RecordError> {
        let head: &[u8; FIXED] = bytes.first_chunk().ok_or(RecordError)?;
        let [format, s0, s1, rest @ ..] = head;
        let (version, rest) = rest.split_first_chunk().ok_or(RecordError)?;
        let (at, rest) = rest.split_first_chunk().ok_or(RecordError)?;
        let by_len = usize::from(u16::from_be_bytes(*rest.first_chunk().ok_or(RecordError)?));
        if *format != FORMAT || bytes.len() < FIXED + by_len {
            return Err(RecordError);
        }
        Ok(Self {
            schema_version: u16::from_be_bytes([*s0, *s1]),
            version: u64::from_be_bytes(*version),
            at: Time::from_millis(i64::from_be_bytes(*at)),
            by: bytes.slice(FIXED..FIXED + by_len),
            body: bytes.slice(FIXED + by_len..),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_record_reads_back_as_it_was_written(
            schema_version: u16, version: u64, at: i64, by in "[a-z0-9-]{0,64}", body: Vec<u8>,
        ) {
            let record = Record { schema_version, version, at: Time::from_millis(at), by: by.into(), body: body.into() };
            prop_assert_eq!(Record::decode(&record.encode(version)), Ok(record));
        }

        #[test]
        fn any_bytes_are_a_record_or_refused(bytes: Vec<u8>) {
            let _ = Record::decode(&Bytes::from(bytes));
        }
    }
}
