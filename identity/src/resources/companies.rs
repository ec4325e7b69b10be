//! Companies: the tenants. A resource of the installation: only callers who act for `system` reach it.

use enaction::prelude::*;

use super::{AccountStatus, Client, Device, Person, Role, Site, any, memberships::revoke_in_system};
use crate::{COMPANY_IN_USE, COMPANY_RESERVED, founding, handle::Identity, revocation};

/// The id and code of the company whose members may hold permissions of the whole installation.
pub const SYSTEM: &str = "system";

/// A company: the tenant that everything else belongs to.
#[entity("companies", unique = "code")]
pub struct Company {
    /// Drawn; tokens carry it.
    #[entity(drawn)]
    pub id: Id<Company>,
    /// What people type, such as `acme`: lower case letters, digits and hyphens.
    #[entity(required, pattern = "^[a-z][a-z0-9-]{0,31}$")]
    pub code: String,
    /// What people read.
    #[validate(length(max = 200))]
    pub name: String,
    /// A disabled company gets no tokens, and its roles allow nothing.
    pub status: AccountStatus,
}

/// The resource, with the action that gives a company its first administrator.
pub(crate) fn companies() -> Resource<Company> {
    Resource::stored()
        .named("installation.companies")
        .create::<create_company>()
        .replace::<change_company>()
        .modify::<change_company>()
        .delete::<delete_company>()
        .action::<founding::appoint>("administrator")
}

/// Creates a company.
#[process]
async fn create_company(cx: &mut WriteContext, company: Company) -> Result<Stored<Company>> {
    cx.create(company).await
}

/// Changes a company. `system` keeps its code and stays active.
#[process(faults(COMPANY_RESERVED))]
async fn change_company(cx: &mut WriteContext, id: Id<Company>, company: Company) -> Result<Stored<Company>> {
    if id.as_str() == SYSTEM && (company.code != SYSTEM || !company.status.is_active()) {
        return Err(COMPANY_RESERVED.into());
    }
    if !company.status.is_active() && cx.read(&id).await?.status.is_active() {
        revoke_in_system(cx, id.as_str()).await?;
    }
    cx.provided::<Identity>()?.policy_changes(id.as_str());
    cx.update(company).await
}

/// Deletes a company that has nothing left, and gives what it was.
#[process(faults(COMPANY_RESERVED, COMPANY_IN_USE))]
async fn delete_company(cx: &mut WriteContext, id: Id<Company>) -> Result<Stored<Company>> {
    cx.read(&id).await?;
    let company = id.as_str();
    if company == SYSTEM {
        return Err(COMPANY_RESERVED.into());
    }
    // Memberships name a role, so where there are no roles there are none.
    let in_use = any::<Site>(cx, company, |_| true).await?
        || any::<Person>(cx, company, |_| true).await?
        || any::<Device>(cx, company, |_| true).await?
        || any::<Client>(cx, company, |_| true).await?
        || any::<Role>(cx, company, |_| true).await?;
    if in_use {
        return Err(COMPANY_IN_USE.into());
    }
    cx.provided::<Identity>()?.policy_changes(company);
    revocation::clear(cx, company).await?;
    cx.delete(&id).await
}
