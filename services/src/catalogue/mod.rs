//! The catalogue: what can be sold, and at what price.

mod pricing;
mod product;
mod stocking;

pub use pricing::{Price, price};
pub use product::{AMOUNT_MAX, Product};
pub use stocking::stock;

use enaction::{Module, Resource};

/// `/products`, and the processes `products.price` and `products.stock`.
#[must_use]
pub fn module() -> Module {
    Module::new("")
        .resource(Resource::<Product>::stored().search().batch().reads_may_be_stale())
        .process::<price>("products.price")
        .process::<stock>("products.stock")
}
