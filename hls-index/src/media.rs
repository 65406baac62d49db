//! The media playlist: what the parser makes of the text.

mod by_number;
mod head;
mod lists;
mod map;
mod parse;
mod pieces;
mod sequence;
mod tables;

use alloc::string::String;
use core::fmt;
use core::ops::Range;

use self::head::Head;
pub use self::head::PlaylistType;
pub use self::map::Map;
use self::map::map_uri;
pub use self::sequence::MediaSequence;
pub use self::tables::Buffers;
use self::tables::Tables;
use crate::define::{Source, Variables};
use crate::error::{Fault, ParseError};
use crate::index::SegmentIndex;
use crate::limits::Limits;
use crate::part::Parts;
use crate::scan::{self, Lines};
use crate::segment::{Segment, Segments};
use crate::text::Text;
use crate::time::{Decimal, Ticks};

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

    /// Builds the index that finds segments by time: O(n), and some three bytes a segment; none
    /// where all are of one length.
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

impl MediaPlaylist<'_> {
    /// What the parser refuses in `text`, if anything.
    pub(crate) fn fault(text: &str, source: &Source<'_>) -> Option<Fault> {
        parse::parse(text, source, Default::default()).err()
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

const MAP: &str = "EXT-X-MAP";
const HINT: &str = "EXT-X-PRELOAD-HINT";
const REPORT: &str = "EXT-X-RENDITION-REPORT";
pub(crate) const DATE_RANGE: &str = "EXT-X-DATERANGE";
