//! `Prefer: return=minimal` and `return=representation` (RFC 7240). Other preferences are not known and passed over.

use actix_http::header::{HeaderMap, HeaderValue};

use crate::names;

/// How much of an answer the caller wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    None,
    Minimal,
    Representation,
}

impl Preference {
    /// The first `return` counts (RFC 7240, section 2).
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let fields = headers.get_all(&names::PREFER).filter_map(|field| field.to_str().ok());
        let preferences = fields.flat_map(|field| field.split(','));
        for preference in preferences {
            let preference = preference.split(';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            if name.trim().eq_ignore_ascii_case("return") {
                return match value.trim().trim_matches('"') {
                    "minimal" => Self::Minimal,
                    "representation" => Self::Representation,
                    _ => Self::None,
                };
            }
        }
        Self::None
    }

    /// `Preference-Applied`.
    pub(crate) const fn applied(self) -> Option<HeaderValue> {
        match self {
            Self::None => None,
            Self::Minimal => Some(HeaderValue::from_static("return=minimal")),
            Self::Representation => Some(HeaderValue::from_static("return=representation")),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_http::header::{HeaderMap, HeaderValue};

    use super::Preference;
    use crate::names;

    #[test]
    fn the_first_return_preference_counts() {
        for (value, expected) in [
            ("return=minimal", Preference::Minimal),
            ("respond-async, Return = \"representation\"", Preference::Representation),
            ("return=minimal; why=x, return=representation", Preference::Minimal),
            ("return=all", Preference::None),
            ("wait=10", Preference::None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(names::PREFER.clone(), HeaderValue::from_static(value));
            assert_eq!(Preference::of(&headers), expected, "{value}");
        }
    }
}
