//! What a page costs, whatever lies before it and beside it: the first and the thousandth, of a thousand items and of a
//! million, of one company and of a thousand.
//!
//! Instructions of the whole request are counted, as in `instructions`, on SQLite; a thousandth page is reached by the
//! cursors of those before it.

use std::process::ExitCode;

use crate::{
    cases::get,
    hoard::{CUSTOMER, Hoard},
    instructions::{Counting, tools},
    load::{Load, Script},
    server::{Server, Which},
};

const SMALLEST: Hoard = Hoard { items: 1_000, companies: 1 };
const GATED: [Hoard; 3] = [SMALLEST, Hoard { items: 100_000, companies: 1 }, Hoard { items: 100_000, companies: 100 }];
const ALL: [Hoard; 5] = [
    SMALLEST,
    Hoard { items: 100_000, companies: 1 },
    Hoard { items: 1_000_000, companies: 1 },
    Hoard { items: 100_000, companies: 100 },
    Hoard { items: 1_000_000, companies: 1_000 },
];
/// How many times what the same page takes of the smallest hoard, and how many times the first page, a page may take.
/// Each item of an index is one way down the tree of records, which is one level deeper when they are a hundred times more.
const FACTOR_MAX: f64 = 1.5;
const REQUESTS: usize = 200;
/// Which page is far.
const FAR: usize = 1_000;

/// A page: its number, of so many items each.
#[derive(Clone, Copy)]
struct Page {
    number: usize,
    items: usize,
}

/// The first and the last say what flat means: the others are held against the first of their size.
const PAGES: [Page; 4] = [
    Page { number: 1, items: 1 },
    Page { number: FAR, items: 1 },
    Page { number: 1, items: 50 },
    Page { number: FAR, items: 50 },
];

/// Counts, prints, and says whether every page is within the factor.
pub(crate) fn run(gated: bool) -> ExitCode {
    if tools().is_none() {
        println!("the cost of pages is not counted: valgrind is not installed (apt-get install valgrind)");
        return ExitCode::SUCCESS;
    }
    let orders = [
        ("by id", "/baskets?".to_owned()),
        ("by index", format!("/baskets?filter[basketType]=BASKET&filter[customerId]={CUSTOMER}&sort=-created&")),
    ];
    let mut smallest = Vec::new();
    let mut flat = true;
    for hoard in if gated { &GATED[..] } else { &ALL } {
        for (name, counts) in measure(*hoard, &orders) {
            for (page, count) in PAGES.iter().zip(&counts) {
                let Some(count) = count else { continue };
                // The first page of this size in the smallest hoard.
                let base = match smallest.iter().find(|(of, items, _)| *of == name && *items == page.items) {
                    Some((_, _, base)) => *base,
                    None => {
                        smallest.push((name, page.items, *count));
                        *count
                    }
                };
                let factor = *count as f64 / base as f64;
                flat = flat && factor <= FACTOR_MAX;
                let Page { number, items } = page;
                println!("{hoard}, {name}, page {number} of {items}: {count} instructions, {factor:.3}");
            }
        }
    }
    println!("expected at most {FACTOR_MAX} times the first page of the smallest");
    if flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Instructions of each page in each order; nothing where there are not so many items.
fn measure(hoard: Hoard, orders: &[(&'static str, String)]) -> Vec<(&'static str, Vec<Option<u64>>)> {
    let directory = tempfile::tempdir().expect("a directory");
    hoard.fill(directory.path());
    let server = Server::start(Which::Ours, Some(directory.path()), None);
    let path = |(_, order): &(&'static str, String)| PAGES.map(|page| page.path(hoard, order, &server));
    let paths: Vec<_> = orders.iter().map(path).collect();
    drop(server);
    let mut counting = Counting::start(Which::Ours, Some(directory.path()), "pages");
    let mut count = |path: &Option<String>| {
        let path = path.as_ref()?;
        let script = Script(vec![(get(&counting.server, path), 200)]);
        Some(counting.count(&script, REQUESTS))
    };
    orders.iter().zip(&paths).map(|((name, _), paths)| (*name, paths.iter().map(&mut count).collect())).collect()
}

impl Page {
    /// Where it is, found by walking there; nothing where the walk ends before.
    fn path(self, hoard: Hoard, order: &str, server: &Server) -> Option<String> {
        let mut path = format!("{order}limit={}", self.items);
        if self.number * self.items > hoard.own() {
            return None;
        }
        let mut load = Load::new(server.address, 1);
        for _ in 1..self.number {
            let answer = load.one(&get(server, &path));
            let page: serde_json::Value = serde_json::from_str(&answer.body).expect("a page");
            page["next"].as_str().unwrap_or_else(|| panic!("{path}: {}", answer.body)).clone_into(&mut path);
        }
        Some(path)
    }
}
