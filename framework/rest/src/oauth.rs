//! Refusals as OAuth 2 tells them (RFC 6749, section 5.2), for the endpoints that a standard fixes.

use actix_http::header::{self, HeaderValue};
use enaction_core::{Fault, Kind, catalogue};
use serde::Serialize;

use crate::{
    answer::{Answer, answer},
    names, problem,
    refused::Refused,
};

#[derive(Serialize)]
struct Told<'a> {
    error: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    error_description: &'a str,
}

/// The answer to a refusal. `basic` says that the client tried to authenticate itself with `Authorization: Basic`.
pub(crate) fn refusal(mut refused: Refused, basic: bool) -> Answer {
    let (status, error) = status_and_error(&refused.fault);
    let description = description(&refused.fault);
    let told = Told { error, error_description: &description };
    let mut answer = answer(status, serde_json::to_vec(&told).unwrap_or_default().into());
    if status == 401 && basic {
        refused = refused.with(&header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"api\""));
    }
    answer.headers_mut().insert(header::CONTENT_TYPE, names::JSON.clone());
    problem::put_common(refused, &mut answer);
    answer
}

/// The codes of the process are OAuth's own words; those of the framework are not.
fn status_and_error(fault: &Fault) -> (u16, &'static str) {
    let own = !catalogue::ALL.contains(&fault.entry());
    match fault.kind() {
        Kind::Internal | Kind::StoreFull => (500, "server_error"),
        Kind::Unavailable => (503, if own { fault.code() } else { "temporarily_unavailable" }),
        Kind::Unauthenticated if own => (401, fault.code()),
        _ => (400, if own { fault.code() } else { "invalid_request" }),
    }
}

/// What went wrong, in the characters that the standard allows.
fn description(fault: &Fault) -> String {
    let mut text = fault.detail().unwrap_or(fault.entry().title).to_owned();
    for violation in fault.violations() {
        text.push_str(&format!("; {}: {}", violation.pointer.trim_start_matches('/'), violation.detail));
    }
    let allowed = |c: char| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
    text.chars().map(|c| if allowed(c) { c } else { '\'' }).collect()
}

#[cfg(test)]
mod tests {
    use enaction_core::{catalogue, faults};

    use super::{description, status_and_error};

    faults! {
        /// The client is not known.
        INVALID_CLIENT: Unauthenticated = "invalid_client", "The client is not known";
        /// The grant does not hold.
        INVALID_GRANT: Malformed = "invalid_grant", "The grant does not hold";
    }

    #[test]
    fn faults_are_told_in_the_words_of_oauth() {
        for (code, expected) in [
            (INVALID_CLIENT, (401, "invalid_client")),
            (INVALID_GRANT, (400, "invalid_grant")),
            (catalogue::INVALID, (400, "invalid_request")),
            (catalogue::UNSUPPORTED_MEDIA_TYPE, (400, "invalid_request")),
            (catalogue::INTERNAL, (500, "server_error")),
            (catalogue::STORE_UNAVAILABLE, (503, "temporarily_unavailable")),
        ] {
            assert_eq!(status_and_error(&code.fault()), expected);
        }
        assert_eq!(description(&INVALID_GRANT.because("a \"b\" \u{e4}")), "a 'b' '");
    }
}
