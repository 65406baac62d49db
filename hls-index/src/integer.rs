use crate::digits::leading_digits;

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
    match read_start(text.as_bytes()) {
        Ok((number, [])) => Ok(number),
        // Digits without end are too many before something else follows.
        Err(NotAnInteger::TooLarge) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(NotAnInteger::TooLarge)
        }
        _ => Err(NotAnInteger::Malformed),
    }
}

/// Reads the decimal-integer that `text` starts with, and gives what follows it.
#[inline(always)]
pub(crate) fn read_start(text: &[u8]) -> Result<(u64, &[u8]), NotAnInteger> {
    let (first, second) = (text.first_chunk(), text.get(8..).and_then(<[u8]>::first_chunk));
    if let Some((number, count @ 1..8)) = first.copied().map(leading_digits) {
        return Ok((u64::from(number), &text[count..]));
    }
    if let (Some(&first), Some(&second)) = (first, second)
        && let ((high, 8), (low, count @ 0..8)) = (leading_digits(first), leading_digits(second))
    {
        let number = u64::from(high) * POWERS_OF_TEN[count] + u64::from(low);
        return Ok((number, &text[8 + count..]));
    }
    read_any(text)
}

const POWERS_OF_TEN: [u64; 8] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

#[inline(never)]
fn read_any(text: &[u8]) -> Result<(u64, &[u8]), NotAnInteger> {
    /// So many digits are below 2⁶⁴ whatever they are.
    const SAFE: usize = 19;
    let (mut number, mut length) = (0_u64, 0);
    while let Some(digit @ b'0'..=b'9') = text.get(length)
        && length < SAFE
    {
        number = number * 10 + u64::from(digit - b'0');
        length += 1;
    }
    if length == 0 {
        return Err(NotAnInteger::Malformed);
    }
    if let Some(digit @ b'0'..=b'9') = text.get(length) {
        let digit = u64::from(digit - b'0');
        let sum = number.checked_mul(10).and_then(|number| number.checked_add(digit));
        number = sum.ok_or(NotAnInteger::TooLarge)?;
        length += 1;
        if text.get(length).is_some_and(u8::is_ascii_digit) {
            return Err(NotAnInteger::TooLarge);
        }
    }
    Ok((number, &text[length..]))
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

    #[test]
    fn it_ends_with_the_first_byte_that_is_no_digit() {
        for digits in ["7", "1234567", "12345678", "123456789012345", "1234567890123456", "00"] {
            for after in ["", "@", ".5", "\"", "@1234567890123456789", "é", "\n        "] {
                let text = [digits, after].concat();
                let number: u64 = digits.parse().unwrap();
                assert_eq!(read_start(text.as_bytes()), Ok((number, after.as_bytes())), "{text}");
            }
        }
    }
}
