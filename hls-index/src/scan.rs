//! Lines: the one pass over the text, and the walk over lines that callers can take.

use memchr::memchr;

use crate::error::{BYTE_ORDER_MARK, Fault, ParseError, ParseErrorKind};
use crate::limits::Limits;
use crate::tag::{BLANK, Tag};
use crate::time::Decimal;

/// A line of a playlist, without its line end and the blanks around it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Line<'a> {
    /// `#EXT…`: a tag, known to this crate or not.
    Tag(Tag<'a>),
    /// Any other line that begins with `#`, which is still there.
    Comment(&'a str),
    /// The URI of a segment.
    Uri(&'a str),
    /// Nothing, or only blanks.
    Blank,
}

/// The lines of a text in order, every one of them: the `n`th item is line `n + 1`.
///
/// This is how tags that the crate does not interpret are read, and comments.
///
/// ```
/// use hls_index::{Line, Lines, Tag};
///
/// let mut lines = Lines::new("# cut here\n#EXT-X-CUE-IN\r\n\nb.ts");
/// assert_eq!(lines.next(), Some(Line::Comment("# cut here")));
/// assert_eq!(lines.next(), Some(Line::Tag(Tag { name: "EXT-X-CUE-IN", value: None })));
/// assert_eq!(lines.next(), Some(Line::Blank));
/// assert_eq!(lines.next(), Some(Line::Uri("b.ts")));
/// assert_eq!(lines.next(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// The lines of `text`; a byte order mark before them is passed over.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self::from_within(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
    }

    /// The lines of a text's end: a mark there is no byte order mark.
    pub(crate) const fn from_within(text: &'a str) -> Self {
        Self { rest: text }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match memchr(b'\n', self.rest.as_bytes()) {
            Some(newline) => (&self.rest[..newline], &self.rest[newline + 1..]),
            None => (self.rest, ""),
        };
        self.rest = rest;
        let line = line.strip_suffix('\r').unwrap_or(line).trim_matches(BLANK);
        Some(if line.is_empty() {
            Line::Blank
        } else if let Some(tag) = Tag::on_line(line) {
            Line::Tag(tag)
        } else if line.starts_with('#') {
            Line::Comment(line)
        } else {
            Line::Uri(line)
        })
    }
}

/// `bytes` as text, or why it is none.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    core::str::from_utf8(bytes).map_err(|error| {
        let not_utf8 = Fault::new(error.valid_up_to(), ParseErrorKind::NotUtf8);
        check_first_line(bytes).err().unwrap_or(not_utf8).locate(bytes)
    })
}

/// Whether the text begins as playlists do: with `#EXTM3U`, whatever follows the name after a
/// blank, or, as players let pass, with another tag. Blank lines and comments may come before.
pub(crate) fn check_first_line(text: &[u8]) -> Result<(), Fault> {
    let text = text.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(text);
    let mut rest = text.trim_ascii_start();
    while rest.starts_with(b"#") && !rest.starts_with(b"#EXT") {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        rest = rest[end..].trim_ascii_start();
    }
    if rest.is_empty() {
        return Err(Fault::new(
            0,
            match text.trim_ascii_start() {
                [] => ParseErrorKind::Empty,
                _ => ParseErrorKind::NotAPlaylist,
            },
        ));
    }
    match rest.strip_prefix(b"#EXTM3U") {
        Some([] | [b' ' | b'\t' | b'\r' | b'\n', ..]) => Ok(()),
        _ if rest.starts_with(b"#EXT-X-") || rest.starts_with(b"#EXTINF:") => Ok(()),
        _ => Err(Fault::new(0, ParseErrorKind::NotAPlaylist)),
    }
}

/// A piece of the text, as byte offsets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The parser's walk over the lines: it holds their length to the limit and refuses control
/// characters, and never looks further ahead than one block.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    next: usize,
    checked: usize,
    limit: usize,
    has_brace: bool,
}

impl<'a> Scanner<'a> {
    /// How much of the text is checked for control characters at a time: little enough to stay in
    /// the nearest cache until the lines in it are read.
    const BLOCK: usize = 4096;

    pub(crate) fn new(text: &'a str, limits: &Limits) -> Self {
        let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self {
            text: text.as_bytes(),
            next: start,
            checked: start,
            limit: limits.line_bytes,
            has_brace: false,
        }
    }

    /// Whether there was a `{` in the lines so far, as every reference to a variable has one.
    #[inline]
    pub(crate) const fn has_brace(&self) -> bool {
        self.has_brace
    }

    /// How many bytes were read.
    #[inline]
    pub(crate) const fn read(&self) -> usize {
        self.next
    }

    /// Reads the next line when it is an EXTINF as nearly all are, `#EXTINF:4.004,` and nothing else: its
    /// duration, and where that stands. Such a line needs no search for its end, and has nothing to
    /// check.
    #[inline(always)]
    pub(crate) fn plain_extinf(&mut self) -> Option<(Decimal, usize)> {
        /// More than such a line is long.
        const LONG: usize = 32;
        let line = self.text.get(self.next..)?.strip_prefix(b"#EXTINF:")?;
        let (duration, length) = Decimal::read_plain(line.first_chunk()?)?;
        let end = match line[length..] {
            [b',', b'\n', ..] => length + 2,
            [b',', b'\r', b'\n', ..] => length + 3,
            _ => return None,
        };
        if self.limit < LONG {
            return None;
        }
        let start = self.next + b"#EXTINF:".len();
        self.next = start + end;
        Some((duration, start))
    }

    /// The next line without its line end and the blanks around it.
    #[inline(always)]
    pub(crate) fn next_line(&mut self) -> Result<Option<Span>, Fault> {
        let rest = &self.text[self.next..];
        if rest.is_empty() {
            return Ok(None);
        }
        let window = &rest[..rest.len().min(self.limit.saturating_add(1))];
        let start = self.next;
        let length = match memchr(b'\n', window) {
            Some(newline) => {
                self.next = start + newline + 1;
                newline
            }
            None if window.len() > self.limit => {
                let kind = ParseErrorKind::LineTooLong { limit: self.limit };
                return Err(Fault::new(start, kind));
            }
            None => {
                self.next = self.text.len();
                rest.len()
            }
        };
        if self.next > self.checked {
            self.check()?;
        }
        Ok(Some(trim(self.text, Span { start, end: start + length })))
    }

    /// Checks the text up to the end of the line just read, and on to the end of the block.
    fn check(&mut self) -> Result<(), Fault> {
        let start = self.checked;
        let end = self.next.max(start + Self::BLOCK).min(self.text.len());
        self.checked = end;
        let block = &self.text[start..end];
        if is_plain(block) {
            return Ok(());
        }
        self.has_brace |= memchr(b'{', block).is_some();
        // The byte after the block decides about the block's last one; after the text there is none.
        let following = &self.text[start + 1..];
        let pairs = || block.iter().zip(following);
        let last = (end == self.text.len()).then_some(&block[block.len() - 1]);
        let refused = pairs().fold(false, |any, (&byte, &next)| any | is_refused(byte, next))
            | last.is_some_and(|&byte| is_refused(byte, 0));
        if !refused {
            return Ok(());
        }
        let place = pairs().position(|(&byte, &next)| is_refused(byte, next));
        let offset = start + place.unwrap_or(block.len() - 1);
        Err(Fault::new(
            offset,
            match self.text[offset] {
                b'\r' => ParseErrorKind::LoneCarriageReturn,
                _ => ParseErrorKind::ControlCharacter,
            },
        ))
    }
}

/// Whether there is nothing but printable ASCII without `{` and LF, as in most playlists: a
/// question that the compiler turns into a few vector instructions.
fn is_plain(block: &[u8]) -> bool {
    // As signed numbers, what is not ASCII is below the blank too.
    let is_other = |byte: u8| {
        // DEL and `{` differ in one bit.
        (((byte as i8) < b' ' as i8) & (byte != b'\n')) | (byte | 4 == 0x7F)
    };
    !block.iter().fold(false, |any, &byte| any | is_other(byte))
}

/// Whether `byte` may not stand before `next`: control characters but LF, TAB and a CR before LF.
/// It has no branches, so that many bytes are asked at once.
fn is_refused(byte: u8, next: u8) -> bool {
    let is_control = (byte < b' ') & (byte != b'\n') & (byte != b'\r') & (byte != b'\t');
    let is_lone = (byte == b'\r') & (next != b'\n');
    // U+0080 to U+009F.
    let is_high_control = (byte == 0xC2) & (next < 0xA0);
    is_control | (byte == 0x7F) | is_lone | is_high_control
}

/// The line without blanks around it, and without the carriage return of its line end.
#[inline]
fn trim(text: &[u8], Span { start, end }: Span) -> Span {
    match &text[start..end] {
        [first, .., last] if *first > b' ' && *last > b' ' => Span { start, end },
        line => {
            let start = end - line.trim_ascii_start().len();
            Span { start, end: start + line.trim_ascii().len() }
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::*;

    fn scan(text: &str, limit: usize) -> Result<Vec<&str>, Fault> {
        let limits = Limits { line_bytes: limit, ..Limits::default() };
        let mut scanner = Scanner::new(text, &limits);
        let mut lines = Vec::new();
        while let Some(Span { start, end }) = scanner.next_line()? {
            lines.push(&text[start..end]);
        }
        Ok(lines)
    }

    #[test]
    fn lines_end_with_lf_or_crlf() {
        assert_eq!(scan("a\nb\r\n\n \tc\t \nd", 9), Ok(alloc::vec!["a", "b", "", "c", "d"]));
        assert_eq!(scan("", 9), Ok(Vec::new()));
        assert_eq!(scan("\u{FEFF}a\n", 9), Ok(alloc::vec!["a"]));
    }

    #[test]
    fn h01_a_line_past_the_limit_is_refused() {
        assert_eq!(scan("1234\n1234", 4), Ok(alloc::vec!["1234", "1234"]));
        let too_long = Err(Fault::new(5, ParseErrorKind::LineTooLong { limit: 4 }));
        assert_eq!(scan("1234\n12345", 4), too_long);
        assert_eq!(scan("1234\n12345\n", 4), too_long);
    }

    #[test]
    fn h09_control_characters_are_refused_where_they_stand() {
        for (text, offset) in [
            ("a\0b", 1),
            ("\u{1F}", 0),
            ("a\n\u{7F}", 2),
            ("ab\u{80}", 2),
            ("ab\u{9F}c", 2),
            ("é\u{1}", 2),
        ] {
            assert_eq!(
                scan(text, 9),
                Err(Fault::new(offset, ParseErrorKind::ControlCharacter)),
                "{text:?}"
            );
        }
        assert!(scan("\u{A0}é日本\u{10FFFF}", 99).is_ok());
    }

    #[test]
    fn h09_a_lone_carriage_return_is_refused() {
        for (text, offset) in [("a\rb", 1), ("a\r", 1), ("a\r\r\n", 1), ("a\r\nb\rc", 4)] {
            let lone = Err(Fault::new(offset, ParseErrorKind::LoneCarriageReturn));
            assert_eq!(scan(text, 9), lone, "{text:?}");
        }
    }

    #[test]
    fn what_lies_across_two_blocks_is_seen_whole() {
        let before = "x".repeat(Scanner::BLOCK - 1);
        for (tail, kind) in [
            ("\r\ny", None),
            ("\ry\n", Some(ParseErrorKind::LoneCarriageReturn)),
            ("\u{85}\n", Some(ParseErrorKind::ControlCharacter)),
            ("\u{A9}\n", None),
            ("x\u{0}", Some(ParseErrorKind::ControlCharacter)),
        ] {
            // One line and a block that ends within `tail`.
            let text: String = [before.as_str(), tail].concat();
            assert_eq!(scan(&text, 9999).err().map(|fault| fault.kind), kind, "{tail:?}");
            // The same with a line end right before.
            let text: String = ["\n", &before[1..], tail].concat();
            assert_eq!(scan(&text, 9999).err().map(|fault| fault.kind), kind, "{tail:?}");
        }
    }

    #[test]
    fn both_walks_see_the_same_lines() {
        let text = "\u{FEFF}#EXTM3U\r\n# c\n\n #EXT-X-GAP \nx y\n#EXTINF:5,\tt\nlast";
        let walked: Vec<&str> = Lines::new(text)
            .map(|line| match line {
                Line::Tag(tag) => tag.name,
                Line::Comment(text) | Line::Uri(text) => text,
                Line::Blank => "",
            })
            .collect();
        assert_eq!(walked, ["EXTM3U", "# c", "", "EXT-X-GAP", "x y", "EXTINF", "last"]);
        assert_eq!(scan(text, 99).map(|lines| lines.len()), Ok(walked.len()));
    }
}
