//! Schema evolution: what is stored was written by some version of a program, and is read by every later one.
//!
//! A record says which schema its representation was written with. One of an older schema is brought up, step by step,
//! before anything looks at it, so that a process, an index and a client see the current schema alone; a record of the
//! current schema costs the comparison of two numbers.

mod document;
mod stepped;

pub use document::Document;
pub(crate) use stepped::{Evolving, bring_up, entity_of, lay_in, newer};
pub use stepped::{Step, StepFunction};
