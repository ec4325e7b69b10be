//! The rules of one schema that need no other node: types, lengths, patterns, formats, ranges, and how they are told.

use serde_json::{Number, Value};

use super::{
    format::{Format, WIDEST, integer_bounds, is_single_float},
    node::{Detail, Kinds, NumberRules, Pattern, TextRules},
    schema::{Flat, ShapeError},
};

/// The rules of one flat schema that need no other node.
pub(super) struct Rules<'f> {
    pub(super) flat: &'f Flat,
    pub(super) place: &'f str,
}

impl<'f> Rules<'f> {
    pub(super) fn any(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.flat.contains_key(*keyword))
    }

    fn wrong<T>(&self, reason: impl Into<String>) -> Result<T, ShapeError> {
        Err(ShapeError::new(self.place, reason))
    }

    pub(super) fn count(&self, keyword: &str) -> Result<Option<u64>, ShapeError> {
        match self.flat.get(keyword).map(Value::as_u64) {
            None => Ok(None),
            Some(Some(count)) => Ok(Some(count)),
            Some(None) => self.wrong(format!("expected a count as \"{keyword}\"")),
        }
    }

    pub(super) fn flag(&self, keyword: &str) -> Result<bool, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => self.wrong(format!("expected a boolean as \"{keyword}\"")),
        }
    }

    fn text_of(&self, keyword: &str) -> Result<Option<&'f str>, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => self.wrong(format!("expected a string as \"{keyword}\"")),
        }
    }

    fn bound(&self, keyword: &str) -> Result<Option<&'f Number>, ShapeError> {
        match self.flat.get(keyword) {
            None => Ok(None),
            Some(Value::Number(bound)) => Ok(Some(bound)),
            Some(_) => self.wrong(format!("expected a number as \"{keyword}\"")),
        }
    }

    pub(super) fn required(&self) -> Result<Vec<&'f str>, ShapeError> {
        match self.flat.get("required") {
            None => Ok(Vec::new()),
            Some(Value::Array(names)) => match names.iter().map(Value::as_str).collect() {
                Some(names) => Ok(names),
                None => self.wrong("expected strings in \"required\""),
            },
            Some(_) => self.wrong("expected an array as \"required\""),
        }
    }

    pub(super) fn values(&self) -> Result<Option<Vec<Value>>, ShapeError> {
        let listed = match self.flat.get("enum") {
            None => None,
            Some(Value::Array(values)) => Some(values.clone()),
            Some(_) => return self.wrong("expected an array as \"enum\""),
        };
        Ok(match (self.flat.get("const"), listed) {
            (None, listed) => listed,
            (Some(value), None) => Some(vec![value.clone()]),
            (Some(value), Some(listed)) => Some(listed.into_iter().filter(|one| one == value).collect()),
        })
    }

    pub(super) fn text(&self, kinds: Kinds) -> Result<Option<TextRules>, ShapeError> {
        let format = self.format_of_text(kinds)?;
        if format.is_none() && !self.any(&["minLength", "maxLength", "pattern"]) {
            return Ok(None);
        }
        let chars_min = self.count("minLength")?.unwrap_or(0);
        let chars_max = self.count("maxLength")?.unwrap_or(u64::MAX);
        let pattern = match self.text_of("pattern")? {
            None => None,
            Some(pattern) => match Pattern::of(pattern) {
                Ok(compiled) => Some((compiled, format!("expected text that matches {pattern}").into())),
                Err(_) => return self.wrong(format!("the pattern {pattern} can not be compiled")),
            },
        };
        let length = expected_count(chars_min, chars_max, "character");
        Ok(Some(TextRules { chars_min, chars_max, length, pattern, format }))
    }

    /// Refuses a format that is not known: nothing may be left unenforced in silence.
    fn format_of_text(&self, kinds: Kinds) -> Result<Option<(Format, Detail)>, ShapeError> {
        let Some(name) = self.text_of("format")? else { return Ok(None) };
        let numeric = integer_bounds(name).is_some() || is_single_float(name).is_some();
        if numeric && kinds.meets(Kinds::NUMBER) {
            return Ok(None);
        }
        match Format::named(name) {
            Some(format) if kinds.has(Kinds::STRING) => Ok(format.map(|format| (format, format.expected().into()))),
            _ => self.wrong(format!("the format \"{name}\" is not supported for this type")),
        }
    }

    pub(super) fn number(&self, kinds: Kinds) -> Result<Option<NumberRules>, ShapeError> {
        if !kinds.meets(Kinds::NUMBER) {
            return Ok(None);
        }
        let [min, max, above, below] = [
            self.bound("minimum")?,
            self.bound("maximum")?,
            self.bound("exclusiveMinimum")?,
            self.bound("exclusiveMaximum")?,
        ];
        let format = self.text_of("format")?.unwrap_or_default();
        let (mut integer_min, mut integer_max) = integer_bounds(format).unwrap_or(WIDEST);
        for (bound, step) in [(min, 0), (above, 1)] {
            if let Some(bound) = bound {
                integer_min = integer_min.max(at_least(bound, step));
            }
        }
        for (bound, step) in [(max, 0), (below, 1)] {
            if let Some(bound) = bound {
                integer_max = integer_max.min(at_most(bound, step));
            }
        }
        let float = |bound: Option<&Number>| bound.and_then(Number::as_f64);
        let (min, max, above, below) = (float(min), float(max), float(above), float(below));
        let single = is_single_float(format).unwrap_or(false);
        let range = if kinds.has(Kinds::NUMBER) {
            expected_number([min, max, above, below], single)
        } else {
            format!("expected an integer from {integer_min} to {integer_max}").into()
        };
        Ok(Some(NumberRules { integer_min, integer_max, min, max, above, below, single, range }))
    }
}

/// The least integer that is not below a bound; with a step of one, above it.
fn at_least(bound: &Number, step: i128) -> i128 {
    match (integral(bound), bound.as_f64()) {
        (Some(integer), _) => integer + step,
        (None, Some(float)) if float.fract() == 0.0 => (float as i128).saturating_add(step),
        (None, float) => float.unwrap_or(f64::MIN).ceil() as i128,
    }
}

/// The greatest integer that is not above a bound; with a step of one, below it.
fn at_most(bound: &Number, step: i128) -> i128 {
    match (integral(bound), bound.as_f64()) {
        (Some(integer), _) => integer - step,
        (None, Some(float)) if float.fract() == 0.0 => (float as i128).saturating_sub(step),
        (None, float) => float.unwrap_or(f64::MAX).floor() as i128,
    }
}

fn integral(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or(number.as_u64().map(i128::from))
}

pub(super) fn kinds_named(types: &Value, place: &str) -> Result<Kinds, ShapeError> {
    let names = match types {
        Value::Array(names) => names.as_slice(),
        name => std::slice::from_ref(name),
    };
    names.iter().try_fold(Kinds::NONE, |kinds, name| {
        Ok(kinds.with(match name.as_str() {
            Some("null") => Kinds::NULL,
            Some("boolean") => Kinds::BOOLEAN,
            Some("integer") => Kinds::INTEGER,
            Some("number") => Kinds::NUMBER,
            Some("string") => Kinds::STRING,
            Some("array") => Kinds::ARRAY,
            Some("object") => Kinds::OBJECT,
            _ => return Err(ShapeError::new(place, "expected names of JSON types as \"type\"")),
        }))
    })
}

/// The detail of a `type` violation.
pub(super) fn expected_kinds(kinds: Kinds) -> Detail {
    let named = [
        (Kinds::STRING, "a string"),
        (Kinds::NUMBER, "a number"),
        (Kinds::INTEGER, "an integer"),
        (Kinds::BOOLEAN, "true or false"),
        (Kinds::OBJECT, "an object"),
        (Kinds::ARRAY, "an array"),
        (Kinds::NULL, "null"),
    ];
    let mut left = kinds;
    let mut names = Vec::new();
    for (kind, name) in named {
        if left.has(kind) {
            left = left.without(kind);
            names.push(name);
        }
    }
    match names.split_last() {
        None => "expected no value here".into(),
        Some((last, [])) => format!("expected {last}").into(),
        Some((last, others)) => format!("expected {} or {last}", others.join(", ")).into(),
    }
}

pub(super) fn expected_count(min: u64, max: u64, one: &str) -> Detail {
    let several = |count: u64| if count == 1 { one.to_owned() } else { format!("{one}s") };
    match (min, max) {
        (min, max) if min == max => format!("expected exactly {min} {}", several(min)),
        (min, u64::MAX) => format!("expected at least {min} {}", several(min)),
        (0, max) => format!("expected at most {max} {}", several(max)),
        (min, max) => format!("expected {min} to {max} {}", several(max)),
    }
    .into()
}

fn expected_number(bounds: [Option<f64>; 4], single: bool) -> Detail {
    let bounds: Vec<String> = ["at least", "at most", "above", "below"]
        .into_iter()
        .zip(bounds)
        .filter_map(|(word, bound)| bound.map(|bound| format!("{word} {bound:?}")))
        .collect();
    if bounds.is_empty() {
        return if single { "expected a number that 32 bits can hold".into() } else { TOO_LARGE };
    }
    format!("expected a number {}", bounds.join(" and ")).into()
}

/// The detail where no range is declared.
pub(super) const TOO_LARGE: Detail = Detail::Borrowed("expected a number that 64 bits can hold");
