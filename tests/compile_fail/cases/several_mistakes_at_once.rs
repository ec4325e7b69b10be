use enaction::prelude::*;

#[process(permision = "notes.take", 7)]
pub fn take<T>(_text: &str, (_a, _b): (u32, u32)) -> u64 {
    7
}

/// A note.
#[entity("notes", unique = "code, title", ownedby = "company")]
pub struct Note {
    #[entity(random)]
    pub id: Id<Note>,
    #[entity(readonly)]
    pub text: String,
    #[entity("first")]
    pub title: String,
}

fn main() {}
