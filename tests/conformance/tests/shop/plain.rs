//! Stored resources: one with members of every form, one that demands much, one that can only be created and read.

use std::collections::BTreeMap;

use enaction::prelude::*;

/// Something with members of every form.
#[entity(
    "plains",
    unique = "code",
    list(by = "kind, open", sort = "level, -share"),
    list(by = "name", sort = "-created"),
    list(sort = "-until, name"),
    list(by = "code")
)]
pub struct Plain {
    pub id: Id<Plain>,
    /// No two have the same.
    #[validate(length(max = 12))]
    pub code: Option<String>,
    #[validate(length(max = 20))]
    pub name: String,
    pub kind: Colour,
    #[validate(range(min = -5, max = 5))]
    pub level: i64,
    pub small: u32,
    pub share: f64,
    pub open: bool,
    pub until: Option<Time>,
    pub address: Address,
    pub second: Option<Address>,
    #[validate(length(max = 3))]
    pub tags: Vec<String>,
    pub labels: BTreeMap<String, String>,
    #[validate(nested, length(max = 4))]
    pub pieces: Vec<Piece>,
    #[entity(read_only)]
    pub serial: u64,
    #[entity(read_only)]
    pub seen: Option<Time>,
}

/// A colour.
#[value]
pub enum Colour {
    #[default]
    Red,
    DarkBlue,
}

/// Where something is.
#[value]
pub struct Address {
    #[validate(length(max = 30))]
    pub city: String,
    #[validate(range(min = 0, max = 999))]
    pub floor: i32,
    pub country: Country,
}

/// A country.
#[value]
pub struct Country {
    #[value(pattern = "^[A-Z]{2}$", default = "DE")]
    pub code: String,
}

/// A piece of something.
#[value]
pub struct Piece {
    #[value(key)]
    pub number: u32,
    #[value(required)]
    #[validate(length(max = 10))]
    pub what: String,
    #[value(read_only)]
    pub weight: u32,
}

/// Something that demands much.
#[entity("stricts", unique = "code")]
pub struct Strict {
    #[entity(drawn)]
    pub id: Id<Strict>,
    #[entity(required, pattern = "^[A-Z]{2}-[0-9]{4,6}$")]
    pub code: String,
    #[entity(required)]
    #[validate(length(min = 1, max = 40))]
    pub title: String,
    #[validate(email)]
    pub contact: Option<String>,
    #[entity(required)]
    pub plain: Id<Plain>,
}

/// Something that is made once and then only looked at.
#[entity("sightings", list(sort = "-what"))]
pub struct Seen {
    pub id: Id<Seen>,
    pub what: String,
}

/// Sees something.
#[process]
pub async fn see(cx: &mut WriteContext, what: String, twice: Option<bool>) -> Result<Stored<Seen>> {
    let what = if twice == Some(true) { format!("{what} {what}") } else { what };
    cx.create(Seen { what, ..Seen::default() }).await
}
