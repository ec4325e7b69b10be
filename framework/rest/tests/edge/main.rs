//! The edge behind real sockets: every answer is read as the bytes that came.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod bodies;
mod connections;
mod endpoints;
mod log;
mod order;
mod pages;
mod raw;
mod routes;
mod shop;
mod stopping;
mod traces;
mod world;
