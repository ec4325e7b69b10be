//! The input of a process: one JSON value per parameter, each already checked.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{Result, Violation};

/// One JSON document per parameter, by position; `None` where nothing was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input(pub Vec<Option<Bytes>>);

impl Input {
    /// The document of a parameter.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Bytes> {
        self.0.get(index).and_then(Option::as_ref)
    }

    /// Puts a document in the place of a parameter.
    pub fn set(&mut self, index: usize, document: Bytes) {
        if self.0.len() <= index {
            self.0.resize(index + 1, None);
        }
        if let Some(slot) = self.0.get_mut(index) {
            *slot = Some(document);
        }
    }

    /// Parses a parameter; an absent one is parsed as `null`.
    ///
    /// # Errors
    /// `invalid` when the type refuses what its schema let through.
    pub fn parse<T: DeserializeOwned>(&self, index: usize) -> Result<T> {
        let document: &[u8] = self.get(index).map_or(b"null", |bytes| bytes);
        serde_json::from_slice(document).map_err(|error| {
            tracing::debug!(%error, "a type refused what its schema let through");
            Violation::new("", "type", "the value can not be read as its type").into()
        })
    }
}
