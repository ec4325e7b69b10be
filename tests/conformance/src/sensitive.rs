//! What is sensitive does not exist for a caller without its permission: no operation tells it, and none loses it.
//!
//! The places are read from the schemas of the operations. In everything that can be made, each is given a value that is
//! not to be mistaken; then every operation is run by the one who lacks the permissions.

use std::collections::BTreeSet;

use enaction_core::{
    schema::{resolve, without_null},
    table::{Effect, Method, Target as Kind},
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Request},
    documents::every_member,
    operation::Operation,
    report::Report,
    world::{Target, Tokens, World},
};

const TEXT: &str = "s3cr3t";
const NUMBER: u64 = 4_042_313_373;

/// How much was tried.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    /// Operations that succeeded for who sees less.
    pub succeeded: usize,
    /// Operations on places that are hidden.
    pub hidden: usize,
    /// Answers that were compared by their tags.
    pub tags: usize,
    /// Bodies with something at a hidden place.
    pub unknown: usize,
    /// Queries by something hidden.
    pub asked: usize,
}

/// Runs every operation as someone who has every permission but those of sensitive members.
///
/// # Panics
/// When the operations can not be read.
pub fn check(world: &World<'_>, less: &Tokens, report: &mut Report) -> Tried {
    let target = Target { all: less.clone(), ..world.target.clone() };
    let seen = Seen { all: world, less: &World::open(&target), names: names(world) };
    let mut tried = Tried::default();
    let told = |one: &&Operation| !one.taken && one.kind != Kind::Endpoint && one.path != "/operations";
    for operation in world.operations.iter().filter(told) {
        seen.operation(operation, report, &mut tried);
    }
    tried
}

/// The names of all sensitive members.
fn names(world: &World<'_>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for schema in world.operations.iter().flat_map(|one| one.input.iter().chain(&one.output)) {
        marked(schema, &mut names);
    }
    names
}

fn marked(schema: &Value, names: &mut BTreeSet<String>) {
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    names.extend(members.filter(|(_, member)| member.get("x-sensitive").is_some()).map(|(name, _)| name.clone()));
    match schema {
        Value::Object(parts) => parts.values().for_each(|part| marked(part, names)),
        Value::Array(parts) => parts.iter().for_each(|part| marked(part, names)),
        _ => {}
    }
}

struct Seen<'w> {
    all: &'w World<'w>,
    less: &'w World<'w>,
    names: BTreeSet<String>,
}

/// Somewhere to try an operation on.
struct Place {
    /// The item that it belongs to, with the schema of it, where it has something sensitive.
    item: Option<(String, Value)>,
    path: String,
    hidden: bool,
}

impl Seen<'_> {
    fn operation(&self, operation: &Operation, report: &mut Report, tried: &mut Tried) {
        let Some(place) = self.place(operation) else { return };
        let line = format!("{} of who sees less", operation.line());
        if place.hidden {
            tried.hidden += 1;
            return self.not_there(operation, &place, &line, report);
        }
        self.unknown(operation, &place, &line, report, tried);
        if operation.method == Method::Get {
            self.asks_nothing(operation, &place, &line, report, tried);
            self.tags(operation, &place, &line, report, tried);
        }
        let before = self.secrets(&place);
        if operation.effect == Effect::Command {
            let dry = self.less.perform(operation, &format!("{}?validateOnly=true", place.path));
            self.tells_nothing(&dry, &line, report);
        }
        let answer = self.less.perform(operation, &place.path);
        self.tells_nothing(&answer, &line, report);
        tried.succeeded += usize::from(answer.is_success());
        let one = matches!(operation.kind, Kind::Item | Kind::Property | Kind::Singleton);
        let kept = one && matches!(operation.method, Method::Put | Method::Patch);
        if kept && before.is_some() {
            report.expect(answer.is_success(), &line, || answer.told());
            let after = self.secrets(&place);
            report.expect(before == after, &line, || format!("{before:?} became {after:?}"));
        }
    }

    /// A new place, with a secret wherever one can be.
    fn place(&self, operation: &Operation) -> Option<Place> {
        let Some((item, put)) = self.item_of(&operation.path) else {
            let path = self.all.some_place(&operation.path)?;
            self.with_an_item(&operation.path);
            return Some(Place { item: None, path, hidden: false });
        };
        let schema = put.input.clone()?;
        let mut path = self.all.place(item)?;
        self.fill(put, &path);
        let made = path.clone();
        let (mut part, mut here, mut hidden) = (schema.clone(), self.all.current(&path)?, false);
        let rest = operation.path.strip_prefix(item)?;
        for segment in rest.split('/').skip(1) {
            let resolved = without_null(resolve(&schema, &part));
            if let Some(key) = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                here = here.get(0)?.clone();
                part = without_null(resolved.get("items")?);
                path = format!("{path}/{}", here.get(key)?);
            } else {
                let member = resolved.pointer(&format!("/properties/{segment}")).cloned().unwrap_or_default();
                hidden |= member.get("x-sensitive").is_some();
                (part, here) = (without_null(&member), here.get(segment).cloned().unwrap_or_default());
                path = format!("{path}/{segment}");
            }
        }
        let hidden = hidden && !matches!(operation.kind, Kind::View | Kind::Action);
        Some(Place { item: Some((made, schema)), path, hidden })
    }

    /// The template of the item or singleton that a template is of or below, with its PUT, where it has something
    /// sensitive.
    fn item_of<'t>(&self, template: &'t str) -> Option<(&'t str, &Operation)> {
        let item = template.find('}').map_or(template, |end| &template[..=end]);
        let put = self.all.find(Method::Put, item).filter(|put| put.kind != Kind::Collection)?;
        let mut names = BTreeSet::new();
        marked(put.input.as_ref()?, &mut names);
        (!names.is_empty()).then_some((item, put))
    }

    /// What is in a collection has secrets too.
    fn with_an_item(&self, collection: &str) {
        let item =
            self.all.operations.iter().find(|one| one.kind == Kind::Item && one.collection() == Some(collection));
        let known = item.and_then(|item| self.item_of(&item.path));
        if let Some((put, path)) = known.and_then(|(item, put)| Some((put, self.all.place(item)?))) {
            self.fill(put, &path);
        }
    }

    /// Puts a document with every member, and with secrets at every sensitive place.
    fn fill(&self, put_to: &Operation, path: &str) {
        let Some(schema) = &put_to.input else { return };
        let mut document = every_member(schema);
        if let Some(members) = document.as_object_mut() {
            members.remove("id");
        }
        for (pointer, _) in sensitive(schema, &document) {
            document.pointer_mut(&pointer).into_iter().for_each(swap);
        }
        let put = |document: &Value| self.all.ask(Request::new("PUT", path).json(document.to_string()));
        // What is taken or refers to something is left out.
        for (pointer, _) in put(&document).violations() {
            if let Some(members) = document.as_object_mut() {
                members.remove(pointer.trim_start_matches('/'));
            }
        }
        let answer = put(&document);
        assert!(answer.is_success(), "{} with secrets: {}", put_to.line(), answer.told());
    }

    /// What stands at the sensitive places, for who sees everything.
    fn secrets(&self, place: &Place) -> Option<Vec<(String, Value)>> {
        let (item, schema) = place.item.as_ref()?;
        Some(sensitive(schema, &self.all.current(item)?))
    }

    fn not_there(&self, operation: &Operation, place: &Place, line: &str, report: &mut Report) {
        let mut request = operation.request(&place.path);
        if let Some(body) = self.all.body(operation, &place.path) {
            request = request.json(body.to_string());
        }
        let before = self.secrets(place);
        let answer = self.less.ask(request.clone());
        let missing = (answer.status, answer.code()) == (404, "not_found".to_owned());
        report.expect(missing, line, || answer.told());
        self.tells_nothing(&answer, line, report);
        report.expect(before == self.secrets(place), line, || "it changed".into());
        let there = self.all.ask(request);
        report.expect(there.is_success(), line, || format!("who sees everything: {}", there.told()));
    }

    /// Something at a hidden place of a body is told as every unknown member is, and nothing else is told of it.
    fn unknown(&self, operation: &Operation, place: &Place, line: &str, report: &mut Report, tried: &mut Tried) {
        let Some(schema) = &operation.input else { return };
        let document = every_member(schema);
        let mut expected: Vec<String> = sensitive(schema, &document).into_iter().map(|(pointer, _)| pointer).collect();
        if expected.is_empty() {
            return;
        }
        expected.sort();
        tried.unknown += 1;
        let mut broken = document.clone();
        expected.iter().filter_map(|pointer| broken.pointer_mut(pointer).map(|place| *place = json!([[TEXT]]))).count();
        for document in [document, broken] {
            let request = operation.request(&place.path).json(document.to_string());
            let answer = self.less.ask(request);
            let told: Vec<String> = answer.violations().into_iter().map(|(pointer, _)| pointer).collect();
            let unknown = answer.violations().iter().all(|(_, code)| code == "unknown");
            let right = answer.status == 422 && unknown && told == expected;
            report.expect(right, line, || format!("{document} is {}, not {expected:?}", answer.told()));
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            report.expect(!text.contains(TEXT), line, || format!("tells {text}"));
        }
    }

    /// By what is hidden nothing can be selected, ordered or named: it is answered as what there is not.
    fn asks_nothing(&self, operation: &Operation, place: &Place, line: &str, report: &mut Report, tried: &mut Tried) {
        let mut names = BTreeSet::new();
        marked(operation.output.as_ref().unwrap_or(&Value::Null), &mut names);
        let told = |query: String| {
            let answer = self.less.get(&format!("{}?{query}", place.path));
            (answer.status, answer.json()["code"].clone(), answer.json()["violations"].to_string())
        };
        for name in names {
            for query in ["filter[?]=1", "filter[?][exists]=true", "filter[?][like]=1", "sort=?", "sort=-?", "fields=?"]
            {
                let hidden = told(query.replace('?', &name));
                let unknown = told(query.replace('?', "noSuchMember"));
                let alike = hidden.2.replace(&name, "noSuchMember") == unknown.2;
                let right = alike && (hidden.0, &hidden.1) == (400, &unknown.1) && !unknown.2.contains(&name);
                report.expect(right, line, || format!("{query} by {name}: {hidden:?} is not {unknown:?}"));
                tried.asked += 1;
            }
        }
    }

    /// Who sees less has another tag of the same state, and who knows the other tag does not know the answer.
    fn tags(&self, operation: &Operation, place: &Place, line: &str, report: &mut Report, tried: &mut Tried) {
        let (all, less) = (self.all.get(&place.path), self.less.get(&place.path));
        let (Some(full), Some(part)) = (all.header("etag"), less.header("etag")) else { return };
        let empty = BTreeSet::new();
        let left_out = !sensitive(operation.output.as_ref().unwrap_or(&Value::Null), &all.json()).is_empty();
        report.expect(left_out || self.names != empty, line, || "nothing is sensitive".into());
        if !left_out {
            return;
        }
        tried.tags += 1;
        let state = |tag: &str| tag.trim_matches('"').split('-').next().unwrap_or_default().to_owned();
        report.expect(full != part, line, || format!("the tag {full} for both"));
        report.expect(state(full) == state(part), line, || format!("{full} and {part} are no tags of one state"));
        for (tag, status) in [(full, 200), (part, 304)] {
            let again = self.less.ask(Request::new("GET", &place.path).with("if-none-match", tag));
            report.expect(again.status == status, line, || format!("{} to who knows {tag}", again.status));
            let matching = self.less.ask(Request::new("GET", &place.path).with("if-match", tag));
            report.expect(matching.status == 200, line, || format!("{} to if-match {tag}", matching.status));
        }
    }

    /// No secret and no name of a sensitive member stands anywhere in an answer but in what the client itself had sent.
    fn tells_nothing(&self, answer: &Answer, line: &str, report: &mut Report) {
        let mut body = answer.json();
        if let Some(problem) = body.as_object_mut() {
            problem.remove("instance");
        }
        let drawn = |name: &str| ["x-request-id", "traceparent"].contains(&name);
        let fields =
            answer.headers.iter().filter(|(name, _)| !drawn(name)).map(|(name, value)| format!("{name}: {value}"));
        let text = fields.chain([body.to_string()]).collect::<Vec<_>>().join("\n");
        let number = NUMBER.to_string();
        for word in
            [TEXT, &number].into_iter().map(str::to_owned).chain(self.names.iter().map(|one| format!("{one:?}")))
        {
            report.expect(!text.contains(&word), line, || format!("tells {word}: {text}"));
        }
    }
}

/// The pointers and values of what a document has at sensitive places.
fn sensitive(schema: &Value, document: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    collect(schema, schema, document, String::new(), &mut found);
    found
}

fn collect(root: &Value, part: &Value, document: &Value, at: String, found: &mut Vec<(String, Value)>) {
    let schema = without_null(resolve(root, &without_null(part)));
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let member = schema.pointer(&format!("/properties/{name}")).unwrap_or(&Value::Null);
                let at = format!("{at}/{name}");
                match member.get("x-sensitive") {
                    Some(_) => found.push((at, value.clone())),
                    None => collect(root, member, value, at, found),
                }
            }
        }
        Value::Array(list) => {
            let items = schema.get("items").unwrap_or(&Value::Null);
            for (index, value) in list.iter().enumerate() {
                collect(root, items, value, format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

/// Puts a secret in the place of every text and number.
fn swap(value: &mut Value) {
    match value {
        Value::String(text) => TEXT.clone_into(text),
        Value::Number(_) => *value = NUMBER.into(),
        Value::Array(list) => list.iter_mut().for_each(swap),
        Value::Object(members) => members.values_mut().for_each(swap),
        _ => {}
    }
}
