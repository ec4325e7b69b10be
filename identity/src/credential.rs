//! What is kept of a client's secret: its hash, what it is for, and until when. No resource shows or sets any of it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction::{Secret, prelude::*};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The secret of a client, under the client's id.
#[entity("clientSecrets")]
pub(crate) struct Credential {
    #[entity(given)]
    pub id: Id<Credential>,
    pub company: String,
    /// SHA-256 in base64url: the secret has 256 random bits, so a slow hash would add nothing.
    pub hash: String,
    pub purpose: Purpose,
    /// Absent for no end.
    pub expires: Option<Time>,
    /// Of a secret that holds once: whether it did.
    pub used: bool,
}

/// What a secret may be used for.
#[value]
pub(crate) enum Purpose {
    /// The grants that its client may use.
    #[default]
    Client,
    /// The same, and tokens for anybody: only development data hold one.
    Development,
    /// The first company, once.
    Bootstrap,
}

/// Draws a secret for a client in the place of the one before.
pub(crate) async fn draw(
    cx: &mut WriteContext,
    client: &str,
    company: &str,
    purpose: Purpose,
    expires: Option<Time>,
) -> Result<Secret> {
    let bits = [cx.random(), cx.random()].concat();
    let secret = Secret::new(URL_SAFE_NO_PAD.encode(bits));
    let id: Id<Credential> = client.parse().unwrap_or_default();
    let credential = Credential {
        id: id.clone(),
        company: company.to_owned(),
        hash: URL_SAFE_NO_PAD.encode(hash(secret.reveal())),
        purpose,
        expires,
        ..Credential::default()
    };
    match cx.get(&id).await? {
        Some(_) => cx.update(credential).await?,
        None => cx.create(credential).await?,
    };
    Ok(secret)
}

impl Credential {
    /// Whether this is the secret. Takes the same time whatever it is.
    pub(crate) fn is(&self, secret: &str) -> bool {
        let expected = URL_SAFE_NO_PAD.decode(&self.hash).ok().and_then(|hash| hash.try_into().ok());
        hash(secret).ct_eq(&expected.unwrap_or([0; 32])).into()
    }

    /// Whether it can be used now.
    pub(crate) fn holds_at(&self, now: Time) -> bool {
        !self.used && self.expires.is_none_or(|expires| now < expires)
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
