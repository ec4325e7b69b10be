//! Entities: what a collection stores, and how one looks in the hands of a process.

use std::{fmt, ops::Deref, sync::Arc};

use bytes::Bytes;
use serde::{Serialize, Serializer, de::DeserializeOwned};
use serde_json::value::RawValue;

use crate::{
    Id, IdForm, Result, Step, Time, Violation, catalogue,
    context::Place,
    query::{Count, Listing},
    schema::Schematic,
    store::{Claim, IndexKey, Record},
};

/// What a collection stores. `#[entity("baskets")]` writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an entity",
    note = "write `#[entity(\"collection\")]` above the struct; it needs a member `id: Id<Self>`"
)]
pub trait Entity: Serialize + DeserializeOwned + Schematic + Default + Clone + Send + Sync + 'static {
    /// The collection, which is also its first path segment.
    const COLLECTION: &'static str;
    /// How ids are drawn.
    const ID_FORM: IdForm = IdForm::Uuid7;
    /// Whether a client may give the id on POST.
    const ID_MAY_BE_GIVEN: bool = true;
    /// Whether, within the installation's scope, each record belongs to one company.
    const OWNED_BY_COMPANY: bool = false;
    /// The version of the schema that it is written with: one more than it has steps.
    const SCHEMA_VERSION: u16 = 1;
    /// The steps from the first schema to this one, in order.
    const STEPS: &'static [Step] = &[];
    /// Its names of unique members, as serialised, each the last part of an index name.
    const UNIQUE: &'static [Unique] = &[];
    /// The orders in which its collection can be listed, each one index.
    const LISTS: &'static [Listing] = &[];

    /// Its id; unset when it is still to be drawn.
    fn id(&self) -> &Id<Self>;
    /// Sets the id.
    fn set_id(&mut self, id: Id<Self>);
    /// When it was created.
    fn created(&self) -> Time;
    /// When it was last changed.
    fn modified(&self) -> Time;
    /// Sets both times.
    fn set_times(&mut self, created: Time, modified: Time);
    /// Writes the company that it belongs to into the member that says so.
    fn set_company(&mut self, company: &str) {
        let _ = company;
    }
    /// The values of its unique members, in the order of [`UNIQUE`](Self::UNIQUE); absent ones claim nothing.
    fn unique_values(&self) -> Vec<Option<IndexKey>> {
        Vec::new()
    }
    /// Where it stands in each of [`LISTS`](Self::LISTS), in their order. What is absent stands there as absent.
    fn list_keys(&self) -> Vec<IndexKey> {
        Vec::new()
    }
    /// Rules that a schema can not say: the functions of `#[validate(schema(function = ..))]`.
    fn violations(&self) -> Vec<Violation> {
        Vec::new()
    }
}

/// A member whose value only one entity may have, within the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unique {
    /// `<collection>.<member>`; `<collection>#<version>.<member>` where a later schema than the first changed the member.
    pub index: &'static str,
    /// The member as serialised.
    pub member: &'static str,
    /// Whether, for what belongs to companies within the installation's scope, no other company may have it either.
    pub installation: bool,
    /// The [`Indexed::VERSION`] of the member.
    pub version: u32,
}

/// A value that can stand in an index.
pub trait Indexed {
    /// Raise it when the same value gets another key than before: then its indexes are built anew. It is 0 where the value's
    /// JSON alone says the key, as for texts and integers; entries in such an index are also written by programs on the same
    /// store that do not declare it.
    const VERSION: u32 = 1;

    /// Its key; `None` when there is nothing to index.
    fn index_key(&self) -> Option<IndexKey>;
}

impl Indexed for str {
    const VERSION: u32 = 0;

    fn index_key(&self) -> Option<IndexKey> {
        (!self.is_empty()).then(|| IndexKey::default().text(self))
    }
}

impl Indexed for String {
    const VERSION: u32 = 0;

    fn index_key(&self) -> Option<IndexKey> {
        self.as_str().index_key()
    }
}

impl<T> Indexed for Id<T> {
    const VERSION: u32 = 0;

    fn index_key(&self) -> Option<IndexKey> {
        self.as_str().index_key()
    }
}

impl Indexed for i64 {
    const VERSION: u32 = 0;

    fn index_key(&self) -> Option<IndexKey> {
        Some(IndexKey::default().integer(*self))
    }
}

impl<T: Indexed> Indexed for Option<T> {
    const VERSION: u32 = T::VERSION;

    fn index_key(&self) -> Option<IndexKey> {
        self.as_ref().and_then(T::index_key)
    }
}

/// Everything that an entity holds in indexes: its unique values, and its place in every list.
pub(crate) fn claims<E: Entity>(entity: &E, place: Place<'_>) -> Vec<Claim> {
    let unique = E::UNIQUE.iter().zip(entity.unique_values()).filter_map(|(unique, key)| {
        Some(Claim { index: unique.index, key: place.unique_key(unique, key?.into_bytes()), unique: true })
    });
    let listed = E::LISTS.iter().zip(entity.list_keys()).map(|(listing, key)| Claim {
        index: listing.index,
        key: place.index_key(key.into_bytes()),
        unique: false,
    });
    unique.chain(listed).collect()
}

/// An entity as it is stored: the value, its representation, and its version. It derefs to the value.
#[derive(Clone)]
pub struct Stored<E> {
    entity: E,
    raw: Raw,
}

/// The representation of an entity and its version, unparsed: what goes from the store to the socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raw {
    /// The id.
    pub id: Arc<str>,
    /// The canonical JSON.
    pub body: Bytes,
    /// The version; 0 while the unit of work that wrote it is not committed.
    pub version: u64,
}

impl<E: Entity> Stored<E> {
    pub(crate) fn new(entity: E, raw: Raw) -> Self {
        Self { entity, raw }
    }

    pub(crate) fn read(id: Arc<str>, record: &Record) -> Result<Self> {
        let entity = parse_stored::<E>(&record.body)?;
        Ok(Self { entity, raw: Raw { id, body: record.body.clone(), version: record.version } })
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.entity
    }

    /// The unparsed form.
    #[must_use]
    pub fn into_raw(self) -> Raw {
        self.raw
    }

    /// The version; `None` while the unit of work that wrote it is not committed.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        (self.raw.version != 0).then_some(self.raw.version)
    }
}

/// Reads stored bytes; what this program does not know in them is passed over.
pub(crate) fn parse_stored<E: Entity>(body: &[u8]) -> Result<E> {
    serde_json::from_slice(body).map_err(|error: serde_json::Error| {
        // The text of the error would show the value that did not fit.
        let (why, column) = (error.classify(), error.column());
        tracing::error!(collection = E::COLLECTION, ?why, column, "a stored record can not be read");
        catalogue::INTERNAL.because("a stored record can not be read")
    })
}

impl<E> Deref for Stored<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.entity
    }
}

impl<E: fmt::Debug> fmt::Debug for Stored<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entity.fmt(f)
    }
}

impl<E> Serialize for Stored<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = std::str::from_utf8(&self.body).map_err(serde::ser::Error::custom)?;
        let raw: &RawValue = serde_json::from_str(text).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The items, in order.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    pub next: Option<String>,
    /// How many items the query has, where it was asked.
    pub count: Option<Count>,
}

impl<T> Default for Page<T> {
    fn default() -> Self {
        Self { items: Vec::new(), next: None, count: None }
    }
}
