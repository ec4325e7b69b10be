use enaction::prelude::*;

/// Gives up.
#[process(faults("given_up"))]
pub async fn give_up(_cx: &ReadContext) -> Result<()> {
    Ok(())
}

fn main() {}
