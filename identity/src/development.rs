//! Development data: two companies with people, devices and roles, and the client that gets tokens for them.

use std::sync::Arc;

use enaction::{Application, Secret, prelude::*};

use crate::{
    credential::{self, Purpose},
    founding::{self, ADMINISTRATOR},
    handle::Identity,
    resources::{Client, Company, Device, Person, SYSTEM, Site, all_of},
};

/// The id of the client of development data.
pub const DEVELOPMENT_CLIENT: &str = "development";

/// Code, name and sites (code, name, currency) of the companies.
type Plan = (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)]);
const COMPANIES: [Plan; 2] = [
    ("acme", "Acme", &[("0001", "Main Street", "EUR"), ("0002", "Station", "EUR")]),
    ("globex", "Globex", &[("0101", "High Street", "GBP")]),
];

const CASHIER: &[&str] = &["baskets.*", "products.list", "products.read", "me.read"];
const MANAGER: &[&str] = &[
    "baskets.*",
    "products.*",
    "operations.read",
    "me.read",
    "sites.list",
    "sites.read",
    "people.list",
    "people.read",
    "devices.list",
    "devices.read",
    "clients.list",
    "clients.read",
    "roles.list",
    "roles.read",
    "memberships.list",
    "memberships.read",
];
const ADMINISTRATION: &[&str] =
    &["sites.*", "people.*", "devices.*", "clients.*", "roles.*", "memberships.*", "me.read", "operations.read"];
const ROLES: [(&str, &[&str]); 3] = [("cashier", CASHIER), ("manager", MANAGER), (ADMINISTRATOR, ADMINISTRATION)];
const TILL: &str = "till-1";

/// What the development data are.
#[value]
pub struct DevelopmentInstallation {
    /// The companies, in the order in which they were made.
    pub companies: Vec<DevelopmentCompany>,
    /// The client that gets tokens for everybody in them.
    pub client: DevelopmentClient,
}

/// A company of the development data.
#[value]
pub struct DevelopmentCompany {
    /// Its id.
    pub id: String,
    /// What people type.
    pub code: String,
    /// Its sites, in the order of their codes.
    pub sites: Vec<DevelopmentSite>,
    /// The names of its people; each holds the role of the same name at all sites.
    pub people: Vec<String>,
    /// The names of its devices.
    pub devices: Vec<String>,
}

/// A site of the development data.
#[value]
pub struct DevelopmentSite {
    /// Its id.
    pub id: String,
    /// What people type.
    pub code: String,
    /// ISO 4217.
    pub currency: String,
}

impl DevelopmentSite {
    fn of(site: &Stored<Site>) -> Self {
        Self { id: site.id.to_string(), code: site.code.clone(), currency: site.currency.clone() }
    }
}

/// The client of development data, to be kept in a file of mode 0600.
#[value]
pub struct DevelopmentClient {
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`; absent when the client was there already, as only a hash is kept.
    pub secret: Option<Secret>,
}

/// Makes the development data, and says what they are. What is there already stays as it is.
///
/// # Errors
/// When the store can not be reached.
pub async fn development(application: &Arc<Application>) -> Result<DevelopmentInstallation> {
    application.run_typed::<make>(None, enaction::Admission::default(), ()).await
}

/// Draws a new secret for the client of the development data, whose old one was lost.
///
/// # Errors
/// `not_found` without development data; when the store can not be reached.
pub async fn development_client(application: &Arc<Application>) -> Result<DevelopmentClient> {
    application.run_typed::<draw_secret>(None, enaction::Admission::default(), ()).await
}

/// Makes the development data.
#[process(permission = "installation.identity")]
pub(crate) async fn make(cx: &mut WriteContext) -> Result<DevelopmentInstallation> {
    founding::system(cx).await?;
    person(cx, SYSTEM, ADMINISTRATOR).await?;
    let mut data = DevelopmentInstallation::default();
    for plan in &COMPANIES {
        data.companies.push(company(cx, plan).await?);
    }
    data.client = client(cx).await?;
    Ok(data)
}

/// Draws a new secret for the client of development data.
#[process(permission = "installation.identity")]
pub(crate) async fn draw_secret(cx: &mut WriteContext) -> Result<DevelopmentClient> {
    let id: Id<Client> = DEVELOPMENT_CLIENT.parse().unwrap_or_default();
    if cx.of_company(SYSTEM).get(&id).await?.is_none() {
        return Err(enaction::catalogue::NOT_FOUND.because("there are no development data"));
    }
    secret(cx).await
}

async fn secret(cx: &mut WriteContext) -> Result<DevelopmentClient> {
    let secret = credential::draw(cx, DEVELOPMENT_CLIENT, SYSTEM, Purpose::Development, None).await?;
    Ok(DevelopmentClient { client_id: DEVELOPMENT_CLIENT.to_owned(), secret: Some(secret) })
}

async fn client(cx: &mut WriteContext) -> Result<DevelopmentClient> {
    let id: Id<Client> = DEVELOPMENT_CLIENT.parse().unwrap_or_default();
    if cx.of_company(SYSTEM).get(&id).await?.is_some() {
        return Ok(DevelopmentClient { client_id: DEVELOPMENT_CLIENT.to_owned(), secret: None });
    }
    cx.create_of(SYSTEM, Client { id, name: DEVELOPMENT_CLIENT.to_owned(), ..Client::default() }).await?;
    secret(cx).await
}

async fn company(cx: &mut WriteContext, (code, name, sites): &Plan) -> Result<DevelopmentCompany> {
    let id = match cx.find::<Company>("code", *code).await? {
        Some(company) => company.id.to_string(),
        None => {
            let company = Company { code: (*code).to_owned(), name: (*name).to_owned(), ..Company::default() };
            let id = cx.create(company).await?.id.to_string();
            fill(cx, &id, sites).await?;
            id
        }
    };
    let mut sites: Vec<DevelopmentSite> = all_of::<Site>(cx, &id).await?.iter().map(DevelopmentSite::of).collect();
    sites.sort_by(|a, b| a.code.cmp(&b.code));
    let people = all_of::<Person>(cx, &id).await?.iter().map(|person| person.name.clone()).collect();
    let devices = all_of::<Device>(cx, &id).await?.iter().map(|device| device.name.clone()).collect();
    Ok(DevelopmentCompany { id, code: (*code).to_owned(), sites, people, devices })
}

/// Everything that a new company of the development data has.
async fn fill(cx: &mut WriteContext, company: &str, sites: &[(&str, &str, &str)]) -> Result<()> {
    cx.provided::<Identity>()?.policy_changes(company);
    let mut made = Vec::new();
    for (code, name, currency) in sites {
        let (code, name, currency) = ((*code).to_owned(), (*name).to_owned(), (*currency).to_owned());
        made.push(cx.create_of(company, Site { code, name, currency, ..Site::default() }).await?.id.clone());
    }
    for (name, permissions) in ROLES {
        founding::role(cx, company, name, permissions).await?;
        person(cx, company, name).await?;
    }
    if let Some(first) = made.into_iter().next() {
        let till = Device { name: TILL.to_owned(), site: first.clone(), ..Device::default() };
        let till = cx.create_of(company, till).await?.id.to_string();
        founding::membership(cx, company, &till, Some(first.as_str()), "cashier").await?;
    }
    Ok(())
}

/// A person who holds the role of the same name at all sites, unless the company has one of this name.
async fn person(cx: &mut WriteContext, company: &str, name: &str) -> Result<()> {
    if !all_of::<Person>(cx, company).await?.iter().any(|person| person.name == name) {
        let person = cx.create_of(company, Person { name: name.to_owned(), ..Person::default() }).await?;
        founding::membership(cx, company, person.id.as_str(), None, name).await?;
    }
    Ok(())
}
