//! The edge: the only crate that knows actix-web. A request goes one way, each step is one module, and data goes in one
//! direction: `admission`, `route`, `tokens`, `envelope`, `unwrap`, `process`, `respond`. Their order stands in `way`;
//! `problem` and `oauth` are what becomes of a refusal.
//!
//! A [`Server`] is made of an application and a verifier of token pairs.
//!
//! ```no_run
//! # fn serve(application: std::sync::Arc<enaction_core::Application>, verifier: std::sync::Arc<enaction_tokens::Verifier>)
//! # -> std::io::Result<()> {
//! use enaction_rest::Server;
//!
//! let server = Server::new(application, verifier).listen("127.0.0.1:8080").public_base("https://api.example/pos");
//! server.run()
//! # }
//! ```

mod admission;
mod answer;
mod batch;
mod body;
mod call;
mod client;
mod conditions;
mod edge;
mod envelope;
mod form;
mod late;
mod link;
mod listen;
mod log;
mod media;
mod names;
mod oauth;
mod pages;
mod path;
mod prefer;
mod problem;
mod process;
mod public;
mod refused;
mod repeat;
mod respond;
mod route;
mod server;
mod shared;
mod signals;
mod stop;
mod tag;
mod target;
mod tokens;
mod trace;
mod unwrap;
mod way;

pub use listen::Listen;
pub use route::Unroutable;
pub use server::{Bound, Handle, Server};
pub use shared::Check;
