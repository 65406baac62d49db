//! The parser: one pass over the lines.

mod keys;
mod plain;
mod tags;

use alloc::vec::Vec;

use self::keys::InForce;
use super::MediaPlaylist;
use super::head::{Head, skipped};
use super::tables::{KeySet, Tables};
use crate::attributes::AttributeErrorKind;
use crate::byte_range::{ByteRange, WrittenByteRange};
use crate::define::{Expansions, Source};
use crate::error::{Fault, ParseErrorKind};
use crate::growth::{self, Progress};
use crate::part::{self, WrittenPart};
use crate::reader::Reader;
use crate::scan::{Scanner, Span, check_first_line};
use crate::text::{Text, TextSpan};
use crate::time::{Decimal, Ticks};
use crate::value::duration_fault;

/// Parses `text` into the memory of `buffers`.
pub(super) fn parse<'a>(
    text: &'a str,
    source: &Source<'_>,
    buffers: (Tables, Expansions),
) -> Result<MediaPlaylist<'a>, Fault> {
    check_first_line(text.as_bytes())?;
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new(0, ParseErrorKind::TextTooLong));
    }
    let mut scanner = Scanner::new(text, source.accepted());
    let mut parser = Parser::new(text, source, buffers);
    loop {
        scanner.skip_to(parser.plain_lines(scanner.read())?);
        let Some(line) = scanner.next_line()? else { break };
        parser.progress.read = scanner.read();
        parser.reader.has_brace = scanner.has_brace();
        parser.line(line)?;
    }
    parser.finish()
}

struct Parser<'a, 's> {
    reader: Reader<'a, 's>,
    head: Head,
    tables: Tables,
    /// Whether the lists are new, and give back what they don't need.
    is_fresh: bool,
    progress: Progress,
    /// The exact sum of the durations so far.
    sum: Decimal,
    /// The EXTINF of the next segment, and where its duration stands.
    duration: Option<(Decimal, usize)>,
    /// The EXT-X-BYTERANGE of the next segment, and where it stands.
    byte_range: Option<(WrittenByteRange, usize)>,
    /// Whether an EXT-X-MAP without range came after that.
    map_after_range: bool,
    /// Where the byte range of the last part of the next segment ended.
    part_end: Option<u64>,
    /// The keys in force, in the order of their tags, no two of one KEYFORMAT.
    in_force: Vec<InForce>,
    /// The set that `in_force` is kept as, once something needs it.
    key_set: Option<KeySet>,
    /// Whether the keys changed since the last segment.
    keys_changed: bool,
    seen: Seen,
}

/// What the playlist has had, for what may stand once, and for errors that show at the end.
#[derive(Default)]
struct Seen {
    media_tag: bool,
    playlist_type: bool,
    start: bool,
    target_duration: bool,
    media_sequence: Option<usize>,
    discontinuity_sequence: Option<usize>,
    discontinuities: u32,
}

impl<'a, 's> Parser<'a, 's> {
    fn new(
        text: &'a str,
        source: &'s Source<'s>,
        (mut tables, expansions): (Tables, Expansions),
    ) -> Self {
        let is_fresh = tables.boundaries.capacity() == 0;
        tables.clear();
        tables.boundaries.push(Ticks::ZERO);
        Self {
            reader: Reader::new(text, source, expansions),
            head: Head::default(),
            tables,
            is_fresh,
            progress: Progress { read: 0, of: text.len() },
            sum: Decimal::ZERO,
            duration: None,
            byte_range: None,
            map_after_range: false,
            part_end: None,
            in_force: Vec::new(),
            key_set: None,
            keys_changed: false,
            seen: Seen::default(),
        }
    }

    #[inline(never)]
    fn line(&mut self, line: Span) -> Result<(), Fault> {
        let bytes = &self.reader.text.as_bytes()[line.start..line.end];
        match bytes.first() {
            None => Ok(()),
            Some(b'#') if bytes.starts_with(b"#EXTINF:") => self.extinf(line),
            Some(b'#') if bytes.starts_with(b"#EXT-X-PART:") => {
                let start = line.start + b"#EXT-X-PART:".len();
                self.part(self.reader.trimmed(start, line.end))
            }
            Some(b'#') => self.tag_line(line),
            Some(_) => self.uri(line),
        }
    }

    /// A tag; and what comes after it on the same line, where only the line end between two tags is
    /// missing.
    fn tag_line(&mut self, line: Span) -> Result<(), Fault> {
        let result = self.tag(line);
        let Err(Fault { offset, kind: ParseErrorKind::Attribute(AttributeErrorKind::Comma) }) =
            result
        else {
            return result;
        };
        if !self.reader.text.as_bytes()[offset..line.end].starts_with(b"#EXT") {
            return result;
        }
        self.tag(Span { start: line.start, end: offset })?;
        let rest = Span { start: offset, end: line.end };
        match self.reader.text[offset..].starts_with("#EXTINF:") {
            true => self.extinf(rest),
            false => self.tag(rest),
        }
    }

    fn finish(mut self) -> Result<MediaPlaylist<'a>, Fault> {
        if !self.seen.media_tag {
            return Err(Fault::new(self.reader.text.len(), ParseErrorKind::NoMediaTag));
        }
        let last = self.tables.uris.len().saturating_sub(1) as u64;
        let last = skipped(self.head.skipped_segments).checked_add(last);
        if last.and_then(|last| self.head.media_sequence.checked_add(last)).is_none() {
            let offset = self.seen.media_sequence.unwrap_or_default();
            return Err(Fault::new(offset, ParseErrorKind::MediaSequenceTooLarge));
        }
        let discontinuities = u64::from(self.seen.discontinuities);
        if self.head.discontinuity_sequence.checked_add(discontinuities).is_none() {
            let offset = self.seen.discontinuity_sequence.unwrap_or_default();
            return Err(Fault::new(offset, ParseErrorKind::DiscontinuitySequenceTooLarge));
        }
        if self.keys_changed {
            // For the parts of the segment that is not complete yet.
            self.begin_keys();
        }
        if self.is_fresh {
            self.tables.trim();
        }
        let text =
            Text { written: self.reader.text.into(), expansions: self.reader.expander.expansions };
        Ok(MediaPlaylist { text, head: self.head, sum: self.sum, tables: self.tables })
    }

    /// `#EXTINF:<duration>,[<title>]`, RFC 8216 §4.3.2.1.
    fn extinf(&mut self, line: Span) -> Result<(), Fault> {
        let bytes = self.reader.text.as_bytes();
        let mut start = line.start + b"#EXTINF:".len();
        while start < line.end && matches!(bytes[start], b' ' | b'\t') {
            start += 1;
        }
        let value = &bytes[start..line.end];
        let fault = |kind| Fault::new(start, kind);
        let (duration, after) =
            Decimal::read(value).map_err(|error| fault(duration_fault(error)))?;
        match after.trim_ascii_start() {
            [] | [b',', ..] => {
                self.seen.media_tag = true;
                self.duration = Some((duration, start));
                Ok(())
            }
            _ => Err(fault(ParseErrorKind::NotADuration)),
        }
    }

    /// The URI line that ends a segment's tags.
    fn uri(&mut self, line: Span) -> Result<(), Fault> {
        let duration = self.take_duration(line)?;
        self.end_segment(duration, line)
    }

    /// The duration of the segment with the URI `line`, and where it is written.
    #[inline]
    fn take_duration(&mut self, line: Span) -> Result<(Decimal, usize), Fault> {
        match self.duration.take() {
            Some(duration) => Ok(duration),
            None => Ok((self.assumed_duration(line)?, line.start)),
        }
    }

    /// Adds the segment with the URI `line`.
    #[inline(always)]
    fn end_segment(
        &mut self,
        (duration, duration_at): (Decimal, usize),
        line: Span,
    ) -> Result<(), Fault> {
        if self.tables.uris.len() >= self.reader.limits.segments {
            let kind = ParseErrorKind::TooManySegments { limit: self.reader.limits.segments };
            return Err(Fault::new(line.start, kind));
        }
        let too_long = Fault::new(duration_at, ParseErrorKind::DurationTooLong);
        self.sum = self.sum.checked_add(duration).ok_or(too_long)?;
        let end = self.sum.ceil().ok_or(too_long)?;
        self.reader.expand_uri(line.into())?;
        if let Some((written, offset)) = self.byte_range.take() {
            let range = self.resolve(written, line).map_err(|kind| Fault::new(offset, kind))?;
            self.tables.byte_ranges.begin(self.next_segment(), range, self.progress);
        }
        if self.keys_changed {
            self.begin_keys();
        }
        self.part_end = None;
        self.map_after_range = false;
        growth::push(&mut self.tables.uris, line.into(), self.progress);
        growth::push(&mut self.tables.boundaries, end, self.progress);
        Ok(())
    }

    /// The keys in force hold from the next segment on.
    fn begin_keys(&mut self) {
        let set = self.key_set();
        self.tables.keys_in_force.begin(self.next_segment(), set, self.progress);
        self.keys_changed = false;
    }

    /// How long a segment without EXTINF counts: the target duration, as players have it.
    #[cold]
    fn assumed_duration(&self, line: Span) -> Result<Decimal, Fault> {
        let missing = Fault::new(line.start, ParseErrorKind::MissingDuration);
        self.head.target_duration.map(Decimal::from).ok_or(missing)
    }

    /// The range that `written` means for the segment with this URI, RFC 8216 §4.3.2.2.
    fn resolve(&self, written: WrittenByteRange, uri: Span) -> Result<ByteRange, ParseErrorKind> {
        if written.offset.is_some() {
            return written.resolve(0);
        }
        let uri = self.reader.expanded(uri.into());
        let next = self.next_segment();
        let segment = next
            .checked_sub(1)
            .filter(|&before| self.reader.expanded(self.tables.uris[before as usize]) == uri)
            .and_then(|before| self.tables.byte_ranges.starting_at(before).copied());
        // Or the initialization section right before it, as ExoPlayer has it.
        let map = || {
            let map = self.tables.maps.starting_at(next)?;
            map.byte_range.filter(|_| self.map_uri(map.value) == Some(uri))
        };
        segment
            .or_else(map)
            .ok_or(ParseErrorKind::ByteRangeWithoutOffset)
            .and_then(|before| written.resolve(before.end()))
    }

    /// EXT-X-PART, RFC 8216bis §4.4.4.9.
    fn part(&mut self, span: TextSpan) -> Result<(), Fault> {
        self.reader.expand_list(span)?;
        let value = self.reader.value("EXT-X-PART", span);
        let part = WrittenPart::read(value, self.reader.limits.attributes)?;
        self.begin_part(part.byte_range, span.start())
    }

    /// A part whose value begins at the offset `start`.
    #[inline]
    fn begin_part(&mut self, range: Option<WrittenByteRange>, start: usize) -> Result<(), Fault> {
        part::resolve(range, &mut self.part_end).map_err(|kind| Fault::new(start, kind))?;
        // The text is no longer than a `u32` can tell.
        growth::push(&mut self.tables.parts, start as u32, self.progress);
        self.seen.media_tag = true;
        Ok(())
    }

    /// The number of the segment that the tags before it now apply to.
    #[inline]
    fn next_segment(&self) -> u32 {
        // There are fewer segments than the text has bytes.
        self.tables.uris.len() as u32
    }
}
