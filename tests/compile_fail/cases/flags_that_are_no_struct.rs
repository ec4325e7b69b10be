use enaction::prelude::*;

/// How to answer.
#[flags]
pub enum Answer {
    Short,
    Long,
}

fn main() {}
