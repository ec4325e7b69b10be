//! The layout of an entity: which of its places only the server writes, which may not be missing, and what names the
//! elements of its lists, and which places do not exist for every caller. Made once from the schema; property URLs and read-only members are decided with it.

use serde_json::Value;

use crate::{
    Violation, Withheld,
    fault::pointer,
    patch::Step,
    schema,
    sensitive::{self, Veil, as_unknown},
};

const DEPTH_MAX: usize = 8;

/// One place of an entity.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Only the server writes it.
    pub read_only: bool,
    /// It may not be missing.
    pub required: bool,
    /// It may be absent, where the place that it stands in is not.
    pub optional: bool,
    /// The permission without which it does not exist.
    pub sensitive: Option<String>,
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
        let sensitive = sensitive::permission(part).map(str::to_owned);
        let mut schema = schema::sub_document(root, &optional);
        if let Some(permission) = &sensitive {
            sensitive::mark(&mut schema, permission);
        }
        Self { read_only, required, optional: schema::is_optional(part), sensitive, schema, form }
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
                    let at = format!("{at}{}", pointer(name));
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
                    let was = named(stored, key, value.get(key));
                    element.keep(value, was, false, format!("{at}/{index}"), out);
                }
            }
            _ => {}
        }
    }

    /// Lays what does not exist for a caller back into a document that was made of what the caller sees, and tells where
    /// the document has something of its own there. An element of a list is found again by its key. What goes away goes
    /// with everything in it, and what can not be absent stays for the sake of what is hidden in it.
    pub fn lay_back(&self, made: &mut Value, stored: &Value, withheld: &Withheld) -> Vec<Violation> {
        let mut unknown = Vec::new();
        if !withheld.is_nothing() {
            self.lay(made, Some(stored), withheld, String::new(), &mut unknown);
        }
        unknown
    }

    fn lay(&self, made: &mut Value, stored: Option<&Value>, withheld: &Withheld, at: String, out: &mut Vec<Violation>) {
        match (&self.form, made) {
            (Form::Object(members), Value::Object(made)) => {
                for (name, layout) in members {
                    let was = stored.and_then(|stored| stored.get(name));
                    let at = format!("{at}{}", pointer(name));
                    if layout.is_hidden(withheld) {
                        if made.contains_key(name) {
                            out.push(as_unknown(at));
                        }
                        made.extend(was.map(|was| (name.clone(), was.clone())));
                    } else if let Some(value) = made.get_mut(name) {
                        layout.lay(value, was, withheld, at, out);
                    } else if !layout.optional {
                        made.extend(layout.hidden_of(was, withheld).map(|hidden| (name.clone(), hidden)));
                    }
                }
            }
            (Form::List { key, element }, Value::Array(list)) => {
                for (index, value) in list.iter_mut().enumerate() {
                    let was = named(stored, key, value.get(key));
                    element.lay(value, was, withheld, format!("{at}/{index}"), out);
                }
            }
            _ => {}
        }
    }

    /// An object with nothing but what is hidden in it, where something is.
    fn hidden_of(&self, stored: Option<&Value>, withheld: &Withheld) -> Option<Value> {
        let mut hidden = Value::Object(Default::default());
        self.lay(&mut hidden, Some(stored?), withheld, String::new(), &mut Vec::new());
        hidden.as_object().is_some_and(|hidden| !hidden.is_empty()).then_some(hidden)
    }

    fn is_hidden(&self, withheld: &Withheld) -> bool {
        self.sensitive.as_ref().is_some_and(|permission| withheld.hides(permission))
    }

    /// The permissions without which a place does not exist: its own, and those of what it stands in.
    pub fn needs<'a>(&'a self, place: &'a [Step]) -> impl Iterator<Item = &'a str> {
        let mut here = Some(self);
        place.iter().filter_map(move |step| {
            here = here.and_then(|here| here.step(step));
            here.and_then(|here| here.sensitive.as_deref())
        })
    }

    /// Whether a place exists for a caller: what it can not see it can not select or order by either.
    #[must_use]
    pub fn shows(&self, place: &[Step], withheld: &Withheld) -> bool {
        !self.needs(place).any(|permission| withheld.hides(permission))
    }

    fn step(&self, step: &Step) -> Option<&Self> {
        match (step, &self.form) {
            (Step::Member(name), _) => self.member(name),
            (Step::Keyed(..), Form::List { element, .. }) => Some(element),
            _ => None,
        }
    }

    /// The mistakes of a declaration: places with something sensitive in them that a change could not keep, which are
    /// elements without a key, members of maps, alternatives, and what is too deep.
    pub(crate) fn out_of_reach(&self, name: &str) -> Vec<String> {
        let places = self.places();
        let lost = places.iter().filter(|(_, layout)| matches!(layout.form, Form::Leaf));
        let lost = lost.filter(|(_, layout)| Veil::of(&layout.schema).is_some()).map(|(place, _)| {
            let words = place.iter().map(|step| match step {
                Step::Member(name) | Step::Keyed(name, _) => format!("/{name}"),
            });
            words.collect::<String>()
        });
        lost.map(|at| format!("{name}{at}: something sensitive is in it, and no key: a change could not keep it"))
            .collect()
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

/// The element of a list with this name.
fn named<'a>(list: Option<&'a Value>, key: &str, name: Option<&Value>) -> Option<&'a Value> {
    let (list, name) = list.and_then(Value::as_array).zip(name)?;
    list.iter().find(|one| one.get(key) == Some(name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn layout() -> Layout {
        Layout::of(&json!({
            "properties": {
                "name": { "type": "string" },
                "born": { "type": "string", "x-sensitive": "p" },
                "home": { "$ref": "#/$defs/Home" },
                "away": { "anyOf": [{ "$ref": "#/$defs/Home" }, { "type": "null" }] },
                "past": { "type": "array", "items": { "$ref": "#/$defs/Home" } },
            },
            "$defs": {
                "Home": { "x-key": "n", "properties": {
                    "n": { "type": "integer" },
                    "door": { "type": "string", "x-sensitive": "p" },
                } },
            },
        }))
    }

    #[test]
    fn what_a_caller_does_not_see_is_laid_back() {
        let stored = json!({
            "name": "a", "born": "b", "home": {"n": 0, "door": "d"}, "away": {"n": 0, "door": "e"},
            "past": [{"n": 1, "door": "f"}, {"n": 2, "door": "g"}],
        });
        for (made, whole, unknown) in [
            (json!({}), json!({"born": "b", "home": {"door": "d"}}), vec![]),
            (json!({"born": "x"}), json!({"born": "b", "home": {"door": "d"}}), vec!["/born"]),
            (json!({"home": {"n": 7}}), json!({"born": "b", "home": {"n": 7, "door": "d"}}), vec![]),
            (
                json!({"away": {"door": "x"}}),
                json!({"born": "b", "home": {"door": "d"}, "away": {"door": "e"}}),
                vec!["/away/door"],
            ),
            (
                json!({"past": [{"n": 3}, {"n": 2}]}),
                json!({"born": "b", "home": {"door": "d"}, "past": [{"n": 3}, {"n": 2, "door": "g"}]}),
                vec![],
            ),
            (
                json!({"past": [{"n": 3, "door": "x"}]}),
                json!({"born": "b", "home": {"door": "d"}, "past": [{"n": 3, "door": "x"}]}),
                vec!["/past/0/door"],
            ),
        ] {
            let mut document = made.clone();
            let violations = layout().lay_back(&mut document, &stored, &Withheld::default());
            let told: Vec<&str> = violations.iter().map(|one| one.pointer.as_str()).collect();
            assert_eq!((document, told), (whole, unknown), "{made}");
            assert!(violations.iter().all(|one| one.code == "unknown"), "{made}");
            let mut untouched = made.clone();
            assert_eq!(layout().lay_back(&mut untouched, &stored, &Withheld::nothing()), []);
            assert_eq!(untouched, made);
        }
    }

    #[test]
    fn a_place_is_shown_where_nothing_on_the_way_is_hidden() {
        let member = |name: &str| Step::Member(name.into());
        let element = || Step::Keyed("n".into(), 1.into());
        for (place, shown) in [
            (vec![member("name")], true),
            (vec![member("born")], false),
            (vec![member("born"), member("deeper")], false),
            (vec![member("home"), member("n")], true),
            (vec![member("home"), member("door")], false),
            (vec![member("past"), element()], true),
            (vec![member("past"), element(), member("door")], false),
        ] {
            assert_eq!(layout().shows(&place, &Withheld::default()), shown, "{place:?}");
            assert!(layout().shows(&place, &Withheld::nothing()), "{place:?}");
        }
    }

    #[test]
    fn a_list_without_a_key_can_not_keep_what_is_hidden_in_it() {
        let item = json!({ "properties": { "door": { "x-sensitive": "p" } } });
        let schema = json!({ "properties": {
            "past": { "type": "array", "items": item }, "by": { "additionalProperties": item },
            "home": item, "seen": { "type": "array", "x-sensitive": "p", "items": { "type": "string" } },
        } });
        let told = Layout::of(&schema).out_of_reach("people").join("\n");
        assert!(told.contains("people/past: ") && told.contains("people/by: ") && told.lines().count() == 2, "{told}");
    }
}
