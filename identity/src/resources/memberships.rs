//! Memberships: who holds which roles where, and from when to when.

use enaction::{catalogue, prelude::*};

use super::{AccountStatus, Client, Device, Person, Role, SYSTEM, Site, all_of, roles::RoleName};
use crate::revocation::revoke;

/// The roles that a person, a device or a service holds at one site, or at all sites of the company.
#[entity("memberships", owned_by = "company", unique = "holder", list(by = "subject"), list(by = "site, subject"))]
#[validate(schema(function = "check_times"))]
pub struct Membership {
    /// Drawn.
    #[entity(drawn)]
    pub id: Id<Membership>,
    /// The company that it belongs to.
    #[entity(read_only)]
    pub company: String,
    /// The id of a person, a device or a client of the company; in the company `system`, of any company.
    #[entity(required)]
    pub subject: Id<Member>,
    /// The site; absent for all sites, and for what belongs to the company as a whole.
    pub site: Option<Id<Site>>,
    /// The names of roles of the company.
    #[validate(length(max = 20))]
    pub roles: Vec<RoleName>,
    /// From when on it holds; absent for ever since.
    pub valid_from: Option<Time>,
    /// Until when it holds; at that moment it does no longer, and tokens that rest on it expire. Absent for ever.
    pub valid_until: Option<Time>,
    /// A disabled membership counts for nothing.
    pub status: AccountStatus,
    /// Subject and site in one text: one membership for each.
    #[entity(read_only)]
    pub holder: String,
}

/// What can hold a membership: a person, a device or a client.
pub enum Member {}

/// Subject and site in one text.
pub(crate) fn holder(subject: &str, site: Option<&str>) -> String {
    format!("{subject}@{}", site.unwrap_or("*"))
}

impl Membership {
    /// Whether it counts at a time.
    pub(crate) fn holds_at(&self, now: Time) -> bool {
        self.status.is_active()
            && self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
    }
}

/// The resource.
pub(crate) fn memberships() -> Resource<Membership> {
    Resource::stored()
        .create::<create_membership>()
        .replace::<change_membership>()
        .modify::<change_membership>()
        .delete::<delete_membership>()
}

/// Gives somebody roles at a site, or at all sites.
#[process]
async fn create_membership(cx: &mut WriteContext, membership: Membership) -> Result<Stored<Membership>> {
    let membership = settle(cx, membership).await?;
    cx.create(membership).await
}

/// Changes a membership. Tokens that were issued by what it was hold no more.
#[process]
async fn change_membership(
    cx: &mut WriteContext,
    id: Id<Membership>,
    membership: Membership,
) -> Result<Stored<Membership>> {
    let membership = settle(cx, membership).await?;
    let before = cx.read(&id).await?;
    if *before != membership {
        revoke(cx, &cx.company(), before.subject.as_str()).await?;
    }
    cx.update(membership).await
}

/// Deletes a membership, and gives what it was. Tokens that were issued by it hold no more.
#[process]
async fn delete_membership(cx: &mut WriteContext, id: Id<Membership>) -> Result<Stored<Membership>> {
    let membership = cx.delete(&id).await?;
    revoke(cx, &cx.company(), membership.subject.as_str()).await?;
    Ok(membership)
}

/// Ends every membership of somebody who is deleted, whose tokens are revoked with the account.
pub(crate) async fn end_memberships(cx: &mut WriteContext, subject: &str) -> Result<()> {
    for membership in all_of::<Membership>(cx, &cx.company()).await? {
        if membership.subject.as_str() == subject {
            cx.delete(&membership.id).await?;
        }
    }
    Ok(())
}

/// Revokes what the members of a company that is disabled were issued for `system`; in the company itself nothing is allowed
/// any more.
pub(crate) async fn revoke_in_system(cx: &mut WriteContext, company: &str) -> Result<()> {
    for membership in all_of::<Membership>(cx, SYSTEM).await? {
        if belongs_to(cx, company, &membership.subject).await? {
            revoke(cx, SYSTEM, membership.subject.as_str()).await?;
        }
    }
    Ok(())
}

/// Checks everything that it names, all at once, and writes down who holds it.
async fn settle(cx: &ReadContext, mut membership: Membership) -> Result<Membership> {
    let mut violations = Vec::new();
    let mut unknown = |pointer: String, detail: &'static str| {
        violations.push(Violation::new(pointer, "not_found", detail));
    };
    if !is_subject(cx, &membership.subject).await? {
        unknown("/subject".into(), "expected the id of a person, a device or a client of the company");
    }
    if let Some(site) = &membership.site
        && cx.get(site).await?.is_none()
    {
        unknown("/site".into(), "expected the id of a site of the company");
    }
    for (index, role) in membership.roles.iter().enumerate() {
        if cx.find::<Role>("name", &role.0).await?.is_none() {
            unknown(format!("/roles/{index}"), "expected the name of a role of the company");
        }
    }
    if !violations.is_empty() {
        return Err(catalogue::INVALID.fault().with_violations(violations));
    }
    membership.holder = holder(membership.subject.as_str(), membership.site.as_ref().map(Id::as_str));
    let other = cx.find::<Membership>("holder", &membership.holder).await?;
    if other.is_some_and(|other| other.id != membership.id) {
        let violation = Violation::new("/subject", "already_exists", "expected no other membership there");
        return Err(catalogue::ALREADY_EXISTS.fault().with_violations(vec![violation]));
    }
    Ok(membership)
}

/// Members are the company's own people, devices and clients; those of `system` may belong to any company.
async fn is_subject(cx: &ReadContext, id: &Id<Member>) -> Result<bool> {
    if *cx.company() == *SYSTEM {
        return Ok(cx.find::<Person>("id", id).await?.is_some()
            || cx.find::<Device>("id", id).await?.is_some()
            || cx.find::<Client>("id", id).await?.is_some());
    }
    belongs_to(cx, &cx.company(), id).await
}

async fn belongs_to(cx: &ReadContext, company: &str, id: &Id<Member>) -> Result<bool> {
    let cx = cx.of_company(company);
    Ok(cx.get::<Person>(&id.cast()).await?.is_some()
        || cx.get::<Device>(&id.cast()).await?.is_some()
        || cx.get::<Client>(&id.cast()).await?.is_some())
}

fn check_times(membership: &Membership) -> Option<Violation> {
    let (from, until) = membership.valid_from.zip(membership.valid_until)?;
    (until <= from).then(|| Violation::new("/validUntil", "range", "expected a time after validFrom"))
}
