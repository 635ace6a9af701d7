//! The two scalars of the wire that Rust has no plain type for: moments and bytes.

use std::fmt;

/// A moment in milliseconds since 1970 in UTC, on the wire as `2026-11-22T03:01:52.000Z`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(pub(crate) i64);

impl Timestamp {
    /// The moment that an ISO 8601 text with a zone names.
    pub(crate) fn parse(text: &str) -> Option<Timestamp> {
        text.parse::<jiff::Timestamp>().ok().map(|it| Timestamp(it.as_millisecond()))
    }

    /// The whole seconds since 1970.
    pub(crate) fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A moment beyond what the calendar holds is shown as the nearest that it does.
        let end = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or(end);
        write!(f, "{moment:.3}")
    }
}

/// Bytes, on the wire in base64.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Blob(pub(crate) Vec<u8>);

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let shown = Timestamp::parse(text).map_or("refused".to_owned(), |it| it.to_string());
        assert_eq!(shown, expect, "{text}");
    }

    #[test]
    fn a_moment_is_read_with_its_zone_and_written_in_utc_with_milliseconds() {
        check("2026-11-22T03:01:52Z", "2026-11-22T03:01:52.000Z");
        check("2026-11-22T03:01:52.5Z", "2026-11-22T03:01:52.500Z");
        check("2026-11-22T03:01:52.123456Z", "2026-11-22T03:01:52.123Z");
        check("2026-11-22T05:01:52+02:00", "2026-11-22T03:01:52.000Z");
        check("2026-11-22T03:01:52", "refused");
        check("tomorrow", "refused");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert!(Timestamp(i64::MAX).to_string().starts_with("9999-"));
    }
}
