use enaction::prelude::*;

/// Adds.
#[process]
pub async fn add(a: i64, b: i64) -> Result<i64> {
    Ok(a + b)
}

fn main() {}
