//! Processes over the memory store, without a server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use std::sync::Arc;

use enaction::{Claims, Policy, PolicySource, prelude::*, processes::Output, stores::MemoryStore};
use serde_json::{Value, json};

/// A list of things.
#[entity("lists", unique = "code")]
pub struct List {
    pub id: Id<List>,
    #[validate(length(max = 5))]
    pub title: String,
    pub code: Option<String>,
    #[validate(length(max = 3))]
    pub lines: Vec<Line>,
    #[entity(read_only)]
    pub total: i64,
}

/// One thing.
#[value]
pub struct Line {
    #[value(key)]
    pub number: u32,
    #[value(required)]
    pub what: String,
    #[value(default = 1)]
    #[validate(range(min = 1, max = 9))]
    pub count: i64,
}

/// Adds a line.
#[process]
pub async fn add_line(cx: &mut WriteContext, id: Id<List>, what: String, count: Option<i64>) -> Result<Line> {
    let mut list = cx.read(&id).await?.into_inner();
    let number = list.lines.iter().map(|line| line.number).max().unwrap_or(0) + 1;
    let line = Line { number, what, count: count.unwrap_or(1) };
    list.lines.push(line.clone());
    list.total += line.count;
    cx.update(list).await?;
    Ok(line)
}

/// Changes a list by a patch.
#[process]
pub async fn amend(cx: &mut WriteContext, id: Id<List>, patch: Patch<List>) -> Result<Stored<List>> {
    let list = cx.read(&id).await?;
    cx.update(patch.apply(&list)?).await
}

/// Takes the code away, by another process.
#[process]
pub async fn uncode(cx: &mut WriteContext, id: Id<List>) -> Result<Stored<List>> {
    cx.call::<amend>((id, Patch::merge(json!({"code": null})))).await
}

struct Everything;

#[async_trait::async_trait]
impl PolicySource for Everything {
    fn cached(&self, _: &str) -> Option<Arc<Policy>> {
        Some(Arc::new(Policy { roles: [("all".to_owned(), vec!["*".to_owned()])].into(), ..Policy::default() }))
    }
    async fn policy(&self, company: &str) -> Result<Arc<Policy>> {
        Ok(self.cached(company).unwrap())
    }
}

fn application() -> Arc<enaction::Application> {
    let lists = Resource::<List>::stored()
        .members("lines", Members::new().create::<add_line>().delete_all())
        .patch_action::<amend>("amended")
        .action::<uncode>("uncoded");
    enaction::Application::builder()
        .policies(Arc::new(Everything))
        .module(Module::new("").resource(lists))
        .module(enaction::contract::module())
        .build(Arc::new(MemoryStore::default()))
        .unwrap()
}

async fn call(application: &Arc<enaction::Application>, name: &str, input: Value) -> Result<Value> {
    let caller = Caller::new(Claims { company: "acme".into(), roles: vec!["all".into()], ..Claims::default() });
    let output = application.call(name, caller, input.to_string().as_bytes()).await?;
    if let Output::Entity(raw) = &output {
        assert_ne!(raw.version, 0, "{name} gave an entity that is not committed");
    }
    Ok(output.json().map_or(Value::Null, |body| serde_json::from_slice(&body).unwrap()))
}

#[actix_rt::test]
async fn a_stored_resource_does_all_of_the_table_by_name() {
    let app = application();
    let made = call(&app, "lists.create", json!({"id": "a", "title": "food"})).await.unwrap();
    assert_eq!(made["title"], "food");
    let line = call(&app, "lists.lines.create", json!({"id": "a", "what": "milk"})).await.unwrap();
    assert_eq!(line, json!({"number": 1, "what": "milk", "count": 1}));
    call(&app, "lists.lines.create", json!({"id": "a", "what": "tea", "count": 2})).await.unwrap();
    let read = call(&app, "lists.read", json!({"id": "a"})).await.unwrap();
    assert_eq!((&read["total"], read["lines"].as_array().unwrap().len()), (&json!(3), 2));
    let line = call(&app, "lists.lines.read", json!({"id": "a", "number": 2})).await.unwrap();
    assert_eq!(line["what"], "tea");
    let gone = call(&app, "lists.lines.delete", json!({"id": "a", "number": 1})).await.unwrap();
    assert_eq!(gone["what"], "milk");
    let patched = call(&app, "lists.modify", json!({"id": "a", "list": {"title": null}})).await.unwrap();
    assert_eq!((&patched["title"], &patched["total"]), (&json!(""), &json!(3)));
    let page = call(&app, "lists.list", json!({})).await.unwrap();
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    call(&app, "lists.lines.deleteAll", json!({"id": "a"})).await.unwrap();
    assert_eq!(call(&app, "lists.read", json!({"id": "a"})).await.unwrap()["lines"], json!([]));
    call(&app, "lists.delete", json!({"id": "a"})).await.unwrap();
    assert_eq!(call(&app, "lists.read", json!({"id": "a"})).await.unwrap_err().code(), "not_found");
}

#[actix_rt::test]
async fn a_process_takes_a_patch_by_name_and_from_another_process() {
    let app = application();
    call(&app, "lists.create", json!({"id": "a", "title": "x", "code": "k"})).await.unwrap();
    let amended = call(&app, "lists.amended", json!({"id": "a", "patch": {"title": "y"}})).await.unwrap();
    assert_eq!((&amended["title"], &amended["code"]), (&json!("y"), &json!("k")), "what is not sent stays");
    let uncoded = call(&app, "lists.uncoded", json!({"id": "a"})).await.unwrap();
    assert_eq!((&uncoded["title"], uncoded.get("code")), (&json!("y"), None), "null takes away");
    let refused = call(&app, "lists.amended", json!({"id": "a", "patch": {"title": 1}})).await.unwrap_err();
    assert_eq!(refused.violations()[0].pointer, "/title");
}

#[actix_rt::test]
async fn faults_are_the_same_for_every_caller() {
    let app = application();
    call(&app, "lists.create", json!({"id": "a", "code": "x"})).await.unwrap();
    for (name, input, code, pointers) in [
        ("lists.create", json!({"id": "a"}), "already_exists", vec!["/id"]),
        ("lists.create", json!({"code": "x"}), "already_exists", vec!["/code"]),
        ("lists.create", json!({"title": "longer", "total": 1, "foo": 1}), "invalid", vec!["/title", "/total", "/foo"]),
        ("lists.create", json!({"id": "a/b"}), "invalid", vec!["/id"]),
        ("lists.create", json!({"lines": [{"count": 0}]}), "invalid", vec!["/lines/0/count", "/lines/0/what"]),
        ("lists.replace", json!({"id": "a", "list": {"total": 5}}), "invalid", vec!["/total"]),
        ("lists.replace", json!({"id": "a", "list": {"id": "b"}}), "invalid", vec!["/id"]),
        ("lists.replace", json!({"id": "b", "list": {}}), "not_found", vec![]),
        ("lists.modify", json!({"id": "a", "list": {"total": null}}), "invalid", vec!["/total"]),
        ("lists.lines.create", json!({"id": "a"}), "invalid", vec!["/what"]),
        ("lists.lines.delete", json!({"id": "a", "number": 9}), "not_found", vec![]),
        ("nothing.at.all", json!({}), "not_found", vec![]),
    ] {
        let fault = call(&app, name, input.clone()).await.unwrap_err();
        let mut found: Vec<&str> = fault.violations().iter().map(|one| one.pointer.as_str()).collect();
        let mut pointers = pointers;
        found.sort_unstable();
        pointers.sort_unstable();
        assert_eq!((fault.code(), found), (code, pointers), "{name} {input}: {fault}");
    }
}

#[actix_rt::test]
async fn every_operation_is_listed_with_its_schemas() {
    let app = application();
    let all = call(&app, "operations.read", json!({})).await.unwrap();
    let lines: Vec<String> = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!(
                "{} {} {} {}",
                one["method"].as_str().unwrap(),
                one["path"].as_str().unwrap(),
                one["target"].as_str().unwrap(),
                one["example"]
            )
        })
        .collect();
    println!("{}", lines.join("\n"));
    assert!(lines.iter().any(|line| line.starts_with("PUT /lists/{id}/lines/{number}/what property")));
}

/// What a basket-like answer shows.
#[value]
pub struct ListAnswer {
    pub reference: String,
    pub list: Option<List>,
}

/// Whether the whole list is answered.
#[flags]
pub struct ListFlags {
    pub return_list: bool,
}

#[actix_rt::test]
async fn a_response_object_is_made_of_the_entity_and_of_flags_that_no_process_sees() {
    let lists = Resource::<List>::stored().members("lines", Members::new().create::<add_line>()).respond(
        |list: List, flags: ListFlags| ListAnswer {
            reference: list.id.to_string(),
            list: flags.return_list.then_some(list),
        },
    );
    let app = enaction::Application::builder()
        .policies(Arc::new(Everything))
        .module(Module::new("").resource(lists))
        .build(Arc::new(MemoryStore::default()))
        .unwrap();
    let made = call(&app, "lists.create", json!({"list": {"id": "a", "title": "food"}})).await.unwrap();
    assert_eq!(made, json!({"reference": "a"}));
    let read = call(&app, "lists.read", json!({"id": "a", "flags": {"returnList": true}})).await.unwrap();
    assert_eq!(read["list"]["title"], "food");
    // Properties and elements are pieces of the entity, whatever the answer of the whole looks like.
    let line = call(&app, "lists.lines.create", json!({"id": "a", "what": "milk"})).await.unwrap();
    assert_eq!(line["number"], 1);
    assert_eq!(call(&app, "lists.lines.read", json!({"id": "a", "number": 1})).await.unwrap()["what"], "milk");
}
