//! The rules of the token pair, each case a row, with real keys.

#![expect(clippy::unwrap_used, reason = "what a test sets up must work")]

mod cache;
mod carriers;
mod claim_rows;
mod fuzz;
#[cfg(feature = "http")]
mod http;
mod keys;
mod order;
mod permission;
mod rows;
mod secrecy;
mod signing;
mod world;
