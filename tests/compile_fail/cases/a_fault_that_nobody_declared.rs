use enaction::prelude::*;

/// Gives up.
#[process(faults(GIVEN_UP))]
pub async fn give_up(_cx: &ReadContext) -> Result<()> {
    Ok(())
}

fn main() {}
