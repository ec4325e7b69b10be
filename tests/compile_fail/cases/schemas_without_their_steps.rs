use enaction::prelude::*;

fn step(_: &mut Document) -> Result<()> {
    Ok(())
}

/// A step is missing.
#[entity("notes", schema(3, changes = "text", up = step))]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
}

/// The first schema has no step, and an id stays.
#[entity("jars", schema(1, changes = "text", up = step), schema(2, changes = "id", up = step))]
pub struct Jar {
    pub id: Id<Jar>,
    pub text: String,
}

/// No way up, nothing that differs, and something else.
#[entity("cups", schema(2, changes = "text"), schema(3, up = step), schema(4, changes = "text", sideways = step))]
pub struct Cup {
    pub id: Id<Cup>,
    pub text: String,
}

fn main() {}
