//! The basket, what a client may send of it, and the rules.

use std::{
    cmp::Reverse,
    sync::atomic::{AtomicU64, Ordering},
};

use enaction::{IdSource as _, SystemIds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::{State, session::Session};

const AMOUNT_MAX: i64 = 9_007_199_254_740_991;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum BasketType {
    #[default]
    Wishlist,
    Basket,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum BasketStatus {
    New,
    InProgress,
}

/// What a client sends.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Draft {
    id: Option<String>,
    basket_name: String,
    basket_type: BasketType,
    description: String,
    customer_id: Option<String>,
    currency: Option<String>,
    items: Vec<DraftLine>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DraftLine {
    item_id: String,
    #[serde(default = "one")]
    quantity: u32,
    unit_price: Option<i64>,
}

const fn one() -> u32 {
    1
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Basket {
    pub(super) id: String,
    #[serde(serialize_with = "time")]
    created: Timestamp,
    #[serde(serialize_with = "time")]
    modified: Timestamp,
    basket_name: String,
    basket_type: BasketType,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    items: Vec<Line>,
    basket_status: BasketStatus,
    site_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    total: i64,
    last_line_number: u32,
    #[serde(skip)]
    pub(super) version: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    line_number: u32,
    item_id: String,
    description: String,
    quantity: u32,
    unit_price: i64,
    value: i64,
}

fn time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{time:.3}"))
}

/// A member that breaks a rule.
#[derive(Debug, Serialize)]
pub(super) struct Violation {
    pointer: String,
    code: &'static str,
}

static VERSION: AtomicU64 = AtomicU64::new(0);

/// Where a basket stands in the order that is declared: its type, its customer, and when it was made, the newest first.
pub(super) type Listed = (BasketType, Option<String>, Reverse<Timestamp>);

impl Basket {
    pub(super) fn listed(&self) -> Listed {
        (self.basket_type, self.customer_id.clone(), Reverse(self.created))
    }

    /// A basket of a draft that keeps the rules.
    pub(super) fn open(draft: Draft, state: &State, session: &Session) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        let mut check = |holds: bool, pointer: &str, code| {
            if !holds {
                violations.push(Violation { pointer: pointer.to_owned(), code });
            }
        };
        check(draft.id.as_deref().is_none_or(is_id), "/id", "pattern");
        check(draft.basket_name.chars().count() <= 60, "/basketName", "length");
        check(draft.description.chars().count() <= 20, "/description", "length");
        check(draft.customer_id.as_ref().is_none_or(|id| (1..=64).contains(&id.len())), "/customerId", "length");
        check(draft.currency.as_ref().is_none_or(|one| *one == session.currency), "/currency", "currency");
        check(draft.items.len() <= 500, "/items", "length");
        let mut items = Vec::with_capacity(draft.items.len());
        for (number, line) in (1..).zip(draft.items) {
            let Some(product) = state.products.get(&line.item_id) else {
                check(false, &format!("/items/{}/itemId", number - 1), "unknown_item");
                continue;
            };
            let unit_price = line.unit_price.unwrap_or(product.unit_price);
            let value = unit_price.checked_mul(i64::from(line.quantity)).filter(|value| *value <= AMOUNT_MAX);
            let good = (1..=9999).contains(&line.quantity) && unit_price >= 0 && value.is_some();
            check(good, &format!("/items/{}", number - 1), "range");
            let (description, value) = (product.description.clone(), value.unwrap_or_default());
            let (item_id, quantity) = (line.item_id, line.quantity);
            items.push(Line { line_number: number, item_id, description, quantity, unit_price, value });
        }
        if !violations.is_empty() {
            return Err(violations);
        }
        let now = Timestamp::now();
        Ok(Self {
            id: draft.id.unwrap_or_else(draw_id),
            created: now,
            modified: now,
            basket_name: if draft.basket_name.is_empty() { draw_name(draft.basket_type) } else { draft.basket_name },
            basket_type: draft.basket_type,
            description: draft.description,
            customer_id: draft.customer_id,
            currency: Some(session.currency.clone()),
            basket_status: if items.is_empty() { BasketStatus::New } else { BasketStatus::InProgress },
            site_id: session.site.clone(),
            device_id: session.device.clone(),
            total: items.iter().map(|line| line.value).sum(),
            last_line_number: u32::try_from(items.len()).unwrap_or(u32::MAX),
            items,
            version: VERSION.fetch_add(1, Ordering::Relaxed) + 1,
        })
    }
}

fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'~' | b'-' | b'.'))
}

fn draw_id() -> String {
    let uuid = uuid::Builder::from_random_bytes(SystemIds.draw()).into_uuid();
    data_encoding::BASE32_NOPAD.encode(uuid.as_bytes())
}

fn draw_name(basket_type: BasketType) -> String {
    const CLEAR: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let kind = if basket_type == BasketType::Basket { "Basket " } else { "Wish list " };
    let mut name = String::with_capacity(kind.len() + 4);
    name.push_str(kind);
    name.extend(SystemIds.draw().iter().take(4).map(|byte| char::from(CLEAR[usize::from(byte % 32)])));
    name
}
