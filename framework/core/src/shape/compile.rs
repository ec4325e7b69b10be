//! The flat form of a schema made into nodes.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    node::{ANY, Arena, Guess, Kinds, ListRules, MemberRules, Node, NodeIndex, ObjectRules},
    rules::{Rules, expected_count, expected_kinds, kinds_named},
    schema::{Document, Flat, ShapeError},
    unions,
    values::{Values, kinds_of},
};

/// A schema with more nodes than this is refused.
const NODES_MAX: usize = 65_536;
/// A schema whose types are nested more deeply than this is refused; a type that holds itself is not nested.
const SCHEMA_DEPTH_MAX: usize = 100;

/// Compiles a whole schema document.
pub(super) fn compile(schema: &Value) -> Result<(Arena, NodeIndex), ShapeError> {
    let mut compiler =
        Compiler { document: Document(schema), nodes: vec![Node::of(Kinds::ALL)], known: HashMap::new(), depth: 0 };
    let root = compiler.schema(schema, "")?;
    unions::settle(&mut compiler.nodes)?;
    Ok((Arena(compiler.nodes), root))
}

pub(super) struct Compiler<'a> {
    pub(super) document: Document<'a>,
    pub(super) nodes: Vec<Node>,
    /// Equal flat forms are one node, which is also how a type may hold itself.
    known: HashMap<(String, bool), NodeIndex>,
    depth: usize,
}

impl Compiler<'_> {
    /// The node of a schema.
    pub(super) fn schema(&mut self, schema: &Value, place: &str) -> Result<NodeIndex, ShapeError> {
        let flat = self.document.flat(schema, place)?;
        self.flat(flat, false, place)
    }

    /// The node of a flat schema, that takes null beside what the schema says where it is nullable.
    pub(super) fn flat(&mut self, mut flat: Flat, nullable: bool, place: &str) -> Result<NodeIndex, ShapeError> {
        flat.remove("readOnly");
        let nullable = nullable || flat.remove("nullable") == Some(Value::Bool(true));
        if flat.is_empty() {
            return Ok(ANY);
        }
        if self.depth >= SCHEMA_DEPTH_MAX {
            return Err(ShapeError::new(
                place,
                "the schema is nested too deeply, or an alternative leads back to itself",
            ));
        }
        self.depth += 1;
        let node = if flat.contains_key("anyOf") || flat.contains_key("oneOf") {
            unions::union(self, flat, nullable, place)
        } else {
            self.once(flat, nullable, |compiler, flat| compiler.plain(&flat, nullable, place), place)
        };
        self.depth -= 1;
        node
    }

    /// The node that stands for a flat form, made where there is none yet.
    pub(super) fn once(
        &mut self,
        flat: Flat,
        nullable: bool,
        make: impl FnOnce(&mut Self, Flat) -> Result<Node, ShapeError>,
        place: &str,
    ) -> Result<NodeIndex, ShapeError> {
        let flat = Value::Object(flat);
        let key = (flat.to_string(), nullable);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let index = match NodeIndex::try_from(self.nodes.len()) {
            Ok(index) if self.nodes.len() < NODES_MAX => index,
            _ => return Err(ShapeError::new(place, "the schema is too large")),
        };
        let place_of_node = self.nodes.len();
        self.nodes.push(Node::of(Kinds::NONE));
        self.known.insert(key, index);
        let node = make(self, if let Value::Object(flat) = flat { flat } else { Flat::new() })?;
        if let Some(reserved) = self.nodes.get_mut(place_of_node) {
            *reserved = node;
        }
        Ok(index)
    }

    fn plain(&mut self, flat: &Flat, nullable: bool, place: &str) -> Result<Node, ShapeError> {
        let rules = Rules { flat, place };
        let values = rules.values()?;
        let kinds = match (flat.get("type"), &values) {
            (Some(types), _) => kinds_named(types, place)?,
            (None, Some(values)) => kinds_of(values),
            (None, None) => Kinds::ALL,
        };
        Ok(Node {
            kinds,
            nullable,
            expected: expected_kinds(if nullable { kinds.with(Kinds::NULL) } else { kinds }),
            text: rules.text(kinds)?.map(Box::new),
            number: rules.number(kinds)?.map(Box::new),
            list: self.list(&rules)?.map(Box::new),
            object: self.object(&rules)?.map(Box::new),
            values: values.map(|values| Box::new(Values::of(&values))),
            choice: None,
        })
    }

    fn list(&mut self, rules: &Rules<'_>) -> Result<Option<ListRules>, ShapeError> {
        let (flat, place) = (rules.flat, rules.place);
        if !rules.any(&["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]) {
            return Ok(None);
        }
        let first = match flat.get("prefixItems") {
            None => Vec::new(),
            Some(Value::Array(first)) => {
                first.iter().map(|item| self.schema(item, &format!("{place}/prefixItems"))).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(ShapeError::new(place, "expected an array as \"prefixItems\"")),
        };
        let mut items_max = rules.count("maxItems")?.unwrap_or(u64::MAX);
        let rest = match flat.get("items") {
            None => ANY,
            Some(Value::Bool(false)) => {
                items_max = items_max.min(first.len() as u64);
                ANY
            }
            Some(items) => self.schema(items, &format!("{place}/items"))?,
        };
        let items_min = rules.count("minItems")?.unwrap_or(0);
        let unique = rules.flag("uniqueItems")?;
        Ok(Some(ListRules {
            first,
            rest,
            items_min,
            items_max,
            unique,
            patches: flat.get(crate::patch::LIST_MARK).is_some(),
            count: expected_count(items_min, items_max, "item"),
        }))
    }

    fn object(&mut self, rules: &Rules<'_>) -> Result<Option<ObjectRules>, ShapeError> {
        let (flat, place) = (rules.flat, rules.place);
        let keywords = [
            "properties",
            "required",
            "additionalProperties",
            "unevaluatedProperties",
            "minProperties",
            "maxProperties",
        ];
        if !rules.any(&keywords) {
            return Ok(None);
        }
        let rest = match flat.get("additionalProperties").or(flat.get("unevaluatedProperties")) {
            None => (!flat.contains_key("properties")).then_some(ANY),
            Some(Value::Bool(open)) => open.then_some(ANY),
            Some(others) => Some(self.schema(others, &format!("{place}/additionalProperties"))?),
        };
        let mut members = Vec::new();
        match flat.get("properties") {
            None => {}
            Some(Value::Object(properties)) => {
                for (name, schema) in properties {
                    let place = format!("{place}/{name}");
                    let flat = self.document.flat(schema, &place)?;
                    let read_only = flat.get("readOnly") == Some(&Value::Bool(true));
                    let node = self.flat(flat, false, &place)?;
                    members.push(MemberRules::new(name, node, false, read_only));
                }
            }
            Some(_) => return Err(ShapeError::new(place, "expected an object as \"properties\"")),
        }
        for name in rules.required()? {
            match (members.iter_mut().find(|member| *member.name == *name), rest) {
                (Some(member), _) => member.required = true,
                (None, Some(node)) => members.push(MemberRules::new(name, node, true, false)),
                (None, None) => return Err(ShapeError::new(place, format!("\"{name}\" is required and not declared"))),
            }
        }
        members.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let members_min = rules.count("minProperties")?.unwrap_or(0);
        let members_max = rules.count("maxProperties")?.unwrap_or(u64::MAX);
        let count = expected_count(members_min, members_max, "member");
        Ok(Some(ObjectRules { members, first: Guess::new(), rest, members_min, members_max, count }))
    }
}
