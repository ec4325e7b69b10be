//! Signing keys in the store, and the processes that make and load them. They have no URL.

use base64::{Engine, engine::general_purpose::STANDARD};
use enaction::{
    Secret, TokenKind, catalogue,
    prelude::*,
    tokens::{self, SigningKey},
};

use super::Keys;
use crate::{handle::Identity, setting};

/// A signing key, under its RFC 7638 thumbprint.
#[entity("signingKeys")]
pub(crate) struct StoredKey {
    #[entity(given)]
    pub id: Id<StoredKey>,
    pub kind: KeyKind,
    /// RFC 5208, DER, in base64.
    pub pkcs8: Secret,
    pub status: KeyStatus,
    /// When it signed for the last time, of a key that is retired.
    pub retired: Option<Time>,
}

/// The kind of token that a key signs.
#[value]
pub(crate) enum KeyKind {
    /// `id_token`.
    #[default]
    Id,
    /// `site_token`.
    Site,
}

/// How far a key is. In each state it is in the key set.
#[value]
pub(crate) enum KeyStatus {
    /// Verifiers can know it; it does not sign yet.
    Published,
    /// It signs.
    #[default]
    Active,
    /// It does not sign any more; what it signed is still valid.
    Retired,
}

impl KeyKind {
    pub(crate) const ALL: [Self; 2] = [Self::Id, Self::Site];

    pub(crate) fn of_token(self) -> TokenKind {
        match self {
            Self::Id => TokenKind::Id,
            Self::Site => TokenKind::Site,
        }
    }
}

impl StoredKey {
    /// A new key. Its randomness is the operating system's: a key that came from the context could be drawn again.
    pub(crate) fn generate(kind: KeyKind, status: KeyStatus) -> Result<Self> {
        let key = SigningKey::generate(kind.of_token()).map_err(unusable)?;
        Ok(Self {
            id: key.kid().parse().map_err(|_| catalogue::INTERNAL.fault())?,
            kind,
            pkcs8: Secret::new(STANDARD.encode(key.to_pkcs8().map_err(unusable)?)),
            status,
            ..Self::default()
        })
    }

    pub(crate) fn signing_key(&self) -> Result<SigningKey> {
        let pkcs8 = STANDARD.decode(self.pkcs8.reveal()).map_err(|_| tokens::Error::Pkcs8);
        pkcs8.and_then(|pkcs8| SigningKey::from_pkcs8(self.kind.of_token(), &pkcs8)).map_err(unusable)
    }
}

fn unusable(error: tokens::Error) -> Fault {
    tracing::error!(%error, "a signing key can not be used");
    catalogue::INTERNAL.because("a signing key can not be used")
}

/// Every key, in the order of their names.
pub(super) async fn all(cx: &ReadContext) -> Result<Vec<Stored<StoredKey>>> {
    // A rotation a month and a week or two of overlap: a page holds them all.
    Ok(cx.list::<StoredKey>(&PageRequest::default()).await?.items)
}

/// Settles the issuer and makes a key for each kind of token, unless an earlier start did.
///
/// Two programs that start at once on one store both find no keys, and both commit: the scan of the second no longer
/// holds, it runs again, and finds those of the first.
#[process(permission = "installation.identity")]
pub(crate) async fn begin(cx: &mut WriteContext, issuer: String) -> Result<()> {
    if setting::read(cx, setting::ISSUER).await?.is_none() {
        if !is_issuer(&issuer) {
            let violation =
                Violation::new("/issuer", "pattern", "expected an http or https URL without query and fragment");
            return Err(violation.into());
        }
        setting::make(cx, setting::ISSUER, issuer).await?;
    }
    let keys = all(cx).await?;
    for kind in KeyKind::ALL {
        if !keys.iter().any(|key| key.kind == kind && key.status == KeyStatus::Active) {
            cx.create(StoredKey::generate(kind, KeyStatus::Active)?).await?;
        }
    }
    Ok(())
}

/// RFC 8414 section 2. `http` is for development: no verifier fetches keys from there but on the machine itself.
fn is_issuer(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#\"".contains(&byte))
    })
}

/// Brings the keys of the store into the memory of this program. It answers nothing: private keys go nowhere else.
#[process(permission = "installation.identity")]
pub(crate) async fn load(cx: &ReadContext) -> Result<()> {
    let issuer = setting::read(cx, setting::ISSUER).await?;
    let issuer = issuer.ok_or_else(|| catalogue::KEYS_UNAVAILABLE.because("identity was not started on this store"))?;
    let stored = all(cx).await?;
    cx.provided::<Identity>()?.ring().put(Keys::of(issuer, &stored)?);
    Ok(())
}
