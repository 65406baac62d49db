//! Base64 of a few bits (RFC 4648 §4), without padding.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes the lowest 6 bits of `value` for each byte of `out`, the highest of them first.
pub(super) fn encode(mut value: u128, out: &mut [u8]) {
    for byte in out.iter_mut().rev() {
        *byte = DIGITS[(value & 0x3F) as usize];
        value >>= 6;
    }
}

/// The number that [`encode`] wrote in at most 21 digits.
pub(super) fn decode(digits: &[u8]) -> Option<u128> {
    digits.iter().try_fold(0, |value, &digit| {
        let bits = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        Some(value << 6 | u128::from(bits))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_digit_is_read_as_it_was_written() {
        let mut digit = [0];
        for value in 0..64 {
            encode(value, &mut digit);
            assert_eq!(decode(&digit), Some(value));
        }
        let mut digits = [0; 4];
        encode(0x69_B7_1D, &mut digits);
        assert_eq!(&digits, b"abcd");
        assert_eq!(decode(b"ab-d"), None);
    }
}
