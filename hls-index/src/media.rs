//! The media playlist: what the parser makes of the text.

mod parse;
mod value;

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::error::{Fault, ParseError, ParseErrorKind};
use crate::index::SegmentIndex;
use crate::key::{Key, Keys};
use crate::limits::Limits;
use crate::runs::Runs;
use crate::scan::Lines;
use crate::segment::{Segment, Segments};
use crate::time::Ticks;

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
    text: &'a str,
    version: Option<u64>,
    target_duration: Option<Ticks>,
    media_sequence: u64,
    discontinuity_sequence: u64,
    playlist_type: Option<PlaylistType>,
    is_ended: bool,
    is_i_frames_only: bool,
    has_independent_segments: bool,
    skipped_segments: Option<u64>,

    /// Segment `n` is `[boundaries[n], boundaries[n + 1])`: one more than there are segments.
    boundaries: Vec<Ticks>,
    uris: Vec<TextSpan>,
    byte_ranges: Runs<ByteRange>,
    dates: Runs<DateTime>,
    gaps: Runs<()>,
    bitrates: Runs<u64>,
    /// How many EXT-X-DISCONTINUITY there were so far.
    discontinuities: Runs<u32>,
    maps: Runs<MapTag<'a>>,
    keys: Vec<Key<'a>>,
    /// The numbers of keys that are in force together, one set after the other.
    key_sets: Vec<u32>,
    keys_in_force: Runs<KeySet>,
}

/// A piece of the text, which is at most `u32::MAX` bytes long.
#[derive(Clone, Copy, Debug)]
struct TextSpan {
    start: u32,
    length: u32,
}

/// Where in `key_sets` a set lies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct KeySet {
    start: usize,
    length: usize,
}

/// EXT-X-MAP, with the keys that were in force where it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct MapTag<'a> {
    uri: &'a str,
    byte_range: Option<ByteRange>,
    keys: KeySet,
}

impl<'a> MediaPlaylist<'a> {
    /// Parses `text` with the default [`Limits`].
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse(text: &'a str) -> Result<Self, ParseError> {
        Self::parse_with(text, &Limits::default())
    }

    /// Parses `text` within `limits`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn parse_with(text: &'a str, limits: &Limits) -> Result<Self, ParseError> {
        parse::parse(text, limits).map_err(|fault| fault.locate(text.as_bytes()))
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
        match core::str::from_utf8(bytes) {
            Ok(text) => Self::parse_with(text, limits),
            Err(error) => {
                let not_utf8 = Fault::new(error.valid_up_to(), ParseErrorKind::NotUtf8);
                let fault = parse::check_first_line(bytes).err().unwrap_or(not_utf8);
                Err(fault.locate(bytes))
            }
        }
    }

    /// Builds the index that finds segments by time: O(n), and at most eight bytes a segment.
    #[must_use]
    pub fn index(&self) -> SegmentIndex<'_> {
        SegmentIndex::new(self)
    }

    /// The number of segments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.uris.len()
    }

    /// Whether there is no segment, as in a live playlist that has not begun.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.uris.is_empty()
    }

    /// The sum of all segments' durations, exact; equally the end of the last segment.
    #[must_use]
    pub fn duration(&self) -> Ticks {
        self.boundaries.last().copied().unwrap_or_default()
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
        self.version
    }

    /// EXT-X-TARGETDURATION: how long a segment is at most, rounded to seconds. The tag is
    /// required; a playlist without it is read all the same.
    #[must_use]
    pub const fn target_duration(&self) -> Option<Ticks> {
        self.target_duration
    }

    /// EXT-X-PLAYLIST-TYPE, when it is one of the two that there are.
    #[must_use]
    pub const fn playlist_type(&self) -> Option<PlaylistType> {
        self.playlist_type
    }

    /// EXT-X-ENDLIST: whether no segment will be added any more.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// EXT-X-I-FRAMES-ONLY: whether every segment is one I-frame.
    #[must_use]
    pub const fn is_i_frames_only(&self) -> bool {
        self.is_i_frames_only
    }

    /// EXT-X-INDEPENDENT-SEGMENTS: whether each segment decodes without any other.
    #[must_use]
    pub const fn has_independent_segments(&self) -> bool {
        self.has_independent_segments
    }

    /// SKIPPED-SEGMENTS of EXT-X-SKIP: `Some` when the text is a delta update, which leaves out so
    /// many segments at its start. Sequence numbers take account of them; times and discontinuity
    /// numbers cannot, they count from the first segment that is there.
    #[must_use]
    pub const fn skipped_segments(&self) -> Option<u64> {
        self.skipped_segments
    }

    /// The number of the first segment, or of the one to come when there is none:
    /// EXT-X-MEDIA-SEQUENCE (0 without it) and what a delta update skipped.
    #[must_use]
    pub const fn first_sequence(&self) -> MediaSequence {
        // The parser has checked the sum.
        MediaSequence(self.media_sequence + skipped(self.skipped_segments))
    }

    /// All lines of the text, with the tags that the crate does not know and the comments, each in
    /// its place.
    #[must_use]
    pub fn lines(&self) -> Lines<'a> {
        Lines::new(self.text)
    }

    /// The text that was parsed.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }
}

/// What a segment's handle and the index read: `number` is below `len()`.
impl<'a> MediaPlaylist<'a> {
    pub(crate) fn boundaries(&self) -> &[Ticks] {
        &self.boundaries
    }

    pub(crate) fn uri(&self, number: u32) -> &'a str {
        let TextSpan { start, length } = self.uris[number as usize];
        &self.text[start as usize..(start + length) as usize]
    }

    /// The text from the line after the last segment's URI to the end of this one's.
    pub(crate) fn block(&self, number: u32) -> &'a str {
        let start = match (number as usize).checked_sub(1).map(|before| self.uris[before]) {
            None => 0,
            Some(TextSpan { start, length }) => {
                let end = (start + length) as usize;
                let rest = &self.text.as_bytes()[end..];
                memchr::memchr(b'\n', rest).map_or(self.text.len(), |newline| end + newline + 1)
            }
        };
        let TextSpan { start: uri, length } = self.uris[number as usize];
        &self.text[start..(uri + length) as usize]
    }

    pub(crate) fn byte_range(&self, number: u32) -> Option<ByteRange> {
        self.byte_ranges.starting_at(number).copied()
    }

    pub(crate) fn dates(&self) -> &Runs<DateTime> {
        &self.dates
    }

    pub(crate) fn is_gap(&self, number: u32) -> bool {
        self.gaps.starting_at(number).is_some()
    }

    pub(crate) fn bitrate(&self, number: u32) -> Option<u64> {
        self.bitrates.holding_at(number).copied()
    }

    pub(crate) fn is_discontinuity(&self, number: u32) -> bool {
        self.discontinuities.starting_at(number).is_some()
    }

    pub(crate) fn discontinuity_sequence(&self, number: u32) -> u64 {
        let so_far = self.discontinuities.holding_at(number).copied().unwrap_or_default();
        self.discontinuity_sequence + u64::from(so_far)
    }

    pub(crate) fn map(&self, number: u32) -> Option<Map<'_>> {
        let &MapTag { uri, byte_range, keys } = self.maps.holding_at(number)?;
        Some(Map { uri, byte_range, keys: self.key_set(keys) })
    }

    pub(crate) fn keys(&self, number: u32) -> Keys<'_> {
        self.key_set(self.keys_in_force.holding_at(number).copied().unwrap_or_default())
    }

    fn key_set(&self, KeySet { start, length }: KeySet) -> Keys<'_> {
        Keys::new(&self.keys, &self.key_sets[start..start + length])
    }
}

impl fmt::Debug for MediaPlaylist<'_> {
    /// What the playlist says of itself and how many segments it has, not the segments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaPlaylist")
            .field("version", &self.version)
            .field("target_duration", &self.target_duration)
            .field("first_sequence", &self.first_sequence())
            .field("playlist_type", &self.playlist_type)
            .field("is_ended", &self.is_ended)
            .field("len", &self.len())
            .field("duration", &self.duration())
            .finish_non_exhaustive()
    }
}

/// The number of a segment (RFC 8216 §3): one more than that of the segment before it, and the
/// same whenever the playlist is loaded again.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MediaSequence(pub u64);

impl fmt::Display for MediaSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// How a playlist may change (RFC 8216 §4.3.3.5).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
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

const fn skipped(segments: Option<u64>) -> u64 {
    match segments {
        Some(segments) => segments,
        None => 0,
    }
}
