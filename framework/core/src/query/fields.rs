//! `fields`: which members of an answer are wanted. The state is the same; the answer is another representation of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    Result, Violation, Withheld, catalogue,
    entity::Raw,
    limits::Limits,
    process::{Output, PAGE_ITEM},
    schema::resolve,
    sensitive::{changed, permission},
};

/// The members that are wanted, each with those of what is inside of it; none is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields(BTreeMap<String, Fields>);

/// How many names a field may have: `a.b.c` has three.
const DEPTH_MAX: usize = 8;

/// What every answer keeps.
const ID: &str = "id";

impl Fields {
    /// The members with these names, such as `id` and `items.quantity`, of what a schema describes: of the items, where
    /// that is a page.
    ///
    /// # Errors
    /// `query_invalid` with a violation for every name of nothing that exists for the caller, and for more names than
    /// `fields_max`.
    pub(crate) fn read<'n>(
        names: impl Iterator<Item = &'n str>,
        answer: &Value,
        withheld: &Withheld,
        limits: &Limits,
    ) -> Result<Self> {
        let refused = |violations| catalogue::QUERY_INVALID.fault().with_violations(violations);
        let (mut fields, mut unknown) = (Self::default(), Vec::new());
        let item = answer.pointer(PAGE_ITEM).filter(|_| answer.get("title").is_none());
        for (at, name) in names.enumerate() {
            if at == limits.fields_max {
                let violation = Violation::new("/fields", "items", format!("expected at most {at} names"));
                return Err(refused(vec![violation]).with_limit("fields_max"));
            }
            // One more than there may be, however many there are.
            let path: Vec<&str> = name.splitn(DEPTH_MAX + 1, '.').collect();
            if path.len() <= DEPTH_MAX && is_there(answer, item.unwrap_or(answer), &path, withheld) {
                fields.insert(&path);
            } else if unknown.len() < limits.violations_max.max(1) {
                unknown.push(Violation::new("/fields", "unknown", "there is no such member"));
            }
        }
        fields.0.entry(ID.to_owned()).or_default();
        if unknown.is_empty() { Ok(fields) } else { Err(refused(unknown)) }
    }

    fn insert(&mut self, path: &[&str]) {
        let Some((name, inside)) = path.split_first() else { return self.0.clear() };
        match self.0.get_mut(*name) {
            // All of it is wanted already.
            Some(known) if known.0.is_empty() => {}
            Some(known) => known.insert(inside),
            None => self.0.entry((*name).to_owned()).or_default().insert(inside),
        }
    }

    /// What is wanted of an answer.
    ///
    /// # Errors
    /// `internal` when the answer is no JSON.
    pub(crate) fn of(&self, output: Output) -> Result<Output> {
        let of = |raw: Raw| Ok(Raw { body: changed(&raw.body, |document| self.keep(document))?, ..raw });
        match output {
            Output::Nothing => Ok(Output::Nothing),
            Output::Value(body) => Ok(Output::Value(changed(&body, |document| self.keep(document))?)),
            Output::Entity(raw) => of(raw).map(Output::Entity),
            Output::Page { items, next, version, count } => {
                let items = items.into_iter().map(of).collect::<Result<_>>()?;
                Ok(Output::Page { items, next, version, count })
            }
        }
    }

    fn keep(&self, document: &mut Value) {
        match document {
            Value::Object(members) if !self.0.is_empty() => self.keep_members(members),
            Value::Array(list) => list.iter_mut().for_each(|element| self.keep(element)),
            _ => {}
        }
    }

    fn keep_members(&self, members: &mut Map<String, Value>) {
        members.retain(|name, value| {
            let wanted = self.0.get(name);
            if let Some(inside) = wanted {
                inside.keep(value);
            }
            wanted.is_some()
        });
    }
}

/// Whether a schema has a place, and it exists for a caller. What is in a list is in each of its elements.
fn is_there(root: &Value, part: &Value, path: &[&str], withheld: &Withheld) -> bool {
    let Some((name, inside)) = path.split_first() else { return true };
    let part = resolve(root, part);
    let member = part.get("properties").and_then(|members| members.get(*name));
    let here = member.is_some_and(|member| {
        !permission(member).is_some_and(|permission| withheld.hides(permission))
            && is_there(root, member, inside, withheld)
    });
    let alternatives = ["anyOf", "oneOf", "allOf"].into_iter().filter_map(|name| part.get(name)?.as_array()).flatten();
    here || alternatives.chain(part.get("items")).any(|also| is_there(root, also, path, withheld))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema() -> Value {
        json!({
            "title": "Basket",
            "properties": {
                "id": { "type": "string" },
                "born": { "type": "string", "x-sensitive": "p" },
                "home": { "anyOf": [{ "$ref": "#/$defs/Home" }, { "type": "null" }] },
                "past": { "type": "array", "items": { "$ref": "#/$defs/Home" } },
            },
            "$defs": { "Home": { "properties": {
                "door": { "type": "string", "x-sensitive": "p" }, "street": { "type": "string" },
                "near": { "$ref": "#/$defs/Home" },
            } } },
        })
    }

    #[test]
    fn what_is_named_stays_and_the_id_with_it() {
        let whole = json!({
            "id": "b1", "born": "b", "home": {"door": "d", "street": "s"},
            "past": [{"door": "d", "near": {"street": "t"}}, {"street": "s"}],
        });
        for (names, expected) in [
            (vec!["id"], json!({"id": "b1"})),
            (vec!["born"], json!({"id": "b1", "born": "b"})),
            (vec!["home.street"], json!({"id": "b1", "home": {"street": "s"}})),
            (vec!["home.street", "home"], json!({"id": "b1", "home": {"door": "d", "street": "s"}})),
            (vec!["home", "home.street"], json!({"id": "b1", "home": {"door": "d", "street": "s"}})),
            (
                vec!["past.street", "past.near.street"],
                json!({"id": "b1", "past": [{"near": {"street": "t"}}, {"street": "s"}]}),
            ),
        ] {
            let fields =
                Fields::read(names.iter().copied(), &schema(), &Withheld::nothing(), &Limits::default()).unwrap();
            let mut document = whole.clone();
            fields.keep(&mut document);
            assert_eq!(document, expected, "{names:?}");
        }
    }

    #[test]
    fn what_is_not_there_can_not_be_named() {
        let page = json!({ "properties": { "items": { "items": { "$ref": "#/$defs/Basket" } } }, "$defs": { "Basket": schema() } });
        for (name, whole, lacking) in [
            ("home.street", true, true),
            ("past.door", true, false),
            ("past.near.near.door", true, false),
            ("born", true, false),
            ("what", false, false),
            ("born.x", false, false),
            ("", false, false),
            ("home.", false, false),
            ("x-sensitive", false, false),
        ] {
            for (withheld, there) in [(Withheld::nothing(), whole), (Withheld::default(), lacking)] {
                assert_eq!(
                    Fields::read([name].into_iter(), &schema(), &withheld, &Limits::default()).is_ok(),
                    there,
                    "{name}"
                );
            }
        }
        assert!(Fields::read(["id"].into_iter(), &page, &Withheld::nothing(), &Limits::default()).is_ok());
        assert!(Fields::read(["items"].into_iter(), &page, &Withheld::nothing(), &Limits::default()).is_err());
    }
}
