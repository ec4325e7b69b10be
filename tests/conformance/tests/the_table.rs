//! The convention table: seed 003's rows typed by hand, core's table, and what a server was observed to do agree, and
//! not one cell of it can be changed without being found out.

use std::sync::OnceLock;

use enaction_conformance::table::{Observations, disagreements};
use enaction_core::table::{BodyRule, Cell, Convention, IdempotencyKey, Preconditions, Reading, Row, TABLE, Target};

use crate::shop;

/// Seed 003, and the rows that the design adds to it, by hand: POST, GET, PUT, PATCH, DELETE, QUERY. A status behind a bar is
/// that of an answer without content. `=` begins what a resource does by itself, `+` what it must declare.
#[rustfmt::skip]
const BY_HAND: &[(Target, [&str; 6])] = &[
    (Target::Collection, [
        "= body may be empty, new; 201|201 Location, key",
        "= no body; 200|204",
        "+ body may be empty, whole; 200|204",
        "+ body, patch; 200|204, key",
        "+ no body; 204|204",
        "+ body may be empty, whole; 200|204 unconditional",
    ]),
    (Target::Item, [
        "404 or 409",
        "= no body; 200|204",
        "= body may be empty, whole; 200|204",
        "= body, patch; 200|204, key",
        "= no body; 200|204",
        "405",
    ]),
    (Target::Property, [
        "405",
        "= no body; 200|204",
        "= body, whole; 200|204",
        "= body, patch; 200|204, key",
        "= no body; 200|204",
        "405",
    ]),
    (Target::View, ["405", "= no body; 200|204", "405", "405", "405", "405"]),
    (Target::Action, [
        "+ body may be empty, whole; 200|204, key",
        "405",
        "405",
        "+ body, whole; 200|204, key",
        "405",
        "405",
    ]),
    (Target::Singleton, [
        "405",
        "= no body; 200|204",
        "= body may be empty, whole; 200|204",
        "= body, patch; 200|204, key",
        "+ no body; 200|204",
        "405",
    ]),
    (Target::Search, ["+ body may be empty, whole; 200|204 unconditional", "405", "405", "405", "405", "405"]),
    (Target::Batch, ["+ body, whole; 200|204 unconditional, key", "405", "405", "405", "405", "405"]),
    (Target::Endpoint, [
        "+ body may be empty, whole; 200|204 unconditional",
        "+ no body; 200|204",
        "405",
        "405",
        "405",
        "405",
    ]),
];

/// A cell in the words of the rows above.
fn words(cell: &Cell) -> String {
    let (mark, convention) = match cell {
        Cell::Refused => return "405".to_owned(),
        Cell::Taken => return "404 or 409".to_owned(),
        Cell::Bound(convention) => ('=', convention),
        Cell::OptIn(convention) => ('+', convention),
    };
    let reading = match convention.reading {
        Reading::Create => "new",
        Reading::Full => "whole",
        Reading::Patch => "patch",
    };
    let body = match convention.body {
        BodyRule::None if convention.reading == Reading::Full => "no body".to_owned(),
        BodyRule::None => format!("no body, {reading}"),
        BodyRule::Optional => format!("body may be empty, {reading}"),
        BodyRule::Required => format!("body, {reading}"),
    };
    let location = if convention.location { " Location" } else { "" };

    let preconditions = match convention.preconditions {
        Preconditions::Ignored => " unconditional",
        Preconditions::Taken => "",
        Preconditions::Demanded => " If-Match",
    };
    let key = match convention.idempotency_key {
        IdempotencyKey::Ignored => "",
        IdempotencyKey::Taken => ", key",
        IdempotencyKey::Demanded => ", key demanded",
    };
    format!("{mark} {body}; {}|{}{location}{preconditions}{key}", convention.success, convention.nothing)
}

/// Where a table is not the one that was typed by hand.
fn typed(table: &[Row]) -> Vec<String> {
    let rows = table.iter().map(|row| (row.target, row.cells.each_ref().map(words)));
    let expected = BY_HAND.iter().map(|(target, cells)| (*target, cells.map(str::to_owned)));
    let (rows, expected): (Vec<_>, Vec<_>) = (rows.collect(), expected.collect());
    let wrong =
        rows.iter().filter(|row| !expected.contains(row)).chain(expected.iter().filter(|row| !rows.contains(row)));
    wrong.map(|row| format!("{row:?}")).collect()
}

/// What a shop with everything does, observed once.
fn observed() -> &'static Observations {
    static OBSERVED: OnceLock<Observations> = OnceLock::new();
    OBSERVED.get_or_init(|| {
        let service = shop::start();
        enaction_conformance::observe(&shop::target(&service)).observed
    })
}

#[test]
fn the_table_is_seed_003_typed_by_hand() {
    assert_eq!(typed(TABLE), Vec::<String>::new());
}

#[test]
fn a_server_does_what_the_table_says() {
    assert_eq!(disagreements(observed(), TABLE, shop::PLAIN), Vec::<String>::new());
}

/// Other cells for the place of one.
fn others(cell: &Cell) -> Vec<Cell> {
    let mut all = vec![Cell::Refused, Cell::Taken];
    let known = TABLE.iter().flat_map(|row| row.cells);
    all.extend(known.filter(|one| one.convention().is_some()));
    if let Some(convention) = cell.convention() {
        let again = |change: &dyn Fn(&mut Convention)| {
            let mut other = *convention;
            change(&mut other);
            if matches!(cell, Cell::Bound(_)) { Cell::Bound(other) } else { Cell::OptIn(other) }
        };
        all.push(Cell::Bound(*convention));
        all.push(Cell::OptIn(*convention));
        all.push(again(&|one| one.success += 1));
        all.push(again(&|one| one.nothing += 1));
        all.push(again(&|one| one.location = !one.location));
        for preconditions in [Preconditions::Ignored, Preconditions::Taken, Preconditions::Demanded] {
            all.push(again(&|one| one.preconditions = preconditions));
        }
        for key in [IdempotencyKey::Ignored, IdempotencyKey::Taken, IdempotencyKey::Demanded] {
            all.push(again(&|one| one.idempotency_key = key));
        }
        for body in [BodyRule::None, BodyRule::Optional, BodyRule::Required] {
            all.push(again(&|one| one.body = body));
        }
        for reading in [Reading::Create, Reading::Full, Reading::Patch] {
            all.push(again(&|one| one.reading = reading));
        }
    }
    all.retain(|other| other != cell);
    all
}

#[test]
fn no_cell_can_be_changed_without_being_found_out() {
    let mut tried = 0;
    for (at, row) in TABLE.iter().enumerate() {
        for column in 0..row.cells.len() {
            for other in others(&row.cells[column]) {
                let mut table = TABLE.to_vec();
                table[at].cells[column] = other;
                let place = format!("{:?}, column {column}, as {other:?}", row.target);
                assert!(!typed(&table).is_empty(), "the rows by hand let pass: {place}");
                // What is always declared binds nothing by itself, so nobody can see whether it would.
                let same = row.cells[column].convention() == other.convention() && other.convention().is_some();
                let declared = matches!(row.target, Target::Singleton | Target::Search | Target::Batch);
                if !(same && declared) {
                    let found = disagreements(observed(), &table, shop::PLAIN);
                    assert!(!found.is_empty(), "the running server lets pass: {place}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 400, "{tried}");
}
