//! What the tests of faults are made of: the server as a program, a disk that loses its power, clients that keep a journal
//! of what was acknowledged, and the check of a restarted server against it.

pub mod check;
pub mod client;
pub mod disk;
pub mod journal;
pub mod load;
pub mod nodes;
pub mod program;
pub mod proxy;
pub mod random;
pub mod retry;
pub mod rounds;
pub mod server;
pub mod steps;
pub mod store_writer;
