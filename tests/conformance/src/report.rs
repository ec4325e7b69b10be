//! What a run found.

use std::collections::BTreeMap;

use crate::table::Observations;

/// What a run found.
#[derive(Debug, Default)]
pub struct Report {
    /// Every place where the server deviates.
    pub findings: Vec<String>,
    /// What it does, per kind of target and method.
    pub observed: Observations,
    /// Operations that were never seen to succeed, with their last answer: their success is not checked.
    pub unseen: Vec<String>,
    /// Every problem type that was seen, with its title and status.
    pub problems: BTreeMap<String, (String, u64)>,
    /// How many operations succeeded.
    pub succeeded: usize,
    /// How many operations were held to preconditions and tried without their effect.
    pub conditional: usize,
    /// How many operations took a JSON Patch.
    pub patched: usize,
    /// How many operations answered the same request again.
    pub repeated: usize,
    /// How many pairs of mistakes were tried.
    pub pairs: usize,
}

impl Report {
    /// A deviation.
    pub fn find(&mut self, place: &str, what: impl std::fmt::Display) {
        self.findings.push(format!("{place}: {what}"));
    }

    /// A deviation unless this holds.
    pub fn expect(&mut self, holds: bool, place: &str, what: impl FnOnce() -> String) {
        if !holds {
            self.find(place, what());
        }
    }

    /// Fails with every finding in one message.
    ///
    /// # Panics
    /// When there is one.
    pub fn assert_none(&self) {
        let count = self.findings.len();
        assert!(self.findings.is_empty(), "{count} findings\n  {}", self.findings.join("\n  "));
    }
}
