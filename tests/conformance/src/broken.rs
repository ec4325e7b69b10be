//! Documents that break the rules of a schema, each with the violations that it is to be told: one rule at a time, and
//! many at once; and documents that are no JSON at all.

use enaction::contract::example;
use enaction_core::{
    schema::{resolve, without_null},
    table::Reading,
};
use serde_json::{Value, json};

use crate::documents::{every_member, is_read_only};

const DEPTH_MAX: usize = 4;
const ITEMS_MAX: u64 = 600;

/// A document that breaks rules.
#[derive(Clone, Debug)]
pub struct Broken {
    /// As it is sent.
    pub document: Vec<u8>,
    /// The status that it is answered with: 400 for what is no document, 422 for one that breaks a rule.
    pub status: u16,
    /// The code of the problem.
    pub code: &'static str,
    /// Pointer and code of every violation, sorted.
    pub violations: Vec<(String, String)>,
}

/// Documents that break the rules of a schema.
#[must_use]
pub fn broken(schema: &Value, reading: Reading) -> Vec<Broken> {
    let spots = Maker { root: schema, reading };
    let mut all: Vec<Broken> = spots.place(schema, DEPTH_MAX).into_iter().map(Broken::from).collect();
    all.extend(spots.together(schema, DEPTH_MAX).map(Broken::from));
    let mut deep = vec![b'['; 70];
    deep.extend(vec![b']'; 70]);
    for (document, code) in [
        (b"{".to_vec(), "not_json"),
        (b"{} {}".to_vec(), "not_json"),
        (b"'text'".to_vec(), "not_json"),
        (b"{\"a\":1,\"a\":1}".to_vec(), "not_json"),
        (b"{\"\\ud800\":1}".to_vec(), "not_json"),
        (b"\"\xff\"".to_vec(), "not_json"),
        (b"01".to_vec(), "not_json"),
        (deep, "too_deep"),
    ] {
        all.push(Broken { document, status: 400, code, violations: Vec::new() });
    }
    all
}

/// A value that breaks rules at places of itself.
#[derive(Clone, Debug)]
struct Spot {
    value: Value,
    violations: Vec<(String, String)>,
}

impl From<Spot> for Broken {
    fn from(spot: Spot) -> Self {
        let mut violations = spot.violations;
        violations.sort();
        Self { document: spot.value.to_string().into_bytes(), status: 422, code: "invalid", violations }
    }
}

impl Spot {
    fn at(value: Value, codes: &[&str]) -> Self {
        Self { value, violations: codes.iter().map(|code| (String::new(), (*code).to_owned())).collect() }
    }

    /// The same inside of something.
    fn inside(self, step: &str, around: impl FnOnce(Value) -> Value) -> Self {
        let step = step.replace('~', "~0").replace('/', "~1");
        let moved = self.violations.into_iter().map(|(pointer, code)| (format!("/{step}{pointer}"), code));
        Self { violations: moved.collect(), value: around(self.value) }
    }
}

struct Maker<'s> {
    root: &'s Value,
    reading: Reading,
}

impl Maker<'_> {
    fn resolved(&self, part: &Value) -> Value {
        without_null(resolve(self.root, &without_null(part)))
    }

    /// Values for one place, each of which breaks one rule.
    fn place(&self, part: &Value, depth: usize) -> Vec<Spot> {
        let schema = self.resolved(part);
        if schema.get("anyOf").is_some() || schema.get("oneOf").is_some() || schema.get("const").is_some() {
            return Vec::new();
        }
        if schema.get("properties").is_some() {
            return self.object(&schema, depth);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => text(&schema),
            Some("integer") => integer(&schema),
            Some("number") => vec![Spot::at(json!("text"), &["type"])],
            Some("boolean") => vec![Spot::at(json!("true"), &["type"])],
            Some("array") => self.array(&schema, depth),
            Some("object") => self.object(&schema, depth),
            _ => Vec::new(),
        }
    }

    fn object(&self, schema: &Value, depth: usize) -> Vec<Spot> {
        let mut spots = vec![Spot::at(json!(7), &["type"]), Spot::at(json!([]), &["type"])];
        if depth == 0 {
            return spots;
        }
        let base = self.base(schema);
        let with = |name: &str, value: Value| {
            let mut whole = base.clone();
            whole[name] = value;
            whole
        };
        if let Some(rest) = schema.get("additionalProperties").filter(|rest| rest.is_object()) {
            let inner = self.place(rest, depth - 1).into_iter();
            spots.extend(inner.map(|spot| spot.inside("a/b", |value| with("a/b", value))));
        } else if schema.get("properties").is_some() {
            spots.push(Spot::at(json!(1), &["unknown"]).inside("no~such", |value| with("no~such", value)));
        }
        for (name, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if is_read_only(self.root, member) {
                if self.reading == Reading::Create {
                    let given = example(&self.document(member), false);
                    spots.push(Spot::at(given, &["read_only"]).inside(name, |value| with(name, value)));
                }
                continue;
            }
            if self.is_required(schema, name) {
                let mut whole = base.clone();
                if let Some(object) = whole.as_object_mut() {
                    object.remove(name);
                }
                spots.push(Spot::at(Value::Null, &["required"]).inside(name, |_| whole));
            }
            let inner = self.place(member, depth - 1).into_iter();
            spots.extend(inner.map(|spot| spot.inside(name, |value| with(name, value))));
        }
        spots
    }

    fn is_required(&self, schema: &Value, name: &str) -> bool {
        let listed = schema.get("required").and_then(Value::as_array);
        self.reading != Reading::Patch && listed.is_some_and(|all| all.iter().any(|one| one == name))
    }

    /// What has to be there so that nothing but the one rule is broken.
    fn base(&self, schema: &Value) -> Value {
        if self.reading == Reading::Patch { json!({}) } else { example(&self.document(schema), true) }
    }

    fn document(&self, part: &Value) -> Value {
        enaction_core::schema::sub_document(self.root, &without_null(part))
    }

    fn array(&self, schema: &Value, depth: usize) -> Vec<Spot> {
        let mut spots = vec![Spot::at(json!({}), &["type"])];
        let Some(items) = schema.get("items").filter(|_| depth > 0) else { return spots };
        // Elements are whole also in a patch, unless they are said to be patches themselves.
        let patches = schema.get("x-patches").is_some();
        let whole = Maker {
            root: self.root,
            reading: if self.reading == Reading::Patch && !patches { Reading::Full } else { self.reading },
        };
        let fits = every_member(&self.document(items));
        if let Some(most) = schema.get("maxItems").and_then(Value::as_u64).filter(|most| *most < ITEMS_MAX) {
            spots.push(Spot::at((0..=most).map(|_| fits.clone()).collect(), &["items"]));
        }
        for spot in whole.place(items, depth - 1) {
            spots.push(spot.inside("1", |value| json!([fits.clone(), value])));
        }
        spots
    }

    /// As many rules as can be broken in one document.
    fn together(&self, part: &Value, depth: usize) -> Option<Spot> {
        let schema = self.resolved(part);
        let members = schema.get("properties").and_then(Value::as_object).filter(|_| depth > 0)?;
        let mut value = json!({ "no~such": 1 });
        let mut violations = vec![("/no~0such".to_owned(), "unknown".to_owned())];
        for (name, member) in members {
            let only = if is_read_only(self.root, member) {
                (self.reading == Reading::Create)
                    .then(|| Spot::at(example(&self.document(member), false), &["read_only"]))
            } else if self.is_required(&schema, name) {
                violations.push((format!("/{name}"), "required".to_owned()));
                None
            } else {
                self.together(member, depth - 1).or_else(|| self.place(member, depth - 1).pop())
            };
            if let Some(spot) = only {
                let spot = spot.inside(name, |value| value);
                value[name] = spot.value;
                violations.extend(spot.violations);
            }
        }
        Some(Spot { value, violations })
    }
}

fn text(schema: &Value) -> Vec<Spot> {
    let mut spots = vec![Spot::at(json!(7), &["type"]), Spot::at(json!({}), &["type"])];
    let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
    if schema.get("enum").is_some() {
        spots.push(Spot::at(json!("no such value"), &["enum"]));
        return spots;
    }
    let shaped = ["pattern", "format"].into_iter().find(|rule| schema.get(*rule).is_some());
    let fits = |length: u64| {
        bound("minLength").is_none_or(|min| length >= min) && bound("maxLength").is_none_or(|max| length <= max)
    };
    if let Some(rule) = shaped {
        let strange = "! \u{20ac}";
        spots.push(if fits(3) {
            Spot::at(strange.into(), &[rule])
        } else {
            Spot::at(strange.into(), &["length", rule])
        });
        return spots;
    }
    if let Some(most) = bound("maxLength").and_then(|most| usize::try_from(most).ok()).filter(|most| *most < 10_000) {
        spots.push(Spot::at("\u{e4}".repeat(most + 1).into(), &["length"]));
    }
    if bound("minLength").is_some_and(|least| least > 0) {
        spots.push(Spot::at("".into(), &["length"]));
    }
    spots
}

fn integer(schema: &Value) -> Vec<Spot> {
    let mut spots = vec![Spot::at(json!("1"), &["type"]), Spot::at(json!(1.5), &["type"])];
    if let Some(most) = schema.get("maximum").and_then(Value::as_i64).and_then(|most| most.checked_add(1)) {
        spots.push(Spot::at(json!(most), &["range"]));
    } else if schema.get("format").and_then(Value::as_str) == Some("uint32") {
        spots.push(Spot::at(json!(u64::from(u32::MAX) + 1), &["range"]));
    }
    if let Some(least) = schema.get("minimum").and_then(Value::as_i64).and_then(|least| least.checked_sub(1)) {
        spots.push(Spot::at(json!(least), &["range"]));
    }
    spots
}
