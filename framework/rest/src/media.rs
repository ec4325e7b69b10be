//! Media types: what a body is written in, and what the caller takes (RFC 9110, sections 8.3 and 12.5.1).

use actix_http::header::{self, HeaderMap, HeaderValue};
use enaction_core::{Fault, application::MediaTypes, catalogue, process::PatchForm, table::Method};

use crate::{names, refused::Refused};

const JSON_PATCH: &str = "application/json-patch+json";

/// The media type and the coding of a body of at least one byte; gives what a patch is written in.
///
/// # Errors
/// `header_malformed` for two `Content-Type` fields; `unsupported_media_type`, with what is taken.
pub(crate) fn check_content(headers: &HeaderMap, taken: MediaTypes, method: Method) -> Result<PatchForm, Refused> {
    let mut types = headers.get_all(header::CONTENT_TYPE);
    let content_type = types.next();
    if types.next().is_some() {
        return Err(catalogue::HEADER_MALFORMED.because("Content-Type was sent more than once").into());
    }
    let Some(form) = content_type.and_then(|content_type| form(content_type, taken)) else {
        let fault = catalogue::UNSUPPORTED_MEDIA_TYPE.because(format!("expected {} in UTF-8", taken.list()));
        let name = match method {
            Method::Post => &names::ACCEPT_POST,
            Method::Patch => &names::ACCEPT_PATCH,
            Method::Query => &names::ACCEPT_QUERY,
            _ => &header::ACCEPT,
        };
        return Err(Refused::from(fault.with_allow(taken.list())).with(name, HeaderValue::from_static(taken.list())));
    };
    for coding in headers.get_all(header::CONTENT_ENCODING) {
        if !coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity") {
            let fault = catalogue::UNSUPPORTED_MEDIA_TYPE.because("expected a body without content coding");
            return Err(Refused::from(fault).with(&header::ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        }
    }
    Ok(form)
}

/// What a body of a media type is written in, where it is taken.
fn form(content_type: &HeaderValue, taken: MediaTypes) -> Option<PatchForm> {
    // The usual one.
    if content_type == taken.list() {
        return Some(PatchForm::Merge);
    }
    let mut parts = content_type.to_str().ok()?.split(';');
    let essence = parts.next().unwrap_or_default().trim();
    let fits = taken.names().any(|name| name.eq_ignore_ascii_case(essence))
        && parts.all(|parameter| parameter.trim().is_empty() || is_utf8(parameter));
    let operations = taken == MediaTypes::Patches && essence.eq_ignore_ascii_case(JSON_PATCH);
    fits.then_some(if operations { PatchForm::Operations } else { PatchForm::Merge })
}

fn is_utf8(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else { return false };
    let bare = value.trim();
    let value = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(bare);
    name.trim().eq_ignore_ascii_case("charset") && value.eq_ignore_ascii_case("utf-8")
}

/// Whether the caller takes an answer of a media type. Of the ranges that match, the most specific decides.
///
/// # Errors
/// `not_acceptable`.
pub(crate) fn check_accept(headers: &HeaderMap, offered: &HeaderValue) -> Result<(), Fault> {
    // No field, or the usual ones: nothing to weigh.
    if headers.get_all(header::ACCEPT).all(|field| field == offered || field == "*/*") {
        return Ok(());
    }
    let offered = offered.to_str().unwrap_or_default();
    let offered = offered.split(';').next().unwrap_or_default().trim();
    let mut best = (0, false);
    for field in headers.get_all(header::ACCEPT) {
        let ranges = field.to_str().unwrap_or_default();
        for range in ranges.split(',') {
            let mut parts = range.split(';');
            let closeness = closeness(parts.next().unwrap_or_default().trim(), offered);
            if closeness > best.0 {
                best = (closeness, parts.all(|parameter| !is_q_zero(parameter)));
            }
        }
    }
    if best.1 {
        return Ok(());
    }
    Err(catalogue::NOT_ACCEPTABLE.because(format!("expected an Accept that takes {offered}")))
}

/// How closely a range names a type: 0 for not at all.
fn closeness(range: &str, offered: &str) -> u8 {
    let (kind, name) = offered.split_once('/').unwrap_or_default();
    match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(offered) => 4,
        // Who takes any JSON takes a standard's own name for some.
        _ if range.eq_ignore_ascii_case("application/json") && name.ends_with("+json") => 3,
        Some(("*", "*")) => 1,
        Some((kind_range, "*")) if kind_range.eq_ignore_ascii_case(kind) => 2,
        _ => 0,
    }
}

fn is_q_zero(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or_default();
    name.trim().eq_ignore_ascii_case("q") && value.trim().parse::<f32>().is_ok_and(|q| q <= 0.0)
}

#[cfg(test)]
mod tests {
    use actix_http::header::{ACCEPT, HeaderMap, HeaderValue};

    use super::{MediaTypes, PatchForm, check_accept, form};

    #[test]
    fn a_media_type_compares_without_case_and_only_utf_8_is_read() {
        for (content_type, taken, good) in [
            ("application/json", MediaTypes::Json, true),
            ("Application/JSON ; Charset=\"UTF-8\"", MediaTypes::Json, true),
            ("application/json;", MediaTypes::Json, true),
            ("application/json; charset=latin1", MediaTypes::Json, false),
            ("application/json; version=1", MediaTypes::Json, false),
            ("application/merge-patch+json", MediaTypes::Json, false),
            ("application/merge-patch+json", MediaTypes::MergePatch, true),
            ("application/json", MediaTypes::MergePatch, true),
            ("application/json-patch+json", MediaTypes::MergePatch, false),
            ("application/merge-patch+json", MediaTypes::Patches, true),
            ("application/json", MediaTypes::Patches, true),
            ("text/json", MediaTypes::Json, false),
            ("application/x-www-form-urlencoded", MediaTypes::Form, true),
            ("", MediaTypes::Json, false),
        ] {
            let merge = good.then_some(PatchForm::Merge);
            assert_eq!(form(&HeaderValue::from_static(content_type), taken), merge, "{content_type}");
        }
        let operations = HeaderValue::from_static("Application/JSON-Patch+json; charset=utf-8");
        assert_eq!(form(&operations, MediaTypes::Patches), Some(PatchForm::Operations));
    }

    #[test]
    fn the_most_specific_range_decides() {
        for (accept, good) in [
            ("application/json", true),
            ("APPLICATION/JSON", true),
            ("application/*", true),
            ("*/*", true),
            ("text/html, */*;q=0.1", true),
            ("application/json;q=0.5", true),
            ("application/json; charset=utf-8", true),
            ("application/json;q=0", false),
            ("application/json;q=0.000, */*", false),
            ("application/*;q=0, application/json", true),
            ("*/*;q=0", false),
            ("text/html", false),
            ("application/xml", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(check_accept(&headers, &HeaderValue::from_static("application/json")).is_ok(), good, "{accept}");
        }
        assert!(check_accept(&HeaderMap::new(), &HeaderValue::from_static("application/json")).is_ok());
    }

    #[test]
    fn who_takes_json_takes_a_key_set() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        assert!(check_accept(&headers, &HeaderValue::from_static("application/jwk-set+json")).is_ok());
    }
}
