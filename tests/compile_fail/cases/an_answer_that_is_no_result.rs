use enaction::prelude::*;

/// Gives a number.
#[process]
pub async fn number(_cx: &ReadContext) -> u64 {
    7
}

/// Gives nothing.
#[process]
pub async fn nothing(_cx: &ReadContext) {}

fn main() {}
