//! A document that a server publishes, fetched with care.

use std::{net::IpAddr, time::Duration};

use reqwest::{Client, StatusCode, Url, redirect};

use crate::{Error, file_keys::DOCUMENT_BYTES_MAX};

const FETCH_MAX: Duration = Duration::from_secs(5);

/// A document that a server publishes: a key set, a policy. It follows no redirect, uses no proxy, takes at most 5 seconds
/// and 256 KiB.
#[derive(Clone, Debug)]
pub struct HttpDocument {
    client: Client,
    base: Url,
}

impl HttpDocument {
    /// The document at this URL: `https`, or `http` to the machine itself. Who can change the answer on its way can sign
    /// tokens.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no such URL.
    pub fn new(url: &str) -> Result<Self, Error> {
        let document = Self::without_encryption_to_another_machine(url)?;
        let encrypted = document.base.scheme() == "https";
        let here = document.base.host_str().is_some_and(is_this_machine);
        if encrypted || here { Ok(document) } else { Err(Error::Address("expected https")) }
    }

    /// The document at this URL, also by `http` to another machine: only where the network between is as trusted as the
    /// machine.
    ///
    /// # Errors
    /// [`Error::Address`] when it is no `http` or `https` URL.
    pub fn without_encryption_to_another_machine(url: &str) -> Result<Self, Error> {
        let base = Url::parse(url).map_err(|_| Error::Address("expected a URL"))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(Error::Address("expected https"));
        }
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(FETCH_MAX)
            .build()
            .map_err(|_| Error::Address("no client could be made for it"))?;
        Ok(Self { client, base })
    }

    /// The document one segment below this one, reached by the same client.
    ///
    /// # Errors
    /// [`Error::Address`] when the URL can have nothing below it.
    pub fn below(&self, segment: &str) -> Result<Self, Error> {
        let mut base = self.base.clone();
        base.path_segments_mut()
            .map_err(|()| Error::Address("expected a URL with a path"))?
            .pop_if_empty()
            .push(segment);
        Ok(Self { client: self.client.clone(), base })
    }

    /// Fetches it.
    ///
    /// # Errors
    /// Why it could not be had, in words without the document.
    pub async fn fetch(&self) -> Result<Vec<u8>, &'static str> {
        self.fetch_if_there().await?.ok_or("the server of the document answered that there is none")
    }

    /// Fetches it; nothing when the server answers that there is none: 404 with a problem document (RFC 9457), which no
    /// gateway says in the place of a server that is away.
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_if_there(&self) -> Result<Option<Vec<u8>>, &'static str> {
        let request = self.client.get(self.base.clone());
        // Who asks every two seconds wants to know what is so now, whatever lies on the way.
        let request = request.header("accept", "application/jwk-set+json, application/json");
        let request = request.header("cache-control", "no-cache");
        let mut answer = request.send().await.map_err(|_| "the server of the document did not answer")?;
        let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if answer.status() == StatusCode::NOT_FOUND && kind.starts_with("application/problem+json") {
            return Ok(None);
        }
        if answer.status() != StatusCode::OK {
            return Err("the server of the document did not answer with 200");
        }
        let mut document = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| "the document did not arrive whole")? {
            document.extend_from_slice(&chunk);
            if document.len() as u64 > DOCUMENT_BYTES_MAX {
                return Err("the document is longer than 256 KiB");
            }
        }
        Ok(Some(document))
    }
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
