//! Real PostgreSQL clusters for tests, of the package that the machine has (Debian: `postgresql`).

mod cluster;
mod installation;
mod postmaster;
mod session;
mod standby;

pub use cluster::{Cluster, Durability};
pub use session::Session;
