//! The lines that every segment has, as nearly all packagers write them: read from the left to the
//! right, without a search for the end of the line or a second look at its bytes.
//!
//! Whatever is unusual about a line (a blank, a `{`, other than ASCII, too many digits, a mistake), it
//! is left to the parser of all lines, which is where the rules are.

use super::Parser;
use crate::byte_range::WrittenByteRange;
use crate::date::WrittenDate;
use crate::error::Fault;
use crate::part::PlainPart;
use crate::scan::{Span, plain};
use crate::time::Decimal;

const EXTINF: &[u8; 8] = b"#EXTINF:";
const PART: &[u8; 12] = b"#EXT-X-PART:";
const BYTE_RANGE: &[u8; 17] = b"#EXT-X-BYTERANGE:";
const DATE: &[u8; 25] = b"#EXT-X-PROGRAM-DATE-TIME:";

/// Where the next line begins; `None` when the line is not a plain one, of which nothing has been
/// taken then.
type Next = Result<Option<usize>, Fault>;

impl Parser<'_, '_> {
    /// Reads the plain lines from the offset `at` on, up to the first line that is none: where that
    /// begins.
    #[inline(never)]
    pub(super) fn plain_lines(&mut self, mut at: usize) -> Result<usize, Fault> {
        const EXTINF_START: u64 = start_of(EXTINF);
        const PART_START: u64 = start_of(PART);
        const BYTE_RANGE_START: u64 = start_of(BYTE_RANGE);
        while let Some(&start) = self.reader.text.as_bytes()[at..].first_chunk() {
            // Compared as numbers, and not byte by byte.
            let next = match u64::from_le_bytes(start) {
                EXTINF_START => self.plain_extinf(at)?,
                // `#EXT-X-P` may go on with `ART:` or with `ROGRAM-DATE-TIME:`.
                PART_START => match self.reader.text.as_bytes().get(at + 8) {
                    Some(b'A') => self.plain_part(at)?,
                    _ => self.plain_date(at),
                },
                BYTE_RANGE_START => self.plain_byte_range(at)?,
                _ => self.plain_uri(at)?,
            };
            match next {
                Some(next) => at = next,
                None => break,
            }
        }
        Ok(at)
    }

    /// EXTINF, with or without a title, and the URI right after it.
    #[inline(always)]
    fn plain_extinf(&mut self, at: usize) -> Next {
        let Some((duration, next)) = self.plain_duration(at) else { return Ok(None) };
        self.seen.media_tag = true;
        let Some((uri, after_uri)) = self.uri_at(next) else {
            self.duration = Some(duration);
            return Ok(Some(next));
        };
        // One that came before without a URI counts no more.
        self.duration = None;
        self.progress.read = after_uri;
        self.end_segment(duration, uri)?;
        Ok(Some(after_uri))
    }

    #[inline(always)]
    fn plain_duration(&self, at: usize) -> Option<((Decimal, usize), usize)> {
        let start = at + EXTINF.len();
        let value = &self.reader.text.as_bytes()[start..];
        let (duration, length) = Decimal::read_plain(value.first_chunk()?)?;
        let [b',', title @ ..] = &value[length..] else { return None };
        let title = if title.first() == Some(&b'\n') { 0 } else { plain::length::<b'\n'>(title) };
        let next = self.after_plain_line(at, start + length + 1 + title)?;
        Some(((duration, start), next))
    }

    /// A URI that no EXTINF comes right before.
    #[inline(always)]
    fn plain_uri(&mut self, at: usize) -> Next {
        let Some((uri, next)) = self.uri_at(at) else { return Ok(None) };
        self.progress.read = next;
        let duration = self.take_duration(uri)?;
        self.end_segment(duration, uri)?;
        Ok(Some(next))
    }

    #[inline(always)]
    fn uri_at(&self, at: usize) -> Option<(Span, usize)> {
        let line = &self.reader.text.as_bytes()[at..];
        if matches!(line.first()?, b'#' | b' ') {
            return None;
        }
        let length = plain::length::<b'\n'>(line);
        if line[..length].last()? == &b' ' {
            return None;
        }
        let end = at + length;
        Some((Span { start: at, end }, self.after_plain_line(at, end)?))
    }

    // The others are not made part of the loop, which is then the faster for EXTINF and URI.

    #[inline(never)]
    fn plain_part(&mut self, at: usize) -> Next {
        let line = &self.reader.text.as_bytes()[at..];
        let Some(list) = line.strip_prefix(PART) else { return Ok(None) };
        let limit = self.reader.limits.attributes;
        let Some((part, rest)) = PlainPart::read(list, limit) else { return Ok(None) };
        let Some(next) = self.after_plain_line(at, at + line.len() - rest.len()) else {
            return Ok(None);
        };
        self.progress.read = next;
        self.begin_part(part.byte_range, at + PART.len())?;
        Ok(Some(next))
    }

    #[inline(never)]
    fn plain_date(&mut self, at: usize) -> Option<usize> {
        let line = &self.reader.text.as_bytes()[at..];
        let (date, rest) = WrittenDate::read(line.strip_prefix(DATE)?).ok()?;
        let next = self.after_plain_line(at, at + line.len() - rest.len())?;
        self.progress.read = next;
        self.begin_date(date.date());
        Some(next)
    }

    #[inline(never)]
    fn plain_byte_range(&mut self, at: usize) -> Next {
        let line = &self.reader.text.as_bytes()[at..];
        let Some(value) = line.strip_prefix(BYTE_RANGE) else { return Ok(None) };
        let Ok((range, rest)) = WrittenByteRange::read_start(value) else { return Ok(None) };
        let Some(next) = self.after_plain_line(at, at + line.len() - rest.len()) else {
            return Ok(None);
        };
        self.progress.read = next;
        self.begin_segment_range(range, at + BYTE_RANGE.len())?;
        Ok(Some(next))
    }

    /// Where the next line begins, if the one from `start` on ends at `end` and is surely no longer than
    /// the limit allows.
    #[inline(always)]
    fn after_plain_line(&self, start: usize, end: usize) -> Option<usize> {
        let next = end + plain::line_end(self.reader.text.as_bytes().get(end..)?)?;
        (next - start <= self.reader.limits.line_bytes).then_some(next)
    }
}

/// The first eight bytes of a tag.
const fn start_of(tag: &[u8]) -> u64 {
    match tag.first_chunk() {
        Some(start) => u64::from_le_bytes(*start),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::define::{Expansions, Source};
    use crate::limits::Limits;
    use crate::media::tables::Tables;

    /// How many bytes of `lines` are taken at a glance, when other lines follow; and up to where the
    /// parser has counted them as read.
    fn taken(lines: &str) -> (usize, usize) {
        let text = format!("{lines}#{:40}\n", "");
        let limits = Limits { line_bytes: 60, ..Limits::default() };
        let source = Source::new().limits(limits);
        let mut parser = Parser::new(&text, &source, (Tables::default(), Expansions::default()));
        (parser.plain_lines(0).unwrap(), parser.progress.read)
    }

    #[test]
    fn lines_as_packagers_write_them_are_taken() {
        for line_end in ["\n", "\r\n"] {
            let mut all = String::new();
            for line in [
                "#EXTINF:6,",
                "a.ts",
                "#EXTINF:4.123,",
                "https://cdn.example.com/v/segment-000000000000001.mp4",
                "#EXTINF:1234567.1234567,a title, and more of it",
                "exactly-16-bytes",
                "#EXTINF:0.000001,~ and more",
                "~user/of/a/name/as/long/as/the/limit/lets/pass/at/a/glance",
                "#EXTINF:10,",
                "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59.123Z",
                "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59+08:00",
                "#EXT-X-BYTERANGE:12345678@123456789012",
                "v.mp4?x=1",
                "#EXTINF:5.,",
                "#EXT-X-PART:DURATION=2.0,URI=\"p.0.mp4\",INDEPENDENT=YES",
                "#EXT-X-PART:URI=\"p\",DURATION=2,BYTERANGE=\"10@5\",GAP=YES",
            ] {
                let before = all.len();
                all += line;
                all += line_end;
                // What has been read is counted with each URI and each tag but EXTINF.
                let counted = if line.starts_with("#EXTINF") { before } else { all.len() };
                assert_eq!(taken(&all), (all.len(), counted), "{all}");
            }
        }
    }

    #[test]
    fn what_is_unusual_is_left_to_the_parser_of_all_lines() {
        for line in [
            " #EXTINF:6,",
            "#EXTINF: 6,",
            "#EXTINF:6",
            "#EXTINF:6 ,",
            "#EXTINF:12345678,",
            "#EXTINF:4.12345678,",
            "#EXTINF:.5,",
            "#EXTINF:6,\t",
            "#EXTINF:6,{$a}",
            "#EXTINF:6,é",
            "#EXTINF:6,\rx",
            "#EXT-X-BYTERANGE:",
            "#EXT-X-BYTERANGE:5@0 ",
            "#EXT-X-BITRATE:5",
            "#EXT-X-PART:",
            "#EXT-X-PART:DURATION=2,URI=\"p\" ",
            "#EXT-X-PARTS:DURATION=2,URI=\"p\"",
            "#EXT-X-PROGRAM-DATE-TIME:2026-01-31",
            "#EXT-X-PROGRAM-DATE-TIME:2026-01-31T04:44:59Z ",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-GAP",
            "# a comment",
            "",
            " a.ts",
            "a.ts ",
            "{$a}.ts",
            "é.ts",
            "a\tb.ts",
            "a\u{7F}b.ts",
            "a.ts\rx",
            "#EXTINF:6,a line of more bytes than the limit, which is sixty and one",
            "a-line-of-more-bytes-than-the-limit-which-is-sixty-and-one.ts",
        ] {
            // Behind a plain line, so that there is a duration for a URI.
            let before = "#EXTINF:6,\n";
            let (end, _) = taken(&format!("{before}{line}\n"));
            assert_eq!(end, before.len(), "{line:?}");
        }
    }
}
