//! The parser: one pass over the lines.

use alloc::vec::Vec;

use super::value::{Value, duration_fault};
use super::{KeySet, MapTag, MediaPlaylist, PlaylistType, TextSpan, skipped};
use crate::attributes::Attribute;
use crate::byte_range::{ByteRange, WrittenByteRange};
use crate::error::{BYTE_ORDER_MARK, Fault, ParseErrorKind};
use crate::key::{Key, Method};
use crate::limits::Limits;
use crate::runs::Runs;
use crate::scan::{Scanner, Span};
use crate::tag::Tag;
use crate::time::{Decimal, Ticks};

/// Parses `text`.
pub(super) fn parse<'a>(text: &'a str, limits: &Limits) -> Result<MediaPlaylist<'a>, Fault> {
    check_first_line(text.as_bytes())?;
    if u32::try_from(text.len()).is_err() {
        return Err(Fault::new(0, ParseErrorKind::TextTooLong));
    }
    let mut scanner = Scanner::new(text, limits);
    let mut parser = Parser::new(text, limits);
    while let Some(line) = scanner.next_line()? {
        parser.line(line)?;
    }
    parser.finish()
}

/// Whether the first line that is not blank is `#EXTM3U`, whatever follows the name after a blank.
pub(super) fn check_first_line(text: &[u8]) -> Result<(), Fault> {
    let text = text.strip_prefix(BYTE_ORDER_MARK.as_bytes()).unwrap_or(text).trim_ascii_start();
    if text.is_empty() {
        return Err(Fault::new(0, ParseErrorKind::Empty));
    }
    match text.strip_prefix(b"#EXTM3U") {
        Some([] | [b' ' | b'\t' | b'\r' | b'\n', ..]) => Ok(()),
        _ => Err(Fault::new(0, ParseErrorKind::NotAPlaylist)),
    }
}

struct Parser<'a, 'l> {
    limits: &'l Limits,
    playlist: MediaPlaylist<'a>,
    /// The exact sum of the durations so far.
    sum: Decimal,
    /// The EXTINF of the next segment, and where its duration stands.
    duration: Option<(Decimal, usize)>,
    /// The EXT-X-BYTERANGE of the next segment, and where it stands.
    byte_range: Option<(WrittenByteRange, usize)>,
    /// The keys in force, in the order of their tags, no two of one KEYFORMAT.
    in_force: Vec<u32>,
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
    media_sequence: Option<usize>,
    discontinuity_sequence: Option<usize>,
    discontinuities: u32,
}

impl<'a, 'l> Parser<'a, 'l> {
    fn new(text: &'a str, limits: &'l Limits) -> Self {
        let playlist = MediaPlaylist {
            text,
            version: None,
            target_duration: None,
            media_sequence: 0,
            discontinuity_sequence: 0,
            playlist_type: None,
            is_ended: false,
            is_i_frames_only: false,
            has_independent_segments: false,
            skipped_segments: None,
            boundaries: alloc::vec![Ticks::ZERO],
            uris: Vec::new(),
            byte_ranges: Runs::default(),
            dates: Runs::default(),
            gaps: Runs::default(),
            bitrates: Runs::default(),
            discontinuities: Runs::default(),
            maps: Runs::default(),
            keys: Vec::new(),
            key_sets: Vec::new(),
            keys_in_force: Runs::default(),
        };
        Self {
            limits,
            playlist,
            sum: Decimal::default(),
            duration: None,
            byte_range: None,
            in_force: Vec::new(),
            key_set: None,
            keys_changed: false,
            seen: Seen::default(),
        }
    }

    fn line(&mut self, line: Span) -> Result<(), Fault> {
        let bytes = &self.playlist.text.as_bytes()[line.start..line.end];
        match bytes.first() {
            None => Ok(()),
            Some(b'#') if bytes.starts_with(b"#EXTINF:") => self.extinf(line),
            Some(b'#') => self.tag(line),
            Some(_) => self.uri(line),
        }
    }

    fn finish(mut self) -> Result<MediaPlaylist<'a>, Fault> {
        if !self.seen.media_tag {
            return Err(Fault::new(self.playlist.text.len(), ParseErrorKind::NoMediaTag));
        }
        let last = self.playlist.uris.len().saturating_sub(1) as u64;
        let last = skipped(self.playlist.skipped_segments).checked_add(last);
        if last.and_then(|last| self.playlist.media_sequence.checked_add(last)).is_none() {
            let offset = self.seen.media_sequence.unwrap_or_default();
            return Err(Fault::new(offset, ParseErrorKind::MediaSequenceTooLarge));
        }
        let discontinuities = u64::from(self.seen.discontinuities);
        if self.playlist.discontinuity_sequence.checked_add(discontinuities).is_none() {
            let offset = self.seen.discontinuity_sequence.unwrap_or_default();
            return Err(Fault::new(offset, ParseErrorKind::DiscontinuitySequenceTooLarge));
        }
        self.playlist.boundaries.shrink_to_fit();
        self.playlist.uris.shrink_to_fit();
        Ok(self.playlist)
    }

    /// `#EXTINF:<duration>,[<title>]`, RFC 8216 §4.3.2.1.
    fn extinf(&mut self, line: Span) -> Result<(), Fault> {
        let bytes = self.playlist.text.as_bytes();
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
        let Some((duration, duration_at)) = self.duration.take() else {
            return Err(Fault::new(line.start, ParseErrorKind::MissingDuration));
        };
        if self.playlist.uris.len() >= self.limits.segments {
            let kind = ParseErrorKind::TooManySegments { limit: self.limits.segments };
            return Err(Fault::new(line.start, kind));
        }
        let too_long = Fault::new(duration_at, ParseErrorKind::DurationTooLong);
        self.sum = self.sum.checked_add(duration).ok_or(too_long)?;
        let end = self.sum.ceil().ok_or(too_long)?;
        if let Some((written, offset)) = self.byte_range.take() {
            let uri = &self.playlist.text[line.start..line.end];
            let range = self.resolve(written, uri).map_err(|kind| Fault::new(offset, kind))?;
            self.playlist.byte_ranges.begin(self.next_segment(), range);
        }
        if self.keys_changed {
            let set = self.key_set();
            self.playlist.keys_in_force.begin(self.next_segment(), set);
            self.keys_changed = false;
        }
        if self.playlist.uris.len() == self.playlist.uris.capacity() {
            self.grow(line.start);
        }
        // The text is no longer than a u32 can tell.
        let span = TextSpan { start: line.start as u32, length: (line.end - line.start) as u32 };
        self.playlist.uris.push(span);
        self.playlist.boundaries.push(end);
        Ok(())
    }

    /// Makes room for as many segments as the rest of the text holds if it goes on as it began.
    #[cold]
    fn grow(&mut self, offset: usize) {
        let count = self.playlist.uris.len();
        let rest = self.playlist.text.len() - offset;
        let additional = (rest as u64 * count as u64 / offset.max(1) as u64) as usize + 8;
        self.playlist.uris.reserve(additional);
        self.playlist.boundaries.reserve(additional);
    }

    /// The range that `written` means for the segment with this URI, RFC 8216 §4.3.2.2.
    fn resolve(&self, written: WrittenByteRange, uri: &str) -> Result<ByteRange, ParseErrorKind> {
        if written.offset.is_some() {
            return written.resolve(0);
        }
        let before = self.next_segment().checked_sub(1);
        before
            .filter(|&before| self.playlist.uri(before) == uri)
            .and_then(|before| self.playlist.byte_range(before))
            .ok_or(ParseErrorKind::ByteRangeWithoutOffset)
            .and_then(|before| written.resolve(before.end()))
    }

    /// Any line that begins with `#`, but EXTINF with its colon: all tags of RFC 8216bis §4.4, in
    /// its order.
    fn tag(&mut self, line: Span) -> Result<(), Fault> {
        let text = &self.playlist.text[line.start..line.end];
        let Some(Tag { name, value: text }) = Tag::on_line(text) else {
            return Ok(());
        };
        let value = |tag| match text {
            Some("") | None => Err(Fault::new(line.end, ParseErrorKind::MissingValue { tag })),
            Some(text) => Ok(Value { tag, text, offset: line.end - text.len() }),
        };
        let once = |tag, is_first| match is_first {
            true => Ok(()),
            false => Err(Fault::new(line.start, ParseErrorKind::DuplicateTag { tag })),
        };
        let next = self.next_segment();
        let playlist = &mut self.playlist;
        match name {
            "EXTM3U" | "EXT-X-START" | "EXT-X-DEFINE" => return Ok(()),
            "EXT-X-VERSION" => {
                let version = value("EXT-X-VERSION")?.integer()?;
                return once("EXT-X-VERSION", playlist.version.replace(version).is_none());
            }
            "EXT-X-INDEPENDENT-SEGMENTS" => {
                playlist.has_independent_segments = true;
                return Ok(());
            }

            "EXT-X-TARGETDURATION" => {
                let duration = value("EXT-X-TARGETDURATION")?.duration()?;
                let is_first = playlist.target_duration.replace(duration).is_none();
                once("EXT-X-TARGETDURATION", is_first)?;
            }
            "EXT-X-MEDIA-SEQUENCE" => {
                let value = value("EXT-X-MEDIA-SEQUENCE")?;
                playlist.media_sequence = value.integer()?;
                let is_first = self.seen.media_sequence.replace(value.offset).is_none();
                once("EXT-X-MEDIA-SEQUENCE", is_first)?;
            }
            "EXT-X-DISCONTINUITY-SEQUENCE" => {
                let value = value("EXT-X-DISCONTINUITY-SEQUENCE")?;
                playlist.discontinuity_sequence = value.integer()?;
                let is_first = self.seen.discontinuity_sequence.replace(value.offset).is_none();
                once("EXT-X-DISCONTINUITY-SEQUENCE", is_first)?;
            }
            "EXT-X-ENDLIST" => playlist.is_ended = true,
            "EXT-X-PLAYLIST-TYPE" => {
                playlist.playlist_type = match text {
                    Some("EVENT") => Some(PlaylistType::Event),
                    Some("VOD") => Some(PlaylistType::Vod),
                    _ => None,
                };
                let is_first = !core::mem::replace(&mut self.seen.playlist_type, true);
                once("EXT-X-PLAYLIST-TYPE", is_first)?;
            }
            "EXT-X-I-FRAMES-ONLY" => playlist.is_i_frames_only = true,
            "EXT-X-PART-INF" | "EXT-X-SERVER-CONTROL" => {}

            // The one with a colon never comes here.
            "EXTINF" => return value("EXTINF").map(|_| ()),
            "EXT-X-BYTERANGE" => {
                let value = value("EXT-X-BYTERANGE")?;
                let written = WrittenByteRange::read(value.text);
                self.byte_range = Some((written.map_err(|kind| value.fault(kind))?, value.offset));
            }
            "EXT-X-DISCONTINUITY" => {
                // Fewer than the text has bytes.
                self.seen.discontinuities += 1;
                playlist.discontinuities.begin(next, self.seen.discontinuities);
            }
            "EXT-X-KEY" => self.key(value("EXT-X-KEY")?)?,
            "EXT-X-MAP" => self.map(value("EXT-X-MAP")?)?,
            "EXT-X-PROGRAM-DATE-TIME" => {
                playlist.dates.begin(next, value("EXT-X-PROGRAM-DATE-TIME")?.date()?);
            }
            "EXT-X-GAP" => playlist.gaps.begin(next, ()),
            "EXT-X-BITRATE" => playlist.bitrates.begin(next, value("EXT-X-BITRATE")?.integer()?),
            "EXT-X-PART" => {}

            "EXT-X-SKIP" => self.skip(value("EXT-X-SKIP")?)?,
            "EXT-X-DATERANGE" | "EXT-X-PRELOAD-HINT" | "EXT-X-RENDITION-REPORT" => {}

            "EXT-X-MEDIA"
            | "EXT-X-STREAM-INF"
            | "EXT-X-I-FRAME-STREAM-INF"
            | "EXT-X-SESSION-DATA"
            | "EXT-X-SESSION-KEY"
            | "EXT-X-CONTENT-STEERING" => {
                let kind = match self.seen.media_tag {
                    true => ParseErrorKind::Mixed,
                    false => ParseErrorKind::Multivariant,
                };
                return Err(Fault::new(line.start, kind));
            }
            _ => return Ok(()),
        }
        self.seen.media_tag = true;
        Ok(())
    }

    /// EXT-X-KEY, RFC 8216 §4.3.2.4 and RFC 8216bis §4.4.4.4.
    fn key(&mut self, value: Value<'a>) -> Result<(), Fault> {
        let list = value.attributes(self.limits);
        let (mut method, mut uri, mut iv) = (None, None, None);
        let (mut key_format, mut key_format_versions) = ("identity", "1");
        for attribute in &list {
            let Attribute { name, value: attribute, offset } = value.attribute(attribute)?;
            match name {
                "METHOD" => method = Some(Method(attribute.text())),
                "URI" => uri = Some(attribute.text()),
                "IV" => iv = Some(value.piece(attribute.text(), offset).initialization_vector()?),
                "KEYFORMAT" => key_format = attribute.text(),
                "KEYFORMATVERSIONS" => key_format_versions = attribute.text(),
                _ => {}
            }
        }
        let method = method.ok_or_else(|| value.missing("METHOD"))?;
        if method == Method::NONE {
            if !self.in_force.is_empty() {
                self.in_force.clear();
                self.keys_change();
            }
            return Ok(());
        }
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        let keys = &mut self.playlist.keys;
        let same_format = |&number: &u32| keys[number as usize].key_format == key_format;
        if let Some(at) = self.in_force.iter().position(same_format) {
            if keys[self.in_force[at] as usize].attributes == list {
                return Ok(()); // Said again, as some packagers do before each segment.
            }
            self.in_force.remove(at);
        }
        if self.in_force.len() >= self.limits.key_formats {
            let limit = self.limits.key_formats;
            return Err(value.fault(ParseErrorKind::TooManyKeyFormats { limit }));
        }
        // There are fewer keys than the text has bytes.
        self.in_force.push(keys.len() as u32);
        keys.push(Key { method, uri, iv, key_format, key_format_versions, attributes: list });
        self.keys_change();
        Ok(())
    }

    fn keys_change(&mut self) {
        self.key_set = None;
        self.keys_changed = true;
    }

    /// The keys in force as a set, kept once however often it is asked for.
    fn key_set(&mut self) -> KeySet {
        let sets = &mut self.playlist.key_sets;
        *self.key_set.get_or_insert_with(|| {
            let set = KeySet { start: sets.len(), length: self.in_force.len() };
            sets.extend_from_slice(&self.in_force);
            set
        })
    }

    /// EXT-X-MAP, RFC 8216 §4.3.2.5.
    fn map(&mut self, value: Value<'a>) -> Result<(), Fault> {
        let (mut uri, mut byte_range) = (None, None);
        for attribute in &value.attributes(self.limits) {
            let Attribute { name, value: attribute, offset } = value.attribute(attribute)?;
            match name {
                "URI" => uri = Some(attribute.text()),
                "BYTERANGE" => {
                    let range = value.piece(attribute.text(), offset);
                    let written = WrittenByteRange::read(range.text);
                    let resolved = written.and_then(|written| written.resolve(0));
                    byte_range = Some(resolved.map_err(|kind| range.fault(kind))?);
                }
                _ => {}
            }
        }
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        let map = MapTag { uri, byte_range, keys: self.key_set() };
        let next = self.next_segment();
        if self.playlist.maps.holding_at(next) != Some(&map) {
            self.playlist.maps.begin(next, map);
        }
        Ok(())
    }

    /// EXT-X-SKIP, RFC 8216bis §4.4.5.2. The count sizes nothing.
    fn skip(&mut self, value: Value<'a>) -> Result<(), Fault> {
        let mut skipped = None;
        for attribute in &value.attributes(self.limits) {
            let Attribute { name, value: attribute, offset } = value.attribute(attribute)?;
            if name == "SKIPPED-SEGMENTS" {
                skipped = Some(value.piece(attribute.text(), offset).integer()?);
            }
        }
        let skipped = skipped.ok_or_else(|| value.missing("SKIPPED-SEGMENTS"))?;
        match self.playlist.skipped_segments.replace(skipped) {
            Some(_) => Err(value.fault(ParseErrorKind::DuplicateTag { tag: value.tag })),
            None => Ok(()),
        }
    }

    /// The number of the segment that the tags before it now apply to.
    fn next_segment(&self) -> u32 {
        // There are fewer segments than the text has bytes.
        self.playlist.uris.len() as u32
    }
}
