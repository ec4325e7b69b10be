//! What the compiler tells who declares something wrong: see the cases.
