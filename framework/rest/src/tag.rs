//! Entity tags (RFC 9110, section 8.8.3). All are strong.

use std::{
    hash::{DefaultHasher, Hasher as _},
    io::Write as _,
};

use actix_http::header::{self, HeaderMap, HeaderValue};
use enaction_core::process::{Output, State};

use crate::conditions::tags;

/// The tag of what a process gave, where it has a state; behind it what sets it apart from what others are given. A count
/// is no state of what is shown, but an answer with another one is another answer.
pub(crate) fn of_output(output: &Output, variant: Option<u32>) -> Option<HeaderValue> {
    let state = output.state()?;
    if let Output::Page { count: Some(count), .. } = output {
        let variant = variant.unwrap_or_default();
        return quoted(format_args!("{state}-{variant:08x}-{:x}", count.value));
    }
    match (state, variant) {
        (State::Version(version), None) => of_version(version),
        (state, None) => quoted(format_args!("{state}")),
        (state, Some(variant)) => quoted(format_args!("{state}-{variant:08x}")),
    }
}

/// Put together by hand, because every entity that is answered has one.
fn of_version(version: u64) -> Option<HeaderValue> {
    let mut text = [b'"'; 22];
    let (mut rest, mut digits) = (version, 0);
    for place in text.iter_mut().rev().skip(1) {
        *place = b'0' + u8::try_from(rest % 10).ok()?;
        (rest, digits) = (rest / 10, digits + 1);
        if rest == 0 {
            break;
        }
    }
    HeaderValue::from_bytes(text.get(20 - digits..)?).ok()
}

/// The tag of a document that has no version.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<HeaderValue> {
    let mut hash = DefaultHasher::new();
    hash.write(bytes);
    quoted(format_args!("{:016x}", hash.finish()))
}

fn quoted(tag: std::fmt::Arguments<'_>) -> Option<HeaderValue> {
    let mut text = [b' '; 31];
    write!(text.as_mut_slice(), "\"{tag}\"").ok()?;
    HeaderValue::from_bytes(text.trim_ascii_end()).ok()
}

/// Whether `If-None-Match` names the tag: weakly, as its RFC has it (section 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    headers.get_all(header::IF_NONE_MATCH).any(|field| {
        // The usual one.
        let Ok(field) = field.to_str().map(str::trim) else { return false };
        field.as_bytes() == tag.as_bytes()
            || field == "*"
            || tags(field).unwrap_or_default().iter().any(|known| is(known.text, tag))
    })
}

fn is(known: &str, tag: &HeaderValue) -> bool {
    let tag = tag.as_bytes();
    tag.strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\"")) == Some(known.as_bytes())
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

    use std::sync::Arc;

    use bytes::Bytes;
    use enaction_core::{entity::Raw, process::Output};

    use super::{is_known, of_output};

    fn raw(id: &str, version: u64) -> Raw {
        Raw { id: Arc::from(id), body: Bytes::new(), version }
    }

    #[test]
    fn a_version_in_quotes_is_the_tag() {
        for (version, tag) in [(0, None), (1, Some("\"1\"")), (u64::MAX, Some("\"18446744073709551615\""))] {
            assert_eq!(of_output(&Output::Entity(raw("a", version)), None), tag.map(HeaderValue::from_static));
        }
    }

    #[test]
    fn who_is_given_less_is_given_another_tag_of_the_same_state() {
        let page = Output::Page { items: vec![raw("a", 1)], next: None, version: None, count: None };
        let of_page = of_output(&page, None).unwrap().to_str().unwrap().trim_matches('"').to_owned();
        for (output, variant, tag) in [
            (Output::Entity(raw("a", 7)), Some(0xab), "\"7-000000ab\"".to_owned()),
            (Output::Entity(raw("a", u64::MAX)), Some(u32::MAX), "\"18446744073709551615-ffffffff\"".to_owned()),
            (page, Some(1), format!("\"{of_page}-00000001\"")),
        ] {
            assert_eq!(of_output(&output, variant).unwrap(), tag, "{output:?}");
        }
    }

    #[test]
    fn the_tag_of_a_page_is_another_when_anything_of_it_is() {
        let page = |items: &[(&str, u64)], next: bool| {
            let items = items.iter().map(|(id, version)| raw(id, *version)).collect();
            of_output(&Output::Page { items, next: next.then(String::new), version: None, count: None }, None).unwrap()
        };
        let pages = [
            page(&[], false),
            page(&[("a", 1)], false),
            page(&[("a", 1)], true),
            page(&[("a", 2)], false),
            page(&[("b", 1)], false),
            page(&[("a", 1), ("b", 1)], false),
            page(&[("b", 1), ("a", 1)], false),
            page(&[("ab", 1)], false),
        ];
        for (at, tag) in pages.iter().enumerate() {
            assert!(!pages[at + 1..].contains(tag), "{at}");
        }
        assert_eq!(page(&[("a", 1)], true), pages[2]);
    }

    #[test]
    fn a_known_tag_is_found_in_a_list() {
        for (sent, known) in [("\"7\"", true), ("\"1\", W/\"7\"", true), ("*", true), ("\"17\"", false), ("7", false)] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, HeaderValue::from_static(sent));
            assert_eq!(is_known(&headers, &HeaderValue::from_static("\"7\"")), known, "{sent}");
        }
    }
}
