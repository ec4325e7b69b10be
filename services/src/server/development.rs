//! The development data: its credentials in the data directory, and the way from them to the tokens of anyone in it.

use std::{error::Error, path::Path, sync::Arc};

use enaction::{Admission, Application, Caller, Claims, Result as Checked, read_private};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalogue::{Product, stock};

use super::{assortment, cli::Who};

/// The file in the data directory that holds the credentials.
pub(super) const CREDENTIALS: &str = "development.json";

/// The client of the development data, and what was made beside it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credentials {
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) companies: Vec<Company>,
}

/// A company of the development data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Company {
    pub(super) id: String,
    pub(super) code: String,
    /// The codes of its sites, in order.
    pub(super) sites: Vec<String>,
}

impl Credentials {
    /// Reads them from a data directory.
    pub(super) fn read(data: &Path) -> Result<Self, Box<dyn Error>> {
        let path = data.join(CREDENTIALS);
        let content = read_private(&path).map_err(|error| {
            format!("{error}; development credentials are made when the server first starts on a loopback address")
        })?;
        Ok(serde_json::from_slice(&content)?)
    }

    fn site<'a>(&'a self, company: &str, given: Option<&'a str>) -> Option<&'a str> {
        let first = || self.companies.iter().find(|one| one.code == company)?.sites.first().map(String::as_str);
        given.or_else(first)
    }
}

/// The two tokens of someone in the development data, by a token endpoint: the client's own `id_token`, that of the
/// subject, and the `site_token`.
pub(super) async fn tokens(
    credentials: &Credentials,
    who: &Who,
    post: impl AsyncFn(&[(&str, &str)]) -> Result<Value, Box<dyn Error>>,
) -> Result<(String, String), Box<dyn Error>> {
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
    const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
    let text = |answer: &Value, name: &str| -> Result<String, Box<dyn Error>> {
        let token = answer.get(name).and_then(Value::as_str);
        Ok(token.ok_or_else(|| format!("read the answer of the token endpoint: no {name}"))?.to_owned())
    };
    let own = post(&[("grant_type", "client_credentials"), ("scope", "openid")]).await?;
    let own = text(&own, "id_token")?;
    let subject = format!("{}@{}", who.subject, who.company);
    let theirs = post(&[
        ("grant_type", EXCHANGE),
        ("subject_token", &own),
        ("subject_token_type", ID_TOKEN),
        ("requested_token_type", ID_TOKEN),
        ("requested_subject", &subject),
    ])
    .await?;
    let id_token = text(&theirs, "access_token")?;
    let mut form = vec![
        ("grant_type", EXCHANGE),
        ("subject_token", id_token.as_str()),
        ("subject_token_type", ID_TOKEN),
        ("company", who.company.as_str()),
    ];
    if let Some(site) = credentials.site(&who.company, who.site.as_deref()) {
        form.push(("site", site));
    }
    let site_token = text(&post(&form).await?, "access_token")?;
    Ok((id_token, site_token))
}

/// Puts the products of the development companies into their catalogues. What is there stays.
pub(super) async fn catalogues(application: &Arc<Application>, companies: &[Company]) -> Checked<()> {
    for (code, assortment) in [("acme", assortment::ACME), ("globex", assortment::GLOBEX)] {
        let Some(company) = companies.iter().find(|one| one.code == code) else { continue };
        let claims = Claims { subject: "development".into(), company: company.id.as_str().into(), ..Claims::default() };
        let caller = Caller::new(claims);
        let products = assortment.iter().enumerate().map(|(index, (id, description, unit_price))| Product {
            id: id.parse().unwrap_or_default(),
            description: (*description).to_owned(),
            unit_price: *unit_price,
            barcode: Some(barcode(index)),
            ..Product::default()
        });
        application.run_typed::<stock>(Some(caller), Admission::default(), (products.collect(),)).await?;
    }
    Ok(())
}

/// An EAN-13 of the range for use inside a company, with its check digit (GS1 General Specifications, 7.9).
fn barcode(index: usize) -> String {
    let digits = format!("29{:010}", 1000 + index);
    let weighted =
        digits.bytes().enumerate().map(|(place, digit)| usize::from(digit - b'0') * if place % 2 == 0 { 1 } else { 3 });
    format!("{digits}{}", (10 - weighted.sum::<usize>() % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::barcode;

    #[test]
    fn a_barcode_ends_with_its_check_digit() {
        assert_eq!((barcode(0).as_str(), barcode(55).as_str()), ("2900000010000", "2900000010550"));
    }
}
