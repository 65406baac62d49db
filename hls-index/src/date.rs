//! Moments on the wall clock: the values of EXT-X-PROGRAM-DATE-TIME.

mod calendar;
mod read;

use alloc::string::String;
use core::fmt;
use core::ops::{Add, Sub};

use self::calendar::date_of_day;
pub(crate) use self::read::Written as WrittenDate;
use crate::digits::{push_three, push_two};
use crate::time::Ticks;

/// A moment on the wall clock: an exact number of nanoseconds before or after
/// 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// It is parsed from the ISO 8601 dates of playlists. Beside the full form it takes what players
/// take: zones as `Z`, `z`, `+08:00`, `+0800` and `+08`; no zone, which means UTC (RFC 8216bis
/// §4.4.4.6); a blank or `t` for the `T`; no seconds; a comma before the decimals. Decimals past
/// the ninth are dropped. A second of 60 is the first second of the next minute.
///
/// ```
/// use hls_index::{DateTime, Ticks};
///
/// let date: DateTime = "2010-02-19T14:54:23.031+0800".parse()?;
/// assert_eq!(date.unix_millis(), 1_266_562_463_031);
/// assert_eq!((date + Ticks::from_millis(500)).to_string(), "2010-02-19T06:54:23.531Z");
/// # Ok::<(), hls_index::ParseDateTimeError>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(Rust, packed(4))]
pub struct DateTime {
    /// The nanoseconds since 1970, of 96 bits: the highest 32, and the others.
    high: i32,
    low: u64,
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl DateTime {
    /// The moment `nanos` nanoseconds after 1970-01-01T00:00:00Z; before it when negative.
    /// Saturates where its seconds pass an `i64`.
    #[must_use]
    #[inline]
    pub const fn from_unix_nanos(nanos: i128) -> Self {
        const LEAST: i128 = i64::MIN as i128 * NANOS_PER_SECOND;
        const MOST: i128 = i64::MAX as i128 * NANOS_PER_SECOND + (NANOS_PER_SECOND - 1);
        let nanos = if nanos < LEAST {
            LEAST
        } else if nanos > MOST {
            MOST
        } else {
            nanos
        };
        Self { high: (nanos >> u64::BITS) as i32, low: nanos as u64 }
    }

    /// The nanoseconds since 1970-01-01T00:00:00Z; negative before it.
    #[must_use]
    #[inline]
    pub const fn unix_nanos(self) -> i128 {
        (self.high as i128) << u64::BITS | self.low as i128
    }

    /// The milliseconds since 1970-01-01T00:00:00Z, rounded down; negative before it.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        let (seconds, nanos) = self.parts();
        seconds.saturating_mul(1000).saturating_add(i64::from(nanos / 1_000_000))
    }

    /// The seconds since 1970-01-01T00:00:00Z, rounded down; negative before it.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.parts().0
    }

    /// The nanoseconds since the last whole second: below 10⁹.
    #[must_use]
    pub const fn subsecond_nanos(self) -> u32 {
        self.parts().1
    }

    /// How long after `earlier` it is; `None` when it is before, or more than [`Ticks::MAX`] after.
    #[must_use]
    #[inline]
    pub fn since(self, earlier: Self) -> Option<Ticks> {
        u64::try_from(self.unix_nanos() - earlier.unix_nanos()).ok().map(Ticks::new)
    }

    /// Whole seconds, and the nanoseconds that are left.
    const fn parts(self) -> (i64, u32) {
        const NANOS: u64 = NANOS_PER_SECOND as u64;
        if self.high == 0 {
            // From 1970 to 2554: without a division of 128 bits.
            return ((self.low / NANOS) as i64, (self.low % NANOS) as u32);
        }
        let nanos = self.unix_nanos();
        // Both fit: `from_unix_nanos` sees to the first.
        (nanos.div_euclid(NANOS_PER_SECOND) as i64, nanos.rem_euclid(NANOS_PER_SECOND) as u32)
    }
}

impl DateTime {
    /// Appends what it prints as.
    pub(crate) fn push_to(self, text: &mut String) {
        let (seconds, nanos) = self.parts();
        let (year, month, day) = date_of_day(seconds.div_euclid(SECONDS_PER_DAY));
        let (Ok(year @ 0..=9999), second) =
            (u64::try_from(year), seconds.rem_euclid(SECONDS_PER_DAY) as u64)
        else {
            // Nobody writes many of those.
            text.push_str(&alloc::format!("{self}"));
            return;
        };
        push_two(text, year / 100);
        push_two(text, year % 100);
        let fields = [month as u64, day as u64, second / 3600, second / 60 % 60, second % 60];
        for (separator, field) in ['-', '-', 'T', ':', ':'].into_iter().zip(fields) {
            text.push(separator);
            push_two(text, field);
        }
        let nanos = u64::from(nanos);
        text.push('.');
        push_three(text, nanos / 1_000_000);
        if !nanos.is_multiple_of(1_000_000) {
            push_three(text, nanos / 1000 % 1000);
            push_three(text, nanos % 1000);
        }
        text.push('Z');
    }
}

impl Add<Ticks> for DateTime {
    type Output = Self;

    #[inline]
    fn add(self, length: Ticks) -> Self {
        Self::from_unix_nanos(self.unix_nanos() + i128::from(length.count()))
    }
}

impl Sub<Ticks> for DateTime {
    type Output = Self;

    #[inline]
    fn sub(self, length: Ticks) -> Self {
        Self::from_unix_nanos(self.unix_nanos() - i128::from(length.count()))
    }
}

impl fmt::Display for DateTime {
    /// In UTC, with three decimals or, where it takes them, nine: `2010-02-19T06:54:23.031Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = self.parts();
        let (year, month, day) = date_of_day(seconds.div_euclid(SECONDS_PER_DAY));
        let second = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        if nanos.is_multiple_of(1_000_000) {
            write!(f, ".{:03}Z", nanos / 1_000_000)
        } else {
            write!(f, ".{nanos:09}Z")
        }
    }
}

impl fmt::Debug for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no [`DateTime`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParseDateTimeError {
    /// It isn't written like `2010-02-19T14:54:23.031+08:00`.
    #[error("not written like 2010-02-19T14:54:23.031+08:00")]
    Format,
    /// There is no such day, as February 30.
    #[error("there is no such day")]
    Day,
    /// There is no such time of day, as 24:01.
    #[error("there is no such time of day")]
    Time,
    /// There is no such zone, as +99:99.
    #[error("there is no such time zone")]
    Zone,
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn sums_and_differences_are_exact() {
        let moments = [0_i128, 1, -1, 999_999_999, -999_999_999, 1_700_000_000_123_456_789];
        let lengths = [0, 1, 999_999_999, 1_000_000_000, 1_000_000_001, u64::MAX];
        for (moment, length) in moments.into_iter().flat_map(|m| lengths.map(|length| (m, length)))
        {
            let date = DateTime::from_unix_nanos(moment);
            let sum = DateTime::from_unix_nanos(moment + i128::from(length));
            assert_eq!(date + Ticks::new(length), sum);
            assert_eq!(sum - Ticks::new(length), date);
        }
        let (least, most) =
            (i128::from(i64::MIN) * 1_000_000_000, i128::from(i64::MAX) * 1_000_000_000);
        let ends = [least, most].map(DateTime::from_unix_nanos);
        assert_eq!((ends[0] - Ticks::MAX).unix_seconds(), i64::MIN);
        assert_eq!((ends[1] + Ticks::MAX).unix_seconds(), i64::MAX);
    }

    #[test]
    fn it_is_appended_as_it_prints() {
        let nanos = [0, 1, 1_000_000, 999_999_999, 120_000_000, 86_399_000_000_001];
        for day in [-800_000_i128, -719_528, -719_529, -1, 0, 20_000, 2_932_896, 2_932_897] {
            for nanos in nanos {
                let date = DateTime::from_unix_nanos(day * 86_400_000_000_000 + nanos);
                let mut text = String::new();
                date.push_to(&mut text);
                assert_eq!(text, date.to_string());
            }
        }
    }

    #[test]
    fn h17_year_9999_in_a_western_zone_runs_into_the_next() {
        let date: DateTime = "9999-12-31T23:59:60-23:59".parse().unwrap();
        assert_eq!(date.to_string(), "10000-01-01T23:59:00.000Z");
        let far = date + Ticks::MAX;
        assert!(far > date);
        assert_eq!(far.since(date), Some(Ticks::MAX));
        assert_eq!(date.since(far), None);
        let last = DateTime::from_unix_nanos(i128::MAX);
        assert_eq!((last.unix_millis(), last.subsecond_nanos()), (i64::MAX, 999_999_999));
    }

    #[test]
    fn prints_what_parses_back() {
        for text in ["2010-02-19T06:54:23.031Z", "1969-12-31T23:59:59.999999999Z"] {
            assert_eq!(text.parse::<DateTime>().unwrap().to_string(), text);
        }
    }
}
