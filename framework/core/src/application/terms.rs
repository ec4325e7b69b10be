//! On what terms an operation runs: what the caller says to know of the state (RFC 9110, section 13), whether anything is
//! to be written at all, and under which key it may come again.

use crate::{
    Fields,
    process::{Output, State},
};

use super::Repeatable;

/// What a caller asks of a run, beside its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// What has to hold for the state that is committed.
    pub conditions: Conditions,
    /// Everything is checked and nothing is written.
    pub validate_only: bool,
    /// Which members of the answer are wanted; all where nothing is said.
    pub fields: Option<Fields>,
    /// What the request may be repeated under: then its effect is there once, and its answer is the same. Only a command
    /// with a caller can be.
    pub repeat: Option<Box<Repeatable>>,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it gave.
    pub output: Output,
    /// Whether that was given before, to the same request.
    pub replayed: bool,
}

/// The preconditions of a request. They are asked only where the answer would otherwise be a success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`.
    pub if_match: Option<States>,
    /// `If-None-Match`.
    pub if_none_match: Option<States>,
}

/// The states that a precondition names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum States {
    /// `*`: whatever exists.
    Any,
    /// Those whose text is one of these.
    Of(Vec<String>),
}

/// What a precondition is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Current {
    pub(crate) exists: bool,
    /// Nothing for what has no state of its own, such as a plain value.
    pub(crate) state: Option<State>,
}

impl Terms {
    /// Nothing has to hold, and what is written is written.
    pub(crate) const NONE: &'static Self = &Self {
        conditions: Conditions { if_match: None, if_none_match: None },
        validate_only: false,
        fields: None,
        repeat: None,
    };
}

impl Conditions {
    /// Whether nothing has to hold.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.if_match.is_none() && self.if_none_match.is_none()
    }

    pub(crate) fn hold(&self, current: Current) -> bool {
        self.if_match.as_ref().is_none_or(|states| states.have(current))
            && self.if_none_match.as_ref().is_none_or(|states| !states.have(current))
    }
}

impl States {
    pub(crate) fn have(&self, current: Current) -> bool {
        match (self, current.state) {
            (Self::Any, _) => current.exists,
            (Self::Of(states), Some(state)) => {
                let state = state.to_string();
                states.contains(&state)
            }
            (Self::Of(_), None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_fields_hold_or_the_whole_does_not() {
        let of = |states: &[&str]| Some(States::Of(states.iter().map(|one| (*one).to_owned()).collect()));
        let version = |version: u64| Current { exists: true, state: Some(State::Version(version)) };
        let absent = Current { exists: false, state: None };
        let plain = Current { exists: true, state: None };
        for (if_match, if_none_match, current, holds) in [
            (None, None, absent, true),
            (Some(States::Any), None, version(7), true),
            (Some(States::Any), None, plain, true),
            (Some(States::Any), None, absent, false),
            (of(&["7"]), None, version(7), true),
            (of(&["6", "7"]), None, version(7), true),
            (of(&["6"]), None, version(7), false),
            (of(&["7"]), None, absent, false),
            (of(&["7"]), None, plain, false),
            (None, Some(States::Any), absent, true),
            (None, Some(States::Any), version(7), false),
            (None, of(&["7"]), version(7), false),
            (None, of(&["6"]), version(7), true),
            (of(&["7"]), Some(States::Any), version(7), false),
            (of(&["7"]), of(&["8"]), version(7), true),
        ] {
            let conditions = Conditions { if_match, if_none_match };
            assert_eq!(conditions.hold(current), holds, "{conditions:?} of {current:?}");
        }
    }
}
