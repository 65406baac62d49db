use core::fmt;

use crate::error::{Fault, ParseErrorKind};
use crate::value::Value;

/// A hexadecimal sequence (RFC 8216bis §4.2), as SCTE-35 data are carried: bytes, read as they are
/// asked for.
///
/// Two digits are a byte; an odd one more at the front is a byte of its own.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct Hexadecimal<'p>(&'p str);

impl<'p> Hexadecimal<'p> {
    pub(crate) fn read(value: Value<'p>) -> Result<Self, Fault> {
        let digits = value.text.strip_prefix("0x").or_else(|| value.text.strip_prefix("0X"));
        digits
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .map(Self)
            .ok_or_else(|| value.fault(ParseErrorKind::NotHexadecimal))
    }

    /// The digits, without `0x` before them.
    #[must_use]
    pub const fn digits(&self) -> &'p str {
        self.0
    }

    /// The bytes in order.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + use<'p> {
        let (odd, pairs) = self.0.as_bytes().split_at(self.0.len() % 2);
        odd.chunks(1).chain(pairs.chunks(2)).map(|digits| {
            digits.iter().fold(0, |byte, &digit| {
                byte << 4 | (digit as char).to_digit(16).unwrap_or_default() as u8
            })
        })
    }
}

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", self.0)
    }
}

impl fmt::Debug for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
