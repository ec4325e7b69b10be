//! The named formats: of strings, and the widths of numbers.

use std::{net, str::FromStr};

use validator::{ValidateEmail, ValidateUrl};

/// A format of strings that is enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Date,
    Time,
    Email,
    Uri,
    Uuid,
    Ip,
    Ipv4,
    Ipv6,
}

impl Format {
    /// The format of a name; `None` where it is not known, `Some(None)` where it is a hint only.
    pub(super) fn named(name: &str) -> Option<Option<Self>> {
        Some(Some(match name {
            "date-time" => Self::DateTime,
            "date" => Self::Date,
            "time" => Self::Time,
            "email" => Self::Email,
            "uri" | "url" => Self::Uri,
            "uuid" => Self::Uuid,
            "ip" => Self::Ip,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "password" => return Some(None),
            _ => return None,
        }))
    }

    /// What was expected, as a violation says it.
    pub(super) const fn expected(self) -> &'static str {
        match self {
            Self::DateTime => "expected an RFC 3339 time, as in 2026-11-22T12:00:00.000Z",
            Self::Date => "expected a date, as in 2026-11-22",
            Self::Time => "expected an RFC 3339 time of day, as in 12:00:00Z",
            Self::Email => "expected an e-mail address",
            Self::Uri => "expected an absolute URI",
            Self::Uuid => "expected a UUID of 36 characters",
            Self::Ip => "expected an IP address",
            Self::Ipv4 => "expected an IPv4 address",
            Self::Ipv6 => "expected an IPv6 address",
        }
    }

    /// Whether a text has this format.
    pub(super) fn holds(self, text: &str) -> bool {
        match self {
            Self::DateTime => is_date_time(text),
            Self::Date => is_date(text) && jiff::civil::Date::from_str(text).is_ok(),
            // Any date will do: the calendar is not asked about the time of day.
            Self::Time => is_date_time(&format!("2000-01-01T{text}")),
            Self::Email => text.validate_email(),
            Self::Uri => text.validate_url(),
            Self::Uuid => text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
            Self::Ip => net::IpAddr::from_str(text).is_ok(),
            Self::Ipv4 => net::Ipv4Addr::from_str(text).is_ok(),
            Self::Ipv6 => net::Ipv6Addr::from_str(text).is_ok(),
        }
    }
}

/// Every text that is taken is read by `jiff`, which itself reads more than RFC 3339.
fn is_date_time(text: &str) -> bool {
    has_form_of_date_time(text) && (is_in_every_month(text) || jiff::Timestamp::from_str(text).is_ok())
}

/// Whether a text of that form is a time by its digits alone, as most are: no calendar is needed up to the 28th.
fn is_in_every_month(text: &str) -> bool {
    let within = |from: usize, least: &str, most: &str| {
        text.get(from..from + 2).is_some_and(|digits| (least..=most).contains(&digits))
    };
    within(5, "01", "12")
        && within(8, "01", "28")
        && within(11, "00", "23")
        && within(14, "00", "59")
        && within(17, "00", "59")
}

fn is_date(text: &str) -> bool {
    fits(text.as_bytes(), b"0000-00-00")
}

fn has_form_of_date_time(text: &str) -> bool {
    let Some((head, rest)) = text.as_bytes().split_at_checked(19) else { return false };
    let Some(separator) = head.get(10) else { return false };
    let zone = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    matches!(separator, b'T' | b't')
        && fits(head, b"0000-00-00_00:00:00")
        && match zone {
            b"Z" | b"z" => true,
            // An offset has hours below 24 and minutes below 60.
            _ => {
                fits(zone, b"+00:00")
                    && zone.get(1..3).is_some_and(|hours| hours < b"24".as_slice())
                    && zone.get(4) < Some(&b'6')
            }
        }
}

/// Whether a text looks like a sample: `0` stands for a digit, `+` for a sign, `_` for anything.
fn fits(text: &[u8], sample: &[u8]) -> bool {
    text.len() == sample.len()
        && text.iter().zip(sample).all(|(byte, sample)| match sample {
            b'0' => byte.is_ascii_digit(),
            b'+' => matches!(byte, b'+' | b'-'),
            b'_' => true,
            _ => byte == sample,
        })
}

/// The bounds of an integer format; `None` where it is not one.
pub(super) fn integer_bounds(name: &str) -> Option<(i128, i128)> {
    Some(match name {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        // Beyond 64 bits a JSON value does not hold integers exactly.
        "int128" => WIDEST,
        "uint128" => (0, u64::MAX.into()),
        _ => return None,
    })
}

/// The integers that a JSON value holds exactly.
pub(super) const WIDEST: (i128, i128) = (i64::MIN as i128, u64::MAX as i128);

/// Whether a format of numbers has 32 bits; `None` where it is not one.
pub(super) fn is_single_float(name: &str) -> Option<bool> {
    match name {
        "double" => Some(false),
        "float" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(format: Format, taken: &[&str], refused: &[&str]) {
        for text in taken {
            assert!(format.holds(text), "{format:?} should take {text}");
        }
        for text in refused {
            assert!(!format.holds(text), "{format:?} should refuse {text}");
        }
    }

    #[test]
    fn a_time_is_rfc_3339_and_nothing_else() {
        check(
            Format::DateTime,
            &[
                "2026-11-22T12:00:00Z",
                "2026-11-22t12:00:00.123456789z",
                "2026-11-22T12:00:00+01:00",
                "2026-11-22T12:00:00.1-23:59",
                "2024-02-29T00:00:00Z",
            ],
            &[
                "",
                "2026-11-22",
                "2026-11-22 12:00:00Z",
                "2026-11-22T12:00Z",
                "2026-11-22T12:00:00",
                "2026-11-22T12:00:00.Z",
                "2026-11-22T12:00:00.1234567890Z",
                "2026-11-22T12:00:00+0100",
                "2026-11-22T12:00:00+24:00",
                "2026-11-22T12:00:00+01:60",
                "2026-11-22T12:00:00Z[UTC]",
                "2026-11-22T24:00:00Z",
                "2026-02-29T00:00:00Z",
                "2026-13-01T00:00:00Z",
                "+02026-11-22T12:00:00Z",
                "20261122T120000Z",
                "２026-11-22T12:00:00Z",
            ],
        );
        check(Format::Date, &["2024-02-29"], &["2026-02-29", "20260101", "2026-1-1", "2026-01-01T00:00:00Z"]);
        check(Format::Time, &["12:00:00Z", "23:59:59.5+02:00"], &["12:00:00", "25:00:00Z", "12:00Z"]);
    }

    #[test]
    fn addresses_and_ids_have_their_forms() {
        check(Format::Email, &["a@example.com"], &["a", "a@", "@b"]);
        check(Format::Uri, &["https://example.com/x?y#z"], &["example.com", "/x", ""]);
        check(
            Format::Uuid,
            &["67e55044-10b1-426f-9247-bb680e5fe0c8"],
            &[
                "67e5504410b1426f9247bb680e5fe0c8",
                "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
                "x7e55044-10b1-426f-9247-bb680e5fe0c8",
            ],
        );
        check(Format::Ip, &["::1", "127.0.0.1"], &["127.1", "localhost"]);
        check(Format::Ipv4, &["127.0.0.1"], &["::1"]);
        check(Format::Ipv6, &["::1"], &["127.0.0.1"]);
    }
}
