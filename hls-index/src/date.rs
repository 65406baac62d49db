//! Moments on the wall clock: the values of EXT-X-PROGRAM-DATE-TIME.

use alloc::string::String;
use core::fmt;
use core::ops::{Add, Sub};
use core::str::FromStr;

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
    seconds: i64,
    /// Below 10⁹.
    nanos: u32,
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const NANOS: u32 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

impl DateTime {
    /// The moment `nanos` nanoseconds after 1970-01-01T00:00:00Z; before it when negative.
    /// Saturates where its seconds pass an `i64`.
    #[must_use]
    pub fn from_unix_nanos(nanos: i128) -> Self {
        let seconds = nanos.div_euclid(NANOS_PER_SECOND);
        let seconds = i64::try_from(seconds).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX });
        // The remainder is below 10⁹.
        Self { seconds, nanos: nanos.rem_euclid(NANOS_PER_SECOND) as u32 }
    }

    /// The nanoseconds since 1970-01-01T00:00:00Z; negative before it.
    #[must_use]
    pub fn unix_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS_PER_SECOND + i128::from(self.nanos)
    }

    /// The milliseconds since 1970-01-01T00:00:00Z, rounded down; negative before it.
    #[must_use]
    pub fn unix_millis(self) -> i64 {
        let millis = i64::from(self.nanos / 1_000_000);
        let seconds = self.seconds;
        seconds.saturating_mul(1000).saturating_add(millis)
    }

    /// The seconds since 1970-01-01T00:00:00Z, rounded down; negative before it.
    #[must_use]
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// The nanoseconds since the last whole second: below 10⁹.
    #[must_use]
    pub const fn subsecond_nanos(self) -> u32 {
        self.nanos
    }

    /// How long after `earlier` it is; `None` when it is before, or more than [`Ticks::MAX`] after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<Ticks> {
        u64::try_from(self.unix_nanos() - earlier.unix_nanos()).ok().map(Ticks::new)
    }
}

impl DateTime {
    /// Appends what it prints as.
    pub(crate) fn push_to(self, text: &mut String) {
        let seconds = self.seconds;
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
        let nanos = u64::from(self.nanos);
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

    fn add(self, length: Ticks) -> Self {
        let (seconds, nanos) = parts(length);
        let nanos = self.nanos + nanos;
        let carry = nanos >= NANOS;
        Self {
            seconds: { self.seconds }.saturating_add(seconds + i64::from(carry)),
            nanos: if carry { nanos - NANOS } else { nanos },
        }
    }
}

impl Sub<Ticks> for DateTime {
    type Output = Self;

    fn sub(self, length: Ticks) -> Self {
        let (seconds, nanos) = parts(length);
        let borrow = self.nanos < nanos;
        Self {
            seconds: { self.seconds }.saturating_sub(seconds + i64::from(borrow)),
            nanos: if borrow { self.nanos + NANOS - nanos } else { self.nanos - nanos },
        }
    }
}

/// Whole seconds, and the nanoseconds that are left: without a division of 128 bits.
const fn parts(length: Ticks) -> (i64, u32) {
    let (seconds, nanos) = (length.count() / NANOS as u64, length.count() % NANOS as u64);
    // Some 10¹⁰ seconds at most, and less than 10⁹ nanoseconds.
    (seconds as i64, nanos as u32)
}

impl fmt::Display for DateTime {
    /// In UTC, with three decimals or, where it takes them, nine: `2010-02-19T06:54:23.031Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.seconds;
        let (year, month, day) = date_of_day(seconds.div_euclid(SECONDS_PER_DAY));
        let second = seconds.rem_euclid(SECONDS_PER_DAY);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        let nanos = self.nanos;
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

impl FromStr for DateTime {
    type Err = ParseDateTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut reader = Reader { text: text.as_bytes() };
        let (year, month, day, hour, minute);
        let (mut second, mut nanos) = (0, 0);
        if let Some(fields) = reader.fields() {
            [year, month, day, hour, minute, second] = fields;
            if reader.take(b".,").is_some() {
                nanos = reader.fraction()?;
            }
        } else {
            year = reader.digits(4)?;
            reader.expect(b"-")?;
            month = reader.digits(2)?;
            reader.expect(b"-")?;
            day = reader.digits(2)?;
            reader.expect(b"Tt ")?;
            hour = reader.digits(2)?;
            reader.expect(b":")?;
            minute = reader.digits(2)?;
            if reader.take(b":").is_some() {
                second = reader.digits(2)?;
                if reader.take(b".,").is_some() {
                    nanos = reader.fraction()?;
                }
            }
        }
        let zone = reader.zone()?;
        if !reader.text.is_empty() {
            return Err(ParseDateTimeError::Format);
        }

        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return Err(ParseDateTimeError::Day);
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(ParseDateTimeError::Time);
        }
        let day = day_of_date(year, month, day);
        let seconds = day * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - zone;
        Ok(Self { seconds, nanos })
    }
}

/// Takes a date apart from the front.
struct Reader<'a> {
    text: &'a [u8],
}

impl Reader<'_> {
    /// Takes `2010-02-19T14:54:23` at once, the way in which nearly all dates are written.
    #[inline]
    fn fields(&mut self) -> Option<[i64; 6]> {
        let (text, rest) = self.text.split_first_chunk::<19>()?;
        let digit = |at: usize| text[at].wrapping_sub(b'0');
        let two = |at: usize| i64::from(digit(at)) * 10 + i64::from(digit(at + 1));
        let digits = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
        let are_digits = digits.iter().fold(true, |all, &at| all & (digit(at) <= 9));
        let signs = [text[4], text[7], text[10], text[13], text[16]];
        (are_digits && &signs == b"--T::").then(|| {
            self.text = rest;
            [two(0) * 100 + two(2), two(5), two(8), two(11), two(14), two(17)]
        })
    }

    /// The next byte, when it is one of `choice`.
    fn take(&mut self, choice: &[u8]) -> Option<u8> {
        let (&first, rest) = self.text.split_first()?;
        choice.contains(&first).then(|| {
            self.text = rest;
            first
        })
    }

    fn expect(&mut self, choice: &[u8]) -> Result<u8, ParseDateTimeError> {
        self.take(choice).ok_or(ParseDateTimeError::Format)
    }

    fn digit(&mut self) -> Option<i64> {
        self.take(b"0123456789").map(|digit| i64::from(digit - b'0'))
    }

    /// A number of exactly `count` digits.
    fn digits(&mut self, count: usize) -> Result<i64, ParseDateTimeError> {
        (0..count).try_fold(0, |number, _| {
            self.digit().map(|digit| number * 10 + digit).ok_or(ParseDateTimeError::Format)
        })
    }

    /// One or more decimals, as nanoseconds.
    fn fraction(&mut self) -> Result<u32, ParseDateTimeError> {
        let mut nanos = 0;
        let mut scale = 1_000_000_000;
        while let Some(digit) = self.digit() {
            scale /= 10;
            // Nine digits at most count, so it is below 10⁹.
            nanos += digit as u32 * scale;
        }
        if scale == 1_000_000_000 { Err(ParseDateTimeError::Format) } else { Ok(nanos) }
    }

    /// How many seconds the zone is ahead of UTC.
    fn zone(&mut self) -> Result<i64, ParseDateTimeError> {
        let sign = match self.take(b"Zz+-") {
            None | Some(b'Z' | b'z') => return Ok(0),
            Some(b'-') => -1,
            Some(_) => 1,
        };
        let hours = self.digits(2)?;
        let colon = self.take(b":").is_some();
        let minutes = if colon || !self.text.is_empty() { self.digits(2)? } else { 0 };
        if hours > 23 || minutes > 59 {
            return Err(ParseDateTimeError::Zone);
        }
        Ok(sign * (hours * 3600 + minutes * 60))
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

const DAYS_PER_4_YEARS: i64 = 4 * 365 + 1;
const DAYS_PER_100_YEARS: i64 = 25 * DAYS_PER_4_YEARS - 1;
const DAYS_PER_400_YEARS: i64 = 4 * DAYS_PER_100_YEARS + 1;

/// The day since 1970-01-01 of March 1 in the year 0. Years are counted from March here, so that
/// the leap day is the last of its year.
const MARCH_OF_YEAR_0: i64 = -719_468;

/// How many days of a year that begins with March come before its `month`th, counted from 0.
fn days_before_month(month: i64) -> i64 {
    // Any five months from March or August on take 153 days.
    (153 * month + 2) / 5
}

/// The day since 1970-01-01 of a date of the Gregorian calendar.
fn day_of_date(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    MARCH_OF_YEAR_0 + year * 365 + leap_days + days_before_month(month) + day - 1
}

/// The date (year, month, day) of a day since 1970-01-01.
fn date_of_day(day: i64) -> (i64, i64, i64) {
    let day = day - MARCH_OF_YEAR_0;
    let (cycles, day) = (day.div_euclid(DAYS_PER_400_YEARS), day.rem_euclid(DAYS_PER_400_YEARS));
    // The last century of a cycle and the last year of four are a day longer.
    let centuries = (day / DAYS_PER_100_YEARS).min(3);
    let day = day - centuries * DAYS_PER_100_YEARS;
    let (fours, day) = (day / DAYS_PER_4_YEARS, day % DAYS_PER_4_YEARS);
    let years = (day / 365).min(3);
    let day = day - years * 365;
    let month = (5 * day + 2) / 153;
    let day = day - days_before_month(month) + 1;
    let year = cycles * 400 + centuries * 100 + fours * 4 + years;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    fn nanos(text: &str) -> i128 {
        text.parse::<DateTime>().unwrap_or_else(|error| panic!("{text}: {error}")).unix_nanos()
    }

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
    fn reads_dates_exactly() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999999Z", -1),
            ("2000-02-29T12:00:00.5Z", 951_825_600_500_000_000),
            ("2010-02-19T14:54:23.031+08:00", 1_266_562_463_031_000_000),
            ("2038-01-19T03:14:08.000000001Z", 2_147_483_648_000_000_001),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999_000_000),
        ] {
            assert_eq!(nanos(text), expected, "{text}");
        }
    }

    #[test]
    fn takes_the_zones_that_players_take() {
        let utc = nanos("2024-06-30T22:30:00Z");
        for text in [
            "2024-06-30T22:30:00z",
            "2024-06-30T22:30:00",
            "2024-06-30T22:30",
            "2024-06-30 22:30:00.000Z",
            "2024-06-30t22:30:00,0Z",
            "2024-06-30T22:30:00+0000",
            "2024-06-30T22:30:00-00:00",
            "2024-07-01T06:30:00+08:00",
            "2024-07-01T06:30:00+0800",
            "2024-07-01T06:30:00+08",
            "2024-06-30T18:45:00-0345",
            "2024-06-30T22:29:60Z",
        ] {
            assert_eq!(nanos(text), utc, "{text}");
        }
    }

    #[test]
    fn h17_what_is_no_date_is_refused() {
        use ParseDateTimeError::*;
        for (text, error) in [
            ("", Format),
            ("foo", Format),
            ("2024-01-01", Format),
            ("24-01-01T00:00:00Z", Format),
            ("2024-01-01T00:00:00.Z", Format),
            ("2024-01-01T00:00:00Zz", Format),
            ("2024-01-01T00:00:00+8", Format),
            ("2024-01-01T00:00:00+08:", Format),
            ("+2024-01-01T00:00:00Z", Format),
            ("2024-00-01T00:00:00Z", Day),
            ("2024-13-01T00:00:00Z", Day),
            ("2023-02-29T00:00:00Z", Day),
            ("1900-02-29T00:00:00Z", Day),
            ("2024-04-31T00:00:00Z", Day),
            ("2024-01-00T00:00:00Z", Day),
            ("2024-01-01T24:00:00Z", Time),
            ("2024-01-01T00:60:00Z", Time),
            ("2024-01-01T00:00:61Z", Time),
            ("2024-01-01T00:00:00+99:99", Zone),
            ("2024-01-01T00:00:00-24:00", Zone),
        ] {
            assert_eq!(text.parse::<DateTime>(), Err(error), "{text}");
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
        assert_eq!(DateTime::from_unix_nanos(i128::MAX).unix_millis(), i64::MAX);
    }

    #[test]
    fn every_day_of_the_calendar_follows_the_one_before() {
        let (mut year, mut month, mut day) = (0, 1, 1);
        let first = day_of_date(0, 1, 1);
        for since_epoch in first..=day_of_date(9999, 12, 31) {
            assert_eq!(date_of_day(since_epoch), (year, month, day));
            assert_eq!(day_of_date(year, month, day), since_epoch);
            day += 1;
            if day > days_in_month(year, month) {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
        assert_eq!((year, month, day), (10_000, 1, 1));
    }

    #[test]
    fn prints_what_parses_back() {
        for text in ["2010-02-19T06:54:23.031Z", "1969-12-31T23:59:59.999999999Z"] {
            assert_eq!(text.parse::<DateTime>().unwrap().to_string(), text);
        }
    }
}
