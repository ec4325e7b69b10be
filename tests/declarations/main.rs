//! What is declared: the convention table, and what is refused before the first request.

mod collections;
mod refusals;
mod table;
