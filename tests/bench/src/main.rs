//! What a request costs: our server beside one that was written by hand for the same work, and in instructions.
//!
//!     enaction-bench [--quick]                 compares the two, case by case
//!     enaction-bench instructions [--renew]    counts instructions and holds them against golden.txt
//!     enaction-bench stores [--quick] [SQLite|PostgreSQL [1|16|64]]
//!                                              compares the two where what they are given is on the disk
//!     enaction-bench pages [<items> <companies>]   counts what reads and pages of large collections take
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
mod stores;
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
        ["stores", "--quick", one @ ..] if stores::is_known(one) => stores::run(true, one),
        ["stores", one @ ..] if stores::is_known(one) => stores::run(false, one),
        ["pages"] => return pages::run(None),
        ["pages", items, companies] => {
            let number = |text: &str| text.parse().expect("a number");
            return pages::run(Some(hoard::Hoard { items: number(items), companies: number(companies) }));
        }
        ["serve", which, rest @ ..] => server::serve(which, rest.first().copied()),
        _ => {
            eprintln!(
                "usage: enaction-bench [--quick] | stores [--quick] [SQLite|PostgreSQL [1|16|64]] | instructions [--renew] | pages [<items> <companies>]"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
