//! The basket and its lines.

use enaction::prelude::*;

use crate::catalogue::{AMOUNT_MAX, Product};

/// What a till is selling, or what a customer wishes.
#[entity("baskets", list(by = "basketType, customerId", sort = "-created"))]
pub struct Basket {
    /// 26 characters that can not be guessed; drawn unless given.
    #[entity(random128_base32)]
    pub id: Id<Basket>,
    /// Drawn when the basket is created without one.
    #[validate(length(max = 60))]
    pub basket_name: String,
    /// `BASKET` can be sold at a till; from a `WISHLIST` only lines carry over.
    pub basket_type: BasketType,
    /// Shown to the customer.
    #[validate(length(max = 20))]
    pub description: String,
    /// The customer that it belongs to; absent for an anonymous one.
    #[validate(length(min = 1, max = 64))]
    pub customer_id: Option<String>,
    /// ISO 4217: that of the site.
    #[entity(pattern = "^[A-Z]{3}$")]
    pub currency: Option<String>,
    /// What is in it, in the order in which it came.
    #[validate(nested, length(max = 500))]
    pub items: Vec<Line>,
    /// How far it is.
    #[entity(read_only)]
    pub basket_status: BasketStatus,
    /// The site where it was opened.
    #[entity(read_only)]
    pub site_id: String,
    /// The device that opened it.
    #[entity(read_only)]
    pub device_id: Option<String>,
    /// The sum of the lines, in minor units.
    #[entity(read_only)]
    #[validate(range(min = 0, max = AMOUNT_MAX))]
    pub total: i64,
    /// The last line number that was given out; none is used again.
    #[entity(read_only)]
    pub last_line_number: u32,
}

/// What a basket is for.
#[value]
pub enum BasketType {
    /// Wishes of a customer.
    #[default]
    Wishlist,
    /// A sale.
    Basket,
}

/// How far a basket is.
#[value]
pub enum BasketStatus {
    /// It has no lines.
    #[default]
    New,
    /// It has lines.
    InProgress,
    /// It is completed and does not change any more.
    Submitted,
}

/// One line of a basket.
#[value]
pub struct Line {
    /// 1, 2, ...; absent for a new line, which gets the next.
    #[value(key)]
    #[validate(range(min = 1))]
    pub line_number: Option<u32>,
    /// The product.
    #[value(required)]
    pub item_id: Id<Product>,
    /// From the catalogue.
    #[value(read_only)]
    pub description: String,
    /// How many.
    #[value(default = 1_u32)]
    #[validate(range(min = 1, max = 9999))]
    pub quantity: u32,
    /// For one, in minor units; absent for what the catalogue says.
    #[validate(range(min = 0, max = AMOUNT_MAX))]
    pub unit_price: Option<i64>,
    /// Quantity times unit price.
    #[value(read_only)]
    #[validate(range(min = 0, max = AMOUNT_MAX))]
    pub value: i64,
}

/// How many: 1 to 9,999.
#[value]
pub struct Quantity(#[validate(range(min = 1, max = 9999))] pub u32);

/// How many: 0 to 9,999, where 0 takes the line away.
#[value]
pub struct NewQuantity(#[validate(range(min = 0, max = 9999))] pub u32);

/// A price for one, in minor units.
#[value]
pub struct UnitPrice(#[validate(range(min = 0, max = AMOUNT_MAX))] pub i64);
