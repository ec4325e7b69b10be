//! Subjects: people, devices and services, found by their id alone.

use enaction::{Id, ReadContext, Result, SubjectKind};

use crate::resources::{AccountStatus, Client, Company, Device, Person};

/// Whoever tokens are about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) id: String,
    pub(crate) kind: SubjectKind,
    pub(crate) company: String,
    pub(crate) name: String,
    status: AccountStatus,
}

impl Subject {
    /// The subject of an id, whatever company it belongs to.
    pub(crate) async fn find(cx: &ReadContext, kind: SubjectKind, id: &str) -> Result<Option<Self>> {
        Ok(match kind {
            SubjectKind::Device => cx.find::<Device>("id", id).await?.map(|found| Self::device(&found)),
            SubjectKind::Service => cx.find::<Client>("id", id).await?.map(|found| Self::service(&found)),
            _ => cx.find::<Person>("id", id).await?.map(|found| Self::person(&found)),
        })
    }

    pub(crate) fn person(one: &Person) -> Self {
        Self::new(SubjectKind::User, one.id.as_str(), &one.company, &one.name, one.status)
    }

    pub(crate) fn device(one: &Device) -> Self {
        Self::new(SubjectKind::Device, one.id.as_str(), &one.company, &one.name, one.status)
    }

    pub(crate) fn service(one: &Client) -> Self {
        Self::new(SubjectKind::Service, one.id.as_str(), &one.company, &one.name, one.status)
    }

    fn new(kind: SubjectKind, id: &str, company: &str, name: &str, status: AccountStatus) -> Self {
        Self { id: id.to_owned(), kind, company: company.to_owned(), name: name.to_owned(), status }
    }

    /// Whether it may get tokens: neither it nor its company is disabled.
    pub(crate) async fn is_active(&self, cx: &ReadContext) -> Result<bool> {
        Ok(self.status.is_active() && is_active_company(cx, &self.company).await?)
    }

    /// The device that its sessions run on: itself, when it is one.
    pub(crate) fn own_device(&self) -> Option<&str> {
        (self.kind == SubjectKind::Device).then_some(self.id.as_str())
    }
}

/// Whether a company exists and is not disabled.
pub(crate) async fn is_active_company(cx: &ReadContext, id: &str) -> Result<bool> {
    let Ok(id) = id.parse::<Id<Company>>() else { return Ok(false) };
    Ok(cx.get(&id).await?.is_some_and(|company| company.status.is_active()))
}

/// `user`, `device` or `service`, as tokens have it.
pub(crate) fn kind_name(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Device => "device",
        SubjectKind::Service => "service",
        _ => "user",
    }
}
