use enaction::prelude::*;

/// A note.
#[entity]
pub struct Note {
    pub id: Id<Note>,
}

fn main() {}
