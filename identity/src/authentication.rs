//! Which client asks. Whoever fails is told the same, and the same work is done, whether the client is unknown or the
//! secret wrong.

use enaction::{ClientAuthentication, Secret, prelude::*};

use crate::{
    INVALID_CLIENT,
    credential::{Credential, Purpose},
    resources::Client,
    subject::Subject,
};

/// A client that showed its secret.
pub(crate) struct Authenticated {
    pub(crate) client: Stored<Client>,
    /// The client as a subject of tokens.
    pub(crate) subject: Subject,
    /// Whether it may have tokens for anybody.
    pub(crate) is_development: bool,
}

/// Finds the secret that was shown; it is still to be asked what it is for.
pub(crate) async fn credential(cx: &ReadContext, sent: &ClientAuthentication) -> Result<Stored<Credential>> {
    let id: Id<Credential> = sent.client_id.as_deref().and_then(|id| id.parse().ok()).unwrap_or_default();
    let stored = cx.get(&id).await?;
    let nobody = Credential::default();
    let given = sent.client_secret.as_ref().map_or("", Secret::reveal);
    let is_secret = stored.as_deref().unwrap_or(&nobody).is(given);
    stored.filter(|stored| is_secret && stored.holds_at(cx.now())).ok_or_else(|| INVALID_CLIENT.fault())
}

/// The client that asks, when it may ask for tokens now.
pub(crate) async fn client(cx: &ReadContext, sent: &ClientAuthentication) -> Result<Authenticated> {
    let credential = credential(cx, sent).await?;
    if credential.purpose == Purpose::Bootstrap {
        return Err(INVALID_CLIENT.into());
    }
    let client = cx.of_company(&credential.company).get::<Client>(&credential.id.cast()).await?;
    let client = client.ok_or(INVALID_CLIENT)?;
    let subject = Subject::service(&client);
    if !subject.is_active(cx).await? {
        return Err(INVALID_CLIENT.into());
    }
    Ok(Authenticated { client, subject, is_development: credential.purpose == Purpose::Development })
}
