use enaction::prelude::*;

/// A line is a part of a list.
#[value]
pub struct Line {
    pub text: String,
}

fn main() {
    let _ = Resource::<Line>::stored();
}
