//! Every keyword of a schema in every mode, as sentences: which documents break which rules, and where.

#![cfg(test)]

mod alternatives;
mod documents;
mod objects;
mod values;

use enaction_core::shape::{Mode, Shape, ShapeLimits, Unsuitable};
use serde_json::Value;

type Row = (&'static str, Mode, &'static str, &'static [(&'static str, &'static str)]);

const FITS: &[(&str, &str)] = &[];

fn shape(schema: &Value) -> Shape {
    Shape::compile(schema).unwrap_or_else(|error| panic!("{error}"))
}

fn violations(shape: &Shape, mode: Mode, document: &str) -> Vec<(String, String)> {
    match shape.check(document.as_bytes(), mode, &ShapeLimits::default()) {
        Ok(()) => Vec::new(),
        Err(Unsuitable::Violations(violations)) => {
            violations.into_iter().map(|violation| (violation.pointer, violation.code.into_owned())).collect()
        }
        Err(other) => panic!("{document}: {other:?}"),
    }
}

fn check(schema: Value, rows: &[Row]) {
    let shape = shape(&schema);
    for (sentence, mode, document, expected) in rows {
        let found = violations(&shape, *mode, document);
        let found: Vec<(&str, &str)> = found.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
        assert_eq!(found, *expected, "{sentence}: {document} for {schema}");
    }
}
