//! Amounts as people write them on a command line.

use command_line::{bytes, moment};
use hls_index::{Ahead, Ticks};

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

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
