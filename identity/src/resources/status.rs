//! Whether something may be used.

use enaction::value;

/// Whether a company, person, device, client or membership may be used. What is disabled gets no tokens, and
/// those that there are hold no more.
#[value]
pub enum AccountStatus {
    /// It may.
    #[default]
    Active,
    /// It may not, until it is made active again.
    Disabled,
}

impl AccountStatus {
    pub(crate) fn is_active(self) -> bool {
        self == Self::Active
    }
}
