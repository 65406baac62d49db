//! The media playlist: what the parser makes of the text.

mod parse;
mod tables;

use alloc::string::String;
use core::fmt;
use core::ops::Range;

pub use self::tables::Buffers;
use self::tables::{KeySet, MapTag, Tables};
use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::date_range::DateRange;
use crate::define::{Source, Variables};
use crate::error::{Fault, ParseError};
use crate::hint::PreloadHint;
use crate::index::SegmentIndex;
use crate::key::Keys;
use crate::limits::Limits;
use crate::part::Parts;
use crate::report::RenditionReport;
use crate::runs::Runs;
use crate::scan::{self, Lines, Span};
use crate::segment::{Segment, Segments};
use crate::server_control::ServerControl;
use crate::skip::Skip;
use crate::start::Start;
use crate::text::{Text, TextSpan};
use crate::time::{Decimal, Ticks};
use crate::value::{Named, Value};

/// A media playlist (RFC 8216 §4.3.3): the segments of one stream, parsed without copying any
/// text.
///
/// It keeps 16 bytes a segment beside the text that it borrows, and a few more for every segment
/// that has a byte range, a date or another rare thing. Equal facts are kept once.
///
/// ```
/// use hls_index::{MediaPlaylist, Ticks};
///
/// let text = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mp4\n#EXTINF:2.5,\nb.mp4\n#EXT-X-ENDLIST\n";
/// let playlist = MediaPlaylist::parse(text)?;
/// assert_eq!(playlist.len(), 2);
/// assert_eq!(playlist.duration(), Ticks::from_millis(7500));
/// assert!(playlist.is_ended());
///
/// let uris: Vec<&str> = playlist.segments().map(|segment| segment.uri()).collect();
/// assert_eq!(uris, ["a.mp4", "b.mp4"]);
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone)]
pub struct MediaPlaylist<'a> {
    text: Text<'a>,
    head: Head,
    /// The exact sum of all durations.
    sum: Decimal,
    tables: Tables,
}

/// What is said of the whole playlist.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Head {
    version: Option<u64>,
    target_duration: Option<Ticks>,
    media_sequence: u64,
    discontinuity_sequence: u64,
    playlist_type: Option<PlaylistType>,
    is_ended: bool,
    is_i_frames_only: bool,
    has_independent_segments: bool,
    start: Option<Start>,
    part_target: Option<Ticks>,
    server_control: Option<ServerControl>,
    skipped_segments: Option<u64>,
    skip: Option<TextSpan>,
}

impl<'a> MediaPlaylist<'a> {
    /// Parses `text` with the default [`Limits`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Self::parse_from(text, &Source::new())
    }

    /// Parses `text` within `limits`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_with(text: &'a str, limits: &Limits) -> Result<Self, ParseError> {
        Self::parse_from(text, &Source::new().limits(*limits))
    }

    /// Parses `text`, which comes from `source`: with its URI and the variables of its multivariant
    /// playlist, for EXT-X-DEFINE.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_from(text: &'a str, source: &Source<'_>) -> Result<Self, ParseError> {
        Self::parse_into(text, source, Buffers::default())
    }

    /// Parses `text` into the memory of `buffers`: once they have held a playlist as large, nothing
    /// is allocated (but for variables and keys, where the playlist has some).
    ///
    /// ```
    /// use hls_index::{Buffers, MediaPlaylist, Source};
    ///
    /// let mut buffers = Buffers::default();
    /// for text in ["#EXTM3U\n#EXTINF:5,\na.ts\n", "#EXTM3U\n#EXTINF:5,\nb.ts\n"] {
    ///     let playlist = MediaPlaylist::parse_into(text, &Source::new(), buffers)?;
    ///     assert_eq!(playlist.len(), 1);
    ///     buffers = playlist.into_buffers();
    /// }
    /// # Ok::<(), hls_index::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_into(
        text: &'a str,
        source: &Source<'_>,
        buffers: Buffers,
    ) -> Result<Self, ParseError> {
        parse::parse(text, source, buffers.0).map_err(|fault| fault.locate(text.as_bytes()))
    }

    /// Parses `bytes`, which must be UTF-8, with the default [`Limits`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_bytes(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_bytes_with(bytes, &Limits::default())
    }

    /// Parses `bytes`, which must be UTF-8, within `limits`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_bytes_with(bytes: &'a [u8], limits: &Limits) -> Result<Self, ParseError> {
        Self::parse_with(scan::utf8(bytes)?, limits)
    }

    /// The memory of the playlist, for [`MediaPlaylist::parse_into`].
    #[must_use]
    pub fn into_buffers(self) -> Buffers {
        Buffers((self.tables, self.text.expansions))
    }

    /// Builds the index that finds segments by time: O(n), and at most eight bytes a segment.
    #[must_use]
    pub fn index(&self) -> SegmentIndex<'_> {
        SegmentIndex::new(self)
    }

    /// The number of segments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.uris.len()
    }

    /// Whether there is no segment, as in a live playlist that has not begun.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.uris.is_empty()
    }

    /// The sum of all segments' durations, exact; equally the end of the last segment.
    #[must_use]
    pub fn duration(&self) -> Ticks {
        self.tables.boundaries.last().copied().unwrap_or_default()
    }

    /// The segments in order.
    #[must_use]
    pub fn segments(&self) -> Segments<'_> {
        Segments::within(self, 0..self.len())
    }

    /// The segments whose numbers are in `numbers`, in order; numbers past the last are left out.
    #[must_use]
    pub fn segments_within(&self, numbers: Range<usize>) -> Segments<'_> {
        Segments::within(self, numbers)
    }

    /// The segment with the number `number`, counted from 0 in this playlist.
    #[must_use]
    pub fn segment(&self, number: usize) -> Option<Segment<'_>> {
        let number = u32::try_from(number).ok().filter(|_| number < self.len())?;
        Some(Segment::new(self, number))
    }

    /// The segment with the media sequence number `sequence`, which stays the same when a live
    /// playlist is loaded again.
    #[must_use]
    pub fn segment_with_sequence(&self, sequence: MediaSequence) -> Option<Segment<'_>> {
        let number = sequence.0.checked_sub(self.first_sequence().0)?;
        self.segment(usize::try_from(number).ok()?)
    }

    /// EXT-X-VERSION: which version of the protocol it takes, any number accepted.
    #[must_use]
    pub const fn version(&self) -> Option<u64> {
        self.head.version
    }

    /// EXT-X-TARGETDURATION: how long a segment is at most, rounded to seconds. The tag is
    /// required; a playlist without it is read all the same.
    #[must_use]
    pub const fn target_duration(&self) -> Option<Ticks> {
        self.head.target_duration
    }

    /// EXT-X-PLAYLIST-TYPE, when it is one of the two that there are.
    #[must_use]
    pub const fn playlist_type(&self) -> Option<PlaylistType> {
        self.head.playlist_type
    }

    /// EXT-X-ENDLIST: whether no segment will be added any more.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.head.is_ended
    }

    /// EXT-X-I-FRAMES-ONLY: whether every segment is one I-frame.
    #[must_use]
    pub const fn is_i_frames_only(&self) -> bool {
        self.head.is_i_frames_only
    }

    /// EXT-X-INDEPENDENT-SEGMENTS: whether each segment decodes without any other.
    #[must_use]
    pub const fn has_independent_segments(&self) -> bool {
        self.head.has_independent_segments
    }

    /// SKIPPED-SEGMENTS of EXT-X-SKIP: `Some` when the text is a delta update, which leaves out so
    /// many segments at its start. Sequence numbers take account of them; times and discontinuity
    /// numbers cannot, they count from the first segment that is there.
    #[must_use]
    pub const fn skipped_segments(&self) -> Option<u64> {
        self.head.skipped_segments
    }

    /// The number of the first segment, or of the one to come when there is none:
    /// EXT-X-MEDIA-SEQUENCE (0 without it) and what a delta update skipped.
    #[must_use]
    pub const fn first_sequence(&self) -> MediaSequence {
        // The parser has checked the sum.
        MediaSequence(self.head.media_sequence + skipped(self.head.skipped_segments))
    }

    /// EXT-X-START: where to begin to play.
    #[must_use]
    pub const fn start(&self) -> Option<Start> {
        self.head.start
    }

    /// PART-TARGET of EXT-X-PART-INF: how long a part is at most.
    #[must_use]
    pub const fn part_target(&self) -> Option<Ticks> {
        self.head.part_target
    }

    /// EXT-X-SERVER-CONTROL: what the server can do.
    #[must_use]
    pub const fn server_control(&self) -> Option<ServerControl> {
        self.head.server_control
    }

    /// EXT-X-SKIP: what a delta update leaves out.
    #[must_use]
    pub fn skip(&self) -> Option<Skip<'_>> {
        // Here and below: the parser has read it before.
        Skip::read(self.text.value("EXT-X-SKIP", self.head.skip?), usize::MAX).ok()
    }

    /// The parts after the last segment: those of a segment that is not complete yet.
    #[must_use]
    pub fn trailing_parts(&self) -> Parts<'_> {
        let after = self.tables.uris.last().map_or(0, |uri| uri.start());
        let parts = &self.tables.parts;
        let first = parts.partition_point(|&offset| (offset as usize) < after);
        Parts::new(self, first..parts.len(), self.duration())
    }

    /// How many parts there are altogether.
    #[must_use]
    pub fn part_count(&self) -> usize {
        self.tables.parts.len()
    }

    /// EXT-X-PRELOAD-HINT: what will soon be there; those of an unknown TYPE are left out.
    pub fn preload_hints(&self) -> impl Iterator<Item = PreloadHint<'_>> {
        let hints = self.tables.hints.iter().map(|&span| self.text.value(HINT, span));
        hints.filter_map(|value| PreloadHint::read(value, usize::MAX).ok()?)
    }

    /// EXT-X-RENDITION-REPORT: how far other renditions are.
    pub fn rendition_reports(&self) -> impl Iterator<Item = RenditionReport<'_>> {
        let reports = self.tables.reports.iter().map(|&span| self.text.value(REPORT, span));
        reports.filter_map(|value| RenditionReport::read(value, usize::MAX).ok())
    }

    /// The EXT-X-DATERANGE tags in order; those that are broken are left out (RFC 8216bis
    /// §4.4.5.1). Several may tell of one range.
    pub fn date_ranges(&self) -> impl Iterator<Item = DateRange<'_>> {
        let ranges = self.tables.date_ranges.iter().map(|&span| self.text.value(DATE_RANGE, span));
        ranges.filter_map(|value| DateRange::read(value, usize::MAX).ok())
    }

    /// All that the tags with this ID tell; what an earlier one says counts.
    #[must_use]
    pub fn date_range(&self, id: &str) -> Option<DateRange<'_>> {
        let mut tags = self.date_ranges().filter(|range| range.id == id);
        let mut range = tags.next()?;
        tags.for_each(|later| range.add(&later));
        Some(range)
    }

    /// When `range` ends: as [`DateRange::end`], and with END-ON-NEXT at the start of the next one
    /// of its class. `None` when that is not known yet.
    #[must_use]
    pub fn date_range_end(&self, range: &DateRange<'_>) -> Option<DateTime> {
        if !range.is_end_on_next {
            return range.end();
        }
        let start = range.start_date?;
        let same_class = self.date_ranges().filter(|other| other.class == range.class);
        same_class.filter_map(|other| other.start_date).filter(|&other| other > start).min()
    }

    /// The variables that EXT-X-DEFINE defines.
    #[must_use]
    pub fn variables(&self) -> Variables<'_> {
        self.text.variables()
    }

    /// All lines of the text, with the tags that the crate does not know and the comments, each in
    /// its place.
    #[must_use]
    pub fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text.written)
    }

    /// The text that was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text.written
    }

    /// The same playlist with a copy of its text, where it had borrowed one: to keep it for as long as
    /// one likes.
    #[must_use]
    pub fn into_owned(self) -> MediaPlaylist<'static> {
        let Self { text, head, sum, tables } = self;
        MediaPlaylist { text: text.into_owned(), head, sum, tables }
    }
}

impl MediaPlaylist<'static> {
    /// Parses a text that the playlist then owns.
    pub(crate) fn parse_owned(text: String, source: &Source<'_>) -> Result<Self, Fault> {
        let MediaPlaylist { text: Text { expansions, .. }, head, sum, tables } =
            parse::parse(&text, source, Default::default())?;
        Ok(Self { text: Text { written: text.into(), expansions }, head, sum, tables })
    }
}

/// What a live playlist asks of the pieces that it is kept in.
impl MediaPlaylist<'_> {
    /// Where the URI of a segment ends in the text.
    pub(crate) fn uri_end(&self, number: u32) -> usize {
        self.tables.uris[number as usize].end()
    }

    /// The URI as it is written, without variables replaced.
    pub(crate) fn written_uri(&self, number: u32) -> &str {
        self.text.written(self.tables.uris[number as usize])
    }

    /// The first segment whose URI ends at `offset` of the text or after it.
    pub(crate) fn segment_around(&self, offset: usize) -> u32 {
        self.tables.uris.partition_point(|uri| uri.end() < offset) as u32
    }

    pub(crate) const fn exact_duration(&self) -> Decimal {
        self.sum
    }

    /// Whether both say the same of themselves, but for their numbers and what was skipped.
    pub(crate) fn has_head_of(&self, other: &MediaPlaylist<'_>) -> bool {
        let head = |head: Head| Head {
            media_sequence: 0,
            discontinuity_sequence: 0,
            skipped_segments: None,
            skip: None,
            ..head
        };
        head(self.head) == head(other.head) && self.variables().len() == other.variables().len()
    }

    /// The values of the EXT-X-DATERANGE tags, each with the number of the segment after it and
    /// with variables replaced.
    pub(crate) fn date_range_lists(&self) -> impl Iterator<Item = (u32, String)> {
        self.tables.date_ranges.iter().map(|&span| {
            let number = self.tables.uris.partition_point(|uri| uri.start() < span.start());
            (number as u32, self.text.expanded_list(self.text.written(span)))
        })
    }
}

impl MediaPlaylist<'_> {
    /// What the parser refuses in `text`, if anything.
    pub(crate) fn fault(text: &str, source: &Source<'_>) -> Option<Fault> {
        parse::parse(text, source, Default::default()).err()
    }
}

/// What makes a playlist that can be changed of this one.
impl<'a> MediaPlaylist<'a> {
    pub(crate) const fn text_parts(&self) -> &Text<'a> {
        &self.text
    }

    pub(crate) fn discontinuity_base(&self) -> u64 {
        self.head.discontinuity_sequence
    }

    /// The text after the last segment's URI.
    pub(crate) fn text_after_segments(&self) -> &str {
        let end = self.tables.uris.last().map_or(0, |uri| uri.end());
        &self.text.written[end..]
    }
}

/// What a segment's handle and the index read: `number` is below `len()`.
impl<'a> MediaPlaylist<'a> {
    pub(crate) fn boundaries(&self) -> &[Ticks] {
        &self.tables.boundaries
    }

    #[inline]
    pub(crate) fn uri(&self, number: u32) -> &str {
        self.text.expanded(self.tables.uris[number as usize])
    }

    /// The text from the line after the last segment's URI to the end of this one's.
    pub(crate) fn block(&self, number: u32) -> &str {
        let text = self.text();
        let start = match (number as usize).checked_sub(1).map(|before| self.tables.uris[before]) {
            None => 0,
            Some(before) => {
                let rest = &text.as_bytes()[before.end()..];
                memchr::memchr(b'\n', rest).map_or(text.len(), |newline| before.end() + newline + 1)
            }
        };
        &text[start..self.tables.uris[number as usize].end()]
    }

    pub(crate) fn parts(&self, number: u32) -> Parts<'_> {
        let parts = &self.tables.parts;
        let before = |uri: TextSpan| parts.partition_point(|&part| (part as usize) < uri.start());
        let number = number as usize;
        let first = number.checked_sub(1).map_or(0, |last| before(self.tables.uris[last]));
        let end = before(self.tables.uris[number]);
        Parts::new(self, first..end, self.tables.boundaries[number])
    }

    /// The value of the part with this number among all parts.
    pub(crate) fn part_value(&self, number: usize) -> Value<'_> {
        let start = self.tables.parts[number] as usize;
        let line = &self.text.written.as_bytes()[start..];
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let length = line[..end].trim_ascii_end().len();
        self.text.value("EXT-X-PART", Span { start, end: start + length }.into())
    }

    pub(crate) fn byte_range(&self, number: u32) -> Option<ByteRange> {
        self.tables.byte_ranges.starting_at(number).copied()
    }

    pub(crate) fn dates(&self) -> &Runs<DateTime> {
        &self.tables.dates
    }

    pub(crate) fn is_gap(&self, number: u32) -> bool {
        self.tables.gaps.starting_at(number).is_some()
    }

    pub(crate) fn bitrate(&self, number: u32) -> Option<u64> {
        self.tables.bitrates.holding_at(number).copied()
    }

    pub(crate) fn is_discontinuity(&self, number: u32) -> bool {
        self.tables.discontinuities.starting_at(number).is_some()
    }

    /// The segment with the last EXT-X-DISCONTINUITY at `number` or before it; the first of all
    /// when there is none.
    pub(crate) fn discontinuity_start(&self, number: u32) -> u32 {
        self.tables.discontinuities.since(number).map_or(0, |(first, _)| first)
    }

    pub(crate) fn discontinuity_sequence(&self, number: u32) -> u64 {
        let so_far = self.tables.discontinuities.holding_at(number).copied().unwrap_or_default();
        self.head.discontinuity_sequence + u64::from(so_far)
    }

    pub(crate) fn map(&self, number: u32) -> Option<Map<'_>> {
        let &MapTag { value, byte_range, keys } = self.tables.maps.holding_at(number)?;
        let uri = map_uri(self.text.value(MAP, value), usize::MAX).ok()?;
        Some(Map { uri, byte_range, keys: self.key_set(keys) })
    }

    pub(crate) fn keys(&self, number: u32) -> Keys<'_> {
        self.key_set(self.tables.keys_in_force.holding_at(number).copied().unwrap_or_default())
    }

    fn key_set(&self, KeySet { start, length }: KeySet) -> Keys<'_> {
        let start = start as usize;
        let in_force = self.tables.key_sets.get(start..start + length as usize);
        Keys::new(&self.text, &self.tables.keys, in_force.unwrap_or_default())
    }
}

impl fmt::Debug for MediaPlaylist<'_> {
    /// What the playlist says of itself and how many segments it has, not the segments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaPlaylist")
            .field("version", &self.head.version)
            .field("target_duration", &self.head.target_duration)
            .field("first_sequence", &self.first_sequence())
            .field("playlist_type", &self.head.playlist_type)
            .field("is_ended", &self.head.is_ended)
            .field("len", &self.len())
            .field("duration", &self.duration())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for MediaPlaylist<'_> {
    /// The text that was parsed, byte for byte.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// The number of a segment (RFC 8216 §3): one more than that of the segment before it, and the
/// same whenever the playlist is loaded again.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct MediaSequence(pub u64);

impl fmt::Display for MediaSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How a playlist may change (RFC 8216 §4.3.3.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum PlaylistType {
    /// Segments are only ever added, at the end.
    Event,
    /// Not at all.
    Vod,
}

/// An initialization section (EXT-X-MAP, RFC 8216 §4.3.2.5): what a decoder needs before the
/// segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Map<'p> {
    /// The resource, as it is written.
    pub uri: &'p str,
    /// The part of the resource; all of it when `None`. A range without offset begins at 0.
    pub byte_range: Option<ByteRange>,
    /// The keys that it is encrypted with: those in force where its tag stands.
    pub keys: Keys<'p>,
}

/// URI of an EXT-X-MAP.
fn map_uri(value: Value<'_>, limit: usize) -> Result<&str, Fault> {
    let mut uri = None;
    for attribute in value.attributes(limit) {
        let Named { name, value, .. } = attribute?;
        if name == "URI" {
            uri = Some(value.text);
        }
    }
    uri.ok_or_else(|| value.missing("URI"))
}

const MAP: &str = "EXT-X-MAP";
const HINT: &str = "EXT-X-PRELOAD-HINT";
const REPORT: &str = "EXT-X-RENDITION-REPORT";
pub(crate) const DATE_RANGE: &str = "EXT-X-DATERANGE";

const fn skipped(segments: Option<u64>) -> u64 {
    match segments {
        Some(segments) => segments,
        None => 0,
    }
}
