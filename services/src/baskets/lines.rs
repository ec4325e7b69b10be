//! Lines of a basket by themselves.

use enaction::{catalogue::NOT_FOUND, prelude::*};

use crate::catalogue::Product;

use super::{BASKET_SUBMITTED, Basket, Line, NewQuantity, Quantity, UnitPrice, settle::changeable, writes::write};

/// Adds a line. The price comes from the catalogue unless it is given.
#[process(faults(BASKET_SUBMITTED))]
pub async fn add_line(
    cx: &mut WriteContext,
    id: Id<Basket>,
    item_id: Id<Product>,
    quantity: Option<Quantity>,
    item_unit_price: Option<UnitPrice>,
) -> Result<Line> {
    let mut basket = cx.read(&id).await?.into_inner();
    changeable(&basket)?;
    let quantity = quantity.map_or(1, |quantity| quantity.0);
    let unit_price = item_unit_price.map(|price| price.0);
    basket.items.push(Line { item_id, quantity, unit_price, ..Line::default() });
    let last = basket.items.len() - 1;
    let basket = write(cx, &id, basket).await.map_err(|fault| of_the_line(fault, last))?;
    basket.items.last().cloned().ok_or_else(|| NOT_FOUND.fault())
}

/// Violations of the new line point into what was sent, not into the basket.
fn of_the_line(fault: Fault, index: usize) -> Fault {
    let prefix = format!("/items/{index}/");
    let moved = fault.violations().iter().cloned().map(|mut one| {
        if let Some(member) = one.pointer.strip_prefix(&prefix) {
            one.pointer = format!("/{}", if member == "unitPrice" { "itemUnitPrice" } else { member });
        }
        one
    });
    let moved = moved.collect();
    fault.with_violations(moved)
}

/// Changes how many of a line are in the basket; 0 takes the line away.
#[process(faults(BASKET_SUBMITTED))]
pub async fn set_quantity(
    cx: &mut WriteContext,
    id: Id<Basket>,
    line_number: u32,
    quantity: NewQuantity,
) -> Result<Option<Line>> {
    let mut basket = cx.read(&id).await?.into_inner();
    changeable(&basket)?;
    let position = basket.items.iter().position(|line| line.line_number == Some(line_number));
    let position = position.ok_or(NOT_FOUND)?;
    if quantity.0 == 0 {
        basket.items.remove(position);
    } else if let Some(line) = basket.items.get_mut(position) {
        line.quantity = quantity.0;
    }
    let basket = write(cx, &id, basket).await?;
    Ok(basket.items.iter().find(|line| line.line_number == Some(line_number)).cloned())
}
