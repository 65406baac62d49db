//! What to fetch next.

use crate::byte_range::ByteRange;
use crate::key::Keys;
use crate::media::{Map, MediaPlaylist};
use crate::segment::{Segment, Segments};
use crate::time::Ticks;

/// How far to fetch beyond the segment that holds the moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ahead(Measure);

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Measure {
    Time(Ticks),
    Segments(usize),
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
}

/// One thing to fetch: a segment with all that is needed to play it.
///
/// URIs are as they are written; [`uri::resolve`](crate::uri::resolve) makes them absolute.
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
    /// When it begins to play.
    pub start: Ticks,
    /// When it has played.
    pub end: Ticks,
    /// The segment itself, for everything else about it.
    pub segment: Segment<'p>,
}

impl Fetch<'_> {
    /// How many bytes it will be, where the playlist tells: it does with a byte range.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.byte_range.map(ByteRange::length)
    }
}

impl<'p> From<Segment<'p>> for Fetch<'p> {
    fn from(segment: Segment<'p>) -> Self {
        Self {
            uri: segment.uri(),
            byte_range: segment.byte_range(),
            map: segment.map(),
            keys: segment.keys(),
            start: segment.start(),
            end: segment.end(),
            segment,
        }
    }
}

/// What to fetch, in order: see [`SegmentIndex::window`](crate::SegmentIndex::window).
#[derive(Clone, Debug)]
pub struct Window<'p> {
    segments: Segments<'p>,
    /// Segments that start here or later are not asked for.
    until: Ticks,
}

impl<'p> Window<'p> {
    /// The window from `first`, which holds `moment`; an empty one when there is no such segment.
    pub(crate) fn new(
        playlist: &'p MediaPlaylist<'p>,
        first: Option<Segment<'p>>,
        moment: Ticks,
        Ahead(measure): Ahead,
    ) -> Self {
        let count = playlist.len();
        let first = first.map_or(count, |first| first.number());
        let (past_last, until) = match measure {
            // One tick at least, so that the first segment is always among them.
            Measure::Time(length) => (count, moment + length.max(Ticks::new(1))),
            Measure::Segments(more) => (first.saturating_add(more).saturating_add(1), Ticks::MAX),
        };
        Self { segments: playlist.segments_within(first..past_last), until }
    }
}

impl<'p> Iterator for Window<'p> {
    type Item = Fetch<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let segment = self.segments.find(|segment| !segment.is_gap())?;
        (segment.start() < self.until).then(|| segment.into())
    }
}
