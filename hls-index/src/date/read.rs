//! Dates as they are written.

use core::str::FromStr;

use super::calendar::{day_of_date, days_in_month};
use super::{DateTime, NANOS_PER_SECOND, ParseDateTimeError, SECONDS_PER_DAY};
use crate::time::nine_places;

impl FromStr for DateTime {
    type Err = ParseDateTimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Written::read(text.as_bytes())? {
            (written, []) => written.date(),
            _ => Err(ParseDateTimeError::Format),
        }
    }
}

/// A date as it is written, whether or not there is such a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    fields: [i64; 6],
    nanos: u32,
    /// How many seconds the zone is ahead of UTC.
    zone: i64,
}

impl Written {
    /// Reads the date that `text` starts with, and gives what follows it.
    #[inline(always)]
    pub(crate) fn read(text: &[u8]) -> Result<(Self, &[u8]), ParseDateTimeError> {
        let mut reader = Reader { text };
        let (fields, nanos) = match reader.fields() {
            Some(fields) => (fields, reader.fraction()?),
            None => reader.loose_fields()?,
        };
        let zone = reader.zone()?;
        Ok((Self { fields, nanos, zone }, reader.text))
    }

    /// The moment that it means.
    #[inline(always)]
    pub(crate) fn date(self) -> Result<DateTime, ParseDateTimeError> {
        let Self { fields: [year, month, day, hour, minute, second], nanos, zone } = self;
        if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) {
            return Err(ParseDateTimeError::Day);
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(ParseDateTimeError::Time);
        }
        let day = day_of_date(year, month, day);
        let seconds = day * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - zone;
        // Ten thousand years of seconds.
        let nanos = i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos);
        Ok(DateTime::from_unix_nanos(nanos))
    }
}

/// Takes a date apart from the front.
struct Reader<'a> {
    text: &'a [u8],
}

impl Reader<'_> {
    /// Takes `2010-02-19T14:54:23` at once, the way in which nearly all dates are written.
    #[inline(always)]
    fn fields(&mut self) -> Option<[i64; 6]> {
        const DATE: Pattern = Pattern::new(b"0000-00-");
        const DAY: Pattern = Pattern::new(b"00T00:00");
        const TIME: Pattern = Pattern::new(b"00:00:00");
        let (text, rest) = self.text.split_first_chunk::<19>()?;
        let word = |at: usize| text[at..].first_chunk().copied();
        let [century, _, year, _, _, month, ..] = DATE.pairs(word(0)?)?.map(i64::from);
        let [day, ..] = DAY.pairs(word(8)?)?.map(i64::from);
        let [hour, _, _, minute, _, _, second, _] = TIME.pairs(word(11)?)?.map(i64::from);
        self.text = rest;
        Some([century * 100 + year, month, day, hour, minute, second])
    }

    /// Takes the same however it is written, and the decimals of the second.
    #[cold]
    fn loose_fields(&mut self) -> Result<([i64; 6], u32), ParseDateTimeError> {
        let year = self.digits(4)?;
        self.expect(b"-")?;
        let month = self.digits(2)?;
        self.expect(b"-")?;
        let day = self.digits(2)?;
        self.expect(b"Tt ")?;
        let hour = self.digits(2)?;
        self.expect(b":")?;
        let minute = self.digits(2)?;
        let (mut second, mut nanos) = (0, 0);
        if self.take(b":").is_some() {
            second = self.digits(2)?;
            nanos = self.fraction()?;
        }
        Ok(([year, month, day, hour, minute, second], nanos))
    }

    /// The decimals of the second, if it has some, as nanoseconds; those past the ninth are dropped.
    #[inline(always)]
    fn fraction(&mut self) -> Result<u32, ParseDateTimeError> {
        if self.take(b".,").is_none() {
            return Ok(0);
        }
        let (nanos, rest) = nine_places(self.text);
        if rest.len() == self.text.len() {
            return Err(ParseDateTimeError::Format);
        }
        self.text = rest;
        while self.digit().is_some() {}
        Ok(nanos)
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

    /// How many seconds the zone is ahead of UTC.
    #[inline]
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

/// How eight bytes are written: a digit wherever the pattern has `0`, else just what it has.
struct Pattern {
    text: u64,
    /// What may be added to each byte, once it is the difference to `text`, before its highest bit is set.
    slack: u64,
}

impl Pattern {
    const HIGHEST_BITS: u64 = 0x8080_8080_8080_8080;

    const fn new(text: &[u8; 8]) -> Self {
        let mut slack = [0x7F; 8];
        let mut at = 0;
        while at < 8 {
            if text[at] == b'0' {
                slack[at] -= 9;
            }
            at += 1;
        }
        Self { text: u64::from_le_bytes(*text), slack: u64::from_le_bytes(slack) }
    }

    /// When `text` is written so, the numbers that each byte makes with the next one.
    #[inline(always)]
    const fn pairs(&self, text: [u8; 8]) -> Option<[u8; 8]> {
        let bytes = u64::from_le_bytes(text) ^ self.text;
        if (bytes.wrapping_add(self.slack) | bytes) & Self::HIGHEST_BITS != 0 {
            return None;
        }
        // 99 at most: no byte carries into another.
        Some((bytes * 10 + (bytes >> 8)).to_le_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> i128 {
        text.parse::<DateTime>().unwrap_or_else(|error| panic!("{text}: {error}")).unix_nanos()
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
}
