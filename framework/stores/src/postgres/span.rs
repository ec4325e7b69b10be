//! A range as PostgreSQL compares it: a first place (inclusive) and an end (exclusive).

use enaction_core::store::Range;

/// Both ends of a range. Where it has no end of its own it ends before the next collection or index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Span<'a> {
    pub(super) collection: &'static str,
    /// The index; `None` for the ids of the collection.
    pub(super) index: Option<&'static str>,
    pub(super) first_key: &'a [u8],
    pub(super) first_id: String,
    /// The collection of the end, or its index.
    pub(super) end_name: String,
    pub(super) end_key: &'a [u8],
    pub(super) end_id: String,
}

impl<'a> Span<'a> {
    pub(super) fn of(range: &'a Range) -> Self {
        match range {
            Range::Ids { collection, prefix, after } => {
                let first_id = after.as_deref().map(behind).unwrap_or_default().max(prefix.to_string());
                let end = text_prefix_end(prefix);
                let end_name = if end.is_some() { (*collection).to_owned() } else { behind(collection) };
                let end_id = end.unwrap_or_default();
                Self { collection, index: None, first_key: &[], first_id, end_name, end_key: &[], end_id }
            }
            Range::Entries { index, collection, from, to, after } => {
                let (first_key, first_id) = match after {
                    Some((key, id)) if key >= from => (key, behind(id)),
                    _ => (from, String::new()),
                };
                let end_name = if to.is_some() { (*index).to_owned() } else { behind(index) };
                let end_key = to.as_deref().unwrap_or_default();
                Self { collection, index: Some(index), first_key, first_id, end_name, end_key, end_id: String::new() }
            }
        }
    }
}

/// The least text that is greater: no text of PostgreSQL holds a zero character.
fn behind(text: &str) -> String {
    [text, "\u{1}"].concat()
}

/// The least text that is greater than every text with this prefix; `None` where there is none.
fn text_prefix_end(prefix: &str) -> Option<String> {
    let mut end = prefix.to_owned();
    while let Some(last) = end.pop() {
        // The order of characters is that of their bytes; surrogates are none.
        let next = if last == '\u{d7ff}' { Some('\u{e000}') } else { char::from_u32(u32::from(last) + 1) };
        if let Some(next) = next {
            end.push(next);
            return Some(end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_end_of_a_prefix_parts_what_has_it_from_what_comes_behind(prefix: String, rest: String, other: String) {
            let end = text_prefix_end(&prefix);
            let with_it = [prefix.as_str(), rest.as_str()].concat();
            prop_assert!(end.as_ref().is_none_or(|end| with_it < *end));
            if !other.starts_with(&prefix) && other > prefix {
                prop_assert!(end.is_some_and(|end| other >= end));
            }
        }
    }

    #[test]
    fn prefixes_end_before_the_next_character() {
        for (prefix, end) in [("a", Some("b")), ("a\u{10ffff}", Some("b")), ("\u{d7ff}", Some("\u{e000}")), ("", None)]
        {
            assert_eq!(text_prefix_end(prefix).as_deref(), end);
        }
        assert_eq!(text_prefix_end("\u{10ffff}"), None);
    }
}
