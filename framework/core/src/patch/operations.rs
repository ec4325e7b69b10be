//! The JSON Patch (RFC 6902): read with every mistake at once, and made operation by operation within limits.

use std::{io, slice};

use json_patch::{
    AddOperation, CopyOperation, MoveOperation, PatchErrorKind, PatchOperation, RemoveOperation, ReplaceOperation,
    TestOperation, jsonptr::PointerBuf, patch_unsafe,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::{Fault, Result, Violation, catalogue, limits::Limits};

/// The operations of a JSON Patch, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Operations(Vec<PatchOperation>);

impl Operations {
    /// Reads a JSON Patch document. Members that an operation does not have are passed over, as the RFC says.
    ///
    /// # Errors
    /// `not_json`; `invalid` with every place where it is no JSON Patch, and for more operations than
    /// `patch_operations_max`.
    pub fn read(document: &[u8], limits: &Limits) -> Result<Self> {
        let document = serde_json::from_slice(document).map_err(|_| catalogue::NOT_JSON.fault())?;
        let Value::Array(all) = document else {
            return Err(Violation::new("", "type", "expected a list of operations").into());
        };
        if all.len() > limits.patch_operations_max {
            let violation = Violation::new("", "items", "expected fewer operations");
            return Err(Fault::from(violation).with_limit("patch_operations_max"));
        }
        let mut violations = Vec::new();
        let read = all.into_iter().enumerate();
        let read = read.filter_map(|(at, one)| Members::of(at, one, &mut violations)?.operation()).collect();
        violations.truncate(limits.violations_max.max(1));
        if violations.is_empty() { Ok(Self(read)) } else { Err(catalogue::INVALID.fault().with_violations(violations)) }
    }

    /// Does them in order; all or nothing is up to the caller, who keeps the original.
    ///
    /// # Errors
    /// `test_failed`; `invalid` when a pointer leads nowhere, or a value is put in that passes `patch_growth_bytes_max`;
    /// `too_deep`. Violations point into the JSON Patch.
    pub(super) fn apply(&self, document: &mut Value, limits: &Limits) -> Result<()> {
        let mut grown = 0;
        for (at, operation) in self.0.iter().enumerate() {
            if let PatchOperation::Test(test) = operation {
                hold(at, test, document)?;
                continue;
            }
            grown += growth(operation, document, limits)?;
            if grown > limits.patch_growth_bytes_max {
                let violation = Violation::new(format!("/{at}"), "growth", "expected to put in less");
                return Err(Fault::from(violation).with_limit("patch_growth_bytes_max"));
            }
            patch_unsafe(document, slice::from_ref(operation)).map_err(|error| nowhere(at, &error.kind))?;
        }
        Ok(())
    }
}

/// A `test` of something that is not there does not hold either.
fn hold(at: usize, test: &TestOperation, document: &Value) -> Result<()> {
    if document.pointer(test.path.as_str()).is_some_and(|found| equal(found, &test.value)) {
        return Ok(());
    }
    let violation = Violation::new(format!("/{at}"), "test_failed", "expected this value at its path");
    Err(catalogue::TEST_FAILED.fault().with_violations(vec![violation]))
}

/// Equal as RFC 6902, section 4.6, has it: numbers by what they amount to, not by how they are written.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || same_amount(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let same = |(name, value): (&String, &Value)| other.get(name).is_some_and(|other| equal(value, other));
            one.len() == other.len() && one.iter().all(same)
        }
        _ => one == other,
    }
}

fn same_amount(one: &Number, other: &Number) -> bool {
    (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
}

/// How many bytes an operation puts in that were not there. A small patch can copy what it copied, so both size and
/// depth are held before each operation.
fn growth(operation: &PatchOperation, document: &Value, limits: &Limits) -> Result<usize> {
    let (path, value, new) = match operation {
        PatchOperation::Add(add) => (&add.path, Some(&add.value), true),
        PatchOperation::Replace(replace) => (&replace.path, Some(&replace.value), true),
        PatchOperation::Copy(copy) => (&copy.path, document.pointer(copy.from.as_str()), true),
        PatchOperation::Move(moved) => (&moved.path, document.pointer(moved.from.as_str()), false),
        PatchOperation::Remove(_) | PatchOperation::Test(_) => return Ok(0),
    };
    let Some(value) = value else { return Ok(0) };
    if path.count() + depth(value) > limits.depth_max {
        return Err(catalogue::TOO_DEEP.fault().with_limit("depth_max"));
    }
    Ok(if new { written_bytes(value) } else { 0 })
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fn written_bytes(value: &Value) -> usize {
    struct Counted(usize);
    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counted = Counted(0);
    // Counting does not fail.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.0
}

fn nowhere(at: usize, kind: &PatchErrorKind) -> Fault {
    let (member, detail) = match kind {
        PatchErrorKind::InvalidFromPointer => ("from", "expected a place that is there"),
        PatchErrorKind::CannotMoveInsideItself => ("path", "expected a place that is not inside what is moved"),
        _ => ("path", "expected a place that is there"),
    };
    Violation::new(format!("/{at}/{member}"), "pointer", detail).into()
}

/// The members of one operation as it was sent.
struct Members<'v> {
    at: usize,
    members: Map<String, Value>,
    violations: &'v mut Vec<Violation>,
}

impl<'v> Members<'v> {
    fn of(at: usize, sent: Value, violations: &'v mut Vec<Violation>) -> Option<Self> {
        if let Value::Object(members) = sent {
            return Some(Self { at, members, violations });
        }
        violations.push(Violation::new(format!("/{at}"), "type", "expected an object"));
        None
    }

    fn operation(mut self) -> Option<PatchOperation> {
        let op = self.text("op");
        let path = self.pointer("path");
        match op?.as_str() {
            "add" => self.value().zip(path).map(|(value, path)| PatchOperation::Add(AddOperation { path, value })),
            "replace" => {
                self.value().zip(path).map(|(value, path)| PatchOperation::Replace(ReplaceOperation { path, value }))
            }
            "test" => self.value().zip(path).map(|(value, path)| PatchOperation::Test(TestOperation { path, value })),
            "remove" => path.map(|path| PatchOperation::Remove(RemoveOperation { path })),
            "move" => {
                self.pointer("from").zip(path).map(|(from, path)| PatchOperation::Move(MoveOperation { from, path }))
            }
            "copy" => {
                self.pointer("from").zip(path).map(|(from, path)| PatchOperation::Copy(CopyOperation { from, path }))
            }
            _ => self.broken("op", "enum", "expected add, remove, replace, move, copy or test"),
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.members.remove("value").or_else(|| self.broken("value", "required", "expected a value"))
    }

    fn pointer(&mut self, member: &'static str) -> Option<PointerBuf> {
        let text = self.text(member)?;
        PointerBuf::parse(text).ok().or_else(|| self.broken(member, "pointer", "expected a JSON pointer (RFC 6901)"))
    }

    fn text(&mut self, member: &'static str) -> Option<String> {
        match self.members.remove(member) {
            Some(Value::String(text)) => Some(text),
            Some(_) => self.broken(member, "type", "expected a string"),
            None => self.broken(member, "required", "expected a value"),
        }
    }

    fn broken<T>(&mut self, member: &str, code: &'static str, detail: &'static str) -> Option<T> {
        self.violations.push(Violation::new(format!("/{}/{member}", self.at), code, detail));
        None
    }
}
