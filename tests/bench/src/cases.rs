//! What is asked of a server.

use crate::{
    load::{Load, Script},
    server::Server,
};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    /// `GET /baskets/{id}`, of baskets with three lines.
    Read,
    /// The same by who knows the tag: 304.
    Unchanged,
    /// `GET /baskets/{id}`, of baskets with 60 lines.
    Large,
    /// The same by who knows the tag: 304.
    UnchangedLarge,
    /// `POST /baskets` of a basket without lines.
    Create,
    /// `POST /baskets:batch` of 50 such.
    Batch,
    /// `GET /baskets`: 50 baskets with three lines each.
    List,
    /// `GET /baskets?filter[basketType]=BASKET`: 50 of the same, by a declared index.
    Filtered,
    /// The list by who knows the tag: 304.
    UnchangedList,
    /// 80 % read, 15 % create, 5 % list.
    Mixed,
}

/// Baskets that are there before it begins.
const BASKETS: usize = 500;
/// What is in them.
const LINES: [&str; 3] =
    [r#"{"itemId":"1001","quantity":2}"#, r#"{"itemId":"1017"}"#, r#"{"itemId":"1042","quantity":12,"unitPrice":95}"#];
/// Operations of a batch.
const BATCH: usize = 50;
/// A basket without lines.
const BASKET: &str = r#"{"basketType":"BASKET"}"#;

impl Case {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unchanged => "unchanged",
            Self::Large => "60 lines",
            Self::UnchangedLarge => "unchanged 60",
            Self::Create => "create",
            Self::Batch => "batch of 50",
            Self::List => "list of 50",
            Self::Filtered => "filtered list",
            Self::UnchangedList => "unchanged list",
            Self::Mixed => "mixed",
        }
    }

    /// How many operations one of its requests has.
    pub(crate) const fn operations(self) -> usize {
        if matches!(self, Self::Batch) { BATCH } else { 1 }
    }

    /// Fills a server and writes the requests to it.
    pub(crate) fn prepare(self, server: &Server) -> Script {
        let create = || (post(server, "/baskets", BASKET), 201);
        match self {
            Self::Create => return Script(vec![create()]),
            Self::Batch => return Script(vec![(post(server, "/baskets:batch", &batch()), 200)]),
            _ => {}
        }
        let (baskets, lines) = match self {
            Self::Large | Self::UnchangedLarge => (20, 20 * LINES.len()),
            _ => (BASKETS, LINES.len()),
        };
        let paths = fill(server, baskets, lines);
        let read = |n: usize| (get(server, &paths[n % paths.len()]), 200);
        let list = || (get(server, "/baskets"), 200);
        Script(match self {
            Self::Read | Self::Large => (0..paths.len()).map(read).collect(),
            Self::List => vec![list()],
            Self::Filtered => vec![(get(server, "/baskets?filter[basketType]=BASKET"), 200)],
            Self::Unchanged | Self::UnchangedLarge => paths.iter().map(|path| (known(server, path), 304)).collect(),
            Self::UnchangedList => vec![(known(server, "/baskets"), 304)],
            Self::Create | Self::Batch | Self::Mixed => {
                let mixed = |n: usize| match n % 20 {
                    3 | 9 | 15 => create(),
                    12 => list(),
                    _ => read(n),
                };
                (0..1000).map(mixed).collect()
            }
        })
    }
}

/// Creates baskets with so many lines; their paths.
fn fill(server: &Server, baskets: usize, lines: usize) -> Vec<String> {
    let lines: Vec<&str> = LINES.iter().copied().cycle().take(lines).collect();
    let basket = format!(r#"{{"basketType":"BASKET","description":"Till 3","items":[{}]}}"#, lines.join(","));
    let mut load = Load::new(server.address, 1);
    let create = post(server, "/baskets", &basket);
    let paths = (0..baskets).map(|_| {
        let answer = load.one(&create);
        let location = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        location.unwrap_or_else(|| panic!("{} {}", answer.status, answer.body)).to_owned()
    });
    paths.collect()
}

pub(crate) fn get(server: &Server, path: &str) -> Vec<u8> {
    request("GET", path, server, "\r\n")
}

/// GET by who knows what is there.
fn known(server: &Server, path: &str) -> Vec<u8> {
    let answer = Load::new(server.address, 1).one(&get(server, path));
    let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: "));
    let tag = tag.unwrap_or_else(|| panic!("{} {}", answer.status, answer.head));
    request("GET", path, server, &format!("if-none-match: {tag}\r\n\r\n"))
}

fn batch() -> String {
    let create = format!(r#"{{"method":"POST","path":"/baskets","body":{BASKET}}}"#);
    format!(r#"{{"operations":[{}]}}"#, vec![create; BATCH].join(","))
}

fn post(server: &Server, path: &str, body: &str) -> Vec<u8> {
    let rest = format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    request("POST", path, server, &rest)
}

fn request(method: &str, path: &str, server: &Server, rest: &str) -> Vec<u8> {
    let (address, tokens) = (server.address, &server.tokens);
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nuser-agent: till/1.0\r\n");
    format!("{head}accept: application/json\r\n{tokens}{rest}").into_bytes()
}
