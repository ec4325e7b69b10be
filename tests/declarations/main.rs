//! What is declared: the table, and what is refused before the first request.
