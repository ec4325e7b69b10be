use enaction::prelude::*;

/// A basket.
#[entity(
    "baskets",
    list(by = "basketType, customer", sort = "-created"),
    list(by = "basketType, basketType"),
    list(sort = "-lines"),
    list(by = "note"),
    list(sort = "created"),
    list(sort = "created"),
    list(),
    list(per = "note")
)]
pub struct Basket {
    pub id: Id<Basket>,
    pub basket_type: String,
    pub lines: Option<Vec<String>>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

fn main() {}
