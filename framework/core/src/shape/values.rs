//! Enumerated values: `enum` and `const`.

use std::fmt::Write as _;

use serde_json::{Number, Value};

use super::node::{Detail, Kinds};

/// The values that are taken.
#[derive(Debug)]
pub(super) struct Values {
    /// Sorted.
    texts: Vec<Box<str>>,
    /// All others, in canonical form.
    others: Vec<String>,
    pub(super) expected: Detail,
}

impl Values {
    pub(super) fn of(values: &[Value]) -> Self {
        let mut texts: Vec<Box<str>> = values.iter().filter_map(|value| value.as_str().map(Into::into)).collect();
        texts.sort_unstable();
        let others = values.iter().filter(|value| !value.is_string()).map(canonical).collect();
        Self { texts, others, expected: expected(values).into() }
    }

    pub(super) fn has_text(&self, text: &str) -> bool {
        self.texts.binary_search_by(|known| (**known).cmp(text)).is_ok()
    }

    /// Whether the JSON text of a value that is no string is one of these.
    pub(super) fn has_json(&self, json: &str) -> bool {
        !self.others.is_empty() && canonical_json(json).is_some_and(|canonical| self.others.contains(&canonical))
    }
}

/// The types of a list of values.
pub(super) fn kinds_of(values: &[Value]) -> Kinds {
    values.iter().fold(Kinds::NONE, |kinds, value| {
        kinds.with(match value {
            Value::Null => Kinds::NULL,
            Value::Bool(_) => Kinds::BOOLEAN,
            Value::Number(number) if number.is_f64() => Kinds::NUMBER,
            Value::Number(_) => Kinds::INTEGER,
            Value::String(_) => Kinds::STRING,
            Value::Array(_) => Kinds::ARRAY,
            Value::Object(_) => Kinds::OBJECT,
        })
    })
}

/// A violation names so many of the values that are taken.
const VALUES_NAMED_MAX: usize = 20;

fn expected(values: &[Value]) -> String {
    let mut detail = String::from(if values.len() == 1 { "expected " } else { "expected one of " });
    for (at, value) in values.iter().take(VALUES_NAMED_MAX).enumerate() {
        let _ = write!(detail, "{}{value}", if at == 0 { "" } else { ", " });
    }
    if values.len() > VALUES_NAMED_MAX {
        detail.push_str(", ...");
    }
    detail
}

/// The canonical form of a JSON text; `None` where it can not be read.
pub(super) fn canonical_json(json: &str) -> Option<String> {
    serde_json::from_str(json).ok().map(|value| canonical(&value))
}

/// Equal for equal values and only for them: members sorted, numbers in one notation.
fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

fn write_canonical(value: &Value, into: &mut String) {
    let _ = match value {
        Value::Number(number) => write_number(number, into),
        Value::Array(items) => {
            into.push('[');
            for item in items {
                write_canonical(item, into);
                into.push(',');
            }
            into.write_char(']')
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            into.push('{');
            for (name, value) in members {
                let _ = write!(into, "{name:?}:");
                write_canonical(value, into);
                into.push(',');
            }
            into.write_char('}')
        }
        scalar => write!(into, "{scalar}"),
    };
}

fn write_number(number: &Number, into: &mut String) -> std::fmt::Result {
    /// Up to here every integral f64 is one integer.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() <= EXACT_MAX => {
            write!(into, "{}", value + 0.0)
        }
        _ => write!(into, "{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_one_canonical_form() {
        for (one, other) in
            [("1", "1.0"), ("0", "-0.0"), ("[1e2]", "[100]"), (r#"{"a":1,"b":2}"#, r#"{"b":2,"\u0061":1.0}"#)]
        {
            assert_eq!(canonical_json(one), canonical_json(other), "{one} and {other}");
        }
        for (one, other) in [
            ("1", "\"1\""),
            ("[1,2]", "[12]"),
            ("9007199254740993", "9007199254740992"),
            ("[]", "{}"),
            ("[[1],2]", "[[1,2]]"),
        ] {
            assert_ne!(canonical_json(one), canonical_json(other), "{one} and {other}");
        }
    }
}
