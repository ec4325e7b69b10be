use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
}

/// Nobody said that this is a process.
pub async fn open(cx: &mut WriteContext, note: Note) -> Result<Stored<Note>> {
    cx.create(note).await
}

/// Nor this.
pub struct Open;

fn main() {
    let _ = Resource::<Note>::stored().create::<open>();
    let _ = Resource::<Note>::stored().create::<Open>();
}
