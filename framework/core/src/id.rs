//! Typed ids, the forms that they have, and the port that they are drawn from.

use std::{borrow::Cow, fmt, marker::PhantomData, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Time;

/// The id of an entity of type `T`: 1 to 64 of `A-Z a-z 0-9 _ ~ - .`, `.` not first. `Id::default()` means *draw one*:
/// the id is drawn when the entity is created.
///
/// ```
/// use enaction_core::Id;
/// struct Basket;
/// let id: Id<Basket> = "b-1".parse()?;
/// assert_eq!(id.as_str(), "b-1");
/// assert!("a/b".parse::<Id<Basket>>().is_err());
/// # Ok::<_, enaction_core::id::NotAnId>(())
/// ```
pub struct Id<T: ?Sized>(Arc<str>, PhantomData<fn() -> T>);

/// What the form of an id is, as a regular expression (used in schemas).
pub const ID_PATTERN: &str = "^[A-Za-z0-9_~-][A-Za-z0-9_~.-]{0,63}$";

/// Whether a text has the form of an id.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() <= 64
        && !text.starts_with('.')
        && !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'~' | b'-' | b'.'))
}

/// A text that has not the form of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read an id: expected 1 to 64 of A-Z a-z 0-9 _ ~ - . with no dot first")
    }
}

impl std::error::Error for NotAnId {}

impl<T: ?Sized> Id<T> {
    /// Its text; empty when it is still to be drawn.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its text, shared.
    #[must_use]
    pub fn text(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// Whether it is still to be drawn.
    #[must_use]
    pub fn is_unset(&self) -> bool {
        self.0.is_empty()
    }

    /// The same text as the id of something else.
    #[must_use]
    pub fn cast<U: ?Sized>(&self) -> Id<U> {
        Id(Arc::clone(&self.0), PhantomData)
    }

    /// An id that is known to have the form, such as one that a store held.
    pub(crate) fn known(text: Arc<str>) -> Self {
        Self(text, PhantomData)
    }
}

impl<T: ?Sized> std::str::FromStr for Id<T> {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if is_id(text) { Ok(Self(text.into(), PhantomData)) } else { Err(NotAnId) }
    }
}

impl<T: ?Sized> Default for Id<T> {
    fn default() -> Self {
        // The empty text of the standard library takes no memory.
        Self(Arc::default(), PhantomData)
    }
}

impl<T: ?Sized> Clone for Id<T> {
    fn clone(&self) -> Self {
        self.cast()
    }
}

impl<T: ?Sized> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: ?Sized> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<T: ?Sized> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: ?Sized> Eq for Id<T> {}

impl<T: ?Sized> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: ?Sized> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T: ?Sized> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T: ?Sized> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de, T: ?Sized> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Visitor(PhantomData))
    }
}

struct Visitor<T: ?Sized>(PhantomData<fn() -> T>);

impl<T: ?Sized> de::Visitor<'_> for Visitor<T> {
    type Value = Id<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Id<T>, E> {
        if text.is_empty() { Ok(Id::default()) } else { text.parse().map_err(E::custom) }
    }
}

impl<T: ?Sized> JsonSchema for Id<T> {
    fn schema_name() -> Cow<'static, str> {
        "Id".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 64, "pattern": ID_PATTERN })
    }
}

/// How an id is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdForm {
    /// UUID version 7 (RFC 9562), 36 characters: the default. Ids grow with time.
    Uuid7,
    /// A random UUID in Base32 (RFC 4648) without padding: 26 characters that can not be guessed.
    Random128Base32,
    /// Never drawn: the client gives it.
    Given,
}

impl IdForm {
    /// Draws an id from randomness and time; `None` where only clients give ids.
    #[must_use]
    pub fn draw(self, random: [u8; 16], now: Time) -> Option<Arc<str>> {
        match self {
            Self::Uuid7 => {
                let millis = u64::try_from(now.millis()).unwrap_or_default();
                let mut counter_random = [0; 10];
                counter_random.copy_from_slice(random.first_chunk::<10>()?);
                let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &counter_random).into_uuid();
                Some(Arc::from(&*uuid.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer())))
            }
            Self::Random128Base32 => {
                let uuid = uuid::Builder::from_random_bytes(random).into_uuid();
                let mut text = [0; 26];
                data_encoding::BASE32_NOPAD.encode_mut(uuid.as_bytes(), &mut text);
                Some(Arc::from(std::str::from_utf8(&text).ok()?))
            }
            Self::Given => None,
        }
    }
}

/// Where randomness comes from. Tests fix it.
pub trait IdSource: Send + Sync {
    /// 128 random bits.
    fn draw(&self) -> [u8; 16];
}

/// The randomness of the operating system, taken in blocks so that a draw costs no system call.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

const BLOCK: usize = 32;

thread_local! {
    static DRAWN: std::cell::RefCell<Vec<[u8; 16]>> = const { std::cell::RefCell::new(Vec::new()) };
}

impl IdSource for SystemIds {
    fn draw(&self) -> [u8; 16] {
        DRAWN.with_borrow_mut(|drawn| {
            drawn.pop().unwrap_or_else(|| {
                let mut block = [0; BLOCK * 16];
                // Without randomness there are no ids; the kernel has it from early boot on.
                while getrandom::fill(&mut block).is_err() {
                    std::thread::yield_now();
                }
                drawn.extend_from_slice(block.as_chunks::<16>().0);
                drawn.pop().unwrap_or_default()
            })
        })
    }
}
