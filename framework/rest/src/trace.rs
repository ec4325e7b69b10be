//! Who a request is: its id, and its place in a trace (W3C Trace Context, level 1).

use actix_http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::names;

/// The id of a request and its place in a trace.
pub(crate) struct Trace {
    /// `00-<trace id>-<span id>-<flags>`.
    parent: [u8; 55],
    /// A valid one of the client, else the trace id.
    pub(crate) request_id: HeaderValue,
}

const EMPTY: [u8; 55] = *b"00-00000000000000000000000000000000-0000000000000000-01";

impl Trace {
    /// Continues the trace of the caller with a new span, or starts one.
    pub(crate) fn of(headers: &HeaderMap, random: impl Fn() -> [u8; 16]) -> Self {
        let mut parent = EMPTY;
        match one(headers, &names::TRACEPARENT).map(HeaderValue::as_bytes).filter(|value| is_traceparent(value)) {
            Some(value) => put(&mut parent, 3, value.get(3..55).unwrap_or_default()),
            None => put(&mut parent, 3, &hex(&random())),
        }
        put(&mut parent, 36, hex(&random()).first_chunk::<16>().unwrap_or(&[b'0'; 16]));
        let given = one(headers, &names::REQUEST_ID).filter(|value| is_request_id(value.as_bytes()));
        let drawn = || HeaderValue::from_bytes(parent.get(3..35).unwrap_or_default()).ok();
        let request_id = given.cloned().or_else(drawn).unwrap_or(HeaderValue::from_static("unknown"));
        Self { parent, request_id }
    }

    /// The id of the trace.
    pub(crate) fn id(&self) -> &str {
        self.parent.get(3..35).and_then(|id| std::str::from_utf8(id).ok()).unwrap_or_default()
    }

    /// What the answer carries.
    pub(crate) fn put(self, headers: &mut HeaderMap) {
        headers.insert(names::REQUEST_ID.clone(), self.request_id);
        if let Ok(parent) = HeaderValue::from_bytes(&self.parent) {
            headers.insert(names::TRACEPARENT.clone(), parent);
        }
    }
}

/// The value of a field that was sent once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut all = headers.get_all(name);
    all.next().filter(|_| all.next().is_none())
}

fn is_request_id(value: &[u8]) -> bool {
    (1..=64).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

/// Version 00 has exactly this form; a later one begins with it.
fn is_traceparent(value: &[u8]) -> bool {
    let Some((known, rest)) = value.split_at_checked(55) else { return false };
    let lower_hex = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    let form = known.iter().zip(&EMPTY).all(|(byte, form)| if *form == b'-' { byte == form } else { lower_hex(byte) });
    let set = |from, to| value.get(from..to).is_some_and(|part| part.iter().any(|byte| *byte != b'0'));
    let later = rest.first().is_none_or(|byte| *byte == b'-' && !value.starts_with(b"00"));
    form && later && !value.starts_with(b"ff") && set(3, 35) && set(36, 52)
}

fn put(parent: &mut [u8; 55], at: usize, text: &[u8]) {
    if let Some(place) = parent.get_mut(at..at + text.len()) {
        place.copy_from_slice(text);
    }
}

fn hex(bytes: &[u8; 16]) -> [u8; 32] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'0'; 32];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(bytes) {
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{is_request_id, is_traceparent};

    #[test]
    fn a_traceparent_is_continued_only_when_it_is_well_formed() {
        for (value, good) in [
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", true),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", false),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more", false),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false),
            ("", false),
        ] {
            assert_eq!(is_traceparent(value.as_bytes()), good, "{value}");
        }
    }

    #[test]
    fn a_request_id_of_the_client_is_short_and_plain() {
        for (value, good) in [("a", true), ("A.b_c-9", true), ("", false), ("a b", false), ("\u{e4}", false)] {
            assert_eq!(is_request_id(value.as_bytes()), good, "{value}");
        }
        assert!(is_request_id(&[b'a'; 64]) && !is_request_id(&[b'a'; 65]));
    }
}
