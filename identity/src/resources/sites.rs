//! Sites: the stores of a company.

use enaction::prelude::*;

use super::{Device, Membership, any};
use crate::{SITE_IN_USE, handle::Identity};

/// A site: one of the company's stores.
#[entity("sites", owned_by = "company", unique = "code")]
pub struct Site {
    /// Drawn; tokens carry it.
    #[entity(drawn)]
    pub id: Id<Site>,
    /// The company that it belongs to.
    #[entity(read_only)]
    pub company: String,
    /// What people type, such as `0001`; unique within the company.
    #[entity(required, pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$")]
    pub code: String,
    /// What people read.
    #[validate(length(max = 200))]
    pub name: String,
    /// ISO 4217, such as `EUR`.
    #[entity(required, pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

/// The resource.
pub(crate) fn sites() -> Resource<Site> {
    Resource::stored().create::<create_site>().replace::<change_site>().modify::<change_site>().delete::<delete_site>()
}

/// Creates a site.
#[process]
async fn create_site(cx: &mut WriteContext, site: Site) -> Result<Stored<Site>> {
    cx.provided::<Identity>()?.policy_changes(&cx.company());
    cx.create(site).await
}

/// Changes a site.
#[process]
async fn change_site(cx: &mut WriteContext, _id: Id<Site>, site: Site) -> Result<Stored<Site>> {
    cx.provided::<Identity>()?.policy_changes(&cx.company());
    cx.update(site).await
}

/// Deletes a site where nothing and nobody is any more, and gives what it was.
#[process(faults(SITE_IN_USE))]
async fn delete_site(cx: &mut WriteContext, id: Id<Site>) -> Result<Stored<Site>> {
    cx.read(&id).await?;
    let company = cx.company();
    let in_use = any::<Device>(cx, &company, |device| device.site == id).await?
        || any::<Membership>(cx, &company, |membership| membership.site.as_ref() == Some(&id)).await?;
    if in_use {
        return Err(SITE_IN_USE.into());
    }
    cx.provided::<Identity>()?.policy_changes(&company);
    cx.delete(&id).await
}
