//! Digits read eight at a time.

const ONES: u64 = 0x0101_0101_0101_0101;

/// The number that the digits at the start of `text` make, and how many they are.
#[inline(always)]
pub(crate) fn leading_digits(text: [u8; 8]) -> (u32, usize) {
    let word = Word::new(text);
    let count = word.digits();
    (if count == 0 { 0 } else { word.number(count) }, count)
}

/// Eight bytes of text, asked and reckoned with all at once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    /// The first character is the lowest byte. A digit (0x30 to 0x39) has become its value, anything
    /// else more than 9.
    bytes: u64,
    /// The highest bit of each byte that is no digit. Behind the first one the bits are true as long as
    /// those before them stand for ASCII, as only from other bytes there is a carry.
    others: u64,
}

impl Word {
    #[inline(always)]
    pub(crate) fn new(text: [u8; 8]) -> Self {
        let bytes = u64::from_le_bytes(text) ^ (ONES * 0x30);
        let others = (bytes.wrapping_add(ONES * (0x80 - 10)) | bytes) & (ONES * 0x80);
        Self { bytes, others }
    }

    /// How many digits come first.
    #[inline(always)]
    pub(crate) fn digits(self) -> usize {
        (self.others.trailing_zeros() / 8) as usize
    }

    /// The number that the first `count` bytes make, which are digits: one at least.
    #[inline(always)]
    pub(crate) fn number(self, count: usize) -> u32 {
        number(self.bytes << (64 - 8 * count))
    }

    /// The number that all digits make but for the point at `point`, which is the first byte that is
    /// none; and how many bytes they are, the point among them. `None` when they may go on past the
    /// word.
    #[inline(always)]
    pub(crate) fn number_across(self, point: usize) -> Option<(u32, usize)> {
        let others = self.others & self.others.wrapping_sub(1);
        if others == 0 {
            return None;
        }
        let length = (others.trailing_zeros() / 8) as usize;
        let before = (1 << (8 * point)) - 1;
        let joined = (self.bytes & before) << 8 | (self.bytes & !(before << 8 | 0xFF));
        Some((number(joined << (64 - 8 * length)), length))
    }
}

/// The number that eight digits make, of which the highest byte is the last: those that are not wanted are
/// zero.
#[inline(always)]
fn number(digits: u64) -> u32 {
    // Tens, hundreds of hundreds and ten thousands are put together, neighbours with neighbours.
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    let eight = fours * 10_000 + (fours >> 32);
    eight as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted_and_read_up_to_the_first_other_byte() {
        for (text, expected) in [
            (b"12345678", (12_345_678, 8)),
            (b"00000000", (0, 8)),
            (b"99999999", (99_999_999, 8)),
            (b"1234567.", (1_234_567, 7)),
            (b"1/345678", (1, 1)),
            (b"1:345678", (1, 1)),
            (b"90\xFF\xFF\xFF\xFF\xFF\xFF", (90, 2)),
            (b"\x0012345678"[..8].try_into().unwrap(), (0, 0)),
            (b"-1234567", (0, 0)),
        ] {
            assert_eq!(leading_digits(*text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_number_is_read_across_its_point() {
        for (text, point, expected) in [
            (b"4.123,\nh", 1, Some((4123, 5))),
            (b"123.456,", 3, Some((123_456, 7))),
            (b"5.,\n1234", 1, Some((5, 2))),
            (b"5..12345", 1, Some((5, 2))),
            (b"0.00001\n", 1, Some((1, 7))),
            (b"5.123456", 1, None),
            (b"1234567.", 7, None),
        ] {
            let word = Word::new(*text);
            assert_eq!((word.digits(), word.number_across(point)), (point, expected), "{text:?}");
        }
    }
}
