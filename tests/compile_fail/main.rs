//! What the compiler says to who declares something wrong: every case with the message that a person reads.
//!
//! `TRYBUILD=overwrite cargo test -p enaction-compile-fail` writes the messages anew; read them before they are kept.

#[test]
fn a_wrong_declaration_is_refused_with_a_message_that_helps() {
    trybuild::TestCases::new().compile_fail("cases/*.rs");
}
