use enaction::prelude::*;

/// A customer.
#[entity("customers", unique = "code")]
pub struct Customer {
    #[entity(sensitive = "customers.personal")]
    pub id: Id<Customer>,
    #[entity(sensitive = "customers.personal")]
    pub code: Option<String>,
    #[entity(required, sensitive = "customers.personal")]
    pub name: String,
    #[entity(sensitive)]
    pub born: String,
    #[entity(sensitive = "")]
    pub rating: u32,
}

/// A card.
#[value]
pub struct Card {
    #[value(key, sensitive = "customers.payment")]
    pub number: u32,
    #[value(sensitive = "customers.payment")]
    #[serde(flatten)]
    pub bank: Bank,
}

/// A bank.
#[value]
pub struct Bank {
    pub iban: String,
}

/// How a customer is told.
#[flags]
pub struct Telling {
    #[flags(sensitive = "customers.personal")]
    pub long: bool,
}

fn main() {}
