//! What a request costs: our server beside one that was written by hand for the same work, and in instructions.
//!
//!     enaction-bench [--quick]                 compares the two, case by case
//!     enaction-bench instructions [--renew]    counts instructions and holds them against golden.txt
//!     enaction-bench pages [--gate]            counts what pages of large collections take; the gate is for fewer of them
//!
//! `serve` is what it starts itself as: the process that is measured.

mod cases;
mod compare;
mod hoard;
mod instructions;
mod load;
mod ours;
mod pages;
mod plain;
mod server;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => compare::run(false),
        ["--quick"] => compare::run(true),
        ["instructions"] => return instructions::run(false),
        ["instructions", "--renew"] => return instructions::run(true),
        ["pages"] => return pages::run(false),
        ["pages", "--gate"] => return pages::run(true),
        ["serve", which, rest @ ..] => server::serve(which, rest.first().copied()),
        _ => {
            eprintln!(
                "usage: enaction-bench [--quick] | enaction-bench instructions [--renew] | enaction-bench pages [--gate]"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
