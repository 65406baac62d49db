//! What to fetch next.

mod parts;

use alloc::string::String;
use core::ops::Range;

pub use self::parts::{PartFetch, PartWindow};
use crate::byte_range::ByteRange;
use crate::index::SegmentIndex;
use crate::key::Keys;
use crate::media::Map;
use crate::segment::{Segment, Segments};
use crate::time::Ticks;
use crate::uri;

/// How far to fetch beyond the segment that holds the moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Ahead(Measure);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Measure {
    Time(Ticks),
    Segments(usize),
    Bytes(u64),
}

impl Ahead {
    /// Until everything that plays within `seconds` seconds after the moment is fetched.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self::time(Ticks::from_seconds(seconds))
    }

    /// Until everything that plays within `length` after the moment is fetched.
    #[must_use]
    pub const fn time(length: Ticks) -> Self {
        Self(Measure::Time(length))
    }

    /// The segment that holds the moment, and the `count` after it.
    #[must_use]
    pub const fn segments(count: usize) -> Self {
        Self(Measure::Segments(count))
    }

    /// As many segments as are `count` bytes together, so far as the playlist tells their sizes:
    /// with their byte ranges, else with EXT-X-BITRATE. The segment that holds the moment is always
    /// among them, and counts; one whose size is not known ends the window, after the first.
    #[must_use]
    pub const fn bytes(count: u64) -> Self {
        Self(Measure::Bytes(count))
    }
}

/// One thing to fetch: a segment with all that is needed to play it. Near the live edge there are
/// parts as well: see [`PartFetch`].
///
/// URIs are as they are written; [`Fetch::resolve`] makes the segment's absolute, and
/// [`Placement::candidates`](crate::Placement::candidates) tells the servers that have it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Fetch<'p> {
    /// The segment's URI.
    pub uri: &'p str,
    /// The part of the resource; all of it when `None`.
    pub byte_range: Option<ByteRange>,
    /// The initialization section that must be there before it.
    pub map: Option<Map<'p>>,
    /// The keys to decrypt it with, any of which will do; none when it is not encrypted.
    pub keys: Keys<'p>,
    /// When it begins to play, as [`SegmentIndex::span`].
    pub start: Ticks,
    /// When it has played.
    pub end: Ticks,
    /// The segment itself, for everything else about it.
    pub segment: Segment<'p>,
}

impl<'p> Fetch<'p> {
    pub(crate) fn new(segment: Segment<'p>, Range { start, end }: Range<Ticks>) -> Self {
        Self {
            uri: segment.uri(),
            byte_range: segment.byte_range(),
            map: segment.map(),
            keys: segment.keys(),
            start,
            end,
            segment,
        }
    }

    /// The absolute URI, where `base` is the one that the playlist was loaded from.
    ///
    /// ```
    /// use hls_index::{Ahead, MediaPlaylist, Ticks};
    ///
    /// let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\nseg/1.ts\n")?;
    /// let index = playlist.index();
    /// let fetch = index.window(Ticks::ZERO, Ahead::segments(0)).next().unwrap();
    /// assert_eq!(fetch.resolve("https://a.example.com/x/live.m3u8"), "https://a.example.com/x/seg/1.ts");
    /// # Ok::<(), hls_index::ParseError>(())
    /// ```
    #[must_use]
    pub fn resolve(&self, base: &str) -> String {
        uri::resolve(base, self.uri)
    }

    /// How many bytes it will be, where the playlist tells: it does with a byte range.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.byte_range.map(ByteRange::length)
    }

    /// How many bytes it will be about: exactly with a byte range, else by EXT-X-BITRATE; `None`
    /// when the playlist has neither.
    #[must_use]
    pub fn estimated_bytes(&self) -> Option<u64> {
        /// Ticks to the second, times the bits of a byte, over the bits of a kilobit.
        const TICKS_PER_BYTE_AT_1_KBPS: u128 = 8_000_000;
        let by_bitrate = |bitrate| {
            let ticks = u128::from(self.segment.duration().count());
            let bytes = (ticks * u128::from(bitrate)).div_ceil(TICKS_PER_BYTE_AT_1_KBPS);
            u64::try_from(bytes).unwrap_or(u64::MAX)
        };
        self.bytes().or_else(|| self.segment.bitrate().map(by_bitrate))
    }
}

impl<'p> From<Segment<'p>> for Fetch<'p> {
    /// With the times of the playlist.
    fn from(segment: Segment<'p>) -> Self {
        Self::new(segment, segment.start()..segment.end())
    }
}

/// What to fetch, in order: see [`SegmentIndex::window`].
#[derive(Clone, Debug)]
pub struct Window<'i, 'p> {
    index: &'i SegmentIndex<'p>,
    segments: Segments<'p>,
    reach: Reach,
}

impl<'i, 'p> Window<'i, 'p> {
    /// The window from the first segment of `ends` on; the second is the one that holds `moment`.
    /// An empty one when there is no such segment.
    pub(crate) fn new(
        index: &'i SegmentIndex<'p>,
        ends: Option<(Segment<'p>, Segment<'p>)>,
        moment: Ticks,
        ahead: Ahead,
    ) -> Self {
        let count = index.len();
        let (first, held) =
            ends.map_or((count, count), |(first, held)| (first.number(), held.number()));
        let past_last = ahead
            .past_last(held as u64)
            .map_or(count, |past_last| usize::try_from(past_last).unwrap_or(usize::MAX));
        let segments = index.playlist().segments_within(first..past_last);
        Self { index, segments, reach: Reach::new(moment, ahead) }
    }
}

impl<'p> Iterator for Window<'_, 'p> {
    type Item = Fetch<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let segment = self.segments.find(|segment| !segment.is_gap())?;
        let fetch = Fetch::new(segment, self.index.span(&segment));
        self.reach.takes(&fetch).then_some(fetch)
    }
}

/// How much of what follows is still within the measure.
#[derive(Clone, Debug)]
pub(crate) struct Reach {
    /// Segments that start here or later are not asked for.
    until: Ticks,
    /// How many bytes may still be fetched, and whether something was: the first always is.
    bytes: Option<u64>,
    has_begun: bool,
}

impl Reach {
    pub(crate) fn new(moment: Ticks, Ahead(measure): Ahead) -> Self {
        let (until, bytes) = match measure {
            // One tick at least, so that the first segment is always among them.
            Measure::Time(length) => (moment + length.max(Ticks::new(1)), None),
            Measure::Segments(_) => (Ticks::MAX, None),
            Measure::Bytes(bytes) => (Ticks::MAX, Some(bytes)),
        };
        Self { until, bytes, has_begun: false }
    }

    /// Whether `fetch` is still within the measure. After the first that is not, nothing is.
    pub(crate) fn takes(&mut self, fetch: &Fetch<'_>) -> bool {
        self.takes_at(fetch.start, || fetch.estimated_bytes())
    }

    /// Whether what begins at `start` and has so many bytes is.
    fn takes_at(&mut self, start: Ticks, size: impl FnOnce() -> Option<u64>) -> bool {
        let takes = start < self.until && self.takes_bytes(size);
        if !takes {
            self.until = Ticks::ZERO;
        }
        takes
    }

    fn takes_bytes(&mut self, size: impl FnOnce() -> Option<u64>) -> bool {
        let Some(left) = self.bytes else { return true };
        let size = size();
        let is_first = !core::mem::replace(&mut self.has_begun, true);
        let rest = size.and_then(|size| left.checked_sub(size));
        self.bytes = Some(rest.unwrap_or(0));
        is_first || rest.is_some()
    }
}

impl Ahead {
    /// How far it reaches from `moment`, where time is measured.
    pub(crate) fn until(self, moment: Ticks) -> Option<Ticks> {
        match self.0 {
            Measure::Time(length) => Some(moment + length.max(Ticks::new(1))),
            Measure::Segments(_) | Measure::Bytes(_) => None,
        }
    }

    pub(crate) const fn is_in_bytes(self) -> bool {
        matches!(self.0, Measure::Bytes(_))
    }

    /// How many parts it asks for, where segments are counted.
    fn count_of_parts(self) -> Option<u64> {
        self.past_last(0)
    }

    /// The number of the first segment that is too many, where segments are counted and `held` is
    /// the one that holds the moment.
    pub(crate) fn past_last(self, held: u64) -> Option<u64> {
        match self.0 {
            Measure::Segments(more) => Some(held.saturating_add(more as u64).saturating_add(1)),
            Measure::Time(_) | Measure::Bytes(_) => None,
        }
    }
}
