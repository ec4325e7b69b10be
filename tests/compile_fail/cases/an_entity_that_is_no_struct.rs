use enaction::prelude::*;

/// One of two.
#[entity("shapes")]
pub enum Form {
    Round,
    Square,
}

/// One without names.
#[entity("pairs")]
pub struct Pair(u32, u32);

fn main() {}
