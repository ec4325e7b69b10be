//! The administrator that a company begins with: a person, and a client that acts until people can sign in.

use enaction::prelude::*;

use crate::{
    bootstrap::{AdministratorClient, NewAdministrator},
    credential::{self, Purpose},
    handle::Identity,
    resources::{Client, Company, Membership, Permission, Person, Role, RoleName, SYSTEM, holder},
};

/// The role of administrators.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// Gives a company an administrator: a person and a client, both with the role `administrator` at all sites. The role is
/// made when the company has none of this name. The secret of the client is shown this once.
#[process]
pub(crate) async fn appoint(
    cx: &mut WriteContext,
    id: Id<Company>,
    administrator: NewAdministrator,
) -> Result<AdministratorClient> {
    let company = cx.read(&id).await?.id.to_string();
    administrate(cx, &company, &administrator).await
}

/// The same within another command.
pub(crate) async fn administrate(
    cx: &mut WriteContext,
    company: &str,
    administrator: &NewAdministrator,
) -> Result<AdministratorClient> {
    let allows: &[&str] = if company == SYSTEM { &["installation.*", "*"] } else { &["*"] };
    role(cx, company, ADMINISTRATOR, allows).await?;
    let name = administrator.name.clone();
    let person = cx.create_of(company, Person { name: name.clone(), ..Person::default() }).await?.id.to_string();
    let client = cx.create_of(company, Client { name, ..Client::default() }).await?.id.to_string();
    let secret = credential::draw(cx, &client, company, Purpose::Client, None).await?;
    for subject in [&person, &client] {
        membership(cx, company, subject, None, ADMINISTRATOR).await?;
    }
    Ok(AdministratorClient { person, client_id: client, secret })
}

/// Makes the company `system`, unless it is there.
pub(crate) async fn system(cx: &mut WriteContext) -> Result<()> {
    let id: Id<Company> = SYSTEM.parse().unwrap_or_default();
    if cx.get(&id).await?.is_none() {
        let system = Company { id, code: SYSTEM.into(), name: "The installation".into(), ..Company::default() };
        cx.create(system).await?;
        role(cx, SYSTEM, ADMINISTRATOR, &["installation.*", "*"]).await?;
    }
    Ok(())
}

/// Makes a role, unless the company has one of this name.
pub(crate) async fn role(cx: &mut WriteContext, company: &str, name: &str, permissions: &[&str]) -> Result<()> {
    if cx.of_company(company).find::<Role>("name", name).await?.is_none() {
        cx.provided::<Identity>()?.policy_changes(company);
        let permissions = permissions.iter().map(|name| Permission((*name).to_owned())).collect();
        cx.create_of(company, Role { name: RoleName(name.to_owned()), permissions, ..Role::default() }).await?;
    }
    Ok(())
}

/// Gives somebody a role at a site, or at all sites.
pub(crate) async fn membership(
    cx: &mut WriteContext,
    company: &str,
    subject: &str,
    site: Option<&str>,
    role: &str,
) -> Result<()> {
    let membership = Membership {
        subject: subject.parse().unwrap_or_default(),
        site: site.and_then(|site| site.parse().ok()),
        roles: vec![RoleName(role.to_owned())],
        holder: holder(subject, site),
        ..Membership::default()
    };
    cx.create_of(company, membership).await?;
    Ok(())
}
