//! Where the documents of a schema hold what is sensitive, compiled once.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Map, Value};

use super::{Withheld, permission};

/// The sensitive places of the documents of one schema. Types that hold themselves make it a graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Veil {
    nodes: Vec<Node>,
    permissions: Vec<Arc<str>>,
}

/// What one part of the schema says of a value.
#[derive(Clone, Debug, Default)]
struct Node {
    members: Vec<Member>,
    /// Every member without a name of its own.
    others: Option<usize>,
    /// The elements of a list.
    elements: Vec<usize>,
    /// Other parts that say something of the same value: references and alternatives.
    also: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    permission: Option<Arc<str>>,
    inside: usize,
}

impl Veil {
    /// The sensitive places of a self-contained schema document; `None` where there is none.
    pub(crate) fn of(document: &Value) -> Option<Self> {
        let mut compiling = Compiling { root: document, veil: Self::default(), known: BTreeMap::new() };
        compiling.node(document);
        let mut veil = compiling.veil;
        veil.permissions.sort();
        veil.permissions.dedup();
        (!veil.permissions.is_empty()).then_some(veil)
    }

    /// The permissions that its places need, in order.
    pub(crate) fn permissions(&self) -> &[Arc<str>] {
        &self.permissions
    }

    /// Whether any of its places is hidden.
    pub(crate) fn hides(&self, withheld: &Withheld) -> bool {
        self.permissions.iter().any(|one| withheld.hides(one))
    }

    /// Takes what is hidden out of a document.
    pub(crate) fn take_from(&self, document: &mut Value, withheld: &Withheld) {
        self.take(0, document, withheld);
    }

    /// Takes what is hidden out of an item of a page, where the schema is that of the page.
    pub(crate) fn take_from_item(&self, item: &mut Value, withheld: &Withheld) {
        let lists = self.nodes.first().into_iter().flat_map(|page| &page.members).filter(|one| one.name == "items");
        for list in lists.filter_map(|list| self.nodes.get(list.inside)) {
            list.elements.iter().for_each(|element| self.take(*element, item, withheld));
        }
    }

    fn take(&self, node: usize, value: &mut Value, withheld: &Withheld) {
        let Some(node) = self.nodes.get(node) else { return };
        match value {
            Value::Object(object) => self.take_members(node, object, withheld),
            Value::Array(list) => {
                for element in list {
                    node.elements.iter().for_each(|inside| self.take(*inside, element, withheld));
                }
            }
            _ => {}
        }
        node.also.iter().for_each(|also| self.take(*also, value, withheld));
    }

    fn take_members(&self, node: &Node, object: &mut Map<String, Value>, withheld: &Withheld) {
        for member in &node.members {
            if member.is_hidden(withheld) {
                object.remove(&member.name);
            } else if let Some(value) = object.get_mut(&member.name) {
                self.take(member.inside, value, withheld);
            }
        }
        if let Some(others) = node.others {
            let named = |name: &String| node.members.iter().any(|member| member.name == *name);
            object
                .iter_mut()
                .filter(|(name, _)| !named(name))
                .for_each(|(_, value)| self.take(others, value, withheld));
        }
    }

    /// Whether a pointer (RFC 6901) leads to something hidden, or into it.
    pub(crate) fn covers(&self, pointer: &str, withheld: &Withheld) -> bool {
        let steps: Vec<String> =
            pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        self.leads(0, &steps, withheld)
    }

    fn leads(&self, node: usize, steps: &[String], withheld: &Withheld) -> bool {
        let (Some(node), Some((step, rest))) = (self.nodes.get(node), steps.split_first()) else { return false };
        let below = match node.members.iter().find(|member| member.name == *step) {
            Some(member) => member.is_hidden(withheld) || self.leads(member.inside, rest, withheld),
            None => node.others.is_some_and(|others| self.leads(others, rest, withheld)),
        };
        below
            || node.elements.iter().any(|element| self.leads(*element, rest, withheld))
            || node.also.iter().any(|also| self.leads(*also, steps, withheld))
    }
}

impl Member {
    fn is_hidden(&self, withheld: &Withheld) -> bool {
        self.permission.as_ref().is_some_and(|permission| withheld.hides(permission))
    }
}

struct Compiling<'a> {
    root: &'a Value,
    veil: Veil,
    /// References that were followed, by their target.
    known: BTreeMap<&'a str, usize>,
}

impl<'a> Compiling<'a> {
    fn node(&mut self, part: &'a Value) -> usize {
        let index = self.veil.nodes.len();
        self.veil.nodes.push(Node::default());
        let members = part.get("properties").and_then(Value::as_object).into_iter().flatten();
        let members = members.map(|(name, part)| self.member(name, part)).collect();
        let others = part.get("additionalProperties").map(|part| self.node(part));
        let items = part.get("items").into_iter().chain(all(part, "prefixItems"));
        let elements = items.map(|part| self.node(part)).collect();
        let alternatives = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|name| all(part, name));
        let mut also: Vec<usize> = alternatives.map(|part| self.node(part)).collect();
        also.extend(part.get("$ref").and_then(Value::as_str).and_then(|target| self.target(target)));
        if let Some(node) = self.veil.nodes.get_mut(index) {
            *node = Node { members, others, elements, also };
        }
        index
    }

    fn member(&mut self, name: &str, part: &'a Value) -> Member {
        let permission = permission(part).map(Arc::<str>::from);
        self.veil.permissions.extend(permission.clone());
        Member { name: name.to_owned(), permission, inside: self.node(part) }
    }

    fn target(&mut self, reference: &'a str) -> Option<usize> {
        if let Some(known) = self.known.get(reference) {
            return Some(*known);
        }
        let target = self.root.pointer(reference.strip_prefix('#')?)?;
        self.known.insert(reference, self.veil.nodes.len());
        Some(self.node(target))
    }
}

fn all<'a>(part: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    part.get(name).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn veil() -> Veil {
        let schema = json!({
            "properties": {
                "name": { "type": "string" },
                "born": { "type": "string", "x-sensitive": "a" },
                "house": { "$ref": "#/$defs/Home", "description": "Where." },
                "away": { "anyOf": [{ "$ref": "#/$defs/Home" }, { "type": "null" }] },
                "past": { "type": "array", "items": { "$ref": "#/$defs/Home" } },
                "by": { "type": "object", "additionalProperties": { "$ref": "#/$defs/Home" } },
                "pair": { "prefixItems": [{ "type": "string" }, { "$ref": "#/$defs/Home" }] },
                "one": { "oneOf": [{ "properties": { "house": { "$ref": "#/$defs/Home" } } }, { "const": "NONE" }] },
                "all": { "$ref": "#/$defs/Home", "x-sensitive": "b" },
            },
            "$defs": {
                "Home": { "properties": {
                    "door": { "type": "string", "x-sensitive": "b" },
                    "near": { "type": "array", "items": { "$ref": "#/$defs/Home" } },
                } },
                "Never": { "properties": { "used": { "x-sensitive": "c" } } },
            },
        });
        Veil::of(&schema).unwrap()
    }

    fn lacking(permissions: &[&str]) -> Withheld {
        Withheld::only(permissions.iter().map(|one| Arc::from(*one)).collect())
    }

    #[test]
    fn the_permissions_are_those_of_the_places_that_there_can_be() {
        assert_eq!(veil().permissions(), ["a".into(), "b".into()]);
        assert!(Veil::of(&json!({ "properties": { "x-sensitive": { "type": "string" } } })).is_none());
    }

    #[test]
    fn what_is_hidden_is_taken_wherever_it_stands() {
        for (document, lacking_a, lacking_b) in [
            (json!({"name": "n", "born": "b"}), json!({"name": "n"}), json!({"name": "n", "born": "b"})),
            (json!({"house": {"door": "d"}}), json!({"house": {"door": "d"}}), json!({"house": {}})),
            (json!({"away": {"door": "d"}}), json!({"away": {"door": "d"}}), json!({"away": {}})),
            (json!({"away": null}), json!({"away": null}), json!({"away": null})),
            (
                json!({"past": [{"door": 1}, {"near": [{"near": [{"door": 1}]}]}]}),
                json!({"past": [{"door": 1}, {"near": [{"near": [{"door": 1}]}]}]}),
                json!({"past": [{}, {"near": [{"near": [{}]}]}]}),
            ),
            (json!({"by": {"door": {"door": 1}}}), json!({"by": {"door": {"door": 1}}}), json!({"by": {"door": {}}})),
            (json!({"pair": ["x", {"door": 1}]}), json!({"pair": ["x", {"door": 1}]}), json!({"pair": ["x", {}]})),
            (
                json!({"one": {"house": {"door": 1}}}),
                json!({"one": {"house": {"door": 1}}}),
                json!({"one": {"house": {}}}),
            ),
            (json!({"all": {"near": []}}), json!({"all": {"near": []}}), json!({})),
            (json!({"door": 1, "used": 1}), json!({"door": 1, "used": 1}), json!({"door": 1, "used": 1})),
            (json!([1]), json!([1]), json!([1])),
        ] {
            for (withheld, expected) in [
                (lacking(&["a"]), &lacking_a),
                (lacking(&["b", "c"]), &lacking_b),
                (Withheld::nothing(), &document),
                (lacking(&["c"]), &document),
            ] {
                let mut seen = document.clone();
                veil().take_from(&mut seen, &withheld);
                assert_eq!(seen, *expected, "{document} without {withheld:?}");
            }
        }
    }

    #[test]
    fn a_pointer_leads_to_something_hidden_or_into_it() {
        for (pointer, covered) in [
            ("", false),
            ("/name", false),
            ("/born", true),
            ("/born/0/x", true),
            ("/house", false),
            ("/house/door", true),
            ("/away/near/7/door", true),
            ("/past/0", false),
            ("/past/0/door", true),
            ("/by/any~1one/door", true),
            ("/by/door", false),
            ("/pair/1/door", true),
            ("/one/house/door", true),
            ("/all/near", true),
            ("/door", false),
        ] {
            assert_eq!(veil().covers(pointer, &Withheld::default()), covered, "{pointer}");
            assert!(!veil().covers(pointer, &Withheld::nothing()), "{pointer}");
        }
    }
}
