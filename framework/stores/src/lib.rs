//! The stores behind [`enaction_core::store::Store`].
//!
//! | store | for | feature |
//! |---|---|---|
//! | [`MemoryStore`] | tests and trials; forgets everything at its end | |
//! | `SqliteStore` | one server with its data beside it; an acknowledged commit survives a power cut | `sqlite` |
//! | `PostgresStore` | many servers on one database | `postgres` |
//!
//! One contract suite holds all of them to the port.

mod check;
mod claims;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{ConnectError, PostgresSettings, PostgresStore};
#[cfg(feature = "sqlite")]
pub use sqlite::{BackupError, OpenError, SqliteSettings, SqliteStore};
