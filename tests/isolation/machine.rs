//! A small machine as a command: it runs a program of reads and writes on cells, so that a test can draw programs.
//!
//! | step | what it does to the number in hand |
//! |---|---|
//! | `read a` | takes the value of a cell, -1 when there is none |
//! | `plus a` | adds the value of a cell |
//! | `sum`, `count` | takes the sum of all cells, or how many there are, from a list |
//! | `total` | takes the sum as the query `cells.total` tells it, called by its registration |
//! | `least` | takes the least value of all cells from a list in their order, -1 when there is none |
//! | `above 3`, `counted 3` | takes how many cells have at least this value, from a list of them, or as a list counts them |
//! | `find x` | takes the value of the cell that holds a tag, -1 when none does |
//! | `set 5`, `add -1` | sets it, adds to it |
//! | `tell` | puts it into the answer |
//! | `put a` | writes it to a cell, which may be new |
//! | `create a` | writes it to a cell that must be new |
//! | `delete a` | takes a cell away, which must be there |
//! | `claim a x`, `unclaim a` | gives a tag to a cell, which may be new; takes it |
//! | `need 3`, `under 3` | a fault unless it is at least 3, or less than 3 |
//! | `unless found` | ends here when it is 0 or more |

use std::sync::Arc;

use enaction::{Application, prelude::*, store::Store};
use enaction_tests::caller::Everything;
use serde_json::json;

faults! {
    /// `need` was not met.
    TOO_LITTLE: Conflict = "too_little", "There is too little";
    /// `under` was not met.
    TOO_MUCH: Conflict = "too_much", "There is too much";
}

/// A number under a name.
#[entity("cells", unique = "tag", list(sort = "value"))]
pub struct Cell {
    #[entity(given)]
    pub id: Id<Cell>,
    pub value: i64,
    /// No two cells have the same.
    pub tag: Option<String>,
}

/// Adds all cells up.
#[process]
pub async fn total(cx: &ReadContext) -> Result<i64> {
    Ok(all(cx).await?.iter().map(|cell| cell.value).sum())
}

async fn all(cx: &ReadContext) -> Result<Vec<Stored<Cell>>> {
    Ok(cx.list::<Cell>(&PageRequest { limit: Some(500), ..PageRequest::default() }).await?.items)
}

/// The cells with at least a value, in the order of their values.
async fn above(cx: &ReadContext, least: &str, limit: u32) -> Result<Page<Stored<Cell>>> {
    let least: i64 = least.parse().expect("a number");
    let filter = [("value".to_owned(), json!({ "ge": least }))].into_iter().collect();
    cx.list(&PageRequest { filter, count: true, limit: Some(limit), ..PageRequest::default() }).await
}

/// Runs a program; answers what it told.
#[process(faults(TOO_LITTLE, TOO_MUCH))]
pub async fn run(cx: &mut WriteContext, program: String) -> Result<Vec<i64>> {
    let (mut number, mut told) = (0, Vec::new());
    for step in program.split(", ") {
        let words: Vec<&str> = step.split(' ').collect();
        match words.as_slice() {
            ["read", id] => number = value(cx, id).await?.unwrap_or(-1),
            ["plus", id] => number += value(cx, id).await?.unwrap_or(0),
            ["sum"] => number = all(cx).await?.iter().map(|cell| cell.value).sum(),
            ["count"] => number = all(cx).await?.len() as i64,
            ["total"] => number = cx.call::<total>(()).await?,
            ["least"] => number = above(cx, "-1000000", 1).await?.items.first().map_or(-1, |cell| cell.value),
            ["above", least] => number = above(cx, least, 500).await?.items.len() as i64,
            ["counted", least] => number = above(cx, least, 1).await?.count.map_or(-1, |count| count.value as i64),
            ["find", tag] => number = cx.find::<Cell>("tag", *tag).await?.map_or(-1, |cell| cell.value),
            ["set", amount] => number = amount.parse().expect("a number"),
            ["add", amount] => number += amount.parse::<i64>().expect("a number"),
            ["tell"] => told.push(number),
            ["put", id] => write(cx, id, |cell| cell.value = number).await?,
            ["create", id] => {
                cx.create(Cell { id: name(id), value: number, ..Cell::default() }).await?;
            }
            ["delete", id] => {
                cx.delete::<Cell>(&name(id)).await?;
            }
            ["claim", id, tag] => write(cx, id, |cell| cell.tag = Some((*tag).to_owned())).await?,
            ["unclaim", id] => write(cx, id, |cell| cell.tag = None).await?,
            ["need", least] if number < least.parse().expect("a number") => return Err(TOO_LITTLE.into()),
            ["under", end] if number >= end.parse().expect("a number") => return Err(TOO_MUCH.into()),
            ["need" | "under", _] => {}
            ["unless", "found"] if number >= 0 => return Ok(told),
            ["unless", "found"] => {}
            other => panic!("there is no step {other:?}"),
        }
    }
    Ok(told)
}

fn name(id: &str) -> Id<Cell> {
    id.parse().expect("an id")
}

async fn value(cx: &WriteContext, id: &str) -> Result<Option<i64>> {
    Ok(cx.get::<Cell>(&name(id)).await?.map(|cell| cell.value))
}

async fn write(cx: &mut WriteContext, id: &str, change: impl FnOnce(&mut Cell)) -> Result<()> {
    let found = cx.get::<Cell>(&name(id)).await?.map(Stored::into_inner);
    let exists = found.is_some();
    let mut cell = found.unwrap_or_else(|| Cell { id: name(id), ..Cell::default() });
    change(&mut cell);
    if exists {
        cx.update(cell).await?
    } else {
        cx.create(cell).await?
    };
    Ok(())
}

/// The machine on a store.
pub(crate) fn on(store: &Arc<dyn Store>) -> Arc<Application> {
    let module = Module::new("")
        .resource(Resource::<Cell>::stored())
        .process::<total>("cells.total")
        .process::<run>("cells.run");
    let builder = Application::builder().policies(Arc::new(Everything)).module(module);
    builder.build(Arc::clone(store)).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}
