//! Key rotation: a key is published before it signs, and stays in the key set for as long as what it signed may be met.

use std::time::Duration;

use enaction::prelude::*;

use super::stored::{KeyKind, KeyStatus, StoredKey, all};

/// How long a key is in the key set before it signs, so that every verifier knows it by then.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long it stays there after it signed for the last time: the longest life of a token, the time for which verifiers
/// use a key set that they could not fetch again, and room for clocks that differ.
const KEPT_AFTER: Duration = Duration::from_secs((72 + 2) * 3600);

/// A key as a rotation left it.
#[value]
pub(crate) struct KeyState {
    /// Its name.
    pub kid: String,
    /// The kind of token that it signs.
    pub kind: KeyKind,
    /// How far it is.
    pub status: KeyStatus,
}

/// Takes the next step of the rotation of keys: publishes the next key of each kind; a week later lets it sign instead of
/// the one before; and forgets keys that signed nothing which could still be met. Steps that are not due are left out.
#[process(permission = "installation.keys.rotate")]
pub(crate) async fn rotate(cx: &mut WriteContext) -> Result<Vec<KeyState>> {
    let now = cx.now();
    let keys: Vec<StoredKey> = all(cx).await?.into_iter().map(Stored::into_inner).collect();
    for kind in KeyKind::ALL {
        let of_kind = |status: KeyStatus| keys.iter().find(move |key| key.kind == kind && key.status == status);
        match of_kind(KeyStatus::Published) {
            Some(next) if next.created.plus(PUBLISHED_BEFORE) <= now => {
                if let Some(last) = of_kind(KeyStatus::Active) {
                    cx.update(StoredKey { status: KeyStatus::Retired, retired: Some(now), ..last.clone() }).await?;
                }
                cx.update(StoredKey { status: KeyStatus::Active, ..next.clone() }).await?;
            }
            Some(_) => {}
            None => {
                cx.create(StoredKey::generate(kind, KeyStatus::Published)?).await?;
            }
        }
    }
    for key in keys.iter().filter(|key| key.retired.is_some_and(|retired| retired.plus(KEPT_AFTER) <= now)) {
        cx.delete(&key.id).await?;
    }
    let state = |key: &Stored<StoredKey>| KeyState { kid: key.id.to_string(), kind: key.kind, status: key.status };
    Ok(all(cx).await?.iter().map(state).collect())
}
