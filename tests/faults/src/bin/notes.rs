//! A service in two versions, which `NOTES_VERSION` chooses: the second calls `title` what the first calls `name`, and can list
//! by it.

use std::process::ExitCode;

use enaction::Service;

mod first {
    use enaction::prelude::*;

    /// What is to be remembered.
    #[entity("notes", list(by = "topic"))]
    pub(crate) struct Note {
        #[entity(given)]
        pub id: Id<Note>,
        pub topic: String,
        pub name: String,
        pub read: i64,
    }

    /// Reads it once more.
    #[process]
    pub(crate) async fn read_again(cx: &mut WriteContext, id: Id<Note>) -> Result<i64> {
        let note = cx.read(&id).await?.into_inner();
        let read = note.read + 1;
        cx.update(Note { read, ..note }).await?;
        Ok(read)
    }

    pub(crate) fn module() -> Module {
        Module::new("").resource(Resource::<Note>::stored().action::<read_again>("readAgain"))
    }
}

mod second {
    use enaction::{Document, prelude::*};

    fn title(note: &mut Document) -> Result<()> {
        note.rename("name", "title")
    }

    fn name(note: &mut Document) -> Result<()> {
        note.rename("title", "name")
    }

    /// What is to be remembered.
    #[entity(
        "notes",
        list(by = "topic"),
        list(by = "topic", sort = "title"),
        schema(2, changes = "name, title", up = title, down = name)
    )]
    pub(crate) struct Note {
        #[entity(given)]
        pub id: Id<Note>,
        pub topic: String,
        pub title: String,
        pub read: i64,
    }

    /// Reads it once more.
    #[process]
    pub(crate) async fn read_again(cx: &mut WriteContext, id: Id<Note>) -> Result<i64> {
        let note = cx.read(&id).await?.into_inner();
        let read = note.read + 1;
        cx.update(Note { read, ..note }).await?;
        Ok(read)
    }

    pub(crate) fn module() -> Module {
        Module::new("").resource(Resource::<Note>::stored().action::<read_again>("readAgain"))
    }
}

fn main() -> ExitCode {
    let second = std::env::var("NOTES_VERSION").is_ok_and(|version| version == "2");
    Service::new().module(if second { second::module() } else { first::module() }).main()
}
