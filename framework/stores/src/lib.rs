//! The stores behind [`enaction_core::store::Store`].
//!
//! | store | for | feature |
//! |---|---|---|
//! | [`MemoryStore`] | tests and trials; forgets everything at its end | |
//! | `SqliteStore` | one server with its data beside it; an acknowledged commit survives a power cut | `sqlite` |
//!
//! One contract suite holds all of them to the port.

mod check;
mod claims;
mod memory;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::{OpenError, SqliteSettings, SqliteStore};
