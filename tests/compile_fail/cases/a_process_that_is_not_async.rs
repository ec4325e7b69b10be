use enaction::prelude::*;

/// Answers at once.
#[process]
pub fn ping(_cx: &ReadContext) -> Result<()> {
    Ok(())
}

fn main() {}
