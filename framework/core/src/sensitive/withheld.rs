//! What a caller lacks.

use std::sync::Arc;

/// Which sensitive permissions a caller lacks. By default all of them, so that what nobody asked about is not shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Withheld(Lacking);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Lacking {
    #[default]
    Everything,
    Only(Vec<Arc<str>>),
}

impl Withheld {
    /// For a caller who may see everything, such as the program itself.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(Lacking::Only(Vec::new()))
    }

    /// For a caller who lacks these.
    #[must_use]
    pub fn only(lacking: Vec<Arc<str>>) -> Self {
        Self(Lacking::Only(lacking))
    }

    /// Whether what needs this permission does not exist for the caller.
    #[must_use]
    pub fn hides(&self, permission: &str) -> bool {
        match &self.0 {
            Lacking::Everything => true,
            Lacking::Only(lacking) => lacking.iter().any(|one| one.as_ref() == permission),
        }
    }

    /// Whether everything exists for the caller.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        matches!(&self.0, Lacking::Only(lacking) if lacking.is_empty())
    }
}
