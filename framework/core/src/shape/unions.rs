//! `anyOf` and `oneOf`: what is nullable, what is an enumeration, and how one of several alternatives is found.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    compile::Compiler,
    merge::merge,
    node::{Choice, ChooseBy, Detail, Kinds, Node, NodeIndex},
    rules::expected_kinds,
    schema::{Flat, ShapeError, never},
};

/// Alternatives of alternatives go no deeper than this.
const CHOICES_NESTED_MAX: usize = 16;

/// The node of a flat schema with `anyOf` or `oneOf`. What stands beside holds for every alternative.
pub(super) fn union(
    compiler: &mut Compiler<'_>,
    flat: Flat,
    nullable: bool,
    place: &str,
) -> Result<NodeIndex, ShapeError> {
    let Alternatives { mut all, exclusive, nullable: has_null } = alternatives(compiler, &flat, place)?;
    let nullable = nullable || has_null;
    if all.len() <= 1 {
        return compiler.flat(all.pop().unwrap_or_else(never), nullable, place);
    }
    let make = |compiler: &mut Compiler<'_>, _: Flat| {
        let nodes = all
            .iter()
            .map(|alternative| compiler.flat(alternative.clone(), false, place))
            .collect::<Result<Vec<_>, _>>()?;
        let by = choose_by(compiler, &all, &nodes, place)?;
        let merged = merged(compiler, &all, place)?;
        let choice = Choice { alternatives: nodes, by, exclusive, merged };
        Ok(Node { nullable, choice: Some(Box::new(choice)), ..Node::of(Kinds::NONE) })
    };
    compiler.once(flat, nullable, make, place)
}

struct Alternatives {
    all: Vec<Flat>,
    exclusive: bool,
    nullable: bool,
}

/// The alternatives without null, with all enumerations of texts made into one.
fn alternatives(compiler: &Compiler<'_>, flat: &Flat, place: &str) -> Result<Alternatives, ShapeError> {
    let mut base = flat.clone();
    let (listed, exclusive) = match (base.remove("anyOf"), base.remove("oneOf")) {
        (Some(listed), None) => (listed, false),
        (None, Some(listed)) => (listed, true),
        _ => return Err(ShapeError::new(place, "\"anyOf\" and \"oneOf\" for one value are not supported")),
    };
    let Value::Array(listed) = listed else {
        return Err(ShapeError::new(place, "expected an array of alternatives"));
    };
    let (mut all, mut texts, mut nullable) = (Vec::new(), Vec::new(), false);
    for alternative in &listed {
        let alternative = merge(base.clone(), compiler.document.flat(alternative, place)?, place)?;
        if is_null(&alternative) {
            nullable = true;
        } else if let Some(enumerated) = enumerated_texts(&alternative) {
            texts.extend(enumerated);
        } else {
            all.push(alternative);
        }
    }
    if !texts.is_empty() {
        all.push(Flat::from_iter([("type".to_owned(), json!("string")), ("enum".to_owned(), Value::Array(texts))]));
    }
    Ok(Alternatives { all, exclusive, nullable })
}

fn is_null(flat: &Flat) -> bool {
    let null = |value: &Value| *value == json!("null") || *value == json!(["null"]);
    flat.get("type").is_some_and(null) && flat.keys().all(|keyword| keyword == "type" || keyword == "readOnly")
}

fn enumerated_texts(flat: &Flat) -> Option<Vec<Value>> {
    if flat.keys().any(|keyword| !matches!(keyword.as_str(), "type" | "enum" | "const")) {
        return None;
    }
    if flat.get("type").is_some_and(|kind| *kind != json!("string")) {
        return None;
    }
    let values = match (flat.get("enum"), flat.get("const")) {
        (Some(Value::Array(values)), None) => values.clone(),
        (None, Some(value)) => vec![value.clone()],
        _ => return None,
    };
    values.iter().all(Value::is_string).then_some(values)
}

fn choose_by(compiler: &Compiler<'_>, all: &[Flat], nodes: &[NodeIndex], place: &str) -> Result<ChooseBy, ShapeError> {
    let objects: Vec<_> = all.iter().zip(nodes).filter(|(flat, _)| is_object(flat)).collect();
    // An alternative that might be an object and is not seen to be one has no tag.
    if objects.len() < 2 || !all.iter().all(|flat| is_object(flat) || is_never_object(flat)) {
        return Ok(ChooseBy::Trying);
    }
    if let Some(names) = only_names(&objects) {
        let expected = expected_texts("expected one of the members ", &names);
        return Ok(ChooseBy::Name { names, expected });
    }
    let first = objects.first().and_then(|(flat, _)| properties(flat));
    for name in first.into_iter().flat_map(|properties| properties.keys()) {
        let mut texts: Vec<(Box<str>, NodeIndex)> = Vec::new();
        for (flat, node) in &objects {
            if let Some(text) = tag_text(compiler, flat, name, place)?
                && texts.iter().all(|(known, _)| **known != *text)
            {
                texts.push((text.into(), **node));
            }
        }
        if texts.len() == objects.len() {
            let expected = expected_texts("expected one of ", &texts);
            return Ok(ChooseBy::Tag { name: name.as_str().into(), texts, expected });
        }
    }
    Ok(ChooseBy::Trying)
}

/// The only member's name of each alternative, where each has one, all different.
fn only_names(objects: &[(&Flat, &NodeIndex)]) -> Option<Vec<(Box<str>, NodeIndex)>> {
    let mut names: Vec<(Box<str>, NodeIndex)> = Vec::new();
    for (flat, node) in objects {
        let properties = properties(flat)?;
        let name = properties.keys().next().filter(|_| properties.len() == 1)?;
        let closed = matches!(flat.get("additionalProperties"), None | Some(Value::Bool(false)));
        if !closed || !requires(flat, name) || names.iter().any(|(known, _)| **known == **name) {
            return None;
        }
        names.push((name.as_str().into(), **node));
    }
    Some(names)
}

/// The one text that a member must hold.
fn tag_text(compiler: &Compiler<'_>, flat: &Flat, name: &str, place: &str) -> Result<Option<String>, ShapeError> {
    let Some(schema) = properties(flat).and_then(|properties| properties.get(name)) else { return Ok(None) };
    if !requires(flat, name) {
        return Ok(None);
    }
    let texts = enumerated_texts(&compiler.document.flat(schema, place)?).unwrap_or_default();
    Ok(match texts.as_slice() {
        [Value::String(text)] => Some(text.clone()),
        _ => None,
    })
}

fn properties(flat: &Flat) -> Option<&Flat> {
    flat.get("properties").and_then(Value::as_object)
}

fn requires(flat: &Flat, name: &str) -> bool {
    flat.get("required").and_then(Value::as_array).is_some_and(|names| names.iter().any(|one| one == name))
}

fn is_object(flat: &Flat) -> bool {
    let object = |value: &Value| *value == json!("object") || *value == json!(["object"]);
    flat.get("type").is_some_and(object)
        && !["anyOf", "oneOf", "enum", "const"].iter().any(|rule| flat.contains_key(*rule))
}

fn is_never_object(flat: &Flat) -> bool {
    match flat.get("type") {
        Some(Value::String(name)) => name != "object",
        Some(Value::Array(names)) => !names.contains(&json!("object")),
        _ => false,
    }
}

fn expected_texts(lead: &str, texts: &[(Box<str>, NodeIndex)]) -> Detail {
    let quoted: Vec<String> = texts.iter().map(|(text, _)| format!("\"{text}\"")).collect();
    format!("{lead}{}", quoted.join(", ")).into()
}

/// One object with the members of all alternatives, of which each may hold what it holds in any of them.
fn merged(compiler: &mut Compiler<'_>, all: &[Flat], place: &str) -> Result<Option<NodeIndex>, ShapeError> {
    let mut forms = Vec::new();
    for flat in all {
        object_forms(compiler, flat, &mut forms, 0, place)?;
    }
    let flat = match forms.as_mut_slice() {
        [] => return Ok(None),
        [only] => std::mem::take(only),
        several => merged_form(several),
    };
    compiler.flat(flat, false, place).map(Some)
}

fn object_forms(
    compiler: &Compiler<'_>,
    flat: &Flat,
    forms: &mut Vec<Flat>,
    depth: usize,
    place: &str,
) -> Result<(), ShapeError> {
    const FORMS_MAX: usize = 1000;
    if forms.len() > FORMS_MAX || depth > CHOICES_NESTED_MAX {
        return Err(ShapeError::new(place, "too many alternatives, or an alternative leads back to itself"));
    }
    if flat.contains_key("anyOf") || flat.contains_key("oneOf") {
        for alternative in alternatives(compiler, flat, place)?.all {
            object_forms(compiler, &alternative, forms, depth + 1, place)?;
        }
    } else if is_object(flat) {
        forms.push(flat.clone());
    } else if !is_never_object(flat) {
        // Something else that may be an object: any object will do.
        forms.push(Flat::from_iter([("type".to_owned(), json!("object"))]));
    }
    Ok(())
}

fn merged_form(forms: &[Flat]) -> Flat {
    let mut members: Vec<(&String, Vec<&Value>)> = Vec::new();
    let mut others: Vec<Value> = Vec::new();
    for form in forms {
        for (name, schema) in properties(form).into_iter().flatten() {
            match members.iter_mut().find(|(known, _)| *known == name) {
                None => members.push((name, vec![schema])),
                Some((_, schemas)) if schemas.contains(&schema) => {}
                Some((_, schemas)) => schemas.push(schema),
            }
        }
        match form.get("additionalProperties").or(form.get("unevaluatedProperties")) {
            None if properties(form).is_none() => others.push(json!(true)),
            None | Some(Value::Bool(false)) => {}
            Some(open) => others.push(open.clone()),
        }
    }
    let required: Vec<&String> =
        members.iter().map(|(name, _)| *name).filter(|name| forms.iter().all(|form| requires(form, name))).collect();
    let required = json!(required);
    let members: Flat = members.into_iter().map(|(name, schemas)| (name.clone(), one_of(&schemas))).collect();
    let others = match others.as_slice() {
        [] => json!(false),
        several => one_of(&several.iter().collect::<Vec<_>>()),
    };
    Flat::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(members)),
        ("required".to_owned(), required),
        ("additionalProperties".to_owned(), others),
    ])
}

fn one_of(schemas: &[&Value]) -> Value {
    let read_only = |schema: &&Value| schema.get("readOnly") == Some(&json!(true));
    match schemas {
        [only] => (*only).clone(),
        _ if schemas.iter().any(|schema| **schema == json!(true)) => json!(true),
        several => json!({ "anyOf": several, "readOnly": several.iter().all(read_only) }),
    }
}

/// Gives every choice the types of its alternatives; refuses one that is an alternative of itself.
pub(super) fn settle(nodes: &mut [Node]) -> Result<(), ShapeError> {
    let mut settled = HashSet::new();
    for index in 0..nodes.len() {
        settle_one(nodes, index, &mut settled, 0)?;
    }
    Ok(())
}

fn settle_one(
    nodes: &mut [Node],
    index: usize,
    settled: &mut HashSet<usize>,
    depth: usize,
) -> Result<(Kinds, bool), ShapeError> {
    let Some(node) = nodes.get(index) else { return Ok((Kinds::NONE, false)) };
    let Some(choice) = node.choice.as_deref().filter(|_| !settled.contains(&index)) else {
        return Ok((node.kinds, node.nullable));
    };
    if depth > CHOICES_NESTED_MAX {
        return Err(ShapeError::new("", "an alternative leads back to itself"));
    }
    let mut kinds = if node.nullable { Kinds::NULL } else { Kinds::NONE };
    for alternative in choice.alternatives.clone() {
        let at = usize::try_from(alternative).unwrap_or(usize::MAX);
        let (theirs, nullable) = settle_one(nodes, at, settled, depth + 1)?;
        kinds = kinds.with(theirs).with(if nullable { Kinds::NULL } else { Kinds::NONE });
    }
    settled.insert(index);
    if let Some(node) = nodes.get_mut(index) {
        node.kinds = kinds;
        node.expected = expected_kinds(kinds);
    }
    Ok((kinds, false))
}
