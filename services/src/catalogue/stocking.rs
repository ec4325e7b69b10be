//! Filling a catalogue.

use enaction::prelude::*;

use super::Product;

/// Puts products into the catalogue, all or none; those that are there stay as they are. Gives how many were new.
#[process]
pub async fn stock(cx: &mut WriteContext, products: Vec<Product>) -> Result<u32> {
    let mut count = 0;
    for product in products {
        if cx.get(&product.id).await?.is_none() {
            cx.create(product).await?;
            count += 1;
        }
    }
    Ok(count)
}
