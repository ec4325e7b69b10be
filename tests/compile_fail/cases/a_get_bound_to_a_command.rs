use enaction::prelude::*;

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
    pub reads: i64,
}

/// Counts how often it is read.
#[process]
pub async fn count(cx: &mut WriteContext, id: Id<Note>) -> Result<Stored<Note>> {
    let mut note = cx.read(&id).await?.into_inner();
    note.reads += 1;
    cx.update(note).await
}

fn main() {
    let _ = Resource::<Note>::stored().read::<count>();
    let _ = Resource::<Note>::stored().view::<count>("counted");
    let _ = Singleton::new("/note").read::<count>();
}
