//! Moments and lengths of media, as people write them on a command line.

use hls_index::{ParseTicksError, Ticks};

use crate::size::number;

/// A moment or a length: seconds, or hours, minutes and seconds with colons between them.
///
/// ```
/// use command_line::moment;
/// use hls_index::Ticks;
///
/// assert_eq!(moment("1:30"), Ok(Ticks::from_seconds(90)));
/// assert!(moment("ten").unwrap_err().contains("1:30"));
/// ```
///
/// # Errors
/// When it is none, with what to write.
pub fn moment(text: &str) -> Result<Ticks, String> {
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
}
