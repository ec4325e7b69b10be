//! A product.

use enaction::prelude::*;

/// The largest amount in minor units that every JSON reader holds exactly: 2^53 - 1.
pub const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

/// Something that can be sold.
#[entity("products", unique = "barcode", list(sort = "description"))]
pub struct Product {
    /// The item code; drawn unless given.
    pub id: Id<Product>,
    /// Shown to the customer.
    #[validate(length(max = 80))]
    pub description: String,
    /// In minor units of the currency.
    #[validate(range(min = 0, max = AMOUNT_MAX))]
    pub unit_price: i64,
    /// ISO 4217; absent for the currency of the site that sells it.
    #[entity(pattern = "^[A-Z]{3}$")]
    pub currency: Option<String>,
    /// EAN or UPC; no two products have the same.
    #[entity(pattern = "^[0-9]{8,14}$")]
    pub barcode: Option<String>,
}
