//! What a verified caller may do: steps 17 and 18.

use enaction_core::{Caller, Policy, caller::covers};

use crate::Refusal;

/// Step 17: whether the scope that the token was narrowed to covers a permission. A token without scope is narrowed to
/// nothing in particular; an empty one to nothing at all.
///
/// # Errors
/// `insufficient_scope` (403) with a challenge that names the permission (RFC 6750 section 3.1).
pub fn require_scope(caller: &Caller, permission: &str) -> Result<(), Refusal> {
    match &caller.scope {
        Some(scope) if !covers(scope, permission) => Err(Refusal::insufficient_scope(permission)),
        _ => Ok(()),
    }
}

/// Step 18: whether a role that the caller holds at the site has a permission, by the policy of the caller's company.
///
/// # Errors
/// `permission_denied` (403).
pub fn require_permission(caller: &Caller, policy: &Policy, permission: &str) -> Result<(), Refusal> {
    if policy.allows(&caller.roles, permission) { Ok(()) } else { Err(Refusal::permission_denied()) }
}
