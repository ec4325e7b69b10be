//! Cursors: where a page ended, sealed to the list and the query that it is a page of.
//!
//! base64url of: a hash of all of it and of what it is a page of; the length of the id; the id; the key in the index,
//! without what the query says of it anyway. It holds nothing but what its reader was given, and does not decide whose data
//! is read; the hash tells mistakes and keeps no secret, so it is the standard library's with fixed keys: all servers of one
//! build agree, and a cryptographic one without a key would cost a tenth of a page and keep no secret either.

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{Fault, Result, catalogue};

const SEAL_BYTES: usize = size_of::<u64>();

/// What cursors belong to: a list of a scope, and what was asked of it.
#[derive(Clone)]
pub(crate) struct Seal(DefaultHasher);

impl Seal {
    pub(crate) fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hash = DefaultHasher::new();
        for part in parts {
            // With its length, so that no two lists of parts are the same bytes.
            hash.write_usize(part.len());
            hash.write(part);
        }
        Self(hash)
    }

    /// The cursor of a page that ends with this item. The key is empty in the order of ids.
    pub(crate) fn write(&self, key: &[u8], id: &str) -> String {
        let place = [&[u8::try_from(id.len()).unwrap_or(u8::MAX)], id.as_bytes(), key].concat();
        URL_SAFE_NO_PAD.encode([&self.bytes(&place), place.as_slice()].concat())
    }

    /// The key and the id of the item that a page ended with.
    ///
    /// # Errors
    /// `cursor_invalid` for what this list and query did not make.
    pub(crate) fn read(&self, cursor: &str) -> Result<(Vec<u8>, Arc<str>)> {
        self.parse(cursor).ok_or_else(|| Fault::from(catalogue::CURSOR_INVALID))
    }

    fn parse(&self, cursor: &str) -> Option<(Vec<u8>, Arc<str>)> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (seal, place) = bytes.split_at_checked(SEAL_BYTES)?;
        let (length, rest) = place.split_first()?;
        let (id, key) = rest.split_at_checked(usize::from(*length))?;
        let id = std::str::from_utf8(id).ok()?;
        (self.bytes(place) == seal).then(|| (key.to_vec(), id.into()))
    }

    fn bytes(&self, place: &[u8]) -> [u8; SEAL_BYTES] {
        let mut hash = self.0.clone();
        hash.write(place);
        hash.finish().to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_list_that_made_a_cursor_takes_it_and_only_whole() {
        let seal = |parts: &[&[u8]]| Seal::of(parts.iter().copied());
        let of = seal(&[b"c:acme", b"baskets"]);
        for (key, id) in [(&b""[..], "b1"), (b"\x00\xff\x05", "b1"), (b"k", "")] {
            let cursor = of.write(key, id);
            assert_eq!(of.read(&cursor).unwrap(), (key.to_vec(), id.into()));
            for other in [seal(&[b"c:rival", b"baskets"]), seal(&[b"c:acmeb", b"askets"]), seal(&[b"c:acme"])] {
                assert!(other.read(&cursor).is_err());
            }
            for at in 0..cursor.len() {
                assert!(of.read(&cursor[..at]).is_err(), "{cursor} up to {at}");
                for other in "Az09-_=.%".chars().filter(|other| !cursor[at..].starts_with(*other)) {
                    let tampered = format!("{}{other}{}", &cursor[..at], &cursor[at + 1..]);
                    assert!(of.read(&tampered).is_err(), "{tampered}");
                }
            }
        }
    }
}
