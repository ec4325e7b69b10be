//! What a caller sent to places that do not exist for it: told as any unknown member is, with every other violation.

use bytes::Bytes;
use serde_json::Value;

use crate::{Fault, Result, Violation, catalogue, process::Process};

use super::Withheld;

pub(super) const UNKNOWN: &str = "unknown";

/// The violation of a member that does not exist.
pub(crate) fn as_unknown(pointer: String) -> Violation {
    Violation::new(pointer, UNKNOWN, "there is no such member")
}

/// Takes what unwrapping a body found, and tells what was sent to hidden places as unknown, and nothing else of them.
/// Where the whole place of the operation is hidden, a body that fits is let pass: the process step tells that it is not
/// there.
///
/// # Errors
/// What was found; `invalid` where something was sent to a hidden place.
pub(crate) fn unknown(process: &Process, body: Option<&Bytes>, found: Result<()>, withheld: &Withheld) -> Result<()> {
    let Some(body) = body.filter(|_| process.exists_for(withheld) && process.hides_some_of_body(withheld)) else {
        return found;
    };
    let fault = match found {
        Ok(()) => None,
        Err(fault) if fault.violations().is_empty() => return Err(fault),
        Err(fault) => Some(fault),
    };
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return fault.map_or(Ok(()), Err);
    };
    let mut hidden = Vec::new();
    sent_to(&document, String::new(), &|pointer| process.hides_in_body(pointer, withheld), &mut hidden);
    if hidden.is_empty() {
        return fault.map_or(Ok(()), Err);
    }
    let told = fault.iter().flat_map(|fault| fault.violations()).cloned();
    let told = told.filter(|one| !process.hides_in_body(&one.pointer, withheld));
    let told = told.chain(hidden.into_iter().map(as_unknown)).collect();
    Err(fault.unwrap_or_else(|| Fault::from(catalogue::INVALID)).with_violations(told))
}

/// The pointers of what a document has at hidden places.
fn sent_to(document: &Value, at: String, hides: &dyn Fn(&str) -> bool, found: &mut Vec<String>) {
    if hides(&at) {
        return found.push(at);
    }
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                sent_to(value, format!("{at}/{name}"), hides, found);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                sent_to(value, format!("{at}/{index}"), hides, found);
            }
        }
        _ => {}
    }
}

impl Process {
    fn hides_some_of_body(&self, withheld: &Withheld) -> bool {
        let mut veils = self.parameters.iter().filter_map(|one| one.veil.as_ref());
        veils.any(|veil| veil.hides(withheld))
    }

    /// Whether a pointer into what a caller sent leads to a hidden place: into the one parameter that is the body, or
    /// into the object of all parameters.
    pub(crate) fn hides_in_body(&self, pointer: &str, withheld: &Withheld) -> bool {
        let whole = self.whole_body();
        self.parameters.iter().enumerate().any(|(index, parameter)| {
            let Some(veil) = &parameter.veil else { return false };
            let named = pointer.strip_prefix('/').and_then(|rest| rest.strip_prefix(parameter.name.as_str()));
            let named = named.filter(|rest| rest.starts_with('/'));
            let covers = |pointer: &str| veil.covers(pointer, withheld);
            (whole == Some(index) && covers(pointer)) || named.is_some_and(covers)
        })
    }
}
