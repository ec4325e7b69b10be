//! The smallest stored resource: every convention, both tokens, validation, paging, patches, storage.

use enaction::{prelude::*, testkit::TestService};

/// What is to be bought.
#[entity("notes")]
pub struct Note {
    pub id: Id<Note>,
    #[validate(length(max = 200))]
    pub text: String,
    pub done: bool,
}

/// Everything that the service answers.
pub fn module() -> Module {
    Module::new("").resource(Resource::<Note>::stored())
}

fn main() {
    let service = TestService::new().module(module()).start();
    let anna = service.caller("acme").may(["notes.*"]);
    let made = service.post("/notes").json(r#"{"text":"milk"}"#).from(&anna).send();
    println!("{} {:?} {}", made.status, made.header("location"), made.json());
    let done = service.put(&format!("{}/done", made.header("location").unwrap())).json("true").from(&anna).send();
    println!("{} {}", done.status, done.json());
    println!("{}", service.get("/notes").from(&anna).send().json());
}

#[test]
fn the_smallest_resource_has_every_convention() {
    let service = TestService::new().module(module()).start();
    let anna = service.caller("acme").may(["notes.*"]);
    let made = service.post("/notes").from(&anna).send();
    assert_eq!(made.status, 201, "{}", made.json());
    let note = made.header("location").unwrap();
    assert_eq!(service.patch(note).json(r#"{"text":"tea"}"#).from(&anna).send().json()["text"], "tea");
    assert_eq!(service.get(&format!("{note}/text")).from(&anna).send().json(), "tea");
    assert_eq!(service.put(note).from(&anna).send().json()["text"], "");
    let wrong = service.post("/notes").json(r#"{"text":1,"color":"red"}"#).from(&anna).send();
    assert_eq!((wrong.status, wrong.pointers()), (422, vec!["/color".to_owned(), "/text".to_owned()]));
    assert_eq!(service.delete("/notes").from(&anna).send().status, 405);
    assert_eq!(service.delete(note).from(&anna).send().status, 200);
    assert_eq!(service.get(note).from(&anna).send().status, 404);
    main();
}
