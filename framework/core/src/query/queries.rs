//! What can be asked of a collection, compiled from the schema of its items.

use serde_json::{Map, Value};

use crate::{
    Time, Withheld,
    schema::{resolve, sub_document, without_null},
    sensitive::permission,
    shape::Shape,
};

/// The lists of a collection, and the members that stand in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Queries {
    pub(super) lists: Vec<List>,
    pub(super) members: Vec<Member>,
}

/// One index: its members in order, each with whether it descends.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) members: Vec<(usize, bool)>,
    /// As it is told to who asks for something else.
    pub(super) told: String,
}

/// A member that selects or orders.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    /// The type of its values and what they are chosen from; no other rule, for a bound need not be a value.
    pub(super) shape: Shape,
    /// The permission without which it does not exist.
    needs: Option<String>,
    pub(super) form: Form,
}

/// What is to know of values beyond their type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// A text that has many spellings and is stored in one.
    Time,
    Other,
}

impl Queries {
    /// What the schema of an item declares: `x-lists`.
    pub(crate) fn of(item: &Value) -> Self {
        let mut queries = Self::default();
        for list in item.get("x-lists").and_then(Value::as_array).into_iter().flatten() {
            let texts = |name: &str| {
                let names = list.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                names.collect::<Vec<_>>()
            };
            let (by, sort) = (texts("by"), texts("sort"));
            let members = by.iter().map(|name| (*name, false)).chain(sort.iter().map(|name| direction(name)));
            let members = members.map(|(name, descends)| Some((queries.member(item, name)?, descends)));
            // One with a member that there is not was told when the application was built.
            if let Some(members) = members.collect() {
                let told = [("filter ", by), ("sort ", sort)];
                let told = told.iter().filter(|(_, names)| !names.is_empty());
                let told = told.map(|(what, names)| format!("{what}{}", names.join(","))).collect::<Vec<_>>();
                queries.lists.push(List { members, told: told.join(", ") });
            }
        }
        queries
    }

    fn member(&mut self, item: &Value, name: &str) -> Option<usize> {
        if let Some(known) = self.members.iter().position(|one| one.name == name) {
            return Some(known);
        }
        let part = item.get("properties")?.get(name)?;
        let document = sub_document(item, &without_null(part));
        let schema = resolve(&document, &document);
        let rules = ["type", "enum", "const", "oneOf", "anyOf"];
        let rules = rules.iter().filter_map(|rule| Some(((*rule).to_owned(), schema.get(rule)?.clone())));
        let shape = Shape::compile(&sub_document(&document, &rules.collect::<Map<_, _>>().into())).ok()?;
        let form = match (schema.get("type").and_then(Value::as_str), schema.get("format").and_then(Value::as_str)) {
            (Some("string"), Some("date-time")) => Form::Time,
            (Some("string"), _) if schema.get("enum").is_none() => Form::Text,
            _ => Form::Other,
        };
        self.members.push(Member { name: name.to_owned(), shape, needs: permission(part).map(str::to_owned), form });
        Some(self.members.len() - 1)
    }

    /// The lists that exist for a caller, each with its position: those whose order tells nothing that is hidden.
    pub(super) fn seen<'a>(&'a self, withheld: &'a Withheld) -> impl Iterator<Item = (usize, &'a List)> {
        let hidden = |member: &usize| {
            let needs = self.members.get(*member).and_then(|one| one.needs.as_ref());
            needs.is_some_and(|permission| withheld.hides(permission))
        };
        self.lists.iter().enumerate().filter(move |(_, list)| !list.members.iter().any(|(member, _)| hidden(member)))
    }

    /// A member that stands in a list which exists for a caller.
    pub(super) fn find(&self, name: &str, withheld: &Withheld) -> Option<(usize, &Member)> {
        let found = self.members.iter().enumerate().find(|(_, one)| one.name == name)?;
        self.seen(withheld).any(|(_, list)| list.members.iter().any(|(member, _)| *member == found.0)).then_some(found)
    }

    /// What is declared, as a sentence.
    pub(super) fn told(&self, withheld: &Withheld) -> String {
        let lists: Vec<_> = self.seen(withheld).map(|(_, list)| list.told.as_str()).collect();
        if lists.is_empty() {
            return "this list takes no filter and no order".to_owned();
        }
        format!("expected one of the declared lists, from its first member on: {}", lists.join("; "))
    }
}

/// A member of an order, and whether it descends.
pub(super) fn direction(name: &str) -> (&str, bool) {
    name.strip_prefix('-').map_or((name, false), |name| (name, true))
}

impl Member {
    /// A time in the one spelling that is stored. One between two milliseconds is none: rounded it would be another bound.
    pub(super) fn time(&self, text: &str) -> Option<String> {
        let given: jiff::Timestamp = text.parse().ok()?;
        let whole = given.subsec_nanosecond() % 1_000_000 == 0;
        whole.then(|| Time::from_millis(given.as_millisecond()).to_string())
    }
}
