//! Times, amounts and sizes as people write them on a command line.

use hls_index::{Ahead, ParseTicksError, Ticks};

/// A moment or a length: seconds, or hours, minutes and seconds with colons between them.
pub(crate) fn moment(text: &str) -> Result<Ticks, String> {
    let what_to_write = "write seconds (10 or 10.5) or a time (1:30, 0:01:30.5)";
    if text.starts_with('-') {
        return Err(format!("it can't be negative; {what_to_write}"));
    }
    let (minutes, seconds) = match text.rsplit_once(':') {
        None => (0, text.strip_suffix('s').unwrap_or(text)),
        Some((before, seconds)) => {
            (minutes(before).ok_or_else(|| what_to_write.to_owned())?, seconds)
        }
    };
    let seconds: Ticks = seconds.parse().map_err(|error| match error {
        ParseTicksError::NotADecimal => what_to_write.to_owned(),
        ParseTicksError::TooLong => error.to_string(),
    })?;
    let too_long = || ParseTicksError::TooLong.to_string();
    let whole =
        minutes.checked_mul(60).filter(|&whole| whole < MAX_SECONDS).ok_or_else(too_long)?;
    Ticks::from_seconds(whole).checked_add(seconds).ok_or_else(too_long)
}

/// More seconds than `Ticks` hold; below it, `from_seconds` is exact.
const MAX_SECONDS: u64 = 1 << 34;

/// `90` or `1:30`, in minutes.
fn minutes(text: &str) -> Option<u64> {
    match text.split_once(':') {
        None => number(text),
        Some((hours, minutes)) => number(hours)?.checked_mul(60)?.checked_add(number(minutes)?),
    }
}

fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// How far to fetch ahead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Amount {
    Time(Ticks),
    /// So many segments after the one that holds the moment.
    Segments(usize),
    Bytes(u64),
}

impl From<Amount> for Ahead {
    fn from(amount: Amount) -> Self {
        match amount {
            Amount::Time(length) => Self::time(length),
            Amount::Segments(count) => Self::segments(count),
            Amount::Bytes(count) => Self::bytes(count),
        }
    }
}

/// `10`, `1:30`, `3seg` or `5MB`.
pub(crate) fn amount(text: &str) -> Result<Amount, String> {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = &text[..text.len() - digits.len()];
    if matches!(digits.trim_start(), "seg" | "segs" | "segment" | "segments")
        && let Ok(count) = count.parse()
    {
        return Ok(Amount::Segments(count));
    }
    if let Some(bytes) = bytes(text) {
        return Ok(Amount::Bytes(bytes));
    }
    moment(text).map(Amount::Time).map_err(|_| {
        "write a time (10, 1:30), a number of segments (3seg) or a size (5MB)".to_owned()
    })
}

/// `64MB`, `512KiB` or `1000B`; a plain number is bytes as well.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let plain = number(text);
    plain.or_else(|| bytes(text)).ok_or_else(|| "write a size: 64MB, 512KiB".to_owned())
}

/// A whole number with a unit of bytes after it.
fn bytes(text: &str) -> Option<u64> {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let count = number(&text[..text.len() - unit.len()])?;
    let factor = match unit.trim_start().to_ascii_lowercase().as_str() {
        "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    count.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_all_their_forms() {
        for (text, millis) in [
            ("10", 10_000),
            ("10s", 10_000),
            ("10.5", 10_500),
            ("0", 0),
            ("1:30", 90_000),
            ("0:00:10.5", 10_500),
            ("2:00:00", 7_200_000),
            ("90:00", 5_400_000),
        ] {
            assert_eq!(moment(text), Ok(Ticks::from_millis(millis)), "{text}");
        }
        assert_eq!(moment("9.966666667"), Ok(Ticks::new(9_966_666_667)));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "", "-1", "-1:00", "NaN", "inf", "ten", "1e3", "+1", " 1", "1:", ":1", "1:2:3:4",
            "1:-2", "s",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
        for text in ["99999999999999999999", "18446744073709551615:0", "99999999999:0", "1:1:1e9"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_times_segments_or_sizes() {
        for (text, expected) in [
            ("10", Amount::Time(Ticks::from_seconds(10))),
            ("1:30", Amount::Time(Ticks::from_seconds(90))),
            ("0", Amount::Time(Ticks::ZERO)),
            ("3seg", Amount::Segments(3)),
            ("3 segments", Amount::Segments(3)),
            ("5MB", Amount::Bytes(5_000_000)),
            ("5 mb", Amount::Bytes(5_000_000)),
            ("512KiB", Amount::Bytes(524_288)),
            ("7B", Amount::Bytes(7)),
        ] {
            assert_eq!(amount(text), Ok(expected), "{text}");
        }
        for text in ["", "seg", "MB", "-3seg", "3.5seg", "5 apples", "5M", "99999999999999GB"] {
            assert!(amount(text).is_err(), "{text}");
        }
        assert_eq!(size("100"), Ok(100));
        assert!(size("100seg").is_err() && size("").is_err());
    }
}
