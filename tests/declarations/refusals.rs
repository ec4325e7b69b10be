//! What a declaration promises is checked before the first request, and all mistakes are told together.

use std::sync::Arc;

use enaction::{Application, Described, Mistakes, prelude::*, processes, stores::MemoryStore, table};

mod elsewhere {
    //! Types whose names others have too.

    use enaction::prelude::*;

    /// A line of something else.
    #[value]
    pub struct Line {
        pub weight: i64,
    }

    /// Weighs a line.
    #[process]
    pub async fn weigh(_cx: &ReadContext, line: Line) -> Result<i64> {
        Ok(line.weight)
    }

    /// Something else in the same place.
    #[entity("notes")]
    pub struct Memo {
        pub id: Id<Memo>,
        pub memo: String,
    }
}

/// A note.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
    pub text: String,
    pub lines: Vec<Line>,
    pub words: Vec<String>,
}

/// A line.
#[value]
pub struct Line {
    #[value(key)]
    pub number: u32,
    pub text: String,
}

/// How to list.
#[flags]
pub struct Steering {
    pub verbose: bool,
}

/// Something with lists that nobody can walk.
#[entity("shelves", list(by = "lines"), list(by = "place", sort = "-label"))]
pub struct Shelf {
    pub id: Id<Shelf>,
    pub lines: Lines,
    pub label: String,
    pub place: Line,
}

/// Lines under a name of their own, which the macro can not see through.
type Lines = Vec<Line>;

/// A flag that is a property.
#[flags]
pub struct Property {
    pub text: String,
}

/// Flags that the framework has.
#[flags]
pub struct Reserved {
    pub sort: String,
    pub verbose: bool,
}

/// Something where answers are kept.
#[entity("idempotency")]
pub struct Repeat {
    pub id: Id<Repeat>,
}

/// Lists, as told.
#[process]
pub async fn steered(_cx: &ReadContext, _flags: Steering) -> Result<i64> {
    Ok(0)
}

/// Takes data as a flag.
#[process]
pub async fn data_as_a_flag(_cx: &ReadContext, _flags: Property) -> Result<i64> {
    Ok(0)
}

/// Takes a flag of the framework.
#[process]
pub async fn a_reserved_flag(_cx: &ReadContext, _flags: Reserved) -> Result<i64> {
    Ok(0)
}

/// Reads without knowing what.
#[process]
pub async fn nameless(_cx: &ReadContext) -> Result<Stored<Note>> {
    Err(enaction::catalogue::NOT_FOUND.into())
}

/// Reads what is in a body that GET has not.
#[process]
pub async fn bodily(_cx: &ReadContext, id: Id<Note>, word: String) -> Result<String> {
    Ok(format!("{id} {word}"))
}

/// Counts a note.
#[process]
pub async fn count(_cx: &ReadContext, id: Id<Note>) -> Result<i64> {
    Ok(id.as_str().len() as i64)
}

/// Closes a note.
#[process]
pub async fn close(cx: &mut WriteContext, id: Id<Note>) -> Result<Stored<Note>> {
    let note = cx.read(&id).await?.into_inner();
    cx.update(note).await
}

/// Shows a line.
#[process]
pub async fn show(_cx: &ReadContext, line: Line) -> Result<Line> {
    Ok(line)
}

/// A process whose description was written by hand, and says nothing.
pub struct Undescribed;

impl Described for Undescribed {
    const DESCRIPTION: processes::Description = processes::Description {
        function: "undescribed",
        documentation: " ",
        effect: table::Effect::Query,
        parameters: &[],
        output: || None,
        permission: None,
        public: false,
        faults: &[],
    };
}

impl enaction::Callable for Undescribed {
    type Args = ();
    type Out = ();

    fn body() -> processes::Body {
        processes::query_body::<Self>()
    }
}

impl enaction::Query for Undescribed {
    async fn run(_: &ReadContext, (): ()) -> Result<()> {
        Ok(())
    }
}

/// A person whose secrets nothing could keep.
#[entity("people")]
pub struct Person {
    pub id: Id<Person>,
    pub homes: Vec<Home>,
}

/// A home without a name.
#[value]
pub struct Home {
    #[value(sensitive = "people.homes")]
    pub door: String,
}

/// What needs what no role can hold.
#[value]
pub struct Vault {
    #[value(sensitive = "vaults.*")]
    pub gold: i64,
}

/// Opens a vault.
#[process]
pub async fn unlock(_cx: &ReadContext) -> Result<Vault> {
    Ok(Vault::default())
}

fn notes() -> Resource<Note> {
    Resource::stored()
}

fn build(modules: Vec<Module>) -> Result<Arc<Application>, Mistakes> {
    let builder = Application::builder();
    modules.into_iter().fold(builder, |builder, module| builder.module(module)).build(Arc::new(MemoryStore::default()))
}

fn one(resource: Resource<Note>) -> Vec<Module> {
    vec![Module::new("").resource(resource)]
}

fn mistakes(modules: Vec<Module>) -> Vec<String> {
    build(modules).map_or_else(|mistakes| mistakes.0, |_| Vec::new())
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (sentence, modules, expected) in [
        ("nothing is wrong", one(notes().view::<count>("count").members("lines", Members::new())), ""),
        ("a flag that is no property", one(notes().list::<steered>()), ""),
        ("the name of an action is that of a property, which it replaces", one(notes().action::<close>("text")), ""),
        (
            "a flag named like a property",
            one(notes().list::<data_as_a_flag>()),
            "GET /notes: the flag `text` has the name of a property; a flag steers the service and is no data",
        ),
        (
            "a flag named like one of the framework",
            one(notes().list::<a_reserved_flag>()),
            "GET /notes: the flag `sort` has a name that the framework keeps for itself",
        ),
        (
            "two views of one name",
            one(notes().view::<count>("count").view::<count>("count")),
            "GET /notes/{id}/count: two parts have this name | two processes have the name \"notes.count\"",
        ),
        (
            "a view and an action of one name",
            one(notes().view::<count>("state").action::<close>("state")),
            "GET /notes/{id}/state: two parts have this name | two processes have the name \"notes.state\"",
        ),
        (
            "an action and a list of one name",
            one(notes().action::<close>("lines").members("lines", Members::new())),
            "POST /notes/{id}/lines: two parts have this name",
        ),
        (
            "a resource that is declared twice",
            vec![
                Module::new("").resource(Resource::<Note>::read_only()),
                Module::new("").resource(Resource::<Note>::read_only()),
            ],
            "GET /notes/{id}/lines/{number}/text: two parts have this name | GET /notes/{id}/lines/{number}: two parts \
             have this name | GET /notes/{id}/lines: two parts have this name",
        ),
        (
            "two schemas of one name",
            vec![Module::new("").process::<elsewhere::weigh>("other.weigh").process::<show>("notes.show")],
            "two types have the schema name \"Line\"",
        ),
        (
            "two entities of one collection",
            vec![
                Module::new("").resource(notes()),
                Module::new("/memos").resource(Resource::<elsewhere::Memo>::stored().named("memos")),
            ],
            "two entities have the collection \"notes\"",
        ),
        (
            "a process that does not take what the path gives",
            one(Resource::<Note>::new().read::<nameless>()),
            "GET /notes/{id}: `nameless` has no parameter `id` for the path",
        ),
        (
            "a query that needs a body",
            one(notes().view::<bodily>("word")),
            "GET /notes/{id}/word: `bodily` needs `word`, which neither the path nor the query string gives, and there \
             is no body",
        ),
        (
            "an entity in a collection of the framework's own",
            vec![Module::new("").resource(Resource::<Repeat>::stored())],
            "/idempotency: \"idempotency\" is the framework's own collection",
        ),
        (
            "two processes of one name",
            vec![Module::new("").process::<count>("notes.count").process::<bodily>("notes.count")],
            "two processes have the name \"notes.count\"",
        ),
        (
            "a process of the name of an operation",
            vec![Module::new("").resource(notes()).process::<count>("notes.read")],
            "two processes have the name \"notes.read\"",
        ),
        (
            "a process that nobody described",
            vec![Module::new("").process::<Undescribed>("notes.something")],
            "the process `undescribed` has no description: write a doc comment",
        ),
        (
            "something sensitive in elements that have no key",
            vec![Module::new("").resource(Resource::<Person>::stored())],
            "people/homes: something sensitive is in it, and no key: a change could not keep it",
        ),
        (
            "a sensitive member that needs no single permission",
            vec![Module::new("").process::<unlock>("vaults.open")],
            "\"vaults.*\" is no permission: expected words with dots, such as `customers.personal`",
        ),
        (
            "lists of what has no order",
            vec![Module::new("").resource(Resource::<Shelf>::stored())],
            "shelves:lines:: \"lines\" has no order, for it is no text, number or truth value | \
             shelves:place:-label: \"place\" has no order, for it is no text, number or truth value",
        ),
        (
            "a sub-collection of what is no list of keyed values",
            one(notes().members("words", Members::new())),
            "/notes/{id}/words: not a list whose elements have a member with `#[value(key)]`",
        ),
    ] {
        let found = mistakes(modules);
        match expected {
            "" => assert_eq!(found, Vec::<String>::new(), "{sentence}"),
            expected => expected.split(" | ").for_each(|expected| {
                assert!(found.iter().any(|one| one == expected), "{sentence}: {found:#?}");
            }),
        }
    }
}

#[test]
fn all_mistakes_are_told_together_each_once_in_order() {
    let modules = vec![
        Module::new("")
            .resource(
                notes().list::<data_as_a_flag>().read::<nameless>().view::<count>("state").action::<close>("state"),
            )
            .process::<elsewhere::weigh>("other.weigh")
            .process::<count>("other.weigh")
            .process::<Undescribed>("notes.something"),
    ];
    let told = build(modules).unwrap_err();
    assert_eq!(
        told.to_string(),
        "build the application: 7 mistakes in the declarations
  - GET /notes/{id}/state: two parts have this name
  - GET /notes/{id}: `nameless` has no parameter `id` for the path
  - GET /notes: the flag `text` has the name of a property; a flag steers the service and is no data
  - the process `undescribed` has no description: write a doc comment
  - two processes have the name \"notes.state\"
  - two processes have the name \"other.weigh\"
  - two types have the schema name \"Line\""
    );
}

/// Counts otherwise, with another answer.
#[process]
pub async fn count_in_words(_cx: &ReadContext, id: Id<Note>) -> Result<String> {
    Ok(id.to_string())
}

#[test]
fn a_replacement_has_a_place_and_the_signature_of_what_it_replaces() {
    let builder = Application::builder().module(Module::new("").resource(notes().view::<count>("count")));
    let builder = builder.replace::<count_in_words>("notes.count").replace::<count>("notes.number");
    let told = builder.build(Arc::new(MemoryStore::default())).unwrap_err();
    assert_eq!(
        told.0,
        ["the replacement of \"notes.count\" has another signature", "there is no process \"notes.number\" to replace"]
    );
}

#[test]
fn the_capability_for_the_whole_installation_is_given_away_once() {
    let mut builder = Application::builder();
    assert!(builder.take_capability().is_some());
    assert!(builder.take_capability().is_none());
}

#[test]
fn the_services_have_no_mistakes() {
    let modules = vec![enaction_services::baskets::module(), enaction_services::catalogue::module()];
    assert_eq!(mistakes(modules), Vec::<String>::new());
}
