//! The rules that hold whenever a basket is written: line numbers, prices, values, total, status.

use std::collections::BTreeMap;

use enaction::{catalogue::INVALID, prelude::*};

use crate::catalogue::{AMOUNT_MAX, Product, price};

use super::{BASKET_SUBMITTED, Basket, BasketStatus, Line};

/// Refuses to change what was submitted.
pub(super) fn changeable(basket: &Basket) -> Result<()> {
    if basket.basket_status == BasketStatus::Submitted { Err(BASKET_SUBMITTED.into()) } else { Ok(()) }
}

/// Numbers and prices the lines of a basket that is about to be written in the place of `stored`.
pub(super) async fn settle(cx: &ReadContext, basket: &mut Basket, stored: Option<&Basket>) -> Result<()> {
    let mut violations = Vec::new();
    currency(cx, basket, &mut violations);
    let known: BTreeMap<u32, &Line> =
        stored.iter().flat_map(|stored| &stored.items).filter_map(|line| Some((line.line_number?, line))).collect();
    let mut seen = Vec::with_capacity(basket.items.len());
    for (index, line) in basket.items.iter_mut().enumerate() {
        let at = |member: &str| format!("/items/{index}/{member}");
        let before = match line.line_number {
            Some(number) if seen.contains(&number) => {
                violations.push(Violation::new(at("lineNumber"), "duplicate", "expected each line once"));
                continue;
            }
            Some(number) => match known.get(&number) {
                Some(before) => {
                    seen.push(number);
                    Some(*before)
                }
                None => {
                    let detail = "expected the number of a line of this basket, or none for a new line";
                    violations.push(Violation::new(at("lineNumber"), "unknown_line", detail));
                    continue;
                }
            },
            None => {
                basket.last_line_number += 1;
                line.line_number = Some(basket.last_line_number);
                None
            }
        };
        if let Err(violation) = fill(cx, line, before, basket.currency.as_deref()).await? {
            violations.push(Violation { pointer: at("itemId"), ..violation });
        }
        match line.unit_price.unwrap_or(0).checked_mul(i64::from(line.quantity)) {
            Some(value) if value <= AMOUNT_MAX => line.value = value,
            _ => violations.push(Violation::new(at("unitPrice"), "range", "expected a value of at most 2^53 - 1")),
        }
    }
    total(basket, &mut violations);
    if violations.is_empty() { Ok(()) } else { Err(INVALID.fault().with_violations(violations)) }
}

/// A basket is in the currency of its site: prices come from there.
fn currency(cx: &ReadContext, basket: &mut Basket, violations: &mut Vec<Violation>) {
    let site = &cx.site().currency;
    match &basket.currency {
        None if site.is_empty() => {}
        None => basket.currency = Some(site.clone()),
        Some(given) if site.is_empty() || given == site => {}
        Some(_) => violations.push(Violation::new("/currency", "currency", "expected the currency of the site")),
    }
}

/// Description and price of a line: as they were when it is the same item, else as the catalogue has them.
async fn fill(
    cx: &ReadContext,
    line: &mut Line,
    before: Option<&Line>,
    currency: Option<&str>,
) -> Result<std::result::Result<(), Violation>> {
    if let Some(before) = before.filter(|before| before.item_id == line.item_id) {
        line.description.clone_from(&before.description);
        line.unit_price = line.unit_price.or(before.unit_price);
        return Ok(Ok(()));
    }
    match catalogue_line(cx, &line.item_id, currency).await? {
        Ok((description, unit_price)) => {
            line.description = description;
            line.unit_price = line.unit_price.or(Some(unit_price));
            Ok(Ok(()))
        }
        Err(violation) => Ok(Err(violation)),
    }
}

/// What the catalogue says of an item, or which rule it breaks.
async fn catalogue_line(
    cx: &ReadContext,
    item_id: &Id<Product>,
    currency: Option<&str>,
) -> Result<std::result::Result<(String, i64), Violation>> {
    let found = match price(cx, item_id.clone()).await {
        Ok(found) => found,
        Err(fault) if fault.entry() == enaction::catalogue::NOT_FOUND => {
            return Ok(Err(Violation::new("", "unknown_item", "expected an item of the catalogue")));
        }
        Err(fault) => return Err(fault),
    };
    if found.currency.is_some() && found.currency.as_deref() != currency {
        return Ok(Err(Violation::new("", "currency", "expected an item in the currency of the basket")));
    }
    Ok(Ok((found.description, found.unit_price)))
}

fn total(basket: &mut Basket, violations: &mut Vec<Violation>) {
    let sum = basket.items.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.value));
    match sum.filter(|sum| *sum <= AMOUNT_MAX) {
        Some(sum) => basket.total = sum,
        None => violations.push(Violation::new("/items", "range", "expected a total of at most 2^53 - 1")),
    }
    if basket.basket_status != BasketStatus::Submitted {
        basket.basket_status = if basket.items.is_empty() { BasketStatus::New } else { BasketStatus::InProgress };
    }
}
