//! A value as a part of an index key, made as it is serialised: no tree of its JSON is made on the way.

use std::fmt;

use serde::{
    Serialize, Serializer,
    ser::{Error, Impossible},
};
use serde_json::Number;

use super::IndexKey;

/// Appends what [`IndexKey::scalar`] appends for the JSON of a value. `None` when only the JSON tells: of lists and
/// objects, and of floats of 32 bits, whose text is another number than they are in memory.
pub(super) fn append(key: &mut IndexKey, value: &impl Serialize) -> Option<()> {
    value.serialize(Scalar(key)).ok()
}

struct Scalar<'a>(&'a mut IndexKey);

impl Scalar<'_> {
    fn append(self, part: impl FnOnce(IndexKey) -> IndexKey) -> Result<(), NoScalar> {
        *self.0 = part(std::mem::take(self.0));
        Ok(())
    }

    fn number(self, number: impl Into<Number>) -> Result<(), NoScalar> {
        let number = number.into();
        self.append(|key| key.number(&number))
    }
}

/// Nothing was appended.
#[derive(Debug)]
struct NoScalar;

impl fmt::Display for NoScalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("make a part of a key: expected a scalar")
    }
}

impl std::error::Error for NoScalar {}

impl Error for NoScalar {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Compound = Impossible<(), NoScalar>;

macro_rules! numbers {
    ($($name:ident: $kind:ty),*) => {
        $(fn $name(self, value: $kind) -> Result<(), NoScalar> {
            self.number(value)
        })*
    };
}

impl Serializer for Scalar<'_> {
    type Ok = ();
    type Error = NoScalar;
    type SerializeSeq = Compound;
    type SerializeTuple = Compound;
    type SerializeTupleStruct = Compound;
    type SerializeTupleVariant = Compound;
    type SerializeMap = Compound;
    type SerializeStruct = Compound;
    type SerializeStructVariant = Compound;

    numbers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    numbers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_bool(self, value: bool) -> Result<(), NoScalar> {
        self.append(|key| key.truth(value))
    }

    fn serialize_f32(self, _: f32) -> Result<(), NoScalar> {
        Err(NoScalar)
    }

    fn serialize_f64(self, value: f64) -> Result<(), NoScalar> {
        match Number::from_f64(value) {
            Some(number) => self.number(number),
            None => self.serialize_unit(),
        }
    }

    fn serialize_char(self, value: char) -> Result<(), NoScalar> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), NoScalar> {
        self.append(|key| key.text_of_list(value))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), NoScalar> {
        Err(NoScalar)
    }

    fn serialize_none(self) -> Result<(), NoScalar> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoScalar> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoScalar> {
        self.append(IndexKey::absent)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), NoScalar> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), NoScalar> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), NoScalar> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NoScalar> {
        Err(NoScalar)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Compound, NoScalar> {
        Err(NoScalar)
    }
}
