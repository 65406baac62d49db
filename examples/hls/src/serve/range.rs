//! `Range`: which bytes of a file are wanted (RFC 9110 §14).

use std::ops::Range;

/// What a `Range` header asks of a resource of some length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Wanted {
    /// All of it: no range, several ranges, or none that can be read (RFC 9110 §14.2).
    All,
    /// These bytes: at least one.
    Some(Range<u64>),
    /// Bytes that are not there: 416.
    Missing,
}

/// Reads the header for a resource of `length` bytes.
pub(super) fn wanted(header: &str, length: u64) -> Wanted {
    let Some((unit, ranges)) = header.split_once('=') else { return Wanted::All };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    let Some((first, last)) = ranges.trim().split_once('-') else { return Wanted::All };
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if last < first => return Wanted::All,
        (Some(first), Some(last)) => first..last.saturating_add(1).min(length),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(count)) if first.is_empty() => length.saturating_sub(count)..length,
        _ => return Wanted::All,
    };
    if range.is_empty() { Wanted::Missing } else { Wanted::Some(range) }
}

/// A number of any length: one that is too large for us is larger than any file.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_has_them() {
        for (header, expected) in [
            ("bytes=0-0", Wanted::Some(0..1)),
            ("bytes=0-99", Wanted::Some(0..100)),
            ("bytes=10-19", Wanted::Some(10..20)),
            ("Bytes=10-19", Wanted::Some(10..20)),
            ("bytes=90-1000", Wanted::Some(90..100)),
            ("bytes=90-99999999999999999999999", Wanted::Some(90..100)),
            ("bytes=90-", Wanted::Some(90..100)),
            ("bytes=-10", Wanted::Some(90..100)),
            ("bytes=-1000", Wanted::Some(0..100)),
            ("bytes=-0", Wanted::Missing),
            ("bytes=100-", Wanted::Missing),
            ("bytes=100-200", Wanted::Missing),
            ("bytes=99999999999999999999-", Wanted::Missing),
            ("bytes=18446744073709551615-18446744073709551615", Wanted::Missing),
            ("bytes=20-10", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("bytes=-", Wanted::All),
            ("bytes=a-b", Wanted::All),
            ("bytes=+1-2", Wanted::All),
            ("bytes=1", Wanted::All),
            ("bytes", Wanted::All),
            ("", Wanted::All),
            ("seconds=0-1", Wanted::All),
        ] {
            assert_eq!(wanted(header, 100), expected, "{header}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Missing);
        assert_eq!(wanted("bytes=-5", 0), Wanted::Missing);
    }
}
