use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub text: String,
}

fn main() {}
