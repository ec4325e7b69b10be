//! The test kit: a service on a free port over the memory store, tokens for any caller, fixed clock and ids.
//!
//! ```no_run
//! use enaction::testkit::TestService;
//!
//! let service = TestService::new().start();
//! let cashier = service.caller("acme").at("0001", "EUR").may(["baskets.*"]);
//! let answer = service.post("/baskets").json(r#"{"basketType":"BASKET"}"#).from(&cashier).send();
//! assert_eq!(answer.status, 201);
//! ```

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test kit fails the test where a service would answer"
)]

mod application;
mod callers;
mod fixed;
mod http;
mod service;

pub use application::TestApplication;
pub use callers::TestCaller;
pub use fixed::{CountedIds, FixedClock};
pub use http::{Answer, Exchange};
pub use service::{Running, TestService};
