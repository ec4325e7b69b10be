//! The input of a process: one JSON value per parameter, each already checked.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::{Result, Violation};

/// One JSON document per parameter, by position; `None` where nothing was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// The documents.
    pub documents: Vec<Option<Bytes>>,
    /// What the document of a patch is written in, where there is one.
    pub patch: PatchForm,
}

/// What a patch is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PatchForm {
    /// A merge patch (RFC 7396), also under the name of plain JSON.
    #[default]
    Merge,
    /// A JSON Patch (RFC 6902).
    Operations,
    /// The changes of a [`Patch`](crate::Patch), as it writes itself: from Rust.
    Changes,
}

impl From<Vec<Option<Bytes>>> for Input {
    fn from(documents: Vec<Option<Bytes>>) -> Self {
        Self { documents, patch: PatchForm::default() }
    }
}

impl Input {
    /// Nothing for so many parameters.
    #[must_use]
    pub fn of(parameters: usize) -> Self {
        vec![None; parameters].into()
    }

    /// The document of a parameter.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Bytes> {
        self.documents.get(index).and_then(Option::as_ref)
    }

    /// Puts a document in the place of a parameter.
    pub fn set(&mut self, index: usize, document: Bytes) {
        if self.documents.len() <= index {
            self.documents.resize(index + 1, None);
        }
        if let Some(slot) = self.documents.get_mut(index) {
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
