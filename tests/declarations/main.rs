//! What is declared: the convention table, and what is refused before the first request.

mod refusals;
mod table;
