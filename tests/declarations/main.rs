//! What is declared: the convention table, what is refused before the first request, and what a deployment replaces.

mod collections;
mod refusals;
mod replacements;
mod table;
