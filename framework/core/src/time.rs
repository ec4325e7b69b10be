//! Points in time, and the port that they come from.

use std::{fmt, str::FromStr, time::Duration};

use jiff::{Timestamp, tz::Offset};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Written as RFC 3339 in UTC with milliseconds.
///
/// ```
/// let noon: enaction_core::Time = "2026-11-22T12:00:00+01:00".parse()?;
/// assert_eq!(noon.to_string(), "2026-11-22T11:00:00.000Z");
/// # Ok::<_, enaction_core::time::NotATime>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens count them.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl Time {
    /// The text of a time from the year 0 to the year 9999. Put together by hand, because every write of an entity
    /// writes two of them.
    fn text(self) -> Option<[u8; 24]> {
        let at = Offset::UTC.to_datetime(Timestamp::from_millisecond(self.0).ok()?);
        let year = u32::try_from(at.year()).ok()?;
        let [month, day, hour, minute, second] =
            [at.month(), at.day(), at.hour(), at.minute(), at.second()].map(|part| u32::from(part.unsigned_abs()));
        let milli = u32::from(at.millisecond().unsigned_abs());
        let d = |number: u32, place: u32| b'0' + (number / place % 10) as u8;
        #[rustfmt::skip]
        let text = [
            d(year, 1000), d(year, 100), d(year, 10), d(year, 1), b'-', d(month, 10), d(month, 1), b'-', d(day, 10), d(day, 1), b'T',
            d(hour, 10), d(hour, 1), b':', d(minute, 10), d(minute, 1), b':', d(second, 10), d(second, 1), b'.',
            d(milli, 100), d(milli, 10), d(milli, 1), b'Z',
        ];
        Some(text)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text().as_ref().map(|text| std::str::from_utf8(text)) {
            Some(Ok(text)) => f.write_str(text),
            _ => write!(f, "{:.3}", Timestamp::from_millisecond(self.0).map_err(|_| fmt::Error)?),
        }
    }
}

/// A text that is no RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read a time: expected RFC 3339, as in 2026-11-22T12:00:00.000Z")
    }
}

impl std::error::Error for NotATime {}

impl FromStr for Time {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        text.parse::<Timestamp>().map(|stamp| Self(stamp.as_millisecond())).map_err(|_| NotATime)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.text().as_ref().map(|text| std::str::from_utf8(text)) {
            Some(Ok(text)) => serializer.serialize_str(text),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <std::borrow::Cow<'de, str>>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// Where time comes from. Tests fix it.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Time;
}

/// The clock of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where wall-clock time is read")]
    fn now(&self) -> Time {
        let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Time::default().plus(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::Time;

    proptest! {
        #[test]
        fn a_time_is_written_as_its_library_writes_it(
            millis in Timestamp::MIN.as_millisecond()..=Timestamp::MAX.as_millisecond(),
        ) {
            let (time, stamp) = (Time::from_millis(millis), Timestamp::from_millisecond(millis).unwrap());
            prop_assert_eq!(time.to_string(), format!("{stamp:.3}"));
            prop_assert_eq!(serde_json::to_value(time).unwrap(), time.to_string());
            prop_assert_eq!(time.to_string().parse(), Ok(time));
        }
    }
}
