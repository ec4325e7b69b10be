use enaction::prelude::*;

#[process]
pub async fn ping(_cx: &ReadContext) -> Result<()> {
    Ok(())
}

fn main() {}
