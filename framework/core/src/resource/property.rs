//! Property parts: a piece of an item by its path. GET runs the read process of the item; the others run its modify
//! process with that one change.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Fault, ReadContext, Result, Violation, catalogue,
    entity::Raw,
    patch::{Change, Operations, Step, find},
    process::{Boxed, Cx, Erased, Input, Output, PatchForm},
};

use super::{change::Changer, stored::Reader};

/// Where a piece is: steps whose keyed values come from the path.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) steps: Vec<Step>,
    /// How many ids stand in the path before the keys.
    pub(crate) ids: usize,
}

impl Place {
    /// The steps with the values of this request: `path` holds the ids first, then the keys in order.
    pub(crate) fn steps(&self, path: &Input) -> Result<Vec<Step>> {
        let mut next = self.ids;
        let steps = self.steps.iter().map(|step| match step {
            Step::Member(name) => Ok(Step::Member(name.clone())),
            Step::Keyed(key, _) => {
                let value: Value = path.parse(next)?;
                next += 1;
                Ok(Step::Keyed(key.clone(), value))
            }
        });
        steps.collect()
    }

    /// The piece of a representation, with the version of the whole.
    fn of(&self, whole: &Raw, path: &Input) -> Result<Raw> {
        let document: Value = serde_json::from_slice(&whole.body).map_err(|_| catalogue::INTERNAL.fault())?;
        let piece = find(&document, &self.steps(path)?).filter(|piece| !piece.is_null());
        Ok(Raw { id: Arc::clone(&whole.id), body: json(piece.ok_or(catalogue::NOT_FOUND)?)?, version: whole.version })
    }
}

pub(crate) fn json(value: &Value) -> Result<Bytes> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|_| catalogue::INTERNAL.fault())
}

/// GET of a property, or of an element of a list.
pub(crate) struct PropertyRead {
    pub(crate) item: Arc<dyn Reader>,
    pub(crate) place: Place,
}

impl Reader for PropertyRead {
    fn read<'a>(&'a self, cx: &'a ReadContext, path: &'a Input) -> Boxed<'a, Result<Raw>> {
        Box::pin(async move { self.place.of(&self.item.read(cx, path).await?, path) })
    }
}

impl Erased for PropertyRead {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move { Ok(Output::Entity(self.read(cx.read(), &input).await?)) })
    }
}

/// What a method does to a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Set,
    Merge,
    Remove,
    /// DELETE of a whole list: it stays, empty.
    Empty,
}

/// PUT, PATCH and DELETE of a property: the value stands behind the parameters of the path.
pub(crate) struct PropertyChange {
    pub(crate) item: Arc<dyn Reader>,
    pub(crate) changer: Arc<dyn Changer>,
    pub(crate) place: Place,
    pub(crate) verb: Verb,
    pub(crate) value: usize,
}

impl Erased for PropertyChange {
    fn run<'a>(&'a self, cx: Cx<'a>, input: Input) -> Boxed<'a, Result<Output>> {
        Box::pin(async move {
            let cx = cx.write()?;
            let steps = self.place.steps(&input)?;
            let value = || named_by_path(input.parse::<Value>(self.value)?, steps.last(), self.verb);
            let (change, before) = match self.verb {
                Verb::Merge if input.patch == PatchForm::Operations => {
                    let document = input.get(self.value).map_or(&b"[]"[..], |document| document);
                    (Change::Operations(steps, Operations::read(document, &cx.application().limits)?), None)
                }
                Verb::Set => (Change::Set(steps.clone(), value()?), None),
                Verb::Merge => (Change::Merge(steps.clone(), value()?), None),
                Verb::Empty => (Change::Set(steps, Value::Array(Vec::new())), None),
                Verb::Remove => {
                    let before = self.place.of(&self.item.read(cx, &input).await?, &input)?;
                    (Change::Remove(steps), Some(before))
                }
            };
            let changed = match self.changer.change(cx, &input, vec![change]).await {
                Ok(changed) => changed,
                Err(fault) => return Err(self.of_what_was_sent(cx, &input, fault).await),
            };
            match (changed, before) {
                _ if self.verb == Verb::Empty => Ok(Output::Nothing),
                (Output::Entity(whole), Some(before)) => Ok(Output::Entity(Raw { version: whole.version, ..before })),
                (Output::Entity(whole), None) => match self.place.of(&whole, &input) {
                    Ok(piece) => Ok(Output::Entity(piece)),
                    Err(_) => Ok(Output::Nothing),
                },
                (_, _) => Ok(Output::Nothing),
            }
        })
    }

    fn of_commit(&self, fault: Fault) -> Fault {
        // What is unique stands at the top of an entity, so the steps that lead there have no keys.
        match pointer_to(&Value::Null, &self.place.steps) {
            Some(place) => inside(fault, &place),
            None => fault,
        }
    }
}

impl PropertyChange {
    /// The rules of the whole point into the whole; the client sent a piece.
    async fn of_what_was_sent(&self, cx: &ReadContext, input: &Input, fault: Fault) -> Fault {
        if fault.violations().is_empty() {
            return fault;
        }
        let whole = self.item.read(cx, input).await.ok();
        let document = whole.and_then(|whole| serde_json::from_slice::<Value>(&whole.body).ok());
        let place = document.zip(self.place.steps(input).ok()).and_then(|(whole, steps)| pointer_to(&whole, &steps));
        let Some(place) = place else { return fault };
        inside(fault, &place)
    }
}

/// The fault of a whole, pointing into the piece at a place of it.
pub(crate) fn inside(fault: Fault, place: &str) -> Fault {
    let violations = fault.violations().iter().cloned().map(|mut one| {
        if let Some(rest) = one.pointer.strip_prefix(place).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            one.pointer = rest.to_owned();
        }
        one
    });
    let violations = violations.collect();
    fault.with_violations(violations)
}

/// A place as a pointer (RFC 6901): elements by their position.
fn pointer_to(whole: &Value, steps: &[Step]) -> Option<String> {
    let (mut pointer, mut here) = (String::new(), Some(whole));
    for step in steps {
        let name = match step {
            Step::Member(name) => name.replace('~', "~0").replace('/', "~1"),
            Step::Keyed(key, named) => {
                let list = here.and_then(Value::as_array)?;
                list.iter().position(|element| element.get(key) == Some(named))?.to_string()
            }
        };
        here = here.and_then(|here| here.pointer(&format!("/{name}")));
        pointer.push('/');
        pointer.push_str(&name);
    }
    Some(pointer)
}

/// The key of an element is that of its path: absent or equal in a document that is sent there.
fn named_by_path(mut value: Value, last: Option<&Step>, verb: Verb) -> Result<Value> {
    let (Some(Step::Keyed(key, named)), Some(members)) = (last, value.as_object_mut()) else { return Ok(value) };
    match members.get(key) {
        Some(given) if given != named => {
            Err(Violation::new(format!("/{key}"), "id_mismatch", "expected the key of the path").into())
        }
        None if verb == Verb::Set => {
            members.insert(key.clone(), named.clone());
            Ok(value)
        }
        _ => Ok(value),
    }
}

/// A key as it stands in a path.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
