use enaction::prelude::*;

pub struct Words {
    pub all: Vec<String>,
}

/// Counts words.
#[process]
pub async fn count(_cx: &ReadContext, words: Words) -> Result<u64> {
    Ok(words.all.len() as u64)
}

fn main() {}
