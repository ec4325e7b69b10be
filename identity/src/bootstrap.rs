//! How a real installation begins: a client that holds for an hour and for one use, and may only make the first company
//! with its first administrator.

use std::{sync::Arc, time::Duration};

use enaction::{Application, ClientAuthentication, Secret, catalogue, prelude::*};

use crate::{
    BOOTSTRAP_CLOSED, INVALID_CLIENT, authentication,
    credential::{self, Credential, Purpose},
    founding,
    handle::Identity,
    resources::{Company, SYSTEM, Site},
};

/// How long the client holds.
const HOLDS: Duration = Duration::from_secs(3600);
/// The id of the client. There is one: opening again takes the secret of before out of force.
const CLIENT: &str = "bootstrap";

/// The client that may begin the installation, shown once.
#[value]
pub struct Bootstrap {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`.
    pub secret: Secret,
}

/// The first company of an installation.
#[value]
pub struct FirstCompany {
    /// The company.
    #[value(required)]
    pub company: NewCompany,
    /// Its first site.
    #[value(required)]
    pub site: NewSite,
    /// Its first administrator.
    #[value(required)]
    pub administrator: NewAdministrator,
}

/// A company to make.
#[value]
pub struct NewCompany {
    /// What people type, such as `acme`: lower case letters, digits and hyphens.
    #[value(required, pattern = "^[a-z][a-z0-9-]{0,31}$")]
    pub code: String,
    /// What people read.
    #[validate(length(max = 200))]
    pub name: String,
}

/// A site to make.
#[value]
pub struct NewSite {
    /// What people type, such as `0001`.
    #[value(required, pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,15}$")]
    pub code: String,
    /// What people read.
    #[validate(length(max = 200))]
    pub name: String,
    /// ISO 4217, such as `EUR`.
    #[value(required, pattern = "^[A-Z]{3}$")]
    pub currency: String,
}

/// An administrator to appoint.
#[value]
pub struct NewAdministrator {
    /// What others call the person.
    #[value(required)]
    #[validate(length(min = 1, max = 100))]
    pub name: String,
}

/// An administrator, and the client that acts until people can sign in.
#[value]
pub struct AdministratorClient {
    /// The id of the person.
    pub person: String,
    /// `client_id` of the client.
    pub client_id: String,
    /// `client_secret`, shown this once.
    pub secret: Secret,
}

/// What an installation began with.
#[value]
pub struct Founded {
    /// The id of the company.
    pub company: String,
    /// The id of its site.
    pub site: String,
    /// Its administrator, who also administers the installation: a member of the company `system`.
    pub administrator: AdministratorClient,
}

/// Opens the installation for its first company: a client that holds for an hour and for one use. Only the command line
/// of the installation calls this; identity need not be started for it.
///
/// # Errors
/// `bootstrap_closed` when there is a company already.
pub async fn bootstrap(application: &Arc<Application>) -> Result<Bootstrap> {
    application.run_typed::<open_bootstrap>(None, enaction::Admission::default(), ()).await
}

/// Draws the secret of the client that may begin the installation.
#[process(permission = "installation.identity", faults(BOOTSTRAP_CLOSED))]
pub(crate) async fn open_bootstrap(cx: &mut WriteContext) -> Result<Bootstrap> {
    check_open(cx).await?;
    founding::system(cx).await?;
    let expires = cx.now().plus(HOLDS);
    let secret = credential::draw(cx, CLIENT, SYSTEM, Purpose::Bootstrap, Some(expires)).await?;
    Ok(Bootstrap { client_id: CLIENT.to_owned(), secret })
}

/// Begins the installation: makes its first company with a site and an administrator, who also administers the
/// installation. The client that may do this does so once.
#[process(public, faults(INVALID_CLIENT, BOOTSTRAP_CLOSED))]
pub(crate) async fn found(cx: &mut WriteContext, client: ClientAuthentication, first: FirstCompany) -> Result<Founded> {
    let credential = authentication::credential(cx, &client).await?;
    if credential.purpose != Purpose::Bootstrap {
        return Err(INVALID_CLIENT.into());
    }
    check_open(cx).await?;
    if first.company.code == SYSTEM {
        let violation = Violation::new("/company/code", "already_exists", "expected a code that is not taken");
        return Err(catalogue::ALREADY_EXISTS.fault().with_violations(vec![violation]));
    }
    cx.update(Credential { used: true, ..credential.into_inner() }).await?;
    let FirstCompany { company, site, administrator } = first;
    let company = cx.create(Company { code: company.code, name: company.name, ..Company::default() }).await?;
    let company = company.id.to_string();
    cx.provided::<Identity>()?.policy_changes(&company);
    let site = Site { code: site.code, name: site.name, currency: site.currency, ..Site::default() };
    let site = cx.create_of(&company, site).await?.id.to_string();
    let administrator = founding::administrate(cx, &company, &administrator).await?;
    for subject in [&administrator.person, &administrator.client_id] {
        founding::membership(cx, SYSTEM, subject, None, founding::ADMINISTRATOR).await?;
    }
    Ok(Founded { company, site, administrator })
}

async fn check_open(cx: &ReadContext) -> Result<()> {
    let companies = cx.list::<Company>(&PageRequest { limit: Some(2), ..PageRequest::default() }).await?;
    match companies.items.iter().all(|company| company.id.as_str() == SYSTEM) {
        true => Ok(()),
        false => Err(BOOTSTRAP_CLOSED.into()),
    }
}
