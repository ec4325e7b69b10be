//! What a product costs.

use enaction::prelude::*;

use super::Product;

/// What a product costs and how it is called.
#[value]
pub struct Price {
    /// Shown to the customer.
    pub description: String,
    /// In minor units.
    pub unit_price: i64,
    /// ISO 4217; absent for the currency of the site.
    pub currency: Option<String>,
}

/// Tells what a product costs.
#[process]
pub async fn price(cx: &ReadContext, item_id: Id<Product>) -> Result<Price> {
    let product = cx.read(&item_id).await?.into_inner();
    Ok(Price { description: product.description, unit_price: product.unit_price, currency: product.currency })
}
