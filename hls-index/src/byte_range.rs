use core::fmt;

use crate::error::ParseErrorKind;
use crate::integer::{self, NotAnInteger};

/// A piece of a resource, its offset resolved: bytes `offset` to `offset + length`, half-open.
///
/// ```
/// use hls_index::ByteRange;
///
/// let range = ByteRange::new(1000, 500).unwrap();
/// assert_eq!(range.to_string(), "500@1000");
/// assert_eq!(range.end(), 1500);
/// assert_eq!(ByteRange::new(u64::MAX, 1), None);
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[repr(Rust, packed(4))]
pub struct ByteRange {
    offset: u64,
    length: u64,
}

impl ByteRange {
    /// The `length` bytes from `offset` on; `None` where their end is past 2⁶⁴ − 1.
    #[must_use]
    pub const fn new(offset: u64, length: u64) -> Option<Self> {
        if offset.checked_add(length).is_none() {
            return None;
        }
        Some(Self { offset, length })
    }

    /// The first byte, counted from 0.
    #[must_use]
    pub const fn offset(self) -> u64 {
        self.offset
    }

    /// How many bytes.
    #[must_use]
    pub const fn length(self) -> u64 {
        self.length
    }

    /// The first byte that is no longer in it.
    #[must_use]
    pub const fn end(self) -> u64 {
        self.offset + self.length
    }
}

impl fmt::Display for ByteRange {
    /// As playlists write it: `length@offset`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.length(), self.offset())
    }
}

/// A byte range as it is written, `n[@o]` (RFC 8216 §4.3.2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct WrittenByteRange {
    pub(crate) length: u64,
    pub(crate) offset: Option<u64>,
}

impl WrittenByteRange {
    pub(crate) fn read(text: &str) -> Result<Self, ParseErrorKind> {
        match Self::read_start(text.as_bytes())? {
            (range, []) => Ok(range),
            _ => Err(ParseErrorKind::NotAByteRange),
        }
    }

    /// Reads the range that `text` starts with, and gives what follows it.
    #[inline(always)]
    pub(crate) fn read_start(text: &[u8]) -> Result<(Self, &[u8]), ParseErrorKind> {
        let number = |text| {
            integer::read_start(text).map_err(|error| match error {
                NotAnInteger::Malformed => ParseErrorKind::NotAByteRange,
                NotAnInteger::TooLarge => ParseErrorKind::ByteRangeTooLarge,
            })
        };
        let (length, rest) = number(text)?;
        let [b'@', rest @ ..] = rest else { return Ok((Self { length, offset: None }, rest)) };
        let (offset, rest) = number(rest)?;
        Ok((Self { length, offset: Some(offset) }, rest))
    }

    /// The range, where `implicit` is the offset when none is written.
    pub(crate) fn resolve(self, implicit: u64) -> Result<ByteRange, ParseErrorKind> {
        ByteRange::new(self.offset.unwrap_or(implicit), self.length)
            .ok_or(ParseErrorKind::ByteRangeTooLarge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_may_be_left_out() {
        let written = |length, offset| Ok(WrittenByteRange { length, offset });
        assert_eq!(WrittenByteRange::read("100@20"), written(100, Some(20)));
        assert_eq!(WrittenByteRange::read("100"), written(100, None));
    }

    #[test]
    fn h07_broken_and_overflowing_ranges_are_refused() {
        for text in ["", "@", "1@", "@1", "1@2@3", "-1@0", "1 @2", "0x1@2", "1.0@0"] {
            assert_eq!(WrittenByteRange::read(text), Err(ParseErrorKind::NotAByteRange), "{text}");
        }
        let too_large = Err(ParseErrorKind::ByteRangeTooLarge);
        assert_eq!(WrittenByteRange::read("18446744073709551616@0"), too_large);
        let written = WrittenByteRange::read("2@18446744073709551614").unwrap();
        assert_eq!(written.resolve(0), Err(ParseErrorKind::ByteRangeTooLarge));
        let written = WrittenByteRange::read("1@18446744073709551614").unwrap();
        assert_eq!(written.resolve(0).map(ByteRange::end), Ok(u64::MAX));
    }
}
