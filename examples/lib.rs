//! Small programs, one topic each. Run one by `cargo run -p enaction-examples --example smallest`; each is a test too.
