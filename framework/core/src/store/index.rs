//! Index keys: bytes whose order is the order of the values that they were made of, so that all stores agree on it.

/// Builds an order-preserving key from parts. Parts compare one after the other; a key that is a prefix of another
/// comes first. Absent comes before every value.
///
/// ```
/// use enaction_core::store::IndexKey;
/// let key = |name: &str, n: i64| IndexKey::default().text(name).integer(n).into_bytes();
/// assert!(key("a", 2) < key("a", 10));
/// assert!(key("a", 10) < key("a\0", -1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexKey(Vec<u8>);

const ABSENT: u8 = 0x01;
const FALSE: u8 = 0x02;
const TRUE: u8 = 0x03;
const INTEGER: u8 = 0x04;
const TEXT: u8 = 0x05;

impl IndexKey {
    /// Appends an absent value.
    #[must_use]
    pub fn absent(mut self) -> Self {
        self.0.push(ABSENT);
        self
    }

    /// Appends a truth value; false comes first.
    #[must_use]
    pub fn truth(mut self, value: bool) -> Self {
        self.0.push(if value { TRUE } else { FALSE });
        self
    }

    /// Appends an integer.
    #[must_use]
    pub fn integer(mut self, value: i64) -> Self {
        self.0.push(INTEGER);
        self.0.extend_from_slice(&(value.cast_unsigned() ^ (1 << 63)).to_be_bytes());
        self
    }

    /// Appends a text, in the order of its UTF-8 bytes. A zero byte is written as `00 FF`, the end as `00 00`.
    #[must_use]
    pub fn text(mut self, value: &str) -> Self {
        self.0.push(TEXT);
        for byte in value.bytes() {
            self.0.push(byte);
            if byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.extend_from_slice(&[0, 0]);
        self
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// The least key that is greater than every key with this prefix; `None` when there is none.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix.get(..=last)?.to_vec();
    if let Some(byte) = end.last_mut() {
        *byte += 1;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key((name, n, flag): &(Option<String>, i64, bool)) -> Vec<u8> {
        let key = IndexKey::default();
        let key = match name {
            Some(name) => key.text(name),
            None => key.absent(),
        };
        key.integer(*n).truth(*flag).into_bytes()
    }

    proptest! {
        #[test]
        fn keys_compare_as_the_values_that_they_were_made_of(
            a in (proptest::option::of("[\0a-c\u{10ffff}]{0,4}"), any::<i64>(), any::<bool>()),
            b in (proptest::option::of("[\0a-c\u{10ffff}]{0,4}"), any::<i64>(), any::<bool>()),
        ) {
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
        }

        #[test]
        fn a_prefix_ends_behind_everything_that_begins_with_it(prefix: Vec<u8>, rest: Vec<u8>, other: Vec<u8>) {
            let longer = [prefix.clone(), rest].concat();
            match prefix_end(&prefix) {
                Some(end) => {
                    prop_assert!(longer < end);
                    prop_assert_eq!(other.starts_with(&prefix), prefix <= other && other < end);
                }
                None => prop_assert!(prefix.iter().all(|byte| *byte == 0xff)),
            }
        }
    }
}
