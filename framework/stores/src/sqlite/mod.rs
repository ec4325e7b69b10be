//! SQLite: one file, one writer thread that commits groups of units, readers beside it, hot entities in front.

mod apply;
mod backup;
mod cache;
mod failure;
mod file;
mod inspect;
mod log;
mod pool;
mod rows;
mod settings;
mod sql;
mod store;
mod writer;

pub use backup::BackupError;
pub use file::OpenError;
pub use settings::SqliteSettings;
pub use store::SqliteStore;
