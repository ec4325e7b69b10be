//! The layout of an entity: which of its places only the server writes, which may not be missing, and what names the
//! elements of its lists. Made once from the schema; property URLs and read-only members are decided with it.

use serde_json::Value;

use crate::{Violation, patch::Step, schema};

const DEPTH_MAX: usize = 8;

/// One place of an entity.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Only the server writes it.
    pub read_only: bool,
    /// It may not be missing.
    pub required: bool,
    /// Its schema, as a document of its own.
    pub schema: Value,
    /// What is inside.
    pub form: Form,
}

/// What is inside a place.
#[derive(Clone, Debug)]
pub enum Form {
    /// Nothing that has a place of its own.
    Leaf,
    /// Members by name.
    Object(Vec<(String, Layout)>),
    /// A list whose elements are named by the value of one of their members.
    List {
        /// That member; lists without one are leaves to URLs.
        key: String,
        /// An element.
        element: Box<Layout>,
    },
}

impl Layout {
    /// The layout of a self-contained schema document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        Self::place(document, document, false, DEPTH_MAX)
    }

    fn place(root: &Value, part: &Value, required: bool, depth: usize) -> Self {
        let read_only = part.get("readOnly") == Some(&Value::Bool(true));
        let optional = schema::without_null(part);
        let schema = schema::resolve(root, &optional);
        let read_only = read_only || schema.get("readOnly") == Some(&Value::Bool(true));
        let form = if depth == 0 { Form::Leaf } else { Self::form(root, schema, depth) };
        Self { read_only, required, schema: schema::sub_document(root, &optional), form }
    }

    fn form(root: &Value, schema: &Value, depth: usize) -> Form {
        if let Some(members) = schema.get("properties").and_then(Value::as_object) {
            let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            let member = |(name, part): (&String, &Value)| {
                let required = required.iter().any(|one| one == name.as_str());
                (name.clone(), Self::place(root, part, required, depth - 1))
            };
            return Form::Object(members.iter().map(member).collect());
        }
        let element = schema.get("items").map(|items| Self::place(root, items, true, depth - 1));
        let key = schema.get("items").map(|items| schema::resolve(root, items)).and_then(|items| items.get("x-key"));
        match (element, key.and_then(Value::as_str)) {
            (Some(element), Some(key)) => Form::List { key: key.to_owned(), element: Box::new(element) },
            _ => Form::Leaf,
        }
    }

    /// A member of an object.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match &self.form {
            Form::Object(members) => members.iter().find(|(one, _)| one == name).map(|(_, layout)| layout),
            _ => None,
        }
    }

    /// The names of the members that every stored record of this layout may have.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let members = match &self.form {
            Form::Object(members) => members.as_slice(),
            _ => &[],
        };
        members.iter().map(|(name, _)| name.as_str())
    }

    /// Puts what only the server writes back into a document that a client sent, and tells where the client sent
    /// something else. `strict`: leaving such a member out is a change too, as it is after a patch.
    pub fn keep_read_only(&self, sent: &mut Value, stored: Option<&Value>, strict: bool) -> Vec<Violation> {
        let mut violations = Vec::new();
        self.keep(sent, stored, strict, String::new(), &mut violations);
        violations
    }

    fn keep(&self, sent: &mut Value, stored: Option<&Value>, strict: bool, at: String, out: &mut Vec<Violation>) {
        match (&self.form, sent) {
            (Form::Object(members), Value::Object(sent)) => {
                for (name, layout) in members {
                    let was = stored.and_then(|stored| stored.get(name));
                    let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                    if layout.read_only {
                        let given = sent.get(name);
                        if given != was && (given.is_some() || strict) {
                            out.push(Violation::new(at, "read_only", "only the server writes it"));
                        }
                        match was {
                            Some(was) => sent.insert(name.clone(), was.clone()),
                            None => sent.remove(name),
                        };
                    } else if let Some(value) = sent.get_mut(name) {
                        layout.keep(value, was, strict, at, out);
                    }
                }
            }
            (Form::List { key, element }, Value::Array(list)) => {
                for (index, value) in list.iter_mut().enumerate() {
                    let name = value.get(key).cloned();
                    let was = stored.and_then(Value::as_array).zip(name);
                    let was = was.and_then(|(all, name)| all.iter().find(|one| one.get(key) == Some(&name)));
                    element.keep(value, was, false, format!("{at}/{index}"), out);
                }
            }
            _ => {}
        }
    }

    /// Every place below this one that has a URL: the steps to it, where a keyed step has the name of its parameter in
    /// the place of the value.
    #[must_use]
    pub fn places(&self) -> Vec<(Vec<Step>, &Self)> {
        let mut all = Vec::new();
        self.collect(&mut Vec::new(), &mut all);
        all
    }

    fn collect<'a>(&'a self, path: &mut Vec<Step>, all: &mut Vec<(Vec<Step>, &'a Self)>) {
        let mut below = |step: Step, layout: &'a Self| {
            path.push(step);
            all.push((path.clone(), layout));
            layout.collect(path, all);
            path.pop();
        };
        match &self.form {
            Form::Leaf => {}
            Form::Object(members) => {
                members.iter().for_each(|(name, layout)| below(Step::Member(name.clone()), layout));
            }
            Form::List { key, element } => below(Step::Keyed(key.clone(), key.as_str().into()), element),
        }
    }
}
