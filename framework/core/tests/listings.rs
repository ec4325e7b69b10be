//! What `list(..)` of an entity declares, and where entities stand in it.

use enaction_core::{Entity, Id, Listing, schema::Schematic as _, store::IndexKey};
use enaction_macros::{entity, value};
use serde_json::{Value, json};

/// What a basket is.
#[value(crate = enaction_core)]
pub enum Kind {
    /// Goods.
    #[default]
    Basket,
    /// An offer.
    Quote,
}

/// A basket.
#[entity(crate = enaction_core, "baskets", list(by = "kind, customer", sort = "-created"), list(sort = "total, -id"))]
pub struct Basket {
    /// The id.
    pub id: Id<Basket>,
    /// What it is.
    pub kind: Kind,
    /// For whom.
    pub customer: Option<String>,
    /// In minor units.
    pub total: f64,
}

#[test]
fn a_listing_says_its_members_and_its_index() {
    assert_eq!(
        Basket::LISTS,
        [
            Listing { index: "baskets:kind,customer:-created", by: &["kind", "customer"], sort: &[("created", true)] },
            Listing { index: "baskets::total,-id", by: &[], sort: &[("total", false), ("id", true)] },
        ]
    );
    assert_eq!(
        Basket::schema()["x-lists"],
        json!([{ "by": ["kind", "customer"], "sort": ["-created"] }, { "by": [], "sort": ["total", "-id"] }])
    );
}

#[test]
fn an_entity_stands_where_its_json_says() {
    let mut basket = Basket { id: "b1".parse().unwrap(), kind: Kind::Quote, total: 5.0, ..Basket::default() };
    basket.set_times(enaction_core::Time::from_millis(7), enaction_core::Time::from_millis(7));
    let written = serde_json::to_value(&basket).unwrap();
    let key = |members: &[(&str, bool)]| {
        members.iter().fold(IndexKey::default(), |key, (name, descends)| {
            let value = written.get(name).unwrap_or(&Value::Null);
            if *descends { key.descending(|key| key.scalar(value)) } else { key.scalar(value) }
        })
    };
    let expected =
        [key(&[("kind", false), ("customer", false), ("created", true)]), key(&[("total", false), ("id", true)])];
    assert_eq!(basket.list_keys(), expected);
    assert_eq!(written["kind"], "QUOTE");
}
