//! People.

use enaction::prelude::*;

use super::{AccountStatus, memberships::end_memberships};
use crate::revocation::revoke_subject;

/// A person who works for the company.
#[entity("people", owned_by = "company", unique_installation = "id")]
pub struct Person {
    /// Drawn; the subject of the person's tokens.
    #[entity(drawn)]
    pub id: Id<Person>,
    /// The company that the person belongs to.
    #[entity(read_only)]
    pub company: String,
    /// What others call the person.
    #[entity(required)]
    #[validate(length(min = 1, max = 200))]
    pub name: String,
    /// Where the person can be reached.
    #[validate(email, length(max = 254))]
    pub email: Option<String>,
    /// A disabled person gets no tokens, and those that there are hold no more.
    pub status: AccountStatus,
}

/// The resource.
pub(crate) fn people() -> Resource<Person> {
    Resource::stored().replace::<change_person>().modify::<change_person>().delete::<delete_person>()
}

/// Changes a person. The tokens of one who is disabled hold no more.
#[process]
async fn change_person(cx: &mut WriteContext, id: Id<Person>, person: Person) -> Result<Stored<Person>> {
    if !person.status.is_active() && cx.read(&id).await?.status.is_active() {
        revoke_subject(cx, id.as_str()).await?;
    }
    cx.update(person).await
}

/// Deletes a person and the person's memberships, and gives what it was.
#[process]
async fn delete_person(cx: &mut WriteContext, id: Id<Person>) -> Result<Stored<Person>> {
    let person = cx.delete(&id).await?;
    end_memberships(cx, id.as_str()).await?;
    revoke_subject(cx, id.as_str()).await?;
    Ok(person)
}
