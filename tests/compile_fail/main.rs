//! What the compiler says to who declares something wrong.
