use enaction::prelude::*;

/// Greets.
#[process]
pub async fn greet(_cx: &ReadContext, name: &str) -> Result<String> {
    Ok(format!("Hello {name}"))
}

fn main() {}
