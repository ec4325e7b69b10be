//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the key of a request, and a hash of what the request is,
//! so that another one under the same key is found out.

use actix_http::header::{self, HeaderMap};
use enaction_core::{
    Fault, Repeatable, catalogue,
    limits::Limits,
    table::{IdempotencyKey, Method},
};
use sha2::{Digest as _, Sha256};

use crate::{call::Head, names};

/// The key of a request: a string of RFC 8941 in its quotes, or bare, as many clients send it.
///
/// # Errors
/// `header_malformed` for anything else, `idempotency_key_required` where it is demanded and was not sent.
pub(crate) fn key(headers: &HeaderMap, wanted: IdempotencyKey, limits: &Limits) -> Result<Option<String>, Fault> {
    if wanted == IdempotencyKey::Ignored {
        return Ok(None);
    }
    let mut fields = headers.get_all(&names::IDEMPOTENCY_KEY);
    let Some(field) = fields.next() else {
        let missing = catalogue::IDEMPOTENCY_KEY_REQUIRED;
        return if wanted == IdempotencyKey::Demanded { Err(missing.fault()) } else { Ok(None) };
    };
    let malformed = |why: &'static str| catalogue::HEADER_MALFORMED.because(why);
    if fields.next().is_some() {
        return Err(malformed("idempotency-key: expected one field"));
    }
    let key = field.to_str().ok().and_then(|text| read(text.trim()));
    let key = key.ok_or_else(|| malformed("idempotency-key: expected visible ASCII characters, bare or in quotes"))?;
    if key.len() > limits.idempotency_key_chars_max {
        return Err(malformed("idempotency-key: expected fewer characters").with_limit("idempotency_key_chars_max"));
    }
    Ok(Some(key))
}

fn read(text: &str) -> Option<String> {
    let key = match text.strip_prefix('"') {
        Some(quoted) => unquoted(quoted)?,
        // A comma parts two fields that were put together on the way.
        None => Some(text).filter(|bare| !bare.contains(['"', ',', '\\'])).map(str::to_owned)?,
    };
    (!key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic())).then_some(key)
}

/// What stands before the closing quote, behind which nothing may stand.
fn unquoted(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut rest = text.chars();
    loop {
        match rest.next()? {
            '"' => return rest.as_str().is_empty().then_some(key),
            '\\' => key.push(rest.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            other => key.push(other),
        }
    }
}

/// A hash of everything of a request that decides its effect and the form of its answer. What it says to know of the
/// state is not a part of it: the state is another one when the request comes again.
pub(crate) fn fingerprint(method: Method, head: &Head<'_>, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    // Each piece goes behind its length, so that no two requests are the same bytes.
    let mut piece = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    [method.as_str(), head.path, head.query.unwrap_or_default()].into_iter().for_each(|text| piece(text.as_bytes()));
    for name in [&header::CONTENT_TYPE, &header::ACCEPT, &names::PREFER] {
        piece(name.as_str().as_bytes());
        head.headers.get_all(name).for_each(|value| piece(value.as_bytes()));
    }
    piece(body);
    hash.finalize().into()
}

/// What an operation of a batch is repeated under, where the batch has a key: the key and its position, with a space between,
/// which no key holds. The batch is a part of what the request is, so that one that was changed is found out.
pub(crate) fn inner(batch: &Repeatable, position: usize) -> Repeatable {
    let mut hash = Sha256::new();
    hash.update(batch.fingerprint);
    hash.update((position as u64).to_be_bytes());
    Repeatable { key: format!("{} {position}", batch.key), fingerprint: hash.finalize().into() }
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderName, HeaderValue};
    use enaction_core::{
        limits::Limits,
        table::{IdempotencyKey, Method},
    };

    use super::{Head, fingerprint, key};

    fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    fn of(fields: &[&[u8]], wanted: IdempotencyKey) -> Result<Option<String>, (&'static str, Option<&'static str>)> {
        let fields: Vec<_> = fields.iter().map(|value| ("idempotency-key", *value)).collect();
        let limits = Limits::default();
        key(&headers(&fields), wanted, &limits).map_err(|fault| (fault.code(), fault.limit()))
    }

    #[test]
    fn a_key_is_a_string_in_quotes_or_bare() {
        let long = "k".repeat(255);
        for (sent, expected) in [
            (&b"\"8e03978e-40d5\""[..], Some("8e03978e-40d5")),
            (b"8e03978e-40d5", Some("8e03978e-40d5")),
            (b" \"a\" ", Some("a")),
            (b"\"a\\\"b\\\\c\"", Some("a\"b\\c")),
            (b"\"a,b;c\"", Some("a,b;c")),
            (b"a;b=c", Some("a;b=c")),
            (long.as_bytes(), Some(long.as_str())),
            (b"", None),
            (b"\"\"", None),
            (b"\"", None),
            (b"\"a", None),
            (b"a\"", None),
            (b"\"a\"b", None),
            (b"\"a\"; b=c", None),
            (b"\"a\\b\"", None),
            (b"\"a\\", None),
            (b"a b", None),
            (b"\"a b\"", None),
            (b"a, b", None),
            (b"a,b", None),
            (b"a\\b", None),
            (b"\"\tb\"", None),
            ("\"ä\"".as_bytes(), None),
            (b"\xff", None),
        ] {
            let expected = expected.map(|key| Some(key.to_owned())).ok_or(("header_malformed", None));
            assert_eq!(of(&[sent], IdempotencyKey::Taken), expected, "{:?}", String::from_utf8_lossy(sent));
        }
        let longer = format!("\"{long}k\"");
        let expected = Err(("header_malformed", Some("idempotency_key_chars_max")));
        assert_eq!(of(&[longer.as_bytes()], IdempotencyKey::Taken), expected);
        assert_eq!(of(&[b"a", b"a"], IdempotencyKey::Taken), Err(("header_malformed", None)));
    }

    #[test]
    fn where_it_is_demanded_its_absence_is_told_and_where_it_is_ignored_nothing_is() {
        for (wanted, sent, expected) in [
            (IdempotencyKey::Ignored, &[][..], Ok(None)),
            (IdempotencyKey::Ignored, &[&b"a b"[..]], Ok(None)),
            (IdempotencyKey::Taken, &[], Ok(None)),
            (IdempotencyKey::Demanded, &[], Err(("idempotency_key_required", None))),
            (IdempotencyKey::Demanded, &[&b"a"[..]], Ok(Some("a".to_owned()))),
        ] {
            assert_eq!(of(sent, wanted), expected);
        }
    }

    #[test]
    fn what_decides_the_effect_or_the_form_of_the_answer_is_in_the_fingerprint() {
        type Sent<'a> = (Method, &'a str, Option<&'a str>, &'a [(&'static str, &'static [u8])], &'a [u8]);
        let of = |(method, path, query, fields, body): &Sent<'_>| {
            let head = Head { headers: &headers(fields), path, query: *query };
            fingerprint(*method, &head, body)
        };
        let first: Sent<'_> = (Method::Post, "/baskets", None, &[("accept", b"a")], b"{}");
        let same = &[("accept", &b"a"[..]), ("if-match", b"\"7\""), ("id_token", b"t"), ("traceparent", b"x")];
        assert_eq!(of(&first), of(&(Method::Post, "/baskets", None, same, b"{}")));
        assert_eq!(of(&first), of(&(Method::Post, "/baskets", Some(""), &[("accept", b"a")], b"{}")));
        let others: [Sent<'_>; 10] = [
            first,
            (Method::Patch, "/baskets", None, &[("accept", b"a")], b"{}"),
            (Method::Post, "/baskets/", None, &[("accept", b"a")], b"{}"),
            (Method::Post, "/baskets", Some("a=1"), &[("accept", b"a")], b"{}"),
            (Method::Post, "/baskets", None, &[], b"{}"),
            (Method::Post, "/baskets", None, &[("accept", b"b")], b"{}"),
            (Method::Post, "/baskets", None, &[("content-type", b"a")], b"{}"),
            (Method::Post, "/baskets", None, &[("accept", b"a"), ("prefer", b"return=minimal")], b"{}"),
            (Method::Post, "/baskets", None, &[("accept", b"a")], b"{ }"),
            (Method::Post, "/baskets", None, &[("accept", b"a")], b""),
        ];
        for (at, one) in others.iter().enumerate() {
            assert!(others.iter().skip(at + 1).all(|other| of(one) != of(other)), "{one:?}");
        }
    }
}
