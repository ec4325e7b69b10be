//! Entity tags (RFC 9110, section 8.8.3). All are strong.

use std::io::Write as _;

use actix_http::header::{self, HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use enaction_core::process::Output;
use sha2::{Digest as _, Sha256};

/// The tag of what a process gave: the version of an entity, a hash of the ids and versions of a page. A plain value has
/// none, nor has an entity whose version is not known.
pub(crate) fn of_output(output: &Output) -> Option<HeaderValue> {
    match output {
        Output::Entity(raw) if raw.version != 0 => of_version(raw.version),
        Output::Page { items, next } => {
            let mut hash = Sha256::new();
            for item in items {
                hash.update(item.version.to_be_bytes());
                hash.update((item.id.len() as u64).to_be_bytes());
                hash.update(item.id.as_bytes());
            }
            hash.update(next.as_deref().unwrap_or_default());
            of_hash(hash)
        }
        _ => None,
    }
}

/// The tag of a document that has no version.
pub(crate) fn of_bytes(bytes: &[u8]) -> Option<HeaderValue> {
    of_hash(Sha256::new_with_prefix(bytes))
}

fn of_version(version: u64) -> Option<HeaderValue> {
    let mut text = [b' '; 22];
    let mut rest = text.as_mut_slice();
    write!(rest, "\"{version}\"").ok()?;
    HeaderValue::from_bytes(text.trim_ascii_end()).ok()
}

fn of_hash(hash: Sha256) -> Option<HeaderValue> {
    let hash = hash.finalize();
    let short = hash.first_chunk::<12>()?;
    HeaderValue::from_str(&format!("\"{}\"", URL_SAFE_NO_PAD.encode(short))).ok()
}

/// Whether `If-None-Match` names the tag: weakly, as its RFC has it (section 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.as_bytes();
    headers.get_all(header::IF_NONE_MATCH).any(|field| {
        let mut known = field.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        known.any(|known| known == b"*" || known.strip_prefix(b"W/").unwrap_or(known) == tag)
    })
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderValue, IF_NONE_MATCH};

    use super::{is_known, of_version};

    #[test]
    fn a_version_in_quotes_is_the_tag() {
        for (version, tag) in [(1, "\"1\""), (u64::MAX, "\"18446744073709551615\"")] {
            assert_eq!(of_version(version).unwrap(), tag);
        }
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
