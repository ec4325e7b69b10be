use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
}

/// Takes a note.
#[process]
pub async fn take(cx: &mut WriteContext, note: Note) -> Result<Stored<Note>> {
    cx.create(note).await
}

/// Says that it reads, and has another write.
#[process]
pub async fn directly(cx: &ReadContext) -> Result<()> {
    take(cx, Note::default()).await?;
    Ok(())
}

/// The same, by its registration.
#[process]
pub async fn by_registration(cx: &ReadContext) -> Result<()> {
    cx.call::<take>((Note::default(),)).await?;
    Ok(())
}

fn main() {}
