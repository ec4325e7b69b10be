//! Conformance: reads `GET /operations` of a running server and holds every operation to the conventions. A new resource
//! is covered without touching anything here: what a check needs is made from the operations' own examples.
//!
//! - [`Target`]: where the server is, and the tokens of those who call
//! - [`World`]: its operations, and how items are made to try them on
//! - [`check`]: every method on every target, and the order of the checks for pairs of mistakes
//! - [`table`]: what was observed, held against a table of conventions
//! - [`tenancy`], [`violations`]: another company sees nothing; broken documents are told alike everywhere
//! - [`whole`]: what takes the list of a whole collection
//! - [`sensitive`]: what a caller may not see does not exist for it, whatever it asks
//! - [`lists`]: what every list can be asked, and its cursors
//! - [`repeats`]: a request that comes again under its key is answered as the first time
//! - [`replay`]: requests in the `.http` form of editors

mod answers;
mod broken;
mod client;
mod conditions;
mod documents;
mod making;
mod methods;
mod mistakes;
mod operation;
mod order;
mod patches;
mod report;
pub mod sensitive;
mod success;
mod world;

pub mod lists;
pub mod repeats;
pub mod replay;
pub mod table;
pub mod tenancy;
pub mod violations;
pub mod whole;

pub use broken::{Broken, broken};
pub use client::{Answer, Request, send};
pub use documents::every_member;
pub use operation::{Operation, read_operations};
pub use report::Report;
pub use world::{Target, Tokens, World};

/// Holds every operation of a running server to the conventions.
#[must_use]
pub fn check(server: &Target) -> Report {
    let mut report = observe(server);
    let world = World::open(server);
    order::check(&world, &mut report);
    conditions::check(&world, &mut report);
    patches::check(&world, &mut report);
    repeats::check(&world, &mut report);
    answers::problem_pages(&world, &mut report);
    report
}

/// Tries every method on every target, without mistakes.
#[must_use]
pub fn observe(server: &Target) -> Report {
    let mut report = Report::default();
    methods::check(&World::open(server), &mut report);
    report
}
