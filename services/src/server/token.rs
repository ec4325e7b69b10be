//! `enaction token`: the two header lines of a development caller, from the token endpoint of a running server.

use std::error::Error;

use enaction::read_private;
use serde_json::Value;

use super::{cli, development, routes::print, serve::ADDRESS};

/// Prints the two header lines and nothing else.
pub(super) fn token(arguments: &cli::Token) -> Result<(), Box<dyn Error>> {
    let who = &arguments.who;
    let credentials = development::Credentials::read(&who.data)?;
    let server = match &arguments.server {
        Some(server) => server.trim_end_matches('/').to_owned(),
        None => String::from_utf8(read_private(&who.data.join(ADDRESS))?)?,
    };
    let endpoint = format!("{server}/identity/token");
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()?;
    let post = async |form: &[(&str, &str)]| -> Result<Value, Box<dyn Error>> {
        let request = client.post(&endpoint).basic_auth(&credentials.client_id, Some(&credentials.client_secret));
        let answer = request.form(form).send().await.map_err(|error| format!("reach {endpoint}: {error}"))?;
        let (status, body) = (answer.status(), answer.bytes().await?);
        if status.is_success() {
            return Ok(serde_json::from_slice(&body)?);
        }
        Err(format!("get a token: {status} {}", String::from_utf8_lossy(&body)).into())
    };
    let tokens = development::tokens(&credentials, who, post);
    let (id_token, site_token) = actix_rt::System::new().block_on(tokens)?;
    print(&format!("id_token: {id_token}\nsite_token: {site_token}"))
}
