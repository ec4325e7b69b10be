//! Making what a check needs: items by POST to their collections, parents first, from the operations' own examples.
//!
//! An example can not know that a member refers to something that must exist, or that a value is taken. Both are learnt
//! from the violations of the answer: a taken value is varied by its schema, and a reference is tried with what every
//! collection of the server has.

use enaction_core::{
    schema::sub_document,
    table::{Method, Preconditions, Target as Kind},
};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Request},
    conditions::state,
    documents::{every_member, put, schema_at, varied},
    operation::Operation,
    world::World,
};

const ATTEMPTS: usize = 12;
/// Codes of violations that a schema tells: what is made from a schema has none of them.
const OF_SCHEMAS: [&str; 10] =
    ["unknown", "required", "type", "enum", "length", "range", "pattern", "format", "items", "read_only"];

impl World<'_> {
    /// A path of a template on which everything that it names was just made. Nothing when it can not be made.
    pub fn place(&self, template: &str) -> Option<String> {
        let (mut path, mut known) = (String::new(), String::new());
        for segment in template.split('/').skip(1) {
            if segment.starts_with('{') {
                path = self.item(&known, &path, segment.trim_matches(['{', '}']))?;
            } else {
                path = format!("{path}/{segment}");
            }
            known = format!("{known}/{segment}");
        }
        Some(path)
    }

    /// The same, where what it names may have been there before.
    pub fn some_place(&self, template: &str) -> Option<String> {
        self.place(template).or_else(|| self.by_trying(template))
    }

    /// Puts what the collections of the server have into a template that has no collection of its own.
    fn by_trying(&self, template: &str) -> Option<String> {
        self.find(Method::Get, template)?;
        let known: Vec<Value> = self.known_values();
        let [before, after] = template.split(['{', '}']).step_by(2).collect::<Vec<_>>().try_into().ok()?;
        let paths = known.iter().filter_map(Value::as_str).map(|value| format!("{before}{value}{after}"));
        paths.into_iter().find(|path| self.get(path).status == 200)
    }

    /// A new item of a collection, or the last that it lists.
    fn item(&self, template: &str, collection: &str, key: &str) -> Option<String> {
        if let Some(create) = self.find(Method::Post, template).filter(|one| one.kind == Kind::Collection) {
            let made = self.perform(create, collection);
            return Some(made.header("location").filter(|_| made.status == 201)?.to_owned());
        }
        if let Some(put) = self.find(Method::Put, template).filter(|one| one.kind == Kind::Property) {
            let items = put.input.as_ref()?.get("items")?;
            let element = every_member(&sub_document(put.input.as_ref()?, items));
            let list = Value::from(vec![element]).to_string();
            let _ = self.ask(Request::new("PUT", collection).json(list));
        }
        let list = self.current(collection)?;
        let items = if list.is_array() { &list } else { &list["items"] };
        let last = items.as_array()?.last()?;
        let name = last.get(key).or_else(|| last.get("id"))?.clone();
        Some(format!("{collection}/{}", name.as_str().map_or_else(|| name.to_string(), str::to_owned)))
    }

    /// A body that fits, at a place: for what replaces or changes something, that which is there.
    pub fn body(&self, operation: &Operation, path: &str) -> Option<Value> {
        operation.input.as_ref()?;
        if operation.kind == Kind::Batch {
            let collection = path.strip_suffix(":batch")?;
            return Some(json!({ "operations": [{ "method": "GET", "path": collection }] }));
        }
        let replaces = operation.method == Method::Put || operation.method == Method::Patch;
        let readable = self.find(Method::Get, &operation.path).is_some();
        let list = operation.input.as_ref().is_some_and(|input| input["type"] == "array");
        if replaces && readable && list && operation.kind == Kind::Collection {
            return Some(self.current(&format!("{path}?limit=500"))?["items"].take());
        }
        if replaces
            && readable
            && operation.kind != Kind::Collection
            && let Some(current) = self.current(path)
        {
            return Some(current);
        }
        operation.example.clone()
    }

    /// Runs an operation at a place so that it succeeds, if that can be found out.
    pub fn perform(&self, operation: &Operation, path: &str) -> Answer {
        self.perform_with(operation, path, &[])
    }

    /// The same with more fields.
    pub fn perform_with(&self, operation: &Operation, path: &str, fields: &[(&str, &str)]) -> Answer {
        let plain = path.split('?').next().unwrap_or(path);
        let mut body = self.body(operation, plain);
        self.refer(operation, &mut body);
        let mut answer = self.once(operation, path, body.as_ref(), fields);
        let mut filled = false;
        for _ in 0..ATTEMPTS {
            if answer.is_success() {
                break;
            }
            if operation.faults.contains(&answer.code()) && !filled {
                filled = self.fill(&operation.path, plain);
                if !filled {
                    break;
                }
                answer = self.once(operation, path, body.as_ref(), fields);
            } else if let Some((mended, next)) = self.mend(operation, path, body.as_ref(), fields, &answer) {
                (body, answer) = (Some(mended), next);
            } else {
                break;
            }
        }
        answer
    }

    fn once(&self, operation: &Operation, path: &str, body: Option<&Value>, fields: &[(&str, &str)]) -> Answer {
        let conditional = fields.iter().any(|(name, _)| *name == "if-match");
        let keyed = fields.iter().any(|(name, _)| *name == "idempotency-key");
        let bare = || if keyed { Request::new(operation.method.as_str(), path) } else { operation.bare(path) };
        // `*` is about a property itself, which may be absent; the tag is its item's.
        let demands = operation.convention.preconditions == Preconditions::Demanded;
        let piece = operation.kind == Kind::Property && demands;
        let plain = path.split('?').next().unwrap_or(path);
        let item = if piece && !conditional { state(self, operation, plain) } else { None };
        let mut request = match item.as_ref().and_then(|item| item.header("etag")) {
            Some(tag) => bare().with("if-match", tag),
            None if conditional || !demands => bare(),
            None => bare().with("if-match", "*"),
        };
        for (name, value) in fields {
            request = request.with(name, value);
        }
        let request = match body {
            Some(body) if operation.kind == Kind::Endpoint && self.takes_form(path) => {
                let mut request = request.with("content-type", "application/x-www-form-urlencoded");
                request.body = form(body).into_bytes();
                request
            }
            Some(body) => request.json(body.to_string()),
            None => request,
        };
        self.last.replace(request.clone());
        self.ask(request)
    }

    /// Puts a property where there is none, and whatever it stands in.
    pub(crate) fn put_property(&self, template: &str, path: &str) {
        for (at, _) in template.match_indices('/').chain([(template.len(), "")]) {
            let segments = template[..at].split('/').count();
            let here = path.split('/').take(segments).collect::<Vec<_>>().join("/");
            let put = self.find(Method::Put, &template[..at]).filter(|one| one.kind == Kind::Property);
            if let Some(put) = put.filter(|_| self.current(&here).is_none()) {
                let _ = self.perform(put, &here);
            }
        }
    }

    /// Changes a body by what an answer says against it, and sends it again.
    fn mend(
        &self,
        operation: &Operation,
        path: &str,
        body: Option<&Value>,
        fields: &[(&str, &str)],
        answer: &Answer,
    ) -> Option<(Value, Answer)> {
        let schema = operation.input.as_ref()?;
        let (mut pointer, code) = answer.violations().into_iter().next()?;
        if body.is_some_and(|body| !body.is_object() && !body.is_array()) {
            // What is told may stand beside the piece that was sent.
            pointer = String::new();
        }
        let with = |value: Value| {
            let mut document = body.cloned().unwrap_or_default();
            put(&mut document, &pointer, value);
            let next = self.once(operation, path, Some(&document), fields);
            (document, next)
        };
        if code == "already_exists" {
            let reference = self.references.borrow().get(&(operation.line(), pointer.clone())).cloned();
            if let Some(collection) = reference {
                // Something else of the kind that it refers to.
                self.pool.borrow_mut().remove(&collection);
                let again = self.known().into_iter().find(|(one, _)| *one == collection)?;
                return Some(with(again.1));
            }
            return Some(with(varied(&schema_at(schema, &pointer), self.draw())));
        }
        if OF_SCHEMAS.contains(&code.as_str()) {
            return None;
        }
        for (collection, value) in self.known() {
            let (document, next) = with(value);
            if !next.violations().iter().any(|(one, _)| *one == pointer) && next.code() != "not_json" {
                self.references.borrow_mut().insert((operation.line(), pointer), collection);
                return Some((document, next));
            }
        }
        None
    }

    /// Puts what is known of references into a body.
    fn refer(&self, operation: &Operation, body: &mut Option<Value>) {
        let Some(document) = body else { return };
        let references = self.references.borrow();
        let own = references.iter().filter(|((line, _), _)| *line == operation.line());
        for ((_, pointer), collection) in own {
            let pool = self.pool.borrow();
            if let Some(id) = pool.get(collection).and_then(|path| path.rsplit('/').next())
                && document.pointer(pointer).is_none_or(Value::is_string)
            {
                put(document, pointer, id.into());
            }
        }
    }

    /// Makes an element in every collection inside the item that a place belongs to.
    pub(crate) fn fill(&self, template: &str, path: &str) -> bool {
        let Some(end) = template.find('}') else { return false };
        let item = &template[..=end];
        let segments = item.split('/').count();
        let here = path.split('/').take(segments).collect::<Vec<_>>().join("/");
        let inside = self.operations.iter().filter(|one| {
            let below = one.path.strip_prefix(item).and_then(|rest| rest.strip_prefix('/'));
            (one.kind, one.method) == (Kind::Collection, Method::Post) && below.is_some_and(|rest| !rest.contains('/'))
        });
        let mut filled = false;
        for create in inside {
            let name = create.path.rsplit('/').next().unwrap_or_default();
            filled |= self.perform(create, &format!("{here}/{name}")).is_success();
        }
        filled
    }

    /// An id of every collection that can be made by itself, with its path.
    fn known(&self) -> Vec<(String, Value)> {
        self.make_pool();
        let pool = self.pool.borrow();
        pool.iter().map(|(collection, path)| (collection.clone(), path.rsplit('/').next().into())).collect()
    }

    fn known_values(&self) -> Vec<Value> {
        self.known().into_iter().map(|(_, value)| value).collect()
    }

    fn make_pool(&self) {
        let creates: Vec<&Operation> = self
            .operations
            .iter()
            .filter(|one| (one.kind, one.method) == (Kind::Collection, Method::Post) && !one.has_parameters())
            .collect();
        for create in creates {
            let there = self.pool.borrow().get(&create.path).cloned();
            if there.is_some_and(|path| path.is_empty() || self.get(&path).status == 200) {
                continue;
            }
            // Empty while it is being made: what refers to itself is not tried.
            self.pool.borrow_mut().insert(create.path.clone(), String::new());
            let made = self.perform(create, &create.path);
            let path = made.header("location").map(str::to_owned);
            match path {
                Some(path) => self.pool.borrow_mut().insert(create.path.clone(), path),
                None => self.pool.borrow_mut().remove(&create.path),
            };
        }
    }
}

/// The members of a document as the fields of a form.
fn form(body: &Value) -> String {
    let members = body.as_object().into_iter().flatten();
    let fields = members.map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    fields.collect::<Vec<_>>().join("&")
}
