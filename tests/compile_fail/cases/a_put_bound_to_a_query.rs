use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
}

/// Only reads.
#[process]
pub async fn look(cx: &ReadContext, id: Id<Note>) -> Result<Stored<Note>> {
    cx.read(&id).await
}

fn main() {
    let _ = Resource::<Note>::stored().replace::<look>();
}
