//! The edge: the only crate that knows actix-web. A request goes one way, each step is one module, and data goes in one
//! direction: [`admission`], [`route`], [`tokens`], [`envelope`], [`unwrap`], [`process`], [`respond`]. [`way`] is the
//! order of the steps; `problem` and `oauth` are what becomes of a refusal.
//!
//! A [`Server`] is made of an application and a verifier of token pairs.

mod admission;
mod answer;
mod body;
mod client;
mod edge;
mod envelope;
mod form;
mod late;
mod link;
mod log;
mod media;
mod names;
mod oauth;
mod pages;
mod path;
mod prefer;
mod problem;
mod process;
mod public;
mod refused;
mod respond;
mod route;
mod server;
mod shared;
mod signals;
mod stop;
mod tag;
mod target;
mod tokens;
mod trace;
mod unwrap;
mod way;

pub use route::Unroutable;
pub use server::{Bound, Handle, Listen, Server};
pub use shared::Check;
