//! What a read and a page cost, whatever lies before and beside: an item, the first page and the thousandth, of a thousand
//! items, of a million and of ten million, of one company and of a thousand.
//!
//! Instructions of the whole request are counted, as in `instructions`, on SQLite; a thousandth page is reached by the
//! cursors of those before it.

use std::process::ExitCode;

use crate::{
    cases::get,
    compare::directory,
    hoard::{CUSTOMER, Hoard, id},
    instructions::{Counting, tools},
    load::{Load, Script},
    server::{Kept, Server, Which},
};

const SMALLEST: Hoard = Hoard { items: 1_000, companies: 1 };
/// What is counted unless another is asked for; ten million take some minutes, and nine gigabytes of the disk.
const USUAL: [Hoard; 3] = [
    Hoard { items: 100_000, companies: 1 },
    Hoard { items: 1_000_000, companies: 1 },
    Hoard { items: 1_000_000, companies: 1_000 },
];
/// How many times what the same takes of the smallest hoard, and how many times the first page, anything may take.
/// Each item of an index is one way down the tree of records, which is one level deeper when they are a hundred times more.
const FACTOR_MAX: f64 = 1.5;
const REQUESTS: usize = 200;
/// Which page is far.
const FAR: usize = 1_000;

/// The paths of what is asked, and of what is asked before it is counted. The first of a name in the smallest hoard says
/// what flat means.
struct Asked {
    name: &'static str,
    what: String,
    before: Vec<String>,
    counted: Vec<String>,
    /// Counted where the first count is too high.
    again: Vec<String>,
}

/// Counts, prints, and says whether everything is within the factor.
pub(crate) fn run(asked_for: Option<Hoard>) -> ExitCode {
    if tools().is_none() {
        eprintln!("install valgrind first (apt-get install valgrind): it counts the instructions");
        return ExitCode::FAILURE;
    }
    let mut smallest: Vec<(&str, u64)> = Vec::new();
    let mut flat = true;
    let hoards = asked_for.map_or(USUAL.to_vec(), |hoard| vec![hoard]);
    for hoard in [SMALLEST].iter().chain(&hoards) {
        let directory = directory();
        hoard.fill(directory.path());
        let server = Server::start(Which::Ours, Kept::In(directory.path()), None);
        let asked = asked(*hoard, &server);
        drop(server);
        let mut counting = Counting::start(Which::Ours, Kept::In(directory.path()), "pages");
        for Asked { name, what, before, counted, again } in asked {
            let [before, counted, again] = [before, counted, again].map(|paths| gets(&counting.server, &paths));
            let mut found = counting.count(&before, &counted, REQUESTS);
            let base = smallest.iter().find(|(of, _)| *of == name).map(|(_, base)| *base);
            let base = base.unwrap_or_else(|| {
                smallest.push((name, found));
                found
            });
            let factor = |found: u64| found as f64 / base as f64;
            if factor(found) > FACTOR_MAX {
                // A round of maintenance that fell into it does not fall into the next.
                found = found.min(counting.count(&before, &again, REQUESTS));
            }
            flat = flat && factor(found) <= FACTOR_MAX;
            println!("{hoard}, {what}: {found} instructions, {:.3}", factor(found));
        }
    }
    println!("expected at most {FACTOR_MAX} times the first of the smallest");
    if flat { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn gets(server: &Server, paths: &[String]) -> Script {
    Script(paths.iter().map(|path| (get(server, path), 200)).collect())
}

/// Items that nobody read before, and pages of two sizes in two orders, the first of each and one that is far.
fn asked(hoard: Hoard, server: &Server) -> Vec<Asked> {
    // From the whole of the collection, each once.
    let items = |set: usize| {
        let path = move |n: usize| format!("/baskets/{}", id((3 * n + set) * hoard.own() / (3 * REQUESTS)));
        (0..REQUESTS).map(path).collect::<Vec<_>>()
    };
    let mut asked = vec![Asked {
        name: "an item",
        what: "an item".to_owned(),
        before: items(0),
        counted: items(1),
        again: items(2),
    }];
    let filtered = format!("/baskets?filter[basketType]=BASKET&filter[customerId]={CUSTOMER}&sort=-created&");
    for (path, items, name) in [
        ("/baskets?", 1, "1 by id"),
        ("/baskets?", 50, "50 by id"),
        (filtered.as_str(), 1, "1 by an index"),
        (filtered.as_str(), 50, "50 by an index"),
    ] {
        let far = (hoard.own() >= FAR * items).then_some(FAR);
        for page in [Some(1), far].into_iter().flatten() {
            let path = walk(server, format!("{path}limit={items}"), page);
            let what = format!("page {page} of {name}");
            let [before, counted, again] = [(); 3].map(|()| vec![path.clone()]);
            asked.push(Asked { name, what, before, counted, again });
        }
    }
    asked
}

/// Where a page is, found by the cursors of those before it.
fn walk(server: &Server, mut path: String, page: usize) -> String {
    let mut load = Load::new(server.address, 1);
    for _ in 1..page {
        let answer = load.one(&get(server, &path));
        let page: serde_json::Value = serde_json::from_str(&answer.body).expect("a page");
        page["next"].as_str().unwrap_or_else(|| panic!("{path}: {}", answer.body)).clone_into(&mut path);
    }
    path
}
