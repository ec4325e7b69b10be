//! The identity service: its processes by name on the memory store, and the same behind HTTP.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bootstrap;
mod clients;
mod development;
mod endpoints;
mod entering;
mod grants;
mod http;
mod policy;
mod refusals;
mod resources;
mod revocations;
mod rotation;
mod start;
mod tenancy;
mod tokens;
mod world;
