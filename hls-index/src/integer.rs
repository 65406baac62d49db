/// Why a text is no decimal-integer (RFC 8216 §4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NotAnInteger {
    /// It isn't 1 or more digits.
    Malformed,
    /// It is past 2⁶⁴ − 1 or longer than 20 digits.
    TooLarge,
}

/// Reads a decimal-integer: 1 to 20 digits and nothing else, up to 2⁶⁴ − 1.
pub(crate) fn read(text: &str) -> Result<u64, NotAnInteger> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAnInteger::Malformed);
    }
    if text.len() > 20 {
        return Err(NotAnInteger::TooLarge);
    }
    text.parse().map_err(|_| NotAnInteger::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h05_what_is_no_integer_is_refused() {
        assert_eq!(read("0"), Ok(0));
        assert_eq!(read("18446744073709551615"), Ok(u64::MAX));
        assert_eq!(read("00000000000000000001"), Ok(1));
        for text in ["", "-1", "+1", "1 2", " 1", "0x1", "1.0", "1e3", "NaN", "١"] {
            assert_eq!(read(text), Err(NotAnInteger::Malformed), "{text}");
        }
        for text in ["18446744073709551616", "99999999999999999999", "000000000000000000001"] {
            assert_eq!(read(text), Err(NotAnInteger::TooLarge), "{text}");
        }
    }
}
