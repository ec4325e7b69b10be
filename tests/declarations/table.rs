//! The convention table, typed by hand beside seed 003, and held against the one that the framework runs by.

use enaction::table::{
    BodyRule, Cell, Convention, IdempotencyKey, Method, Preconditions, Reading, Row, TABLE, Target, cell,
};

/// One row as a person reads it: POST, GET, PUT, PATCH, DELETE, QUERY.
type Typed = (Target, [&'static str; 6]);

// Seed 003, "Collections (e.g. /baskets)":
//   POST    201 (Created) - The Location header should include the reference to the new item (e.g. /baskets/{id})
//   GET     200 (OK) - Returning the list of baskets in the response body.
//   PUT     405 (Method Not Allowed), unless the service supports replacing the entire collection
//   PATCH   405 (Method Not Allowed), unless the service supports updating the entire collection
//   DELETE  405 (Method Not Allowed), unless the service supports deleting the entire collection
// "The request body will describe the content of the entity being created - this can be empty."
// "A request body should not be supplied with a GET request", nor "with a DELETE request".
const COLLECTION: Typed = (
    Target::Collection,
    [
        "201 with Location, 201 when nothing is answered; the body may be empty, and is a new entity; it may carry a key",
        "200, 204 when nothing is answered; no body",
        "405 unless declared: 200, 204 when nothing is answered; the body may be empty, and is whole",
        "405 unless declared: 200, 204 when nothing is answered; the body is needed, and is a patch; it may carry a key",
        "405 unless declared: 204; no body",
        "405 unless declared: 200, 204 when nothing is answered; the body may be empty, and is whole; preconditions are passed over",
    ],
);

// Seed 003, "Items (e.g. /baskets/{id})":
//   POST    404 (Not Found) if {id} doesn't exist or 409 (Conflict) if {id} does exist.
//   GET     200 (OK) returning the item in the response body or 404 (Not Found) if {id} doesn't exist
//   PUT     200 (OK) returning the updated item or 204 (No Content) if the update item is not being returned or 404
//   PATCH   200 (OK) returning the updated item or 204 (No Content) if the update item is not being returned or 404
//   DELETE  200 (OK) returning the deleted item or 204 (No Content) if the delete item is not being returned or 404
// "If the request body is empty, this implies the entity should be reset to an 'empty' state" (PUT).
const ITEM: Typed = (
    Target::Item,
    [
        "404 when unknown, 409 when it exists",
        "200, 204 when nothing is answered; no body",
        "200, 204 when nothing is answered; the body may be empty, and is whole",
        "200, 204 when nothing is answered; the body is needed, and is a patch; it may carry a key",
        "200, 204 when nothing is answered; no body",
        "405",
    ],
);

// What seed 003 leaves open is settled by the design.
const PARTS: [Typed; 7] = [
    (
        Target::Property,
        [
            "405",
            "200, 204 when nothing is answered; no body",
            "200, 204 when nothing is answered; the body is needed, and is whole",
            "200, 204 when nothing is answered; the body is needed, and is a patch; it may carry a key",
            "200, 204 when nothing is answered; no body",
            "405",
        ],
    ),
    (Target::View, ["405", "200, 204 when nothing is answered; no body", "405", "405", "405", "405"]),
    (
        Target::Action,
        [
            "405 unless declared: 200, 204 when nothing is answered; the body may be empty, and is whole; it may carry a key",
            "405",
            "405",
            "405 unless declared: 200, 204 when nothing is answered; the body is needed, and is whole; it may carry a key",
            "405",
            "405",
        ],
    ),
    (
        Target::Singleton,
        [
            "405",
            "200, 204 when nothing is answered; no body",
            "200, 204 when nothing is answered; the body may be empty, and is whole",
            "200, 204 when nothing is answered; the body is needed, and is a patch; it may carry a key",
            "405 unless declared: 200, 204 when nothing is answered; no body",
            "405",
        ],
    ),
    (
        Target::Search,
        [
            "405 unless declared: 200, 204 when nothing is answered; the body may be empty, and is whole; preconditions are passed over",
            "405",
            "405",
            "405",
            "405",
            "405",
        ],
    ),
    (
        Target::Batch,
        [
            "405 unless declared: 200, 204 when nothing is answered; the body is needed, and is whole; preconditions are passed over; it may carry a key",
            "405",
            "405",
            "405",
            "405",
            "405",
        ],
    ),
    (
        Target::Endpoint,
        [
            "405 unless declared: 200, 204 when nothing is answered; the body may be empty, and is whole; preconditions are passed over",
            "405 unless declared: 200, 204 when nothing is answered; no body",
            "405",
            "405",
            "405",
            "405",
        ],
    ),
];

fn typed() -> Vec<Typed> {
    [vec![COLLECTION, ITEM], PARTS.to_vec()].concat()
}

/// A cell as a person reads it.
fn said(cell: &Cell) -> String {
    match cell {
        Cell::Refused => "405".to_owned(),
        Cell::Taken => "404 when unknown, 409 when it exists".to_owned(),
        Cell::Bound(convention) => convention_said(convention),
        Cell::OptIn(convention) => format!("405 unless declared: {}", convention_said(convention)),
    }
}

fn convention_said(convention: &Convention) -> String {
    let Convention { body, reading, success, nothing, location, preconditions, idempotency_key } = convention;
    let mut said = success.to_string();
    if *location {
        said += " with Location";
    }
    if nothing != success || *location {
        said += &format!(", {nothing} when nothing is answered");
    }
    let is = match reading {
        Reading::Create => "and is a new entity",
        Reading::Full => "and is whole",
        Reading::Patch => "and is a patch",
    };
    said += &match body {
        // Nothing is read, so that it does not matter how.
        BodyRule::None if *reading == Reading::Full => "; no body".to_owned(),
        BodyRule::None => format!("; no body, {is}"),
        BodyRule::Optional => format!("; the body may be empty, {is}"),
        BodyRule::Required => format!("; the body is needed, {is}"),
    };
    said += match preconditions {
        Preconditions::Ignored => "; preconditions are passed over",
        Preconditions::Taken => "",
        Preconditions::Demanded => "; If-Match is demanded",
    };
    said += match idempotency_key {
        IdempotencyKey::Ignored => "",
        IdempotencyKey::Taken => "; it may carry a key",
        IdempotencyKey::Demanded => "; a key is demanded",
    };
    said
}

/// Where a table differs from the typed one, a sentence for each place.
fn differences(table: &[Row]) -> Vec<String> {
    let typed = typed();
    let mut found = Vec::new();
    if table.len() != typed.len() {
        found.push(format!("{} rows, {} typed", table.len(), typed.len()));
    }
    for (row, (target, cells)) in table.iter().zip(&typed) {
        if row.target != *target {
            found.push(format!("the row of {target:?} is one of {:?}", row.target));
        }
        for ((method, cell), expected) in Method::ALL.iter().zip(&row.cells).zip(cells) {
            let said = said(cell);
            if said != *expected {
                found.push(format!("{} of {target:?}: {said:?}, typed {expected:?}", method.as_str()));
            }
        }
    }
    found
}

/// Every other cell that could stand in the place of one.
fn others(cell: &Cell) -> Vec<Cell> {
    let usual = Convention {
        body: BodyRule::Optional,
        reading: Reading::Full,
        success: 200,
        nothing: 204,
        location: false,
        preconditions: Preconditions::Taken,
        idempotency_key: IdempotencyKey::Ignored,
    };
    let convention = cell.convention().copied().unwrap_or(usual);
    let mut conventions = vec![convention];
    for status in [200, 201, 202, 204, 205, 400, 404, 405, 409, 422] {
        conventions.push(Convention { success: status, ..convention });
        conventions.push(Convention { nothing: status, ..convention });
    }
    for body in [BodyRule::None, BodyRule::Optional, BodyRule::Required] {
        conventions.push(Convention { body, ..convention });
    }
    for reading in [Reading::Create, Reading::Full, Reading::Patch] {
        conventions.push(Convention { reading, ..convention });
    }
    conventions.push(Convention { location: !convention.location, ..convention });
    for preconditions in [Preconditions::Ignored, Preconditions::Taken, Preconditions::Demanded] {
        conventions.push(Convention { preconditions, ..convention });
    }
    for idempotency_key in [IdempotencyKey::Ignored, IdempotencyKey::Taken, IdempotencyKey::Demanded] {
        conventions.push(Convention { idempotency_key, ..convention });
    }
    let bound = conventions.iter().copied().map(Cell::Bound);
    let opted = conventions.iter().copied().map(Cell::OptIn);
    bound.chain(opted).chain([Cell::Taken, Cell::Refused]).filter(|other| other != cell).collect()
}

#[test]
fn the_table_is_what_the_seed_says() {
    assert_eq!(differences(TABLE), Vec::<String>::new());
}

#[test]
fn a_change_of_any_one_cell_is_found() {
    let mut tried = 0;
    for (index, row) in TABLE.iter().enumerate() {
        for (column, method) in Method::ALL.iter().enumerate() {
            for other in others(&row.cells[column]) {
                let mut table = TABLE.to_vec();
                table[index].cells[column] = other;
                let found = differences(&table);
                let place = format!("{} of {:?}", method.as_str(), row.target);
                assert_eq!(found.len(), 1, "{place} changed to {other:?}: {found:?}");
                assert!(found[0].starts_with(&place), "{place} changed to {other:?}: {found:?}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "every cell was changed in every way: {tried}");
}

#[test]
fn a_row_that_is_lost_moved_or_added_is_found() {
    for (index, row) in TABLE.iter().enumerate() {
        let mut lost = TABLE.to_vec();
        lost.remove(index);
        assert!(!differences(&lost).is_empty(), "without the row of {:?}", row.target);
        let mut moved = TABLE.to_vec();
        moved.swap(index, (index + 1) % TABLE.len());
        assert!(!differences(&moved).is_empty(), "with the row of {:?} elsewhere", row.target);
        let added = [TABLE, &[*row]].concat();
        assert!(!differences(&added).is_empty(), "with the row of {:?} twice", row.target);
    }
}

#[test]
fn every_cell_is_found_by_its_target_and_method() {
    for row in TABLE {
        for (method, expected) in Method::ALL.into_iter().zip(&row.cells) {
            assert_eq!(cell(row.target, method), expected, "{} of {:?}", method.as_str(), row.target);
        }
    }
}

#[test]
fn only_queries_stand_behind_get_and_query() {
    for method in Method::ALL {
        assert_eq!(method.is_safe(), matches!(method, Method::Get | Method::Query), "{}", method.as_str());
    }
}
