//! Baskets: what a till is selling, or what a customer wishes.

mod basket;
mod lines;
mod name;
mod settle;
mod writes;

pub use basket::{Basket, BasketStatus, BasketType, Line, NewQuantity, Quantity, UnitPrice};
pub use lines::{add_line, set_quantity};
pub use name::next_name;
pub use writes::{delete, modify, open, replace, submit};

use enaction::{Members, Module, Resource, faults};

faults! {
    /// A basket without lines can not be submitted.
    BASKET_EMPTY: Conflict = "basket_empty", "The basket has no lines";
    /// A submitted basket does not change any more.
    BASKET_SUBMITTED: Conflict = "basket_submitted", "The basket was submitted";
}

/// `/baskets` and everything below it.
#[must_use]
pub fn module() -> Module {
    let lines = Members::new().create::<add_line>().delete_all().patch_action::<set_quantity>("quantity");
    let baskets = Resource::<Basket>::stored()
        .search()
        .batch()
        .create::<open>()
        .replace::<replace>()
        .modify::<modify>()
        .delete::<delete>()
        .members("items", lines)
        .action::<submit>("submit");
    Module::new("").resource(baskets).process::<next_name>("baskets.nextName")
}
