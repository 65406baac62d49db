//! Plain text, as nearly every line of a playlist is: printable ASCII without `{`. Nothing in it is
//! refused, and it has no reference to a variable.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES << 7;

/// How many bytes of plain text `text` starts with before the first `END`. A line end is not plain.
#[inline(always)]
pub(crate) fn length<const END: u8>(text: &[u8]) -> usize {
    let (chunks, rest) = text.as_chunks::<16>();
    let mut length = 0;
    for chunk in chunks {
        // A question that the compiler turns into a few vector instructions.
        if chunk.iter().fold(false, |any, &byte| any | is_end::<END>(byte)) {
            let first = length_in_word::<END>(chunk);
            let last = || length_in_word::<END>(&chunk[8..]);
            return length + if first < 8 { first } else { 8 + last() };
        }
        length += 16;
    }
    length + rest.iter().take_while(|&&byte| !is_end::<END>(byte)).count()
}

/// Whether all of `text` is plain.
#[inline]
pub(crate) fn is_plain(text: &[u8]) -> bool {
    let all = |bytes: &[u8]| bytes.iter().fold(true, |all, &byte| all & !is_end::<b'{'>(byte));
    let (chunks, rest) = text.as_chunks::<16>();
    if !chunks.iter().all(|chunk| all(chunk)) {
        return false;
    }
    // The last bytes together with some before them, rather than one by one.
    text.last_chunk::<16>().map_or_else(|| all(rest), |last| all(last))
}

/// The length of the line end that `text` starts with.
#[inline(always)]
pub(crate) fn line_end(text: &[u8]) -> Option<usize> {
    match text {
        [b'\n', ..] => Some(1),
        [b'\r', b'\n', ..] => Some(2),
        _ => None,
    }
}

#[inline(always)]
fn is_end<const END: u8>(byte: u8) -> bool {
    // As signed numbers, what is not ASCII is below the blank too. DEL and `{` differ in one bit.
    ((byte as i8) < b' ' as i8) | (byte | 4 == 0x7F) | (byte == END)
}

/// [`is_end`] for the first eight bytes: how many come before the first that is one.
#[inline(always)]
fn length_in_word<const END: u8>(text: &[u8]) -> usize {
    let Some(&word) = text.first_chunk() else { return 0 };
    let word = u64::from_le_bytes(word);
    // The highest bit of each byte tells whether the sum of its lower seven reached 128, so that no
    // byte carries into the next.
    let low = word & !HIGH;
    let is_printable = low + ONES * (0x80 - u64::from(b' '));
    let is_brace_or_del = ((word | (ONES * 4)) & !HIGH) + ONES;
    let is_other_than_end = ((word ^ (ONES * u64::from(END))) & !HIGH) + ONES * 0x7F;
    let ends = (word | !is_printable | is_brace_or_del | !is_other_than_end) & HIGH;
    (ends.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_ends_plain_text_or_does_not_wherever_it_stands() {
        for byte in 0..=u8::MAX {
            let is_plain_byte = matches!(byte, b' '..=b'~') && byte != b'{';
            for length_of_text in 1..40 {
                for at in 0..length_of_text {
                    let mut text = [b'x'; 40];
                    text[at] = byte;
                    let text = &text[..length_of_text];
                    assert_eq!(is_plain(text), is_plain_byte, "{byte} at {at}");
                    let expected = if is_plain_byte { length_of_text } else { at };
                    assert_eq!(length::<b'\n'>(text), expected, "{byte} at {at}");
                    let expected = if byte == b'"' { at } else { expected };
                    assert_eq!(length::<b'"'>(text), expected, "{byte} at {at}");
                }
            }
        }
        assert_eq!((length::<b'\n'>(b""), is_plain(b"")), (0, true));
    }

    #[test]
    fn the_first_of_several_ends_counts() {
        for (text, expected) in [
            (&b"aaaaaaaa\x80\x8A{\n\"\"\x7F\x00bbbb"[..], 8),
            (b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 0),
            (b"0123456789ABCDEF0123\r\n", 20),
            (b"0123456789ABCDEF\"", 16),
        ] {
            assert_eq!(length::<b'"'>(text), expected);
        }
    }

    #[test]
    fn no_plain_byte_is_taken_for_an_end_beside_one() {
        for byte in (b' '..=b'~').filter(|byte| !b"\"{".contains(byte)) {
            for at in 0..16 {
                let mut text = [byte; 16];
                text[at] = b'"';
                assert_eq!(length::<b'"'>(&text), at, "{byte}");
            }
        }
    }

    #[test]
    fn line_ends_are_lf_or_crlf() {
        for (text, length) in [("\n", Some(1)), ("\r\n#", Some(2)), ("\r", None), ("", None)] {
            assert_eq!(line_end(text.as_bytes()), length);
        }
    }
}
