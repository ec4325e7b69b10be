//! A query string's filters as the document that they are short for. Commas separate values where they stand raw; one
//! that is percent-encoded is a part of its value.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{Violation, Withheld, limits::Limits, process::percent_decode};

use super::{condition::Reader, queries::Queries};

/// The member and the operator that the name of a query parameter says: `filter[name]` or `filter[name][operator]`.
pub(crate) fn filter_name(parameter: &str) -> Option<(&str, Option<&str>)> {
    let (member, rest) = parameter.strip_prefix("filter[")?.split_once(']')?;
    if rest.is_empty() {
        return Some((member, None));
    }
    let operator = rest.strip_prefix('[')?.strip_suffix(']')?;
    (!operator.contains(['[', ']'])).then_some((member, Some(operator)))
}

/// The values between raw commas, decoded; nothing where one is not well formed.
pub(crate) fn split_at_commas(raw: &str) -> Option<Vec<Cow<'_, str>>> {
    raw.split(',').map(|one| percent_decode(one, true)).collect()
}

/// The document of filters, each a decoded name with its raw value. `in` may be repeated.
pub(crate) fn read_filters<'a>(
    queries: &Queries,
    filters: impl Iterator<Item = (&'a str, &'a str)>,
    withheld: &Withheld,
    limits: &Limits,
) -> (Map<String, Value>, Vec<Violation>) {
    let mut reader = Reader::new(queries, withheld, limits);
    let mut document = Map::new();
    for (parameter, raw) in filters {
        if reader.is_enough() {
            break;
        }
        let Some((name, operator)) = filter_name(parameter) else { continue };
        let at = format!("/{parameter}");
        let Some((_, member)) = queries.find(name, withheld) else {
            reader.not_declared(at);
            continue;
        };
        let typed =
            |text: Cow<'_, str>| member.shape.text_to_json(&text).and_then(|json| serde_json::from_str(&json).ok());
        let one = || percent_decode(raw, true);
        let value: Option<Value> = match operator {
            Some("in") => split_at_commas(raw).and_then(|all| all.into_iter().map(typed).collect()),
            Some("exists") => one().and_then(|text| text.parse::<bool>().ok()).map(Value::from),
            Some("prefix") => one().map(Value::from),
            _ => one().and_then(typed),
        };
        let Some(value) = value else {
            reader.tell(at, "type", "expected another type of value");
            continue;
        };
        if !put(&mut document, name, operator, value) {
            reader.tell(at, "repeated", "expected once");
        }
    }
    (document, reader.violations)
}

/// Whether there was room for it.
fn put(document: &mut Map<String, Value>, name: &str, operator: Option<&str>, value: Value) -> bool {
    let Some(operator) = operator else { return document.insert(name.to_owned(), value).is_none() };
    let operators = document.entry(name).or_insert_with(|| Value::Object(Map::new()));
    match operators.as_object_mut() {
        None => false,
        Some(operators) => match (operators.get_mut(operator), value) {
            (Some(Value::Array(before)), Value::Array(more)) => {
                before.extend(more);
                true
            }
            (Some(_), _) => false,
            (None, value) => operators.insert(operator.to_owned(), value).is_none(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::filter_name;

    #[test]
    fn a_filter_names_its_member_and_its_operator() {
        for (parameter, expected) in [
            ("filter[a]", Some(("a", None))),
            ("filter[a][ge]", Some(("a", Some("ge")))),
            ("filter[]", Some(("", None))),
            ("filter[a][]", Some(("a", Some("")))),
            ("filter[a[b]]", None),
            ("filter[a][b][c]", None),
            ("filter[a]x", None),
            ("filter[a", None),
            ("filter", None),
            ("Filter[a]", None),
        ] {
            assert_eq!(filter_name(parameter), expected, "{parameter}");
        }
    }
}
