use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

/// Says that it reads, and writes.
#[process]
pub async fn read(cx: &ReadContext, text: String) -> Result<Stored<Note>> {
    cx.create(Note { text, ..Note::default() }).await
}

fn main() {}
