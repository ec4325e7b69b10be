//! The document of a company's policy.

use std::collections::BTreeMap;

use enaction::prelude::*;

use crate::{
    resources::{Company, Role, SYSTEM, Site, all_of, is_installation},
    revocation::in_force,
};

/// What the roles of a company allow, what its sites are like, and whose tokens hold no more.
#[value]
pub(crate) struct PolicyDocument {
    /// The id of the company.
    pub company: String,
    /// Permission names by role.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The company's sites by id.
    pub sites: BTreeMap<String, PolicySite>,
    /// Whose tokens were revoked, by the id of a subject, a client or a device: those issued before this time. They are told
    /// for as long as such a token could be met.
    pub revoked: BTreeMap<String, Time>,
    /// Every token issued before this time was revoked.
    pub all_revoked: Option<Time>,
}

/// What services need to know of a site.
#[value]
pub(crate) struct PolicySite {
    /// What people type, such as `0001`.
    pub code: String,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
}

/// The policy of a company: its roles with their permissions, its sites with their currencies, and whose
/// tokens were revoked. The roles of a disabled company allow nothing.
#[process(public)]
pub(crate) async fn read_policy(cx: &ReadContext, company: Id<Company>) -> Result<PolicyDocument> {
    let company = cx.read(&company).await?;
    let id = company.id.as_str();
    let mut policy = PolicyDocument { company: id.to_owned(), ..PolicyDocument::default() };
    for site in all_of::<Site>(cx, id).await? {
        let known = PolicySite { code: site.code.clone(), currency: site.currency.clone() };
        policy.sites.insert(site.id.to_string(), known);
    }
    for revocations in in_force(cx, id).await? {
        for (name, time) in revocations.named {
            let known = policy.revoked.entry(name).or_insert(time);
            *known = time.max(*known);
        }
        policy.all_revoked = policy.all_revoked.max(revocations.all);
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
