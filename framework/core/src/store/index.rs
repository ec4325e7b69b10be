//! Index keys: bytes whose order is the order of the values that they were made of, so that all stores agree on it.

use serde::Serialize;
use serde_json::{Number, Value};

use super::scalar;

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

/// So many characters of a text count for the order of a list: more than a filter may hold, so that equal is equal.
pub const INDEX_TEXT_CHARS: usize = 129;

/// How keys are made of values. Raised with every change of it: what is kept of an index names the version of its keys, so
/// that an index of other keys is built anew.
pub(crate) const INDEX_KEYS: u32 = 1;

const ABSENT: u8 = 0x01;
const FALSE: u8 = 0x02;
const TRUE: u8 = 0x03;
const INTEGER: u8 = 0x04;
const TEXT: u8 = 0x05;
const NUMBER: u8 = 0x06;

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
        self.0.reserve(value.len() + 3);
        self.0.push(TEXT);
        let mut parts = value.as_bytes().split(|byte| *byte == 0);
        self.0.extend_from_slice(parts.next().unwrap_or_default());
        for part in parts {
            self.0.extend_from_slice(&[0, 0xff]);
            self.0.extend_from_slice(part);
        }
        self.0.extend_from_slice(&[0, 0]);
        self
    }

    /// Appends a JSON scalar as a list orders it: null is absent, numbers are in one order whatever they are written as,
    /// and the first [`INDEX_TEXT_CHARS`] characters of a text count. Lists and objects have no order: they stand as absent.
    #[must_use]
    pub fn scalar(self, value: &Value) -> Self {
        match value {
            Value::Bool(value) => self.truth(*value),
            Value::Number(value) => self.number(value),
            Value::String(text) => self.text_of_list(text),
            Value::Null | Value::Array(_) | Value::Object(_) => self.absent(),
        }
    }

    /// Appends what [`scalar`](Self::scalar) appends for the JSON of a value.
    #[must_use]
    pub(crate) fn scalar_of(mut self, value: &impl Serialize) -> Self {
        /// Room for most keys of lists, so that they are made without moving.
        const KEY_BYTES: usize = 64;
        if self.0.capacity() == 0 {
            self.0.reserve(KEY_BYTES);
        }
        match scalar::append(&mut self, value) {
            Some(()) => self,
            None => {
                // A float is what its text says, which is what filters are compared with: an `f32` of 0.1 is another
                // `f64` in memory.
                let text = serde_json::to_vec(value).unwrap_or_default();
                self.scalar(&serde_json::from_slice(&text).unwrap_or_default())
            }
        }
    }

    /// As much of a text as counts for the order of a list.
    pub(super) fn text_of_list(self, text: &str) -> Self {
        if text.len() <= INDEX_TEXT_CHARS {
            return self.text(text);
        }
        let end = text.char_indices().nth(INDEX_TEXT_CHARS).map_or(text.len(), |(end, _)| end);
        self.text(text.get(..end).unwrap_or_default())
    }

    /// Appends what `part` appends, in the opposite order.
    #[must_use]
    pub fn descending(mut self, part: impl FnOnce(Self) -> Self) -> Self {
        let before = self.0.len();
        self = part(self);
        self.0.iter_mut().skip(before).for_each(|byte| *byte = !*byte);
        self
    }

    /// The nearest float, and how far the number is from it: nothing but a large integer is.
    pub(super) fn number(mut self, value: &Number) -> Self {
        let exact = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from));
        // Both zeros are one.
        let nearest = value.as_f64().unwrap_or_default() + 0.0;
        let away = exact.map_or(0, |exact| exact - nearest as i128);
        let bits = nearest.to_bits();
        let ordered = if nearest.is_sign_negative() { !bits } else { bits | (1 << 63) };
        self.0.push(NUMBER);
        self.0.extend_from_slice(&ordered.to_be_bytes());
        // Integers of 64 bits are at most 1,024 away.
        let away = i16::try_from(away).unwrap_or_default();
        self.0.extend_from_slice(&(away.cast_unsigned() ^ (1 << 15)).to_be_bytes());
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

    /// In the order of a list.
    fn numbers() -> Vec<Value> {
        let wide = 1_u64 << 60;
        serde_json::from_str::<Vec<Value>>(&format!(
            "[-1e300, -18446744073709551616, {}, {}, -1.5, -1, -0.5, -0.0, 0.5, 1, 1.5, 2, 9007199254740992,
              9007199254740993, {wide}, {}, 9223372036854775807, 9223372036854775808, 18446744073709551615, 1e300]",
            i64::MIN,
            i64::MIN + 1,
            wide + 1
        ))
        .unwrap()
    }

    #[test]
    fn numbers_are_in_one_order_whatever_they_are_written_as() {
        let keys: Vec<_> = numbers().iter().map(|one| IndexKey::default().scalar(one).into_bytes()).collect();
        for (at, pair) in keys.windows(2).enumerate() {
            assert!(pair[0] < pair[1], "{} and {}", numbers()[at], numbers()[at + 1]);
        }
        for (one, other) in
            [("1", "1.0"), ("0", "-0.0"), ("1e2", "100"), ("1152921504606846976", "1152921504606846976.0")]
        {
            let key = |text: &str| IndexKey::default().scalar(&serde_json::from_str(text).unwrap());
            assert_eq!(key(one), key(other), "{one}");
        }
    }

    fn scalars() -> impl Strategy<Value = Value> {
        let numbers = proptest::sample::select(numbers());
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            numbers,
            "[\0a-c\u{10ffff}]{0,4}".prop_map(Value::from)
        ]
    }

    proptest! {
        #[test]
        fn a_part_that_descends_has_the_opposite_order(a in scalars(), b in scalars(), rest: (u8, u8)) {
            let up = |value: &Value| IndexKey::default().scalar(value).into_bytes();
            let down = |value: &Value, rest| {
                let key = IndexKey::default().descending(|key| key.scalar(value));
                key.integer(rest).into_bytes()
            };
            let expected = up(&b).cmp(&up(&a)).then(rest.0.cmp(&rest.1));
            prop_assert_eq!(down(&a, rest.0.into()).cmp(&down(&b, rest.1.into())), expected);
        }
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
