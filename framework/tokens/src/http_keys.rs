//! A key set that a server publishes.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;
use enaction_core::{Fault, KeySetDocument, KeySource, catalogue};
use reqwest::{Client, StatusCode, Url, redirect};

use crate::{Error, file_keys::DOCUMENT_BYTES_MAX};

const FETCH_MAX: Duration = Duration::from_secs(5);

/// Fetches the key set from a URL (`jwks_uri` of RFC 8414). It follows no redirect, uses no proxy, takes at most 5
/// seconds and 256 KiB.
#[derive(Clone, Debug)]
pub struct HttpKeys {
    client: Client,
    url: Url,
}

impl HttpKeys {
    /// The keys of this URL: `https`, or `http` to the machine itself. Who can change the answer on its way can sign
    /// tokens.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no such URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        let keys = Self::without_encryption_to_another_machine(url)?;
        let encrypted = keys.url.scheme() == "https";
        let here = keys.url.host_str().is_some_and(is_this_machine);
        if encrypted || here { Ok(keys) } else { Err(Error::Address("expected https")) }
    }

    /// The keys of this URL, also by `http` to another machine: only where the network between is as trusted as the
    /// machine.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no `http` or `https` URL.
    pub fn without_encryption_to_another_machine(url: &str) -> Result<Self, Error> {
        let url = Url::parse(url).map_err(|_| Error::Address("expected a URL"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(Error::Address("expected https"));
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(FETCH_MAX)
            .build()
            .map_err(|_| Error::Address("no client could be made for it"))?;
        Ok(Self { client, url })
    }

    async fn document(&self) -> Result<Vec<u8>, &'static str> {
        let request = self.client.get(self.url.clone()).header("accept", "application/jwk-set+json, application/json");
        let mut answer = request.send().await.map_err(|_| "the key set server did not answer")?;
        if answer.status() != StatusCode::OK {
            return Err("the key set server did not answer with 200");
        }
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| "the key set did not arrive whole")? {
            document.extend_from_slice(&chunk);
            if document.len() as u64 > DOCUMENT_BYTES_MAX {
                return Err("the key set is longer than 256 KiB");
            }
        }
        Ok(document)
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[async_trait]
impl KeySource for HttpKeys {
    async fn fetch(&self) -> Result<KeySetDocument, Fault> {
        match self.document().await {
            Ok(document) => Ok(KeySetDocument { json: document.into() }),
            Err(why) => Err(catalogue::KEYS_UNAVAILABLE.because(why)),
        }
    }
}
