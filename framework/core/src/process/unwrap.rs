//! Unwrapping: a request, or an object of parameters by name, becomes checked input. Every violation at once.

use std::{borrow::Cow, sync::LazyLock};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;

use crate::{
    Fault, Fields, Result, Violation, catalogue,
    fault::pointer,
    id::is_id,
    limits::Limits,
    patch::Operations,
    sensitive::{Withheld, unknown},
    shape::{Mode, Shape, ShapeLimits, Unsuitable},
};

use super::{
    Input, PatchForm, Process, Wishes,
    bound::BoundParameter,
    flags::{self, FIELDS, put},
};

/// The raw query string of a request.
pub type QueryText<'a> = Option<&'a str>;

/// The parts of a request that input comes from.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The decoded values of the path's parameters, in order.
    pub path: &'a [Cow<'a, str>],
    /// The query string.
    pub query: QueryText<'a>,
    /// The document; nothing where there was not one byte.
    pub body: Option<&'a Bytes>,
    /// What the document is written in, where it is a patch.
    pub patch: PatchForm,
    /// Whether a write may be asked for without its effect.
    pub may_validate_only: bool,
    /// Whether a part of the answer may be asked for.
    pub may_select: bool,
    /// What does not exist for the caller, in the body either.
    pub withheld: &'a Withheld,
}

/// What a request comes down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwrapped {
    /// The input of the process.
    pub input: Input,
    /// What the framework's own flags say.
    pub asked: Wishes,
}

/// Turns the parts of a request into the input of a process.
///
/// # Errors
/// `query_invalid` for flags; `not_found` for path segments that can name nothing; `not_json`, `too_deep`, `invalid` for
/// the body, in this order.
pub fn unwrap_request(process: &Process, request: &Request<'_>, limits: &Limits) -> Result<Unwrapped> {
    let mut input = Input::of(process.parameters.len());
    let mut asked = flags::read(process, request, limits, &mut input)?;
    let (fields, without) = match request.body {
        Some(body) if request.may_select => in_document(process, body, request.withheld, limits)?,
        _ => (None, None),
    };
    asked.fields = asked.fields.or(fields);
    let mut nowhere = false;
    for (index, text) in process.in_path.iter().zip(request.path) {
        match process.parameters.get(*index).and_then(|one| segment(one, text)) {
            Some(document) => input.set(*index, document),
            None => nowhere = true,
        }
    }
    match (request.patch, without.as_ref().or(request.body)) {
        (PatchForm::Operations, Some(body)) => unwrap_operations(process, body, limits, &mut input)?,
        (_, body) => {
            let found = unwrap_body(process, body, limits, &mut input);
            unknown(process, body, found, request.withheld)?;
        }
    }
    if nowhere { Err(catalogue::NOT_FOUND.fault()) } else { Ok(Unwrapped { input, asked }) }
}

fn segment(parameter: &BoundParameter, text: &str) -> Option<Bytes> {
    if parameter.id {
        // Most paths: an id needs no escape, so its JSON is itself in quotes.
        return is_id(text).then(|| [b"\"", text.as_bytes(), b"\""].concat().into());
    }
    let document = Bytes::from(parameter.shape.text_to_json(text)?);
    parameter.shape.check(&document, parameter.mode(), &ShapeLimits::default()).ok()?;
    Some(document)
}

/// Whether the body is a query.
pub(super) fn searches(process: &Process) -> bool {
    let body = process.whole_body().and_then(|index| process.parameters.get(index));
    body.is_some_and(BoundParameter::is_query)
}

/// Takes `fields` out of a query that is the body, which steers the answer and not the process.
fn in_document(
    process: &Process,
    body: &Bytes,
    withheld: &Withheld,
    limits: &Limits,
) -> Result<(Option<Fields>, Option<Bytes>)> {
    if !searches(process) {
        return Ok((None, None));
    }
    // What is no object is told with its other mistakes.
    let Ok(mut members) = Members::parse(body, limits) else { return Ok((None, None)) };
    let Some(fields) = members.take(FIELDS) else { return Ok((None, None)) };
    let text: String =
        serde_json::from_slice(&fields).map_err(|_| Violation::new(pointer(FIELDS), "type", "expected a text"))?;
    let mut document = vec![b'{'];
    members.0.iter().for_each(|(name, value)| put(&mut document, name, &String::from_utf8_lossy(value)));
    document.push(b'}');
    Ok((Some(process.fields(text.split(','), withheld, limits)?), Some(document.into())))
}

pub(super) fn shape_limits(limits: &Limits) -> ShapeLimits {
    ShapeLimits { depth_max: limits.depth_max, violations_max: limits.violations_max }
}

/// A JSON Patch is checked for what it is; what it makes is checked where it is made.
fn unwrap_operations(process: &Process, body: &Bytes, limits: &Limits, input: &mut Input) -> Result<()> {
    if let Some(any) = ANY_JSON.as_ref() {
        any.check(body, Mode::Full, &shape_limits(limits))?;
    }
    Operations::read(body, limits)?;
    if let Some(index) = process.whole_body() {
        input.set(index, body.clone());
    }
    input.patch = PatchForm::Operations;
    Ok(())
}

fn unwrap_body(process: &Process, body: Option<&Bytes>, limits: &Limits, input: &mut Input) -> Result<()> {
    match (process.whole_body(), body) {
        (Some(index), body) => {
            let Some(parameter) = process.parameters.get(index) else { return Ok(()) };
            let wrapped = body.and_then(|body| wrapped_value(parameter, body));
            let at = if wrapped.is_some() { pointer(&parameter.name) } else { String::new() };
            let mut violations = Vec::new();
            if let Some(document) = check(parameter, wrapped.or_else(|| body.cloned()), &at, limits, &mut violations)? {
                let sent = body.filter(|_| parameter.as_sent);
                input.set(index, sent.cloned().unwrap_or(document));
            }
            refuse(violations)
        }
        (None, Some(body)) => {
            let members = Members::parse(body, limits)?;
            from_members(process, members, process.in_body().collect(), limits, input)
        }
        (None, None) => from_members(process, Members::default(), process.in_body().collect(), limits, input),
    }
}

/// A single parameter that is no object is taken bare or as `{"<name>": value}`.
fn wrapped_value(parameter: &BoundParameter, body: &Bytes) -> Option<Bytes> {
    if parameter.object || body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    match Members::parse(body, &Limits::default()).ok()?.0.as_slice() {
        [(name, value)] if *name == parameter.name => Some(value.clone()),
        _ => None,
    }
}

/// Turns an object of all parameters by name into input; a process with one parameter also takes that one bare.
/// Violations are the same as of a request: rooted in the body where one parameter is the body.
pub(crate) fn by_name(process: &Process, document: &Bytes, limits: &Limits, withheld: &Withheld) -> Result<Input> {
    let mut input = Input::of(process.parameters.len());
    unknown(process, Some(document), named(process, document, limits, &mut input), withheld)?;
    Ok(input)
}

fn named(process: &Process, document: &Bytes, limits: &Limits, input: &mut Input) -> Result<()> {
    let members = Members::parse(document, limits);
    if let [only] = process.parameters.as_slice() {
        let wrapped = members.as_ref().is_ok_and(|members| {
            // Where no object can be the value, an object is that of the parameters.
            only.is_scalar_or_list()
                || matches!(members.0.as_slice(), [(name, _)] if *name == only.name)
                || (members.0.is_empty() && only.optional)
        });
        if !wrapped {
            let mut violations = Vec::new();
            if let Some(checked) = check(only, Some(document.clone()), "", limits, &mut violations)? {
                input.set(0, checked);
            }
            return refuse(violations);
        }
    }
    from_members(process, members?, (0..process.parameters.len()).collect(), limits, input)
}

/// Checks input whose values came from Rust, as `cx.call` gives it.
pub(crate) fn check_input(process: &Process, input: Input, limits: &Limits) -> Result<Input> {
    let mut checked = Input::of(process.parameters.len());
    let mut violations = Vec::new();
    for (index, (parameter, document)) in process.parameters.iter().zip(input.documents).enumerate() {
        if let (true, Some(changes)) = (parameter.is_patch(), &document) {
            checked.set(index, changes.clone());
            checked.patch = PatchForm::Changes;
            continue;
        }
        let prefix = prefix(process, index, parameter);
        if let Some(document) = check(parameter, document, &prefix, limits, &mut violations)? {
            checked.set(index, document);
        }
    }
    refuse(violations)?;
    Ok(checked)
}

fn prefix(process: &Process, index: usize, parameter: &BoundParameter) -> String {
    if process.whole_body() == Some(index) { String::new() } else { pointer(&parameter.name) }
}

fn from_members(
    process: &Process,
    mut members: Members,
    expected: Vec<usize>,
    limits: &Limits,
    input: &mut Input,
) -> Result<()> {
    let mut violations = Vec::new();
    for index in expected {
        let Some(parameter) = process.parameters.get(index) else { continue };
        let given = members.take(&parameter.name);
        let prefix = prefix(process, index, parameter);
        if let Some(document) = check(parameter, given, &prefix, limits, &mut violations)? {
            input.set(index, document);
        }
    }
    let unknown = members.0.iter().map(|(name, _)| Violation::new(pointer(name), "unknown", "there is no such member"));
    violations.extend(unknown.take(limits.violations_max));
    refuse(violations)
}

fn check(
    parameter: &BoundParameter,
    document: Option<Bytes>,
    prefix: &str,
    limits: &Limits,
    violations: &mut Vec<Violation>,
) -> Result<Option<Bytes>> {
    let document = match document {
        Some(document) if parameter.optional && document.as_ref() == b"null" => return Ok(None),
        Some(document) => document,
        None if parameter.optional => return Ok(None),
        None if parameter.object => Bytes::from_static(b"{}"),
        None => {
            let at = if prefix.is_empty() { pointer(&parameter.name) } else { prefix.to_owned() };
            violations.push(Violation::new(at, "required", "expected a value"));
            return Ok(None);
        }
    };
    match parameter.shape.check(&document, parameter.mode(), &shape_limits(limits)) {
        Ok(()) => Ok(Some(document)),
        // Whether they are what is stored is known later: another version of this program may know them.
        Err(Unsuitable::Violations(found)) if parameter.keeps_unknown && found.iter().all(is_unknown_member) => {
            Ok(Some(document))
        }
        Err(Unsuitable::Violations(found)) => {
            let rooted = found.into_iter().map(|one| Violation { pointer: format!("{prefix}{}", one.pointer), ..one });
            violations.extend(rooted);
            Ok(None)
        }
        Err(other) => Err(other.into()),
    }
}

fn is_unknown_member(violation: &Violation) -> bool {
    violation.code == "unknown" && violation.pointer.rfind('/') == Some(0)
}

fn refuse(violations: Vec<Violation>) -> Result<()> {
    if violations.is_empty() { Ok(()) } else { Err(catalogue::INVALID.fault().with_violations(violations)) }
}

/// Strict JSON, whatever it says.
static ANY_JSON: LazyLock<Option<Shape>> = LazyLock::new(|| Shape::compile(&true.into()).ok());

/// The members of an object, unparsed, in order.
#[derive(Default)]
struct Members(Vec<(String, Bytes)>);

impl Members {
    /// Splits an object after it was found to be strict JSON.
    fn parse(document: &Bytes, limits: &Limits) -> Result<Self> {
        if let Some(any) = ANY_JSON.as_ref() {
            any.check(document, Mode::Full, &shape_limits(limits))?;
        }
        let members: Self = serde_json::from_slice(document)
            .map_err(|_| Fault::from(Violation::new("", "type", "expected an object")))?;
        Ok(members)
    }

    fn take(&mut self, name: &str) -> Option<Bytes> {
        let position = self.0.iter().position(|(given, _)| given == name)?;
        Some(self.0.remove(position).1)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Members;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> std::result::Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push((name, Bytes::copy_from_slice(value.get().as_bytes())));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
