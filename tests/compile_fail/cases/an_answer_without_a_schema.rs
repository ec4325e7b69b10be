use enaction::prelude::*;

pub struct Words {
    pub all: Vec<String>,
}

/// Gives words.
#[process]
pub async fn words(_cx: &ReadContext) -> Result<Words> {
    Ok(Words { all: Vec::new() })
}

fn main() {}
