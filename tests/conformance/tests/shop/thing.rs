//! A resource with every part: views, actions with and without a body, by POST and by PATCH, and members.

use enaction::prelude::*;

faults! {
    /// It is shut.
    SHUT: Conflict = "shut", "The thing is shut";
    /// It has no notes.
    NO_NOTES: Conflict = "no_notes", "The thing has no notes";
}

/// A thing.
#[entity("things")]
pub struct Thing {
    #[entity(random128_base32)]
    pub id: Id<Thing>,
    #[validate(length(max = 30))]
    pub name: String,
    #[validate(nested, length(max = 50))]
    pub notes: Vec<Note>,
    #[entity(read_only)]
    pub shut: bool,
}

/// A note on a thing.
#[value]
pub struct Note {
    #[value(key)]
    pub number: u32,
    #[validate(length(max = 40))]
    pub text: String,
    #[value(read_only)]
    pub done: bool,
}

/// How something is told.
#[flags]
pub struct Telling {
    /// With every note.
    pub long: Option<bool>,
    /// How often.
    #[validate(range(min = 1, max = 3))]
    pub times: Option<u32>,
}

/// What a thing is like.
#[value]
pub struct Outline {
    pub name: String,
    pub notes: Vec<String>,
}

/// A new name.
#[value]
pub struct Name(#[validate(length(min = 1, max = 30))] pub String);

pub(super) fn things() -> Resource<Thing> {
    let notes = Members::new()
        .create::<add_note>()
        .delete_all()
        .action::<finish>("finish")
        .patch_action::<rewrite>("rewrite")
        .view::<read_text>("outline");
    Resource::stored()
        .modify::<change>()
        .members("notes", notes)
        .view::<outline>("outline")
        .view::<count>("count")
        .view::<first_note>("firstNote")
        .action::<shut>("shut")
        .action::<rename>("rename")
        .action::<tidy>("tidy")
        .patch_action::<retitle>("title")
        .creating_action::<copy>("copy")
        .creating_action::<borrow>("borrow")
        .action::<sweep>("sweep")
}

/// Changes a thing by a patch.
#[process(faults(SHUT))]
pub async fn change(cx: &mut WriteContext, id: Id<Thing>, patch: Patch<Thing>) -> Result<Stored<Thing>> {
    let thing = cx.read(&id).await?;
    open(&thing)?;
    cx.update(patch.apply(&thing)?).await
}

fn open(thing: &Thing) -> Result<()> {
    if thing.shut { Err(SHUT.into()) } else { Ok(()) }
}

/// Adds a note.
#[process(faults(SHUT))]
pub async fn add_note(cx: &mut WriteContext, id: Id<Thing>, text: Option<Name>) -> Result<Note> {
    let mut thing = cx.read(&id).await?.into_inner();
    open(&thing)?;
    let number = thing.notes.iter().map(|note| note.number).max().unwrap_or(0) + 1;
    let note = Note { number, text: text.map(|text| text.0).unwrap_or_default(), done: false };
    thing.notes.push(note.clone());
    cx.update(thing).await?;
    Ok(note)
}

/// Finishes a note.
#[process]
pub async fn finish(cx: &mut WriteContext, id: Id<Thing>, number: u32) -> Result<Note> {
    with_note(cx, &id, number, |note| note.done = true).await
}

/// Writes a note anew.
#[process]
pub async fn rewrite(
    cx: &mut WriteContext,
    id: Id<Thing>,
    number: u32,
    text: Name,
    done: Option<bool>,
) -> Result<Note> {
    let change = |note: &mut Note| (note.text, note.done) = (text.0, done.unwrap_or(note.done));
    with_note(cx, &id, number, change).await
}

async fn with_note(cx: &mut WriteContext, id: &Id<Thing>, number: u32, change: impl FnOnce(&mut Note)) -> Result<Note> {
    let mut thing = cx.read(id).await?.into_inner();
    let note = thing.notes.iter_mut().find(|note| note.number == number);
    let note = note.ok_or(enaction::catalogue::NOT_FOUND)?;
    change(note);
    let note = note.clone();
    cx.update(thing).await?;
    Ok(note)
}

/// Tells a note.
#[process]
pub async fn read_text(cx: &ReadContext, id: Id<Thing>, number: u32) -> Result<String> {
    let thing = cx.read(&id).await?;
    let note = thing.notes.iter().find(|note| note.number == number);
    Ok(note.ok_or(enaction::catalogue::NOT_FOUND)?.text.clone())
}

/// Tells what a thing is like.
#[process]
pub async fn outline(cx: &ReadContext, id: Id<Thing>, telling: Telling) -> Result<Outline> {
    let thing = cx.read(&id).await?.into_inner();
    let notes = thing.notes.into_iter().map(|note| note.text.repeat(telling.times.unwrap_or(1) as usize));
    Ok(Outline { name: thing.name, notes: notes.filter(|_| telling.long == Some(true)).collect() })
}

/// Counts the things of the first page.
#[process]
pub async fn count(cx: &ReadContext) -> Result<u64> {
    Ok(cx.list::<Thing>(&PageRequest::default()).await?.items.len() as u64)
}

/// Tells the first note, if there is one.
#[process]
pub async fn first_note(cx: &ReadContext, id: Id<Thing>) -> Result<Note> {
    let thing = cx.read(&id).await?.into_inner();
    thing.notes.into_iter().next().ok_or(enaction::catalogue::NOT_FOUND.fault())
}

/// Shuts a thing that has notes.
#[process(faults(NO_NOTES))]
pub async fn shut(cx: &mut WriteContext, id: Id<Thing>) -> Result<Stored<Thing>> {
    let mut thing = cx.read(&id).await?.into_inner();
    if thing.notes.is_empty() {
        return Err(NO_NOTES.into());
    }
    thing.shut = true;
    cx.update(thing).await
}

/// Renames a thing, and says nothing.
#[process(faults(SHUT))]
pub async fn rename(cx: &mut WriteContext, id: Id<Thing>, name: Name) -> Result<()> {
    let mut thing = cx.read(&id).await?.into_inner();
    open(&thing)?;
    thing.name = name.0;
    cx.update(thing).await.map(drop)
}

/// Takes the notes away; says how many, unless there were none.
#[process]
pub async fn tidy(cx: &mut WriteContext, id: Id<Thing>) -> Result<Option<u64>> {
    let mut thing = cx.read(&id).await?.into_inner();
    let count = std::mem::take(&mut thing.notes).len() as u64;
    cx.update(thing).await?;
    Ok((count > 0).then_some(count))
}

/// Renames a thing by PATCH.
#[process]
pub async fn retitle(cx: &mut WriteContext, id: Id<Thing>, title: Name) -> Result<Stored<Thing>> {
    let thing = cx.read(&id).await?.into_inner();
    cx.update(Thing { name: title.0, ..thing }).await
}

/// Copies a thing.
#[process]
pub async fn copy(cx: &mut WriteContext, id: Id<Thing>) -> Result<Stored<Thing>> {
    let thing = cx.read(&id).await?.into_inner();
    cx.create(Thing { id: Id::default(), shut: false, ..thing }).await
}

/// Makes a thing that is called as it was said.
#[process]
pub async fn borrow(cx: &mut WriteContext, called: Name, notes: Option<u32>) -> Result<Stored<Thing>> {
    let notes = (1..=notes.unwrap_or(0).min(9)).map(|number| Note { number, ..Note::default() }).collect();
    cx.create(Thing { name: called.0, notes, ..Thing::default() }).await
}

/// Takes away every note of the things of the first page.
#[process]
pub async fn sweep(cx: &mut WriteContext) -> Result<u64> {
    let all = cx.list::<Thing>(&PageRequest::default()).await?.items;
    let mut count = 0;
    for thing in all.into_iter().filter(|thing| !thing.notes.is_empty()) {
        cx.update(Thing { notes: Vec::new(), ..thing.into_inner() }).await?;
        count += 1;
    }
    Ok(count)
}
