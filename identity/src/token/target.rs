//! Where a subject enters: the company and the site, and the roles that it holds there. Whatever is wrong, the answer is
//! one and the same, so that nobody learns which companies and sites there are.

use enaction::prelude::*;

use crate::{
    INVALID_TARGET,
    resources::{Company, Membership, Site, holder},
    subject::{Subject, is_active_company},
};

/// Where a subject may enter, with the roles that it holds there, and until when.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) company: String,
    pub(crate) site: Option<String>,
    pub(crate) roles: Vec<String>,
    /// When the first of the memberships ends.
    pub(crate) until: Option<Time>,
}

/// Finds the place that was named, by id or code, and the memberships that count there: that of the site and that of all
/// sites. Without a site only the latter does.
pub(crate) async fn enter(cx: &ReadContext, subject: &Subject, company: &str, site: Option<&str>) -> Result<Target> {
    let company = find_company(cx, company).await?.ok_or(INVALID_TARGET)?;
    if !is_active_company(cx, &company).await? {
        return Err(INVALID_TARGET.into());
    }
    let site = match site {
        Some(site) => Some(find_site(cx, &company, site).await?.ok_or(INVALID_TARGET)?),
        None => None,
    };
    let mut held = Vec::new();
    if let Some(site) = &site {
        held.extend(membership(cx, &company, &holder(&subject.id, Some(site))).await?);
    }
    held.extend(membership(cx, &company, &holder(&subject.id, None)).await?);
    if held.is_empty() {
        return Err(INVALID_TARGET.into());
    }
    let mut roles: Vec<String> = held.iter().flat_map(|one| &one.roles).map(|role| role.0.clone()).collect();
    roles.sort_unstable();
    roles.dedup();
    let until = held.iter().filter_map(|one| one.valid_until).min();
    Ok(Target { company, site, roles, until })
}

async fn find_company(cx: &ReadContext, named: &str) -> Result<Option<String>> {
    if let Ok(id) = named.parse::<Id<Company>>()
        && let Some(company) = cx.get(&id).await?
    {
        return Ok(Some(company.id.to_string()));
    }
    Ok(cx.find::<Company>("code", named).await?.map(|company| company.id.to_string()))
}

async fn find_site(cx: &ReadContext, company: &str, named: &str) -> Result<Option<String>> {
    let cx = cx.of_company(company);
    if let Ok(id) = named.parse::<Id<Site>>()
        && let Some(site) = cx.get(&id).await?
    {
        return Ok(Some(site.id.to_string()));
    }
    Ok(cx.find::<Site>("code", named).await?.map(|site| site.id.to_string()))
}

async fn membership(cx: &ReadContext, company: &str, holder: &str) -> Result<Option<Stored<Membership>>> {
    let found = cx.of_company(company).find::<Membership>("holder", holder).await?;
    Ok(found.filter(|membership| membership.holds_at(cx.now())))
}
