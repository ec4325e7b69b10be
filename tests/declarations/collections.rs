//! What is declared of whole collections, of collections inside of items and of aliases is checked before the first
//! request.

use std::sync::Arc;

use enaction::{Application, prelude::*, stores::MemoryStore};

/// A shelf.
#[entity("shelves")]
pub struct Shelf {
    pub id: Id<Shelf>,
    pub label: String,
}

/// A box on a shelf.
#[entity("boxes")]
pub struct Crate {
    pub id: Id<Crate>,
    pub weight: i64,
}

/// Puts a shelf up by its label alone.
#[process]
pub async fn put_up(cx: &mut WriteContext, label: String, twice: bool) -> Result<Stored<Shelf>> {
    let label = if twice { label.repeat(2) } else { label };
    cx.create(Shelf { label, ..Shelf::default() }).await
}

/// Weighs a box, wherever it is.
#[process]
pub async fn weigh(cx: &ReadContext, crate_id: Id<Crate>) -> Result<Stored<Crate>> {
    cx.read(&crate_id).await
}

/// The shelf that is called so.
#[process]
pub async fn called(cx: &ReadContext, label: String) -> Result<Option<Stored<Shelf>>> {
    let all = cx.list::<Shelf>(&PageRequest::default()).await?.items;
    Ok(all.into_iter().find(|shelf| shelf.label == label))
}

fn mistakes(resource: Resource<Shelf>) -> Vec<String> {
    let module = Module::new("").resource(resource);
    let built = Application::builder().module(module).build(Arc::new(MemoryStore::default()));
    built.map_or_else(|mistakes| mistakes.0, |_| Vec::new())
}

fn shelves() -> Resource<Shelf> {
    Resource::stored()
}

fn boxes() -> Resource<Crate> {
    Resource::stored()
}

#[test]
fn a_mistake_is_told_with_its_place() {
    for (resource, expected) in [
        (shelves().whole_collection().collection("boxes", boxes().whole_collection()).alias::<first>("FIRST"), vec![]),
        (
            shelves().create::<put_up>().whole_collection(),
            vec!["/shelves: replaceAll hands items to `put_up`, which does not take the entity"],
        ),
        (
            shelves().without(enaction::table::Method::Delete).whole_collection(),
            vec![
                "/shelves: deleteAll needs the operation `delete` of its items",
                "/shelves: replaceAll needs the operation `delete` of its items",
            ],
        ),
        (
            shelves().collection("boxes", boxes().read::<weigh>()),
            vec!["GET /shelves/{id}/boxes/{crateId}: `weigh` has no parameter `id` for the path"],
        ),
        (
            shelves().alias::<called>("FIRST"),
            vec!["/shelves: the alias \"FIRST\": `called` is to take the ids of the path and nothing else: label"],
        ),
        (shelves().alias::<first>("a b"), vec!["/shelves: the alias \"a b\" has not the form of an id"]),
        (
            shelves().collection("boxes", boxes().collection("shelves", shelves())),
            vec!["the collection \"shelves\" is declared in two places"],
        ),
    ] {
        assert_eq!(mistakes(resource), expected);
    }
}

/// The first shelf of all.
#[process]
pub async fn first(cx: &ReadContext) -> Result<Option<Stored<Shelf>>> {
    Ok(cx.list(&PageRequest::default()).await?.items.into_iter().next())
}
