//! Who calls, on behalf of which company and site, and what that allows.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Fault, Time, Withheld};

/// What calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SubjectKind {
    /// A person.
    #[default]
    User,
    /// A device, such as a till.
    Device,
    /// A program without a person behind it.
    Service,
}

/// What a caller who was let in is given beside the process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// The site that the call is for.
    pub site: Site,
    /// What does not exist for the caller.
    pub withheld: Withheld,
}

/// Who calls and for whom: what both tokens say, verified. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Arc<Known>);

#[derive(Debug, PartialEq, Eq)]
struct Known {
    claims: Claims,
    /// The subject as records name it: one text for all that it writes.
    subject: Bytes,
}

/// What a [`Caller`] is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// The subject of `id_token`.
    pub subject: Arc<str>,
    /// What the subject is.
    pub kind: SubjectKind,
    /// The client that the tokens were issued to.
    pub client: Arc<str>,
    /// The device that the session runs on; the subject itself when it is a device.
    pub device: Option<Arc<str>>,
    /// The company: the tenant.
    pub company: Arc<str>,
    /// The site; absent for a caller of the whole company.
    pub site: Option<Arc<str>>,
    /// The roles held at the site.
    pub roles: Vec<Arc<str>>,
    /// Permission names that the token is narrowed to, `.*` allowed last; absent when nothing is narrowed.
    pub scope: Option<Vec<Arc<str>>>,
    /// When the `site_token` was issued, in whole seconds: what it says was so until then.
    pub issued: Time,
}

impl Caller {
    /// A caller with these claims. Only who verified them makes one: the token step, the command line, a test.
    #[must_use]
    pub fn new(claims: Claims) -> Self {
        let subject = Bytes::copy_from_slice(claims.subject.as_bytes());
        Self(Arc::new(Known { claims, subject }))
    }

    pub(crate) fn subject_bytes(&self) -> Bytes {
        self.0.subject.clone()
    }
}

impl std::ops::Deref for Caller {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0.claims
    }
}

/// Whether one of these permission names (`baskets.create`, `baskets.*`, `*`) covers a permission. A name of the whole
/// installation (`installation.`) is covered only by a name that begins with `installation.`.
#[must_use]
pub fn covers<S: AsRef<str>>(held: &[S], permission: &str) -> bool {
    held.iter().any(|held| match held.as_ref() {
        "*" => !permission.starts_with("installation."),
        name => match name.strip_suffix(".*") {
            Some(prefix) => permission.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
            None => name == permission,
        },
    })
}

/// What a company's roles allow, what its sites are like, and whose tokens hold no more; published by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Policy {
    /// The id of the company.
    pub company: String,
    /// Permission names by role.
    pub roles: BTreeMap<String, Vec<String>>,
    /// The company's sites by id.
    pub sites: BTreeMap<String, SitePolicy>,
    /// Whose tokens were revoked, by the id of a subject, a client or a device: those issued before this time.
    pub revoked: BTreeMap<String, Time>,
    /// Every token issued before this time was revoked.
    pub all_revoked: Option<Time>,
}

/// What services need to know of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SitePolicy {
    /// What people type, such as `0001`.
    pub code: String,
    /// ISO 4217, such as `EUR`.
    pub currency: String,
}

impl Policy {
    /// Whether one of the roles holds the permission.
    #[must_use]
    pub fn allows(&self, roles: &[Arc<str>], permission: &str) -> bool {
        roles.iter().filter_map(|role| self.roles.get(role.as_ref())).any(|held| covers(held, permission))
    }

    /// Whether the tokens of a caller were revoked since they were issued.
    #[must_use]
    pub fn revokes(&self, caller: &Caller) -> bool {
        let since = |time: &Time| caller.issued < *time;
        let names = || [Some(&caller.subject), Some(&caller.client), caller.device.as_ref()].into_iter().flatten();
        let named = || names().filter_map(|name| self.revoked.get(name.as_ref())).any(since);
        self.all_revoked.as_ref().is_some_and(since) || (!self.revoked.is_empty() && named())
    }
}

/// Where the policies of companies come from; refreshed as key sets are.
#[async_trait]
pub trait PolicySource: Send + Sync {
    /// The policy of a company when it is in memory.
    fn cached(&self, company: &str) -> Option<Arc<Policy>>;

    /// The policy of a company.
    ///
    /// # Errors
    /// When it never could be loaded: fail closed.
    async fn policy(&self, company: &str) -> Result<Arc<Policy>, Fault>;
}

/// The site that a call is for, as [`ReadContext::site`](crate::ReadContext::site) gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Site {
    /// Its id; empty for a caller of the whole company.
    pub id: Arc<str>,
    /// What people type, such as `0001`.
    pub code: String,
    /// ISO 4217, such as `EUR`; empty when the policy does not know the site.
    pub currency: String,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Caller, Claims, Policy, covers};
    use crate::Time;

    #[test]
    fn tokens_are_revoked_that_were_issued_before_by_subject_by_client_by_device_or_all() {
        let at = |seconds: i64| Time::from_millis(seconds * 1000);
        let claims = Claims { subject: "s".into(), client: "c".into(), device: Some("d".into()), ..Claims::default() };
        for (named, all, issued, revoked) in [
            (None, None, 0, false),
            (Some("s"), None, 9, true),
            (Some("c"), None, 9, true),
            (Some("d"), None, 9, true),
            (Some("s"), None, 10, false),
            (Some("another"), None, 9, false),
            (None, Some(10), 9, true),
            (None, Some(10), 10, false),
            (Some("s"), Some(5), 9, true),
            (Some("another"), Some(5), 4, true),
        ] {
            let caller = Caller::new(Claims { issued: at(issued), ..claims.clone() });
            let named = named.map(|name: &str| (name.to_owned(), at(10)));
            let policy = Policy { revoked: named.into_iter().collect(), all_revoked: all.map(at), ..Policy::default() };
            assert_eq!(policy.revokes(&caller), revoked, "{policy:?} {issued}");
        }
        let nobody = Caller::new(Claims { subject: Arc::from("s"), ..Claims::default() });
        assert!(!Policy::default().revokes(&nobody), "nothing is revoked where nothing was said");
    }

    #[test]
    fn a_permission_is_covered_by_its_name_and_by_the_names_above_it() {
        for (held, permission, covered) in [
            ("baskets.create", "baskets.create", true),
            ("baskets.create", "baskets.creates", false),
            ("baskets.*", "baskets.create", true),
            ("baskets.*", "baskets.items.create", true),
            ("baskets.*", "baskets", false),
            ("baskets.*", "basketsx.create", false),
            ("*", "baskets.create", true),
            ("*", "installation.companies.create", false),
            ("installation.*", "installation.companies.create", true),
            ("", "baskets.create", false),
            (".*", "baskets.create", false),
        ] {
            assert_eq!(covers(&[held], permission), covered, "{held} covers {permission}");
        }
    }
}
