//! What a caller is given of what a process gave.

use bytes::Bytes;
use serde_json::Value;

use crate::{
    Fault, Result, Violation, catalogue,
    entity::Raw,
    process::{Output, Process},
};

use super::{Veil, Withheld, as_unknown};

impl Process {
    /// The result of a run, as it exists for its caller.
    pub(crate) fn as_seen(&self, result: Result<Output>, withheld: &Withheld) -> Result<Output> {
        if withheld.is_nothing() {
            return result;
        }
        match (result, &self.veil) {
            (Ok(output), Some(veil)) if veil.hides(withheld) => veil.over(output, withheld),
            (Ok(output), _) => Ok(output),
            (Err(fault), _) => Err(self.untold(fault, withheld)),
        }
    }

    /// A fault without what it says of places that do not exist for the caller. That one of them was sent is told as of
    /// every unknown member.
    fn untold(&self, fault: Fault, withheld: &Withheld) -> Fault {
        without(fault, |violation| {
            let pointer = &violation.pointer;
            let given = self.veil.as_ref().is_some_and(|veil| veil.covers(pointer, withheld));
            given || self.hides_in_body(pointer, withheld)
        })
    }
}

impl Veil {
    /// A fault of an entity's own rules without what it says of places that do not exist for the caller.
    pub(crate) fn untold(&self, fault: Fault, withheld: &Withheld) -> Fault {
        without(fault, |violation| self.covers(&violation.pointer, withheld))
    }

    fn over(&self, output: Output, withheld: &Withheld) -> Result<Output> {
        let whole = |body: &Bytes| changed(body, |document| self.take_from(document, withheld));
        match output {
            Output::Nothing => Ok(Output::Nothing),
            Output::Value(body) => Ok(Output::Value(whole(&body)?)),
            Output::Entity(raw) => Ok(Output::Entity(Raw { body: whole(&raw.body)?, ..raw })),
            Output::Page { items, next, version, count } => {
                let item = |raw: Raw| {
                    let body = changed(&raw.body, |document| self.take_from_item(document, withheld))?;
                    Ok(Raw { body, ..raw })
                };
                let items = items.into_iter().map(item).collect::<Result<_>>()?;
                Ok(Output::Page { items, next, version, count })
            }
        }
    }
}

fn without(fault: Fault, covered: impl Fn(&Violation) -> bool) -> Fault {
    if fault.violations().is_empty() {
        return fault;
    }
    let told = fault.violations().iter().filter_map(|violation| match covered(violation) {
        true => (violation.code == super::body::UNKNOWN).then(|| as_unknown(violation.pointer.clone())),
        false => Some(violation.clone()),
    });
    let told = told.collect();
    fault.with_violations(told)
}

/// A document with a change.
pub(crate) fn changed(body: &Bytes, change: impl FnOnce(&mut Value)) -> Result<Bytes> {
    if body.is_empty() {
        return Ok(Bytes::new());
    }
    // Nothing of it may stand in a message.
    let unreadable = |_| catalogue::INTERNAL.because("an answer can not be read as JSON");
    let mut document: Value = serde_json::from_slice(body).map_err(unreadable)?;
    change(&mut document);
    serde_json::to_vec(&document).map(Bytes::from).map_err(unreadable)
}
