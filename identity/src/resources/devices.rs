//! Devices, such as tills.

use enaction::prelude::*;

use super::{AccountStatus, Site, memberships::end_memberships};
use crate::revocation::revoke_subject;

/// A device of the company, such as a till.
#[entity("devices", owned_by = "company", unique_installation = "id")]
pub struct Device {
    /// Drawn; the subject of the device's tokens.
    #[entity(drawn)]
    pub id: Id<Device>,
    /// The company that it belongs to.
    #[entity(read_only)]
    pub company: String,
    /// What people call it, such as `till-1`.
    #[entity(required)]
    #[validate(length(min = 1, max = 100))]
    pub name: String,
    /// The site where it stands.
    #[entity(required)]
    pub site: Id<Site>,
    /// A disabled device gets no tokens, nor does anybody on it, and those that there are hold no more.
    pub status: AccountStatus,
}

/// The resource.
pub(crate) fn devices() -> Resource<Device> {
    Resource::stored()
        .create::<create_device>()
        .replace::<change_device>()
        .modify::<change_device>()
        .delete::<delete_device>()
}

/// Creates a device at a site of the company.
#[process]
async fn create_device(cx: &mut WriteContext, device: Device) -> Result<Stored<Device>> {
    check_site(cx, &device).await?;
    cx.create(device).await
}

/// Changes a device, or moves it to another site of the company. The tokens of one that is disabled hold no more.
#[process]
async fn change_device(cx: &mut WriteContext, id: Id<Device>, device: Device) -> Result<Stored<Device>> {
    check_site(cx, &device).await?;
    if !device.status.is_active() && cx.read(&id).await?.status.is_active() {
        revoke_subject(cx, id.as_str()).await?;
    }
    cx.update(device).await
}

/// Deletes a device and its memberships, and gives what it was.
#[process]
async fn delete_device(cx: &mut WriteContext, id: Id<Device>) -> Result<Stored<Device>> {
    let device = cx.delete(&id).await?;
    end_memberships(cx, id.as_str()).await?;
    revoke_subject(cx, id.as_str()).await?;
    Ok(device)
}

async fn check_site(cx: &ReadContext, device: &Device) -> Result<()> {
    match cx.get(&device.site).await? {
        Some(_) => Ok(()),
        None => Err(Violation::new("/site", "not_found", "expected the id of a site of the company").into()),
    }
}
