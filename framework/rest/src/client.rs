//! What a client authenticates itself with at an endpoint (RFC 6749, section 2.3): `Authorization: Basic`, or the fields
//! `client_id` and `client_secret` of the form. Whether it holds is for the process to say.

use actix_http::header::{self, HeaderMap};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use enaction_core::{ClientAuthentication, Fault, Secret, catalogue, process::percent_decode};

use crate::form::Form;

/// Finds what the client authenticates itself with.
///
/// # Errors
/// `form_invalid` when both ways are used; `header_malformed` for credentials that can not be read.
pub(crate) fn read(headers: &HeaderMap, form: &Form<'_>) -> Result<Bytes, Fault> {
    let (id, secret) = (form.get("client_id"), form.get("client_secret"));
    let Some((basic_id, basic_secret)) = basic(headers)? else {
        let method = if secret.is_some() { "post" } else { "none" };
        return Ok(json(id.map(str::to_owned), secret.map(str::to_owned), method));
    };
    if secret.is_some() || id.is_some_and(|id| id != basic_id) {
        return Err(catalogue::FORM_INVALID.because("the client authenticates itself in two ways"));
    }
    Ok(json(Some(basic_id), Some(basic_secret), "basic"))
}

/// Whether the client tried `Basic`: then a refusal names it.
pub(crate) fn is_basic(headers: &HeaderMap) -> bool {
    headers.get_all(header::AUTHORIZATION).any(|field| credentials(field.as_bytes()).is_some())
}

fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Fault> {
    let mut fields = headers.get_all(header::AUTHORIZATION).filter_map(|field| credentials(field.as_bytes()));
    let Some(encoded) = fields.next() else { return Ok(None) };
    let text = STANDARD.decode(encoded.trim_ascii()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let decoded = text.as_deref().and_then(|text| text.split_once(':')).and_then(|(id, secret)| {
        // Both were encoded as form fields first (RFC 6749, section 2.3.1).
        Some((percent_decode(id, true)?.into_owned(), percent_decode(secret, true)?.into_owned()))
    });
    match decoded {
        Some(pair) if fields.next().is_none() => Ok(Some(pair)),
        _ => Err(catalogue::HEADER_MALFORMED.because("expected one readable Authorization: Basic")),
    }
}

fn credentials(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("basic ".len())?;
    scheme.eq_ignore_ascii_case(b"basic ").then_some(rest)
}

fn json(client_id: Option<String>, client_secret: Option<String>, method: &str) -> Bytes {
    let client =
        ClientAuthentication { client_id, client_secret: client_secret.map(Secret::new), method: method.to_owned() };
    serde_json::to_vec(&client).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use actix_http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::read;
    use crate::form::Form;

    #[test]
    fn a_client_authenticates_itself_in_one_way() {
        for (basic, form, expected) in [
            (None, "", Some(r#"{"method":"none"}"#)),
            (None, "client_id=pos", Some(r#"{"clientId":"pos","method":"none"}"#)),
            (None, "client_id=pos&client_secret=s", Some(r#"{"clientId":"pos","clientSecret":"s","method":"post"}"#)),
            (Some("pos:s%3A+t"), "", Some(r#"{"clientId":"pos","clientSecret":"s: t","method":"basic"}"#)),
            (Some("pos:"), "client_id=pos", Some(r#"{"clientId":"pos","clientSecret":"","method":"basic"}"#)),
            (Some("pos:s"), "client_id=other", None),
            (Some("pos:s"), "client_id=pos&client_secret=s", None),
            (Some("no colon"), "", None),
            (Some("a:%FF"), "", None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(basic) = basic {
                let value = HeaderValue::from_str(&format!("basic {}", STANDARD.encode(basic))).unwrap();
                headers.insert(AUTHORIZATION, value);
            }
            let client = read(&headers, &Form::read(form.as_bytes()).unwrap());
            assert_eq!(client.ok().as_deref(), expected.map(str::as_bytes), "{basic:?} {form}");
        }
    }
}
