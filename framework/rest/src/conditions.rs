//! Preconditions (RFC 9110, section 13): `If-Match` and `If-None-Match`, as the states that they name.
//!
//! `If-Match` compares strongly, so a weak tag names no state. The part of a tag in front of a `-` is the state, the rest
//! says which representation of it.

use actix_http::header::{self, HeaderMap, HeaderName};
use enaction_core::{Conditions, Fault, States, catalogue, table::Preconditions};

/// The preconditions of a request.
///
/// # Errors
/// `header_malformed` for what is no list of tags; `precondition_required` where `If-Match` is demanded and was not sent.
pub(crate) fn read(headers: &HeaderMap, wanted: Preconditions) -> Result<Conditions, Fault> {
    if wanted == Preconditions::Ignored {
        return Ok(Conditions::default());
    }
    let if_match = states(headers, &header::IF_MATCH, false)?;
    let if_none_match = states(headers, &header::IF_NONE_MATCH, true)?;
    if wanted == Preconditions::Demanded && if_match.is_none() {
        return Err(catalogue::PRECONDITION_REQUIRED.fault());
    }
    Ok(Conditions { if_match, if_none_match })
}

fn states(headers: &HeaderMap, name: &HeaderName, weak: bool) -> Result<Option<States>, Fault> {
    let mut fields = headers.get_all(name).peekable();
    if fields.peek().is_none() {
        return Ok(None);
    }
    let mut named = Vec::new();
    let mut any = false;
    for field in fields {
        let text = field.to_str().ok();
        let tags = text.and_then(|text| if text.trim() == "*" { Some(vec![]) } else { tags(text) });
        let tags =
            tags.ok_or_else(|| catalogue::HEADER_MALFORMED.because(format!("{name}: expected * or a list of tags")))?;
        any |= tags.is_empty();
        named.extend(tags);
    }
    if any && !named.is_empty() {
        return Err(catalogue::HEADER_MALFORMED.because(format!("{name}: expected either * or a list of tags")));
    }
    if any {
        return Ok(Some(States::Any));
    }
    let states = named.into_iter().filter(|tag| weak || !tag.weak);
    Ok(Some(States::Of(states.map(|tag| tag.text.split('-').next().unwrap_or_default().to_owned()).collect())))
}

/// An entity tag (RFC 9110, section 8.8.3), without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    pub(crate) weak: bool,
    pub(crate) text: &'a str,
}

/// A list of at least one tag; a tag may hold commas.
pub(crate) fn tags(list: &str) -> Option<Vec<Tag<'_>>> {
    let mut tags = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        // A list may have empty elements (RFC 9110, section 5.6.1).
        if let Some(behind) = rest.strip_prefix(',') {
            rest = behind.trim_start();
            continue;
        }
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (text, behind) = quoted.strip_prefix('"')?.split_once('"')?;
        if !text.bytes().all(|byte| byte == 0x21 || (0x23..=0x7e).contains(&byte) || byte >= 0x80) {
            return None;
        }
        tags.push(Tag { weak, text });
        rest = behind.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderValue, IF_MATCH};
    use enaction_core::{States, table::Preconditions};

    use super::read;

    #[test]
    fn a_field_is_a_star_or_a_list_of_tags() {
        let of = |states: &[&str]| Some(States::Of(states.iter().map(|one| (*one).to_owned()).collect()));
        for (fields, expected) in [
            (&["*"][..], Some(Some(States::Any))),
            (&["\"7\""], Some(of(&["7"]))),
            (&["\"7-x1\""], Some(of(&["7"]))),
            (&[" \"6\" ,, \"7\" , "], Some(of(&["6", "7"]))),
            (&["\"6\"", "\"7\""], Some(of(&["6", "7"]))),
            (&["\"a,b\""], Some(of(&["a,b"]))),
            (&["\"\""], Some(of(&[""]))),
            // Strong comparison: a weak tag is like nothing.
            (&["W/\"7\""], Some(of(&[]))),
            (&["7"], None),
            (&[""], None),
            (&[","], None),
            (&["\"7"], None),
            (&["\"7\" \"8\""], None),
            (&["w/\"7\""], None),
            (&["\"7 8\""], None),
            (&["*, \"7\""], None),
            (&["*", "\"7\""], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append(IF_MATCH, HeaderValue::from_static(field));
            }
            let found = read(&headers, Preconditions::Taken).map(|found| found.if_match);
            assert_eq!(found.clone().ok(), expected, "{fields:?}: {found:?}");
            assert!(found.is_ok() || found.is_err_and(|fault| fault.code() == "header_malformed"));
        }
    }

    #[test]
    fn where_it_is_demanded_its_absence_is_told() {
        for (wanted, code) in [
            (Preconditions::Ignored, None),
            (Preconditions::Taken, None),
            (Preconditions::Demanded, Some("precondition_required")),
        ] {
            let found = read(&HeaderMap::new(), wanted).err();
            assert_eq!(found.map(|fault| fault.code()), code);
        }
    }
}
