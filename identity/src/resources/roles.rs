//! Roles: names for sets of permissions.

use enaction::{Indexed, prelude::*, store::IndexKey};

use super::{Membership, SYSTEM, any};
use crate::{ROLE_IN_USE, handle::Identity};

/// A role: what its holders may do, wherever they hold it.
#[entity("roles", owned_by = "company", unique = "name")]
pub struct Role {
    /// Drawn.
    #[entity(drawn)]
    pub id: Id<Role>,
    /// The company that it belongs to.
    #[entity(read_only)]
    pub company: String,
    /// The name that memberships and tokens carry; unique within the company.
    #[entity(required)]
    pub name: RoleName,
    /// Permission names such as `baskets.create` or `baskets.*`. `*` is everything but what belongs to the installation.
    #[validate(length(max = 500))]
    pub permissions: Vec<Permission>,
}

/// The name of a role: at most 24 characters, so that a token with 20 roles stays short.
#[value]
pub struct RoleName(#[schemars(regex(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,23}$"))] pub String);

impl Indexed for RoleName {
    const VERSION: u32 = 0;

    fn index_key(&self) -> Option<IndexKey> {
        self.0.index_key()
    }
}

/// The name of a permission, `.*` allowed last, or `*`.
#[value]
pub struct Permission(
    #[validate(length(max = 100))]
    #[schemars(regex(pattern = "^(\\*|[a-z][A-Za-z0-9-]*(\\.[A-Za-z0-9-]+)*(\\.\\*)?)$"))]
    pub String,
);

/// The resource.
pub(crate) fn roles() -> Resource<Role> {
    Resource::stored().create::<create_role>().replace::<change_role>().modify::<change_role>().delete::<delete_role>()
}

/// Creates a role.
#[process]
async fn create_role(cx: &mut WriteContext, role: Role) -> Result<Stored<Role>> {
    check_permissions(&cx.company(), &role)?;
    cx.provided::<Identity>()?.policy_changes(&cx.company());
    cx.create(role).await
}

/// Changes a role. One that memberships name keeps its name.
#[process(faults(ROLE_IN_USE))]
async fn change_role(cx: &mut WriteContext, id: Id<Role>, role: Role) -> Result<Stored<Role>> {
    check_permissions(&cx.company(), &role)?;
    let before = cx.read(&id).await?;
    if before.name != role.name {
        check_unused(cx, &before).await?;
    }
    cx.provided::<Identity>()?.policy_changes(&cx.company());
    cx.update(role).await
}

/// Deletes a role that no membership names, and gives what it was.
#[process(faults(ROLE_IN_USE))]
async fn delete_role(cx: &mut WriteContext, id: Id<Role>) -> Result<Stored<Role>> {
    let role = cx.read(&id).await?;
    check_unused(cx, &role).await?;
    cx.provided::<Identity>()?.policy_changes(&cx.company());
    cx.delete(&id).await
}

/// Whether a text is the name of a permission, as the pattern of [`Permission`] has it.
pub(crate) fn is_permission(text: &str) -> bool {
    let path = text.strip_suffix(".*").unwrap_or(text);
    let word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    text == "*" || (path.starts_with(|first: char| first.is_ascii_lowercase()) && path.split('.').all(word))
}

/// Whether a permission name, whole or cut short, is of the installation.
pub(crate) fn is_installation(permission: &str) -> bool {
    permission.split('.').next() == Some("installation")
}

/// Only `system` has roles with permissions of the installation.
fn check_permissions(company: &str, role: &Role) -> Result<()> {
    if company == SYSTEM {
        return Ok(());
    }
    let foreign = role.permissions.iter().enumerate().filter(|(_, permission)| is_installation(&permission.0));
    let violations: Vec<Violation> = foreign
        .map(|(index, _)| {
            let pointer = format!("/permissions/{index}");
            Violation::new(pointer, "not_allowed", "permissions of the installation are for the company system")
        })
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(enaction::catalogue::INVALID.fault().with_violations(violations)) }
}

async fn check_unused(cx: &ReadContext, role: &Role) -> Result<()> {
    if any::<Membership>(cx, &cx.company(), |membership| membership.roles.contains(&role.name)).await? {
        return Err(ROLE_IN_USE.into());
    }
    Ok(())
}
