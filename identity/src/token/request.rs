//! What the token endpoint is asked and what it answers.

use enaction::{Secret, prelude::*, tokens::API_AUDIENCE};

use crate::{INVALID_REQUEST, INVALID_TARGET};

/// A token request. Which members it needs depends on the grant.
#[value]
pub(crate) struct TokenRequest {
    /// Which grant.
    #[serde(rename = "grant_type")]
    pub(crate) grant_type: Option<String>,
    /// Names of permissions that the token is narrowed to, and `openid`, with spaces between them.
    pub(crate) scope: Option<String>,
    /// The company to enter, by id or code.
    pub(crate) organization: Option<String>,
    /// The same under the name that everything else has for it.
    pub(crate) company: Option<String>,
    /// The site to enter, by id or code.
    pub(crate) site: Option<String>,
    /// RFC 8707: the audience of the platform, if anything.
    pub(crate) resource: Option<String>,
    /// RFC 8693: the audience of the platform, if anything.
    pub(crate) audience: Option<String>,
    /// RFC 8693: the token to exchange.
    #[serde(rename = "subject_token")]
    pub(crate) subject_token: Option<Secret>,
    /// RFC 8693: what it is.
    #[serde(rename = "subject_token_type")]
    pub(crate) subject_token_type: Option<String>,
    /// RFC 8693: what is asked for; a `site_token` unless it says otherwise.
    #[serde(rename = "requested_token_type")]
    pub(crate) requested_token_type: Option<String>,
    /// For the client of development data: whose token is asked for.
    #[serde(rename = "requested_subject")]
    pub(crate) requested_subject: Option<String>,
    /// RFC 8693: acting for another is not offered yet.
    #[serde(rename = "actor_token")]
    pub(crate) actor_token: Option<Secret>,
}

impl TokenRequest {
    /// The company to enter, when one is named.
    pub(crate) fn company(&self) -> Result<Option<&str>> {
        match (self.company.as_deref(), self.organization.as_deref()) {
            (Some(company), Some(organization)) if company != organization => {
                Err(INVALID_REQUEST.because("company and organization name two companies"))
            }
            (company, organization) => Ok(company.or(organization)),
        }
    }

    /// The platform is the only audience that there are tokens for.
    pub(crate) fn check_audience(&self) -> Result<()> {
        let asked = [&self.resource, &self.audience];
        if asked.into_iter().flatten().all(|audience| audience == API_AUDIENCE) {
            Ok(())
        } else {
            Err(INVALID_TARGET.because("there are tokens for urn:enaction:api only"))
        }
    }
}

/// A token answer (RFC 6749 section 5.1, RFC 8693 section 2.2.1).
#[value]
pub(crate) struct TokenAnswer {
    /// The token that was asked for: a `site_token`, where a company was named.
    #[serde(rename = "access_token")]
    pub(crate) access_token: Option<Secret>,
    /// What it is, in the answer to an exchange.
    #[serde(rename = "issued_token_type")]
    pub(crate) issued_token_type: Option<String>,
    /// `Bearer`; `N_A` for a token that gives access to nothing by itself.
    #[serde(rename = "token_type")]
    pub(crate) token_type: String,
    /// For how many seconds.
    #[serde(rename = "expires_in")]
    pub(crate) expires_in: i64,
    /// The `id_token`, where one was asked for.
    #[serde(rename = "id_token")]
    pub(crate) id_token: Option<Secret>,
    /// What was granted, where something was asked for.
    pub(crate) scope: Option<String>,
}
