//! The keys that sign tokens: in the store, in memory, and as the key set that everybody may read.

mod key_set;
mod ring;
mod rotation;
mod stored;

pub(crate) use key_set::read_jwks;
pub(crate) use ring::{Keys, Ring};
pub(crate) use rotation::rotate;
pub(crate) use stored::{StoredKey, begin, load};
