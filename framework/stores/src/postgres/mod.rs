//! PostgreSQL: one database for many nodes. Every commit is one statement at SERIALIZABLE, every read one statement.

mod backoff;
mod columns;
mod commits;
mod connections;
mod failure;
mod group;
mod hosts;
mod lanes;
mod lease;
mod migrations;
mod notices;
mod reads;
mod runtime;
mod settings;
mod single;
mod span;
mod statement;
mod store;
mod tls;
mod whole;

pub use migrations::ConnectError;
pub use settings::PostgresSettings;
pub use store::PostgresStore;
