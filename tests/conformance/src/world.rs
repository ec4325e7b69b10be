//! A running server with its operations: who calls, and how.

use std::{cell::RefCell, collections::BTreeMap, net::SocketAddr};

use enaction_core::table::Method;
use serde_json::Value;

use crate::{
    client::{Answer, Request, send},
    operation::{Operation, read_operations},
};

/// The two tokens of a caller.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The header `id_token`.
    pub id: String,
    /// The header `site_token`.
    pub site: String,
}

impl From<(String, String)> for Tokens {
    fn from((id, site): (String, String)) -> Self {
        Self { id, site }
    }
}

/// A running server, and the tokens of those who call it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where it listens.
    pub address: SocketAddr,
    /// Someone with every permission of a company.
    pub all: Tokens,
    /// Someone with every permission of another company.
    pub other: Tokens,
    /// Someone of the first company without any permission.
    pub nobody: Tokens,
    /// The first, with tokens that were narrowed to a permission that nothing needs; where the server gives such.
    pub narrow: Option<Tokens>,
}

/// A running server with its operations.
pub struct World<'t> {
    /// Where it is.
    pub target: &'t Target,
    /// In the order of paths.
    pub operations: Vec<Operation>,
    /// What was made to be referred to: the path of a collection, and the path of an item in it.
    pub(crate) pool: RefCell<BTreeMap<String, String>>,
    /// Which collection a member of a document refers to, by the operation and the pointer; found by trying.
    pub(crate) references: RefCell<BTreeMap<(String, String), String>>,
    pub(crate) drawn: RefCell<u64>,
    /// The last request that was to succeed, without tokens.
    pub(crate) last: RefCell<Request>,
}

impl<'t> World<'t> {
    /// Reads the operations.
    ///
    /// # Panics
    /// When they can not be read.
    #[must_use]
    pub fn open(target: &'t Target) -> Self {
        let answer = ask(target, &target.all, Request::new("GET", "/operations"));
        assert_eq!(answer.status, 200, "GET /operations: {}", answer.told());
        let mut operations = read_operations(&answer.json());
        operations.sort_by(|a, b| (&a.path, a.method).cmp(&(&b.path, b.method)));
        assert!(!operations.is_empty(), "a server has operations");
        let (pool, references) = Default::default();
        Self { target, operations, pool, references, drawn: RefCell::default(), last: RefCell::default() }
    }

    /// Sends a request without tokens.
    pub fn bare(&self, request: &Request) -> Answer {
        send(self.target.address, request)
    }

    /// Sends a request of someone.
    pub fn ask_as(&self, tokens: &Tokens, request: Request) -> Answer {
        ask(self.target, tokens, request)
    }

    /// Sends a request of whoever may do everything.
    pub fn ask(&self, request: Request) -> Answer {
        self.ask_as(&self.target.all, request)
    }

    /// GET by whoever may do everything.
    pub fn get(&self, path: &str) -> Answer {
        self.ask(Request::new("GET", path))
    }

    /// The operations of a path template that can succeed.
    pub fn of_path(&self, path: &str) -> impl Iterator<Item = &Operation> {
        let path = path.to_owned();
        self.operations.iter().filter(move |one| one.path == path && !one.taken)
    }

    /// The operation of a method of a path template.
    #[must_use]
    pub fn find(&self, method: Method, path: &str) -> Option<&Operation> {
        self.of_path(path).find(|one| one.method == method)
    }

    /// Every path template, once.
    #[must_use]
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.operations.iter().map(|one| one.path.as_str()).collect();
        paths.dedup();
        paths
    }

    /// The methods that `Allow` names for a path template.
    #[must_use]
    pub fn allow(&self, path: &str) -> String {
        let order = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete, Method::Query];
        let there = order.into_iter().filter(|method| self.find(*method, path).is_some());
        let names = there.map(|method| if method == Method::Get { "GET, HEAD" } else { method.as_str() });
        names.chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }

    /// Whether a form is posted there, not JSON: `OPTIONS` tells.
    #[must_use]
    pub fn takes_form(&self, path: &str) -> bool {
        let options = self.bare(&Request::new("OPTIONS", path));
        options.header("accept-post").is_some_and(|taken| taken.contains("form-urlencoded"))
    }

    /// A number that was not drawn before.
    pub(crate) fn draw(&self) -> u64 {
        let mut drawn = self.drawn.borrow_mut();
        *drawn += 1;
        *drawn
    }

    /// What stands at a path, for whoever may do everything.
    pub(crate) fn current(&self, path: &str) -> Option<Value> {
        let answer = self.get(path);
        (answer.status == 200).then(|| answer.json())
    }
}

fn ask(target: &Target, tokens: &Tokens, request: Request) -> Answer {
    send(target.address, &request.with("id_token", &tokens.id).with("site_token", &tokens.site))
}
