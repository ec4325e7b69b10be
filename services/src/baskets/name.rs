//! How a basket is called when nobody names it.

use enaction::prelude::*;

use super::BasketType;

/// Letters and digits that are not taken for each other.
const CLEAR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Draws a name that staff can call out, such as `Basket 7KQ2`.
#[process]
pub async fn next_name(cx: &ReadContext, basket_type: BasketType) -> Result<String> {
    let random = cx.random();
    let letters = random.iter().take(4).filter_map(|byte| CLEAR.get(usize::from(byte % 32)));
    let kind = match basket_type {
        BasketType::Basket => "Basket ",
        BasketType::Wishlist => "Wish list ",
    };
    let mut name = String::with_capacity(kind.len() + 4);
    name.push_str(kind);
    name.extend(letters.map(|letter| char::from(*letter)));
    Ok(name)
}
