//! Shape: the schema is the rule. Compiled once from a JSON Schema, it checks the raw bytes of documents.
//!
//! - `sub`: [`Shape`], [`Part`], [`Member`]: what callers hold, and the look-up of sub-shapes by path
//! - `schema`, `merge`: JSON Schema text brought into one flat form, without references
//! - `compile`, `rules`, `unions`, `values`: the flat form made into nodes
//! - `node`, `format`: what nodes are, and the named formats of strings and numbers
//! - `lexer`: JSON's strings, numbers and literals
//! - `walk`, `choose`, `names`: the one walk over the bytes, how it picks an alternative, how it sees duplicate names
//! - `report`: violations with their pointers, and [`Unsuitable`]

mod choose;
mod compile;
mod format;
mod lexer;
mod merge;
mod names;
mod node;
mod report;
mod rules;
mod schema;
mod sub;
mod unions;
mod values;
mod walk;

pub use report::Unsuitable;
pub use schema::ShapeError;
pub use sub::{Member, Part, Shape, ShapeKind};
pub use walk::{Mode, ShapeLimits};
