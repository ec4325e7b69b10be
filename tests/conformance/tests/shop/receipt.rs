//! A resource whose commands demand an `Idempotency-Key`, because what they do can be seen outside.

use enaction::prelude::*;

/// What a customer is given.
#[entity("receipts")]
pub struct Receipt {
    pub id: Id<Receipt>,
    #[validate(length(max = 100_000))]
    pub text: String,
    /// How often it was printed.
    #[entity(read_only)]
    pub printed: u32,
}

pub(super) fn receipts() -> Resource<Receipt> {
    Resource::stored().action::<print>("print").demand_idempotency_key()
}

/// Prints it once more.
#[process]
pub async fn print(cx: &mut WriteContext, id: Id<Receipt>) -> Result<Stored<Receipt>> {
    let receipt = cx.read(&id).await?.into_inner();
    cx.update(Receipt { printed: receipt.printed + 1, ..receipt }).await
}
