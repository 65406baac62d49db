//! The live playlist: a window that slides along a stream.
//!
//! A [`MediaPlaylist`] borrows one text. A [`LivePlaylist`] takes one text after the other, as the
//! playlist is loaded again and again, and keeps what they say together: segments come and go, and
//! what is still there is not read a second time.
//!
//! ```
//! use hls_index::{LivePlaylist, MediaSequence, Source, seconds};
//!
//! let source = Source::new();
//! let first = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:7\n\
//!     #EXTINF:5,\n7.ts\n#EXTINF:5,\n8.ts\n";
//! let mut live = LivePlaylist::new(first, &source)?;
//!
//! let second = "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:8\n\
//!     #EXTINF:5,\n8.ts\n#EXTINF:4,\n9.ts\n";
//! let update = live.reload(second, &source)?;
//! assert_eq!((update.added, update.evicted), (1, 1));
//!
//! // Times count from the first segment that there ever was.
//! assert_eq!((live.start(), live.end()), (seconds(5.0), seconds(14.0)));
//! assert_eq!(live.at(seconds(10.0))?.sequence(), MediaSequence(9));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a reload costs, and what it checks
//!
//! Segments are kept in pieces of some hundred, each with its text. Of a new text the lines before its
//! first URI are read, and what comes after the segments that are held already, together with the
//! last piece of these; appending and evicting take constant time, but for the few ranges of
//! dates. A short text ([`LivePlaylist::set_read_whole`]) is read whole, as that costs no more. Where
//! much holds of the whole playlist, which each piece has to say anew, pieces are longer: together
//! they take about twice the text at most. What variables stand for is limited by
//! [`Limits::expanded_bytes`](crate::Limits::expanded_bytes) in all pieces together.
//!
//! Segments that are held must not have changed. In a text that has them:
//!
//! - the first of them, and so many of the last as [`LivePlaylist::set_checked_bytes`] says (half a
//!   mebibyte unless it is told otherwise), are compared byte by byte at every reload;
//! - of those between as much again, in turns: a change of them that moves what follows is seen at
//!   once, any other within as many reloads as there are turns;
//! - where something differs, everything is compared, and from there on read anew. That is also how
//!   the parts of older segments go, which a server lists no longer.
//!
//! A delta update says nothing of the segments that it skips, so there is nothing to check.
//!
//! What changed is told by [`Update`], and the new text counts: whether to go on is the caller's to say
//! (RFC 8216bis §6.3.4 says that it should not).

mod append;
mod changes;
mod chunk;
mod compare;
mod date_ranges;
mod merge;
mod pieces;
mod replace;
mod seek;
mod split;

use alloc::collections::VecDeque;
use core::fmt;

use self::chunk::Chunk;
use self::date_ranges::DateRanges;
pub use self::seek::{LiveFetches, LiveSeekError};
use crate::date_range::DateRange;
use crate::define::{Source, Variables};
use crate::error::ParseError;
use crate::hint::PreloadHint;
use crate::key::Keys;
use crate::measured::{MeasureError, Measured};
use crate::media::{Map, MediaPlaylist, MediaSequence, PlaylistType};
use crate::part::Parts;
use crate::report::RenditionReport;
use crate::segment::Segment;
use crate::server_control::ServerControl;
use crate::start::Start;
use crate::time::Ticks;

/// A media playlist that is loaded again and again: see the [module](self).
///
/// Its segments are [`Segment`]s like any others, but for this: [`Segment::number`] counts within a
/// piece of the window and means nothing; [`Segment::sequence`] is what names a segment.
#[derive(Clone)]
pub struct LivePlaylist {
    /// In order, without gaps. There is always one; the last has what is said of the whole playlist, and
    /// what comes after the last segment.
    chunks: VecDeque<Chunk>,
    first: u64,
    /// The number after that of the last segment.
    next: u64,
    date_ranges: DateRanges,
    measured: Measured,
    /// The number that counts as 0 for what was measured.
    origin: u64,
    /// Whether everything that is said of the whole playlist stood before its first segment.
    is_regular: bool,
    checked_bytes: usize,
    read_whole: usize,
    /// Where the next turn of comparing begins, in the text of all pieces.
    turn: u64,
}

/// What a reload brought.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Update {
    /// How many segments are new, at the end.
    pub added: u64,
    /// How many are gone, at the start.
    pub evicted: u64,
    /// How many came and went between the two texts: nothing is known of them, and times go on as if
    /// they had not been.
    pub missed: u64,
    /// How many parts (EXT-X-PART) the segment that is not complete yet has more than before; all of
    /// them when it is another segment.
    pub added_parts: usize,
    /// Whether the playlist has ended now (EXT-X-ENDLIST).
    pub has_ended: bool,
    /// The first segment that was there before and has another URI, byte range or duration now, which
    /// no server may do (RFC 8216bis §6.2.1). The new one counts.
    pub changed: Option<MediaSequence>,
    /// Whether the text begins with segments that were gone before. They stay gone.
    pub has_returned: bool,
}

impl Update {
    /// Whether there is more to play than before: new segments, new parts, or the end.
    #[must_use]
    pub const fn is_progress(&self) -> bool {
        self.added > 0 || self.added_parts > 0 || self.has_ended
    }
}

/// Why a text could not follow the one before. The live playlist is then as it was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReloadError {
    /// The text cannot be read.
    #[error("{0}")]
    Parse(#[from] ParseError),
    /// A delta update cannot be put together with what is held: the whole playlist is to be loaded
    /// (RFC 8216bis §6.3.7). It skips segments that are not held, or has another target duration or
    /// other variables, or together with what is held it goes beyond the [limits](crate::Limits).
    #[error("the delta update skips segments from {first} on, which are not all held as they are")]
    NotHeld {
        /// The first segment that it skips.
        first: MediaSequence,
    },
    /// The text ends before what was there already: an older copy, or a server that begins anew.
    #[error("the playlist goes back: it ends at {found}, and {held} was there already")]
    Backwards {
        /// The number of the next segment to come by what is held.
        held: MediaSequence,
        /// The same by the text.
        found: MediaSequence,
    },
}

impl LivePlaylist {
    /// The bytes of text that are compared at a reload, unless it is told otherwise.
    const CHECKED_BYTES: usize = 512 * 1024;

    /// A text up to this length is read whole, unless it is told otherwise.
    const READ_WHOLE: usize = 16 * 1024;

    /// The live playlist whose first text is `text`, which comes from `source`.
    ///
    /// # Errors
    /// The first thing that is wrong, with its line and column.
    pub fn new(text: &str, source: &Source<'_>) -> Result<Self, ParseError> {
        let mut live = Self {
            chunks: VecDeque::new(),
            first: 0,
            next: 0,
            date_ranges: DateRanges::default(),
            measured: Measured::default(),
            origin: 0,
            is_regular: true,
            checked_bytes: Self::CHECKED_BYTES,
            read_whole: Self::READ_WHOLE,
            turn: 0,
        };
        live.begin(text, source)?;
        Ok(live)
    }

    /// How much of the text of segments that are held is compared at a reload: `bytes` at the end, and
    /// as many of the rest in turns. `usize::MAX` compares everything every time.
    pub const fn set_checked_bytes(&mut self, bytes: usize) {
        self.checked_bytes = bytes;
    }

    /// How long a text may be, in bytes, to be read whole each time: 16 KiB unless it is told otherwise.
    pub const fn set_read_whole(&mut self, bytes: usize) {
        self.read_whole = bytes;
    }

    /// Takes the text of a reload: all of the playlist, or a delta update (EXT-X-SKIP). See the
    /// [module](self) for what is compared.
    ///
    /// # Errors
    /// When the text cannot be read, or does not go on from what is held. Everything is then as
    /// it was.
    pub fn reload(&mut self, text: &str, source: &Source<'_>) -> Result<Update, ReloadError> {
        self.merge(text, source)
    }

    /// The number of segments.
    #[must_use]
    pub const fn len(&self) -> usize {
        // As many as a text has, and those fit.
        (self.next - self.first) as usize
    }

    /// Whether there is no segment.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.next == self.first
    }

    /// The number of the first segment, or of the one to come when there is none.
    #[must_use]
    pub const fn first_sequence(&self) -> MediaSequence {
        MediaSequence(self.first)
    }

    /// The number of the next segment to come: one more than the last one's.
    #[must_use]
    pub const fn next_sequence(&self) -> MediaSequence {
        MediaSequence(self.next)
    }

    /// The segments in order.
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = Segment<'_>> {
        self.chunks.iter().flat_map(Chunk::segments)
    }

    /// The segment with this number, when it is in the window.
    #[must_use]
    pub fn segment(&self, sequence: MediaSequence) -> Option<Segment<'_>> {
        let (chunk, number) = self.place(sequence.0)?;
        self.chunks[chunk].playlist().segment(number as usize)
    }

    /// Takes the times at which the media of a segment really begin and end, on the time of this
    /// window: as [`SegmentIndex::set_measured`](crate::SegmentIndex::set_measured). What was measured
    /// holds through all reloads, and goes on to count for later segments when the measured one is
    /// gone.
    ///
    /// # Errors
    /// When there is no such segment, when `end` is not after `start`, and when the times
    /// contradict those of another measured segment. Everything is then as it was.
    pub fn set_measured(
        &mut self,
        sequence: MediaSequence,
        start: Ticks,
        end: Ticks,
    ) -> Result<(), MeasureError> {
        let segment = self.segment(sequence).ok_or(MeasureError::NoSuchSegment)?;
        let nominal = segment.start()..segment.end();
        let boundary = self.boundary(sequence.0).ok_or(MeasureError::NoSuchSegment)?;
        self.measured.set(boundary, start, end, nominal)
    }

    /// EXT-X-TARGETDURATION, as [`MediaPlaylist::target_duration`].
    #[must_use]
    pub fn target_duration(&self) -> Option<Ticks> {
        self.newest().target_duration()
    }

    /// EXT-X-PLAYLIST-TYPE, as [`MediaPlaylist::playlist_type`].
    #[must_use]
    pub fn playlist_type(&self) -> Option<PlaylistType> {
        self.newest().playlist_type()
    }

    /// EXT-X-ENDLIST: whether no segment will be added any more.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.newest().is_ended()
    }

    /// EXT-X-VERSION.
    #[must_use]
    pub fn version(&self) -> Option<u64> {
        self.newest().version()
    }

    /// EXT-X-I-FRAMES-ONLY.
    #[must_use]
    pub fn is_i_frames_only(&self) -> bool {
        self.newest().is_i_frames_only()
    }

    /// EXT-X-INDEPENDENT-SEGMENTS.
    #[must_use]
    pub fn has_independent_segments(&self) -> bool {
        self.newest().has_independent_segments()
    }

    /// EXT-X-START.
    #[must_use]
    pub fn start_offset(&self) -> Option<Start> {
        self.newest().start()
    }

    /// PART-TARGET of EXT-X-PART-INF.
    #[must_use]
    pub fn part_target(&self) -> Option<Ticks> {
        self.newest().part_target()
    }

    /// EXT-X-SERVER-CONTROL.
    #[must_use]
    pub fn server_control(&self) -> Option<ServerControl> {
        self.newest().server_control()
    }

    /// The parts after the last segment, as [`MediaPlaylist::trailing_parts`].
    #[must_use]
    pub fn trailing_parts(&self) -> Parts<'_> {
        self.newest().trailing_parts()
    }

    /// The initialization section of the trailing parts.
    pub(crate) fn trailing_map(&self) -> Option<Map<'_>> {
        let newest = self.newest();
        // A playlist has fewer segments than its text has bytes.
        newest.map(newest.len() as u32)
    }

    /// The keys of the trailing parts.
    pub(crate) fn trailing_keys(&self) -> Keys<'_> {
        let newest = self.newest();
        newest.keys(newest.len() as u32)
    }

    /// EXT-X-PRELOAD-HINT, as [`MediaPlaylist::preload_hints`].
    pub fn preload_hints(&self) -> impl Iterator<Item = PreloadHint<'_>> {
        self.newest().preload_hints()
    }

    /// EXT-X-RENDITION-REPORT, as [`MediaPlaylist::rendition_reports`].
    pub fn rendition_reports(&self) -> impl Iterator<Item = RenditionReport<'_>> {
        self.newest().rendition_reports()
    }

    /// The EXT-X-DATERANGE tags, as [`MediaPlaylist::date_ranges`]: those of the last text, and,
    /// after delta updates that skip some, those that were there before and were not removed since
    /// (RECENTLY-REMOVED-DATERANGES). Of an ID to be removed that is not known nothing is said: it
    /// may have been gone before the first text.
    pub fn date_ranges(&self) -> impl Iterator<Item = DateRange<'_>> {
        self.date_ranges.iter()
    }

    /// The variables that EXT-X-DEFINE defines.
    #[must_use]
    pub fn variables(&self) -> Variables<'_> {
        self.newest().variables()
    }

    /// The piece with what is said of the whole playlist.
    fn newest(&self) -> &MediaPlaylist<'static> {
        self.chunks[self.chunks.len() - 1].playlist()
    }

    /// The piece with this segment, and its number there.
    fn place(&self, sequence: u64) -> Option<(usize, u32)> {
        if !(self.first..self.next).contains(&sequence) {
            return None;
        }
        let chunk = self.chunks.partition_point(|chunk| chunk.next() <= sequence);
        Some((chunk, self.chunks.get(chunk)?.number(sequence)?))
    }

    /// The start of a segment as a boundary of what is measured.
    fn boundary(&self, sequence: u64) -> Option<u32> {
        // One more has room, for its end.
        u32::try_from(sequence.wrapping_sub(self.origin))
            .ok()
            .filter(|&boundary| boundary < u32::MAX)
    }
}

impl fmt::Debug for LivePlaylist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivePlaylist")
            .field("first_sequence", &self.first)
            .field("next_sequence", &self.next)
            .field("start", &self.start())
            .field("end", &self.end())
            .field("is_ended", &self.is_ended())
            .finish_non_exhaustive()
    }
}
