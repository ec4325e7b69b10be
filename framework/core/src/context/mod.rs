//! What a process may use: the caller, the company and site, the clock, ids, the store, other processes.

mod ambient;
mod inside;
mod list;
mod log;
mod place;
mod read;
mod refusal;
mod write;

pub(crate) use ambient::Ambient;
pub use inside::{Inside, InsideMut};
pub(crate) use log::{Log, Makers};
pub(crate) use place::Place;
pub use read::{OfCompany, ReadContext};
pub(crate) use read::{no_process, store_fault};
pub use write::WriteContext;
