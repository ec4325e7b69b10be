//! The server `enaction`: identity and the retail services in one program, and its command line.

mod assortment;
mod beside;
mod call;
mod cli;
mod development;
mod installation;
mod local;
mod routes;
mod serve;
mod token;

pub use cli::{main, main_on};
