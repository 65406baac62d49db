//! Bytes as people paste them.

/// The character that cannot stand in hexadecimal text, or does not belong to a pair of digits.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct NotHexadecimal {
    /// Its place in the text, in characters from 0.
    pub(super) column: usize,
    pub(super) found: String,
}

/// Whether this is a message in hexadecimal rather than a file's name: a header's 20 bytes at least.
pub(super) fn is_message(text: &str) -> bool {
    bytes(text).is_ok_and(|bytes| bytes.len() >= stun_codec::HEADER_LENGTH)
}

/// The bytes of a line in hexadecimal: pairs of digits, with or without spaces, commas, colons,
/// hyphens, quotes, `0x` and `\x` between them. A single digit stands for a byte behind `0x`.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, NotHexadecimal> {
    let characters: Vec<char> = text.chars().collect();
    let mut bytes = Vec::with_capacity(characters.len() / 2);
    let mut at = 0;
    let not = |column: usize| {
        let found = characters.get(column).map(char::to_string).unwrap_or_default();
        NotHexadecimal { column, found }
    };
    while let Some(&character) = characters.get(at) {
        if character.is_whitespace() || SEPARATORS.contains(&character) {
            at += 1;
            continue;
        }
        let next = characters.get(at + 1).copied();
        let is_prefixed = matches!(character, '0' | '\\') && matches!(next, Some('x' | 'X'));
        let start = if is_prefixed { at + 2 } else { at };
        let digits = characters.iter().skip(start).map_while(|character| character.to_digit(16));
        let digits: Vec<u8> = digits.map(|digit| digit as u8).collect();
        // `0x1,0x2`: the 0 of the next prefix is no digit of this byte.
        let is_prefix_next = matches!(characters.get(start + digits.len()), Some('x' | 'X'));
        let length = digits.len() - usize::from(is_prefix_next && digits.last() == Some(&0));
        let digits = digits.get(..length).unwrap_or_default();
        match digits {
            [] => return Err(not(start)),
            [digit] if is_prefixed => bytes.push(*digit),
            _ => {
                let (pairs, rest) = digits.as_chunks::<2>();
                bytes.extend(pairs.iter().map(|[high, low]| high << 4 | low));
                if !rest.is_empty() {
                    return Err(not(start + digits.len() - 1));
                }
            }
        }
        at = start + digits.len();
    }
    Ok(bytes)
}

const SEPARATORS: [char; 8] = [',', ':', ';', '-', '"', '\'', '{', '}'];

/// A line of a dump: its offset, and the text behind it.
pub(super) fn dump_line(line: &str) -> Option<(usize, &str)> {
    let line = line.trim();
    let unprefixed = line.strip_prefix("0x").unwrap_or(line);
    let length = unprefixed.bytes().take_while(u8::is_ascii_hexdigit).count();
    let (digits, rest) = unprefixed.split_at_checked(length)?;
    let is_set_off = rest.starts_with([':', '|', '\t']) || rest.starts_with("  ");
    if !(3..=8).contains(&length) || !is_set_off {
        return None;
    }
    let rest = rest.trim_start_matches([':', '|', '\t', ' ']);
    let second = rest.split([' ', '\t']).next().unwrap_or_default();
    // Bytes, or words of two as tcpdump and xxd have them: 00:01:00 is no offset and bytes.
    let is_group = second.len().is_multiple_of(2) && !second.is_empty() && second.len() <= 32;
    if !is_group || !second.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    usize::from_str_radix(digits, 16).ok().map(|offset| (offset, rest))
}

/// The bytes of a dump's line; what follows a gap is the same as text, and no part of it. `most` is
/// how many there can be, as far as the next line's offset tells.
pub(super) fn dumped(text: &str, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let text = text.split('|').next().unwrap_or_default();
    // Three spaces, or a tab, end the bytes. Two end them as well, unless they stand in the middle
    // of 16, as hexdump has them.
    let mut gap = 0;
    for group in text.split(' ') {
        if group.is_empty() {
            gap += 1;
            continue;
        }
        let is_middle = gap == 1 && bytes.len() == 8 && group.len() == 2;
        let is_gap = gap > 0 && !is_middle;
        let group_bytes = hexadecimal(group);
        let (false, Some(group_bytes)) = (is_gap, group_bytes) else { break };
        if bytes.len() + group_bytes.len() > most {
            break;
        }
        bytes.extend(group_bytes);
        gap = 0;
    }
    bytes
}

fn hexadecimal(group: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        group.chars().map(|character| character.to_digit(16).map(|digit| digit as u8)).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_in_many_ways() {
        for text in [
            "00010aff",
            "00 01 0A FF",
            "0x00010aff",
            "0x00,0x01,0x0a,0xff",
            "0x0, 0x1, 0xa, 0xff",
            "00:01:0a:ff",
            "00-01-0a-ff",
            "\\x00\\x01\\x0a\\xff",
            "\"\\x00\\x01\\x0a\\xff\";",
            "{0x00, 0x01,\t0x0A, 0xFF};",
            "0x000x010x0a0xff",
            "0001 0aff",
        ] {
            assert_eq!(bytes(text).as_deref(), Ok(&[0, 1, 10, 255][..]), "{text}");
        }
    }

    #[test]
    fn what_is_not_is_named_with_its_place() {
        for (text, column, found) in
            [("00zz", 2, "z"), ("000", 2, "0"), ("00 1 02", 3, "1"), ("0x", 2, ""), ("é", 0, "é")]
        {
            let found = found.to_owned();
            assert_eq!(bytes(text), Err(NotHexadecimal { column, found }), "{text}");
        }
    }

    #[test]
    fn dumps_have_offsets() {
        for (line, offset, rest) in [
            ("00000000: 0001 0000 2112  ......", 0, "0001 0000 2112  ......"),
            ("\t0x0010:  4500 0030", 16, "4500 0030"),
            ("0020   00 01 02   ...", 32, "00 01 02   ..."),
            ("00000010  00 01 02", 16, "00 01 02"),
        ] {
            assert_eq!(dump_line(line), Some((offset, rest)), "{line}");
        }
        for line in
            ["0001 0000 2112 a442", "00010000", "00:01:02", "0000000 000001", "{ 0x00 }", ""]
        {
            assert_eq!(dump_line(line), None, "{line}");
        }
    }

    #[test]
    fn the_text_beside_a_dump_is_no_part_of_it() {
        let eight = "00 01 02 03 04 05 06 07";
        for (text, most, length) in [
            ("0001 0203  aa bb cc", 16, 4),
            ("00 01 02   aa bb", 16, 3),
            ("00 01 02  |aa bb|", 16, 3),
            (&format!("{eight}  {eight}  |................|"), 16, 16),
            (&format!("{eight} {eight}   aa aa aa aa"), 16, 16),
            (&format!("{eight} {eight}"), 12, 12),
            ("00 01 a", 16, 2),
        ] {
            assert_eq!(dumped(text, most).len(), length, "{text}");
        }
    }
}
