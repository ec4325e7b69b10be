//! Who calls, as the caller may know it.

use std::collections::BTreeSet;

use enaction::prelude::*;

use super::{Company, Role};
use crate::subject::{Subject, kind_name};

/// Who calls, for whom, and what that allows.
#[value]
pub struct Me {
    /// The id of the person, device or client.
    pub subject: String,
    /// `user`, `device` or `service`.
    pub kind: String,
    /// What others call the subject; absent when it was deleted since.
    pub name: Option<String>,
    /// The client that the tokens were issued to.
    pub client: String,
    /// The device that the session runs on.
    pub device: Option<String>,
    /// The company.
    pub company: MeCompany,
    /// The site; absent for a caller of the whole company.
    pub site: Option<MeSite>,
    /// The roles held there.
    pub roles: Vec<String>,
    /// What these roles allow.
    pub permissions: Vec<String>,
    /// What the token is narrowed to; absent when it is not.
    pub scope: Option<Vec<String>>,
}

/// The company that a caller acts for.
#[value]
pub struct MeCompany {
    /// Its id.
    pub id: String,
    /// What people type.
    pub code: String,
    /// What people read.
    pub name: String,
}

/// The site that a caller acts for.
#[value]
pub struct MeSite {
    /// Its id.
    pub id: String,
    /// What people type.
    pub code: String,
    /// ISO 4217.
    pub currency: String,
}

/// The resource.
pub(crate) fn me() -> Singleton {
    Singleton::new("/me").read::<read_me>()
}

/// Says who calls, for which company and site, with which roles and permissions.
#[process]
async fn read_me(cx: &ReadContext) -> Result<Me> {
    let caller = cx.caller()?;
    let texts = |list: &[std::sync::Arc<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let company = cx.get::<Company>(&caller.company.parse().unwrap_or_default()).await?;
    let subject = Subject::find(cx, caller.kind, &caller.subject).await?;
    let mut permissions = BTreeSet::new();
    for role in &caller.roles {
        if let Some(role) = cx.find::<Role>("name", role.as_ref()).await? {
            permissions.extend(role.permissions.iter().map(|permission| permission.0.clone()));
        }
    }
    Ok(Me {
        subject: caller.subject.to_string(),
        kind: kind_name(caller.kind).to_owned(),
        name: subject.map(|subject| subject.name),
        client: caller.client.to_string(),
        device: caller.device.as_deref().map(str::to_owned),
        company: company.map_or_else(
            || MeCompany { id: caller.company.to_string(), ..MeCompany::default() },
            |company| MeCompany { id: company.id.to_string(), code: company.code.clone(), name: company.name.clone() },
        ),
        site: caller.site.as_ref().map(|id| MeSite {
            id: id.to_string(),
            code: cx.site().code.clone(),
            currency: cx.site().currency.clone(),
        }),
        roles: texts(&caller.roles),
        permissions: permissions.into_iter().collect(),
        scope: caller.scope.as_deref().map(texts),
    })
}
