//! Violations with their pointers, and what a document that does not suit is answered with.

use std::borrow::Cow;

use crate::fault::{Fault, Violation, catalogue};

use super::node::Detail;

/// Why a document does not suit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsuitable {
    /// It is not strict JSON: wrong syntax, a duplicate member, invalid UTF-8.
    NotJson {
        /// Where, in bytes.
        offset: usize,
        /// What is wrong, without anything of the document.
        reason: &'static str,
    },
    /// It is nested more deeply than `depth_max`.
    TooDeep,
    /// It breaks these rules, in the order of the document; at most `violations_max` are told.
    Violations(Vec<Violation>),
}

impl From<Unsuitable> for Fault {
    fn from(unsuitable: Unsuitable) -> Self {
        match unsuitable {
            Unsuitable::NotJson { offset, reason } => {
                catalogue::NOT_JSON.because(format!("{reason} (at byte {offset})"))
            }
            Unsuitable::TooDeep => catalogue::TOO_DEEP.fault().with_limit("depth_max"),
            Unsuitable::Violations(violations) => catalogue::INVALID.fault().with_violations(violations),
        }
    }
}

/// What a missing member is answered with.
pub(super) const REQUIRED: Detail = Detail::Borrowed("expected this member");

/// The value at a pointer was removed and is required.
pub(super) fn required_at(pointer: &str) -> Unsuitable {
    Unsuitable::Violations(vec![Violation::new(pointer, "required", REQUIRED)])
}

/// Where the walk stands, as a chain of places on the stack.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'p> {
    /// The checked value itself, at this pointer.
    Root(&'p str),
    Member(&'p Place<'p>, &'p str),
    Item(&'p Place<'p>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root(prefix) => (*prefix).to_owned(),
            Self::Member(parent, name) => {
                let mut pointer = parent.pointer();
                push_segment(&mut pointer, name);
                pointer
            }
            Self::Item(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

/// Adds a segment to an RFC 6901 pointer.
pub(super) fn push_segment(pointer: &mut String, name: &str) {
    pointer.push('/');
    for character in name.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// The violations of one walk.
#[derive(Debug)]
pub(super) struct Report {
    found: Vec<(usize, Violation)>,
    violations_max: usize,
}

impl Report {
    pub(super) fn new(violations_max: usize) -> Self {
        // A document with violations is refused whatever the limit: one is always told.
        Self { found: Vec::new(), violations_max: violations_max.max(1) }
    }

    pub(super) fn add(&mut self, offset: usize, place: &Place<'_>, code: &'static str, detail: &Detail) {
        if self.found.len() < self.violations_max {
            let violation = Violation { pointer: place.pointer(), code: Cow::Borrowed(code), detail: detail.clone() };
            self.found.push((offset, violation));
        }
    }

    /// Violations in the order in which what they are about begins.
    pub(super) fn finish(mut self) -> Result<(), Unsuitable> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort_by_key(|(offset, _)| *offset);
        Err(Unsuitable::Violations(self.found.into_iter().map(|(_, violation)| violation).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_escaped() {
        let root = Place::Root("/base");
        let member = Place::Member(&root, "a/b~c");
        assert_eq!(Place::Item(&member, 3).pointer(), "/base/a~1b~0c/3");
    }

    #[test]
    fn a_fault_names_what_happened() {
        let fault = Fault::from(Unsuitable::NotJson { offset: 3, reason: "expected a value" });
        assert_eq!((fault.code(), fault.detail()), ("not_json", Some("expected a value (at byte 3)")));
        assert_eq!(Fault::from(Unsuitable::TooDeep).limit(), Some("depth_max"));
        let violation = Violation::new("/a", "type", "expected a string");
        assert_eq!(Fault::from(Unsuitable::Violations(vec![violation.clone()])).violations(), [violation]);
    }
}
