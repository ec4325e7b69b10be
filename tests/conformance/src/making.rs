//! Making what a check needs: items by POST to their collections, parents first, from the operations' own examples.
//!
//! An example can not know that a member refers to something that must exist, or that a value is taken. Both are learnt
//! from the violations of the answer: a taken value is varied by its schema, and a reference is tried with what every
//! collection of the server has.

use enaction_core::table::{Method, Target as Kind};
use serde_json::Value;

use crate::{
    client::{Answer, Request},
    documents::{put, schema_at, varied},
    operation::Operation,
    world::World,
};

const ATTEMPTS: usize = 12;

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
        self.find(Method::Get, template).filter(|one| one.kind == Kind::Collection)?;
        let list = self.current(collection)?;
        let name = list["items"].as_array()?.last()?.get(key)?.clone();
        Some(format!("{collection}/{}", name.as_str().map_or_else(|| name.to_string(), str::to_owned)))
    }

    /// A body that fits, at a place: for what replaces or changes something, that which is there.
    pub fn body(&self, operation: &Operation, path: &str) -> Option<Value> {
        operation.input.as_ref()?;
        let replaces = operation.method == Method::Put || operation.method == Method::Patch;
        let readable = self.find(Method::Get, &operation.path).is_some();
        if replaces && readable && operation.kind != Kind::Collection && let Some(current) = self.current(path) {
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
        let mut body = self.body(operation, path);
        self.refer(operation, &mut body);
        let mut answer = self.once(operation, path, body.as_ref(), fields);
        let mut filled = false;
        for _ in 0..ATTEMPTS {
            if answer.is_success() {
                break;
            }
            if operation.faults.contains(&answer.code()) && !filled {
                filled = self.fill(&operation.path, path);
                if !filled {
                    break;
                }
            } else if !self.mend(operation, path, &mut body, &answer) {
                break;
            }
            answer = self.once(operation, path, body.as_ref(), fields);
        }
        answer
    }

    fn once(&self, operation: &Operation, path: &str, body: Option<&Value>, fields: &[(&str, &str)]) -> Answer {
        let mut request = Request::new(operation.method.as_str(), path);
        for (name, value) in fields {
            request = request.with(name, value);
        }
        match body {
            Some(body) => self.ask(request.json(body.to_string())),
            None => self.ask(request),
        }
    }

    /// Changes a body by what an answer says against it.
    fn mend(&self, operation: &Operation, path: &str, body: &mut Option<Value>, answer: &Answer) -> bool {
        let (Some(document), Some(schema)) = (body.as_mut(), &operation.input) else { return false };
        let Some((pointer, code)) = answer.violations().into_iter().next() else { return false };
        let before = document.clone();
        if code == "already_exists" {
            put(document, &pointer, varied(&schema_at(schema, &pointer), self.draw()));
            return *document != before;
        }
        let kinds = ["unknown", "required", "type", "enum", "length", "range", "pattern", "format", "items", "read_only"];
        if kinds.contains(&code.as_str()) {
            return false;
        }
        for (collection, value) in self.known() {
            put(document, &pointer, value.clone());
            let again = self.once(operation, path, body.as_ref(), &[]);
            let gone = !again.violations().iter().any(|(one, _)| *one == pointer);
            if gone && again.code() != "not_json" {
                self.references.borrow_mut().insert((operation.process.clone(), pointer), collection);
                // It may have been done by that.
                if again.is_success() && operation.kind == Kind::Collection {
                    let id = again.header("location").unwrap_or_default().to_owned();
                    self.pool.borrow_mut().entry(path.to_owned()).or_insert(id);
                }
                return true;
            }
            let Some(document) = body.as_mut() else { return false };
            document.clone_from(&before);
        }
        false
    }

    /// Puts what is known of references into a body.
    fn refer(&self, operation: &Operation, body: &mut Option<Value>) {
        let Some(document) = body else { return };
        let references = self.references.borrow();
        let own = references.iter().filter(|((process, _), _)| *process == operation.process);
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
    fn fill(&self, template: &str, path: &str) -> bool {
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
