//! The catalogue: what can be sold, and at what price.

mod pricing;
mod product;

pub use pricing::{Price, price};
pub use product::{AMOUNT_MAX, Product};

use enaction::{Module, Resource};

/// `/products`, and the process `products.price`.
#[must_use]
pub fn module() -> Module {
    Module::new("").resource(Resource::<Product>::stored()).process::<price>("products.price")
}
