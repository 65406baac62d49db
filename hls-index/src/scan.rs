//! Lines: the one pass over the text, and the walk over lines that callers can take.

pub(crate) mod plain;

use memchr::memchr;

use crate::error::{BYTE_ORDER_MARK, Fault, ParseError, ParseErrorKind};
use crate::limits::Limits;
use crate::tag::{BLANK, Tag};

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
/// characters, and never looks further ahead than one line.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    next: usize,
    limit: usize,
    has_brace: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, limits: &Limits) -> Self {
        let next = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        Self { text, next, limit: limits.line_bytes, has_brace: false }
    }

    /// Whether there is a `{` in the last line, as every reference to a variable has one.
    #[inline]
    pub(crate) const fn has_brace(&self) -> bool {
        self.has_brace
    }

    /// How many bytes were read.
    #[inline]
    pub(crate) const fn read(&self) -> usize {
        self.next
    }

    /// Goes on at the offset `next`, where a line begins.
    #[inline]
    pub(crate) fn skip_to(&mut self, next: usize) {
        self.next = next;
    }

    /// The next line without its line end and the blanks around it.
    #[inline]
    pub(crate) fn next_line(&mut self) -> Result<Option<Span>, Fault> {
        let rest = &self.text.as_bytes()[self.next..];
        if rest.is_empty() {
            return Ok(None);
        }
        let window = &rest[..rest.len().min(self.limit.saturating_add(1))];
        let start = self.next;
        let (length, next) = match memchr(b'\n', window) {
            Some(newline) => (newline, start + newline + 1),
            None if window.len() > self.limit => {
                let kind = ParseErrorKind::LineTooLong { limit: self.limit };
                return Err(Fault::new(start, kind));
            }
            None => (rest.len(), self.text.len()),
        };
        self.next = next;
        let bare = match &rest[..next - start] {
            [bare @ .., b'\r', b'\n'] | [bare @ .., b'\n'] | bare => bare,
        };
        self.has_brace = false;
        if !plain::is_plain(bare) {
            let line = &rest[..next - start];
            self.has_brace = memchr(b'{', line).is_some();
            check(line).map_err(|(place, kind)| Fault::new(start + place, kind))?;
        }
        Ok(Some(trim(self.text.as_bytes(), Span { start, end: start + length })))
    }
}

/// Looks for what is refused in a line, which comes with its line end: where and what it is.
#[inline(never)]
fn check(line: &[u8]) -> Result<(), (usize, ParseErrorKind)> {
    let Some((&last, before)) = line.split_last() else { return Ok(()) };
    let pairs = || before.iter().zip(&line[1..]);
    // All of them are asked at once.
    let refused = pairs().fold(false, |any, (&byte, &next)| any | is_refused(byte, next));
    if !refused && !is_refused(last, 0) {
        return Ok(());
    }
    let place = pairs().position(|(&byte, &next)| is_refused(byte, next)).unwrap_or(before.len());
    let kind = match line[place] {
        b'\r' => ParseErrorKind::LoneCarriageReturn,
        _ => ParseErrorKind::ControlCharacter,
    };
    Err((place, kind))
}

/// Whether `byte` may not stand before `next`: control characters but LF, TAB and a CR before LF.
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
        // Lines are looked at in blocks of sixteen bytes: the tail stands everywhere in two of them.
        for before in 0..33 {
            let before = "x".repeat(before);
            for (tail, kind) in [
                ("\r\ny", None),
                ("\ry\n", Some(ParseErrorKind::LoneCarriageReturn)),
                ("\u{85}\n", Some(ParseErrorKind::ControlCharacter)),
                ("\u{A9}\n", None),
                ("x\u{0}", Some(ParseErrorKind::ControlCharacter)),
            ] {
                let text: String = [before.as_str(), tail].concat();
                assert_eq!(scan(&text, 99).err().map(|fault| fault.kind), kind, "{text:?}");
                let text: String = ["\n", &before, tail, &before].concat();
                assert_eq!(scan(&text, 99).err().map(|fault| fault.kind), kind, "{text:?}");
            }
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
