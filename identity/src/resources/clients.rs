//! Clients: the programs that ask for tokens. Their secrets are kept elsewhere, as hashes.

use enaction::{Secret, prelude::*};

use super::{AccountStatus, memberships::end_memberships};
use crate::{
    credential::{self, Credential, Purpose},
    revocation::{revoke_everywhere, revoke_subject},
};

/// A program that asks for tokens.
#[entity("clients", owned_by = "company", unique_installation = "id")]
pub struct Client {
    /// Drawn; `client_id` of the token endpoint, and the subject of the tokens of a service.
    #[entity(drawn)]
    pub id: Id<Client>,
    /// The company that it belongs to.
    #[entity(read_only)]
    pub company: String,
    /// What people call it.
    #[entity(required)]
    #[validate(length(min = 1, max = 100))]
    pub name: String,
    /// What it may do at the token endpoint.
    pub kind: ClientKind,
    /// A disabled client gets no tokens, and those that it got hold no more.
    pub status: AccountStatus,
}

/// What a client may do at the token endpoint.
#[value]
pub enum ClientKind {
    /// A program that also acts for itself: it may use `client_credentials`.
    #[default]
    Service,
    /// A program that people or devices use: it only exchanges the tokens of theirs that were issued to it.
    Application,
}

/// A client with its new secret, which is shown this once.
#[value]
pub struct ClientSecret {
    /// The client.
    pub client_id: String,
    /// 256 random bits in base64url. Only its hash is kept.
    pub secret: Secret,
}

/// The resource, with the action that draws a secret.
pub(crate) fn clients() -> Resource<Client> {
    Resource::stored()
        .replace::<change_client>()
        .modify::<change_client>()
        .delete::<delete_client>()
        .action::<show_secret>("secret")
}

/// Changes a client. The tokens of one that is disabled hold no more.
#[process]
async fn change_client(cx: &mut WriteContext, id: Id<Client>, client: Client) -> Result<Stored<Client>> {
    if !client.status.is_active() && cx.read(&id).await?.status.is_active() {
        revoke(cx, &id).await?;
    }
    cx.update(client).await
}

/// Draws a new secret for a client and shows it this once. The one before no longer holds.
#[process]
async fn show_secret(cx: &mut WriteContext, id: Id<Client>) -> Result<ClientSecret> {
    let client = cx.read(&id).await?;
    // What the secret is for is settled when the client is made, and no resource can change it.
    let purpose = cx.get(&id.cast::<Credential>()).await?.map_or(Purpose::Client, |before| before.purpose);
    let secret = credential::draw(cx, id.as_str(), &client.company, purpose, None).await?;
    Ok(ClientSecret { client_id: id.to_string(), secret })
}

/// Deletes a client with its secret and its memberships, and gives what it was.
#[process]
async fn delete_client(cx: &mut WriteContext, id: Id<Client>) -> Result<Stored<Client>> {
    let client = cx.delete(&id).await?;
    revoke(cx, &id).await?;
    if cx.get(&id.cast::<Credential>()).await?.is_some() {
        cx.delete(&id.cast::<Credential>()).await?;
    }
    end_memberships(cx, id.as_str()).await?;
    Ok(client)
}

async fn revoke(cx: &mut WriteContext, id: &Id<Client>) -> Result<()> {
    let credential = cx.get(&id.cast::<Credential>()).await?;
    if credential.is_some_and(|credential| credential.purpose == Purpose::Development) {
        revoke_everywhere(cx, id.as_str()).await?;
    }
    revoke_subject(cx, id.as_str()).await
}
