//! The document of a company's policy.

use std::collections::BTreeMap;

use enaction::prelude::*;

use crate::resources::{Company, Role, SYSTEM, Site, all_of, is_installation};

/// What the roles of a company allow, and what its sites are like.
#[value]
pub(crate) struct PolicyDocument {
    /// The id of the company.
    pub company: String,
    /// Permission names by role.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The company's sites by id.
    pub sites: BTreeMap<String, PolicySite>,
}

/// What services need to know of a site.
#[value]
pub(crate) struct PolicySite {
    /// What people type, such as `0001`.
    pub code: String,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
}

/// The policy of a company: its roles with their permissions, its sites with their currencies. The roles of a disabled
/// company allow nothing.
#[process(public)]
pub(crate) async fn read_policy(cx: &ReadContext, company: Id<Company>) -> Result<PolicyDocument> {
    let company = cx.read(&company).await?;
    let id = company.id.as_str();
    let mut policy = PolicyDocument { company: id.to_owned(), ..PolicyDocument::default() };
    for site in all_of::<Site>(cx, id).await? {
        let known = PolicySite { code: site.code.clone(), currency: site.currency.clone() };
        policy.sites.insert(site.id.to_string(), known);
    }
    if company.status.is_active() {
        for role in all_of::<Role>(cx, id).await? {
            let permissions = role.permissions.iter().map(|permission| permission.0.clone());
            // No role can be stored with what is left out here; this is the second of two locks.
            let permissions = permissions.filter(|name| id == SYSTEM || !is_installation(name)).collect();
            policy.roles.insert(role.name.0.clone(), permissions);
        }
    }
    Ok(policy)
}
