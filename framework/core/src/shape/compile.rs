//! The flat form of a schema made into nodes.

use std::collections::HashMap;

use regex::Regex;
use serde_json::{Number, Value};

use super::{
    format::{Format, WIDEST, float_bound, integer_bounds},
    node::{ANY, Arena, Detail, Kinds, ListRules, MemberRules, Node, NodeIndex, NumberRules, ObjectRules, TextRules},
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
                    members.push(MemberRules { name: name.as_str().into(), node, required: false, read_only });
                }
            }
            Some(_) => return Err(ShapeError::new(place, "expected an object as \"properties\"")),
        }
        for name in rules.required()? {
            match (members.iter_mut().find(|member| *member.name == *name), rest) {
                (Some(member), _) => member.required = true,
                (None, Some(node)) => {
                    members.push(MemberRules { name: name.into(), node, required: true, read_only: false });
                }
                (None, None) => return Err(ShapeError::new(place, format!("\"{name}\" is required and not declared"))),
            }
        }
        members.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let members_min = rules.count("minProperties")?.unwrap_or(0);
        let members_max = rules.count("maxProperties")?.unwrap_or(u64::MAX);
        let count = expected_count(members_min, members_max, "member");
        Ok(Some(ObjectRules { members, rest, members_min, members_max, count }))
    }
}

/// The rules of one flat schema that need no other node.
struct Rules<'f> {
    flat: &'f Flat,
    place: &'f str,
}

impl<'f> Rules<'f> {
    fn any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.flat.contains_key(*keyword))
    }

    fn wrong<T>(&self, reason: impl Into<String>) -> Result<T, ShapeError> {
        Err(ShapeError::new(self.place, reason))
    }

    fn count(&self, keyword: &str) -> Result<Option<u64>, ShapeError> {
        match self.flat.get(keyword).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(count)) => Ok(Some(count)),
            Some(None) => self.wrong(format!("expected a count as \"{keyword}\"")),
        }
    }

    fn flag(&self, keyword: &str) -> Result<bool, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => self.wrong(format!("expected a boolean as \"{keyword}\"")),
        }
    }

    fn text_of(&self, keyword: &str) -> Result<Option<&'f str>, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(format!("expected a string as \"{keyword}\"")),
        }
    }

    fn bound(&self, keyword: &str) -> Result<Option<&'f Number>, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(None),
            Some(Value::Number(bound)) => Ok(Some(bound)),
            Some(_) => self.wrong(format!("expected a number as \"{keyword}\"")),
        }
    }

    fn required(&self) -> Result<Vec<&'f str>, ShapeError> {
        match self.flat.get("required") {
            None => Ok(Vec::new()),
            Some(Value::Array(names)) => match names.iter().map(Value::as_str).collect() {
                Some(names) => Ok(names),
                None => self.wrong("expected strings in \"required\""),
            },
            Some(_) => self.wrong("expected an array as \"required\""),
        }
    }

    fn values(&self) -> Result<Option<Vec<Value>>, ShapeError> {
        let listed = match self.flat.get("enum") {
            None => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => return self.wrong("expected an array as \"enum\""),
        };
        Ok(match (self.flat.get("const"), listed) {
            (None, listed) => listed,
            (Some(value), None) => Some(vec![value.clone()]),
            (Some(value), Some(listed)) => Some(listed.into_iter().filter(|one| one == value).collect()),
        })
    }

    fn text(&self, kinds: Kinds) -> Result<Option<TextRules>, ShapeError> {
        let format = self.format_of_text(kinds)?;
        if format.is_none() && !self.any(&["minLength", "maxLength", "pattern"]) {
            return Ok(None);
        }
        let chars_min = self.count("minLength")?.unwrap_or(0);
        let chars_max = self.count("maxLength")?.unwrap_or(u64::MAX);
        let pattern = match self.text_of("pattern")? {
            None => None,
            Some(pattern) => match Regex::new(pattern) {
                Ok(regex) => Some((regex, format!("expected text that matches {pattern}").into())),
                Err(_) => return self.wrong(format!("the pattern {pattern} can not be compiled")),
            },
        };
        let length = expected_count(chars_min, chars_max, "character");
        Ok(Some(TextRules { chars_min, chars_max, length, pattern, format }))
    }

    /// Refuses a format that is not known: nothing may be left unenforced in silence.
    fn format_of_text(&self, kinds: Kinds) -> Result<Option<(Format, Detail)>, ShapeError> {
        let Some(name) = self.text_of("format")? else { return Ok(None) };
        let numeric = integer_bounds(name).is_some() || float_bound(name).is_some();
        if numeric && kinds.meets(Kinds::NUMBER) {
            return Ok(None);
        }
        match Format::named(name) {
            Some(format) if kinds.has(Kinds::STRING) => Ok(format.map(|format| (format, format.expected().into()))),
            _ => self.wrong(format!("the format \"{name}\" is not supported for this type")),
        }
    }

    fn number(&self, kinds: Kinds) -> Result<Option<NumberRules>, ShapeError> {
        if !kinds.meets(Kinds::NUMBER) {
            return Ok(None);
        }
        let [min, max, above, below] = [
            self.bound("minimum")?,
            self.bound("maximum")?,
            self.bound("exclusiveMinimum")?,
            self.bound("exclusiveMaximum")?,
        ];
        let format = self.text_of("format")?.unwrap_or_default();
        let (mut integer_min, mut integer_max) = integer_bounds(format).unwrap_or(WIDEST);
        for (bound, step) in [(min, 0), (above, 1)] {
            if let Some(bound) = bound {
                integer_min = integer_min.max(at_least(bound, step));
            }
        }
        for (bound, step) in [(max, 0), (below, 1)] {
            if let Some(bound) = bound {
                integer_max = integer_max.min(at_most(bound, step));
            }
        }
        let float = |bound: Option<&Number>| bound.and_then(Number::as_f64);
        let (mut min, mut max) = (float(min), float(max));
        if let Some(bound) = float_bound(format).filter(|bound| *bound < f64::MAX) {
            min = Some(min.map_or(-bound, |min| min.max(-bound)));
            max = Some(max.map_or(bound, |max| max.min(bound)));
        }
        let (above, below) = (float(above), float(below));
        let range = if kinds.has(Kinds::NUMBER) {
            expected_number(min, max, above, below)
        } else {
            format!("expected an integer from {integer_min} to {integer_max}").into()
        };
        Ok(Some(NumberRules { integer_min, integer_max, min, max, above, below, range }))
    }
}

/// The least integer that is not below a bound; with a step of one, above it.
fn at_least(bound: &Number, step: i128) -> i128 {
    match (integral(bound), bound.as_f64()) {
        (Some(integer), _) => integer + step,
        (None, Some(float)) if float.fract() == 0.0 => (float as i128).saturating_add(step),
        (None, float) => float.unwrap_or(f64::MIN).ceil() as i128,
    }
}

/// The greatest integer that is not above a bound; with a step of one, below it.
fn at_most(bound: &Number, step: i128) -> i128 {
    match (integral(bound), bound.as_f64()) {
        (Some(integer), _) => integer - step,
        (None, Some(float)) if float.fract() == 0.0 => (float as i128).saturating_sub(step),
        (None, float) => float.unwrap_or(f64::MAX).floor() as i128,
    }
}

fn integral(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or(number.as_u64().map(i128::from))
}

fn kinds_named(types: &Value, place: &str) -> Result<Kinds, ShapeError> {
    let names = match types {
        Value::Array(names) => names.as_slice(),
        name => std::slice::from_ref(name),
    };
    names.iter().try_fold(Kinds::NONE, |kinds, name| {
        Ok(kinds.with(match name.as_str() {
            Some("null") => Kinds::NULL,
            Some("boolean") => Kinds::BOOLEAN,
            Some("integer") => Kinds::INTEGER,
            Some("number") => Kinds::NUMBER,
            Some("string") => Kinds::STRING,
            Some("array") => Kinds::ARRAY,
            Some("object") => Kinds::OBJECT,
            _ => return Err(ShapeError::new(place, "expected names of JSON types as \"type\"")),
        }))
    })
}

/// The detail of a `type` violation.
pub(super) fn expected_kinds(kinds: Kinds) -> Detail {
    let named = [
        (Kinds::STRING, "a string"),
        (Kinds::NUMBER, "a number"),
        (Kinds::INTEGER, "an integer"),
        (Kinds::BOOLEAN, "true or false"),
        (Kinds::OBJECT, "an object"),
        (Kinds::ARRAY, "an array"),
        (Kinds::NULL, "null"),
    ];
    let mut left = kinds;
    let mut names = Vec::new();
    for (kind, name) in named {
        if left.has(kind) {
            left = left.without(kind);
            names.push(name);
        }
    }
    match names.split_last() {
        None => "expected no value here".into(),
        Some((last, [])) => format!("expected {last}").into(),
        Some((last, others)) => format!("expected {} or {last}", others.join(", ")).into(),
    }
}

fn expected_count(min: u64, max: u64, one: &str) -> Detail {
    let several = |count: u64| if count == 1 { one.to_owned() } else { format!("{one}s") };
    match (min, max) {
        (min, max) if min == max => format!("expected exactly {min} {}", several(min)),
        (min, u64::MAX) => format!("expected at least {min} {}", several(min)),
        (0, max) => format!("expected at most {max} {}", several(max)),
        (min, max) => format!("expected {min} to {max} {}", several(max)),
    }
    .into()
}

fn expected_number(min: Option<f64>, max: Option<f64>, above: Option<f64>, below: Option<f64>) -> Detail {
    let bounds: Vec<String> = [("at least", min), ("above", above), ("at most", max), ("below", below)]
        .into_iter()
        .filter_map(|(word, bound)| bound.map(|bound| format!("{word} {bound:?}")))
        .collect();
    if bounds.is_empty() {
        return TOO_LARGE;
    }
    format!("expected a number {}", bounds.join(" and ")).into()
}

/// The detail where no range is declared.
pub(super) const TOO_LARGE: Detail = Detail::Borrowed("expected a number that 64 bits can hold");
