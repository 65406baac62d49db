//! The same moment in another variant of the stream.

use core::ops::Range;

use crate::date::DateTime;
use crate::index::{SeekError, SegmentIndex};
use crate::media::MediaPlaylist;
use crate::segment::Segment;
use crate::time::Ticks;

/// A moment of one variant, found in another: see [`SegmentIndex::align`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Aligned<'p> {
    /// The segment of the other variant that holds it.
    pub segment: Segment<'p>,
    /// The moment by the other variant's time.
    pub moment: Ticks,
    /// What the two were matched by.
    pub by: AlignedBy,
}

/// What tells that two moments of two variants are the same.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum AlignedBy {
    /// EXT-X-PROGRAM-DATE-TIME, within the same discontinuity sequence number.
    Date,
    /// The start of the discontinuity sequence number, which both playlists have.
    Discontinuity,
    /// The start of the stream, where both playlists begin.
    Start,
}

/// Why a moment was not found in another variant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlignError {
    /// The moment is in no segment of this playlist.
    #[error("{0}")]
    Seek(#[from] SeekError),
    /// Nothing tells how the two playlists lie to each other: no dates, no start of the same
    /// discontinuity, no start of the stream.
    #[error("the playlists have nothing to be aligned by")]
    NothingInCommon,
    /// The other playlist has no segment there: it is no longer or not yet in it.
    #[error("the other playlist does not have this moment")]
    NotThere,
}

impl<'p> SegmentIndex<'p> {
    /// Finds `moment` in `other`, another variant of the same stream: where to go on after a
    /// switch.
    ///
    /// Variants have the same discontinuity sequence numbers at the same moments, and their dates
    /// agree; their media sequence numbers may not, and their windows may begin at different
    /// moments (RFC 8216 §6.2.4, §6.3.2). So it looks within the same discontinuity: by date where
    /// both have dates there; else by the distance from its start where both have the start; and in
    /// playlists that both begin with the stream (number 0, or EXT-X-PLAYLIST-TYPE) by the time from there.
    /// Dates within one discontinuity are taken to ascend.
    ///
    /// ```
    /// use hls_index::{seconds, AlignedBy, MediaPlaylist};
    ///
    /// let date = "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00";
    /// let high = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:7\n{date}:00Z\n#EXTINF:6,\nh7\n#EXTINF:6,\nh8\n");
    /// let low = format!("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:30\n{date}:02Z\n#EXTINF:4,\nl30\n#EXTINF:4,\nl31\n");
    /// let (high, low) = (MediaPlaylist::parse(&high)?, MediaPlaylist::parse(&low)?);
    /// let same = high.index().align(seconds(6.5), &low.index())?;
    /// assert_eq!((same.segment.uri(), same.moment, same.by), ("l31", seconds(4.5), AlignedBy::Date));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When no segment of this playlist holds `moment`, and when the other playlist does not have
    /// it or nothing tells.
    pub fn align<'o>(
        &self,
        moment: Ticks,
        other: &SegmentIndex<'o>,
    ) -> Result<Aligned<'o>, AlignError> {
        let segment = self.at(moment)?;
        // By the durations, as dates go; what was measured is put back at the end.
        let into = (moment - self.span(&segment).start).min(segment.duration());
        let nominal = segment.start() + into;
        let discontinuity = segment.discontinuity_sequence();
        let here = Stretch::of(self.playlist(), discontinuity);
        let there = Stretch::of(other.playlist(), discontinuity);

        let date = here.date_at(nominal).filter(|_| !there.dates.is_empty());
        let (target, by) = if let Some(date) = date {
            (there.moment_of(date).ok_or(AlignError::NotThere)?, AlignedBy::Date)
        } else if here.has_start && there.has_start {
            let target = there.start() + (nominal - here.start());
            (target, AlignedBy::Discontinuity)
        } else if begins_the_stream(self.playlist()) && begins_the_stream(other.playlist()) {
            (nominal, AlignedBy::Start)
        } else if there.segments.is_empty() && !other.is_empty() {
            return Err(AlignError::NotThere);
        } else {
            return Err(AlignError::NothingInCommon);
        };
        other.aligned_at(target, by).ok_or(AlignError::NotThere)
    }

    /// The answer for the moment `nominal`, which is by the durations.
    fn aligned_at(&self, nominal: Ticks, by: AlignedBy) -> Option<Aligned<'p>> {
        let segment = Segment::new(self.playlist(), self.number_at_nominal(nominal)?);
        let span = self.span(&segment);
        let last = (span.end - Ticks::new(1)).max(span.start);
        let moment = (span.start + (nominal - segment.start())).min(last);
        Some(Aligned { segment, moment, by })
    }
}

/// The segments of one discontinuity sequence number.
struct Stretch<'p> {
    /// The moments of all segments.
    boundaries: &'p [Ticks],
    segments: Range<u32>,
    /// Whether the first of them is where it starts.
    has_start: bool,
    /// The dates of its own tags.
    dates: &'p [(u32, DateTime)],
}

impl<'p> Stretch<'p> {
    fn of(playlist: &'p MediaPlaylist<'_>, discontinuity: u64) -> Self {
        let number = |past: u64| {
            let is_before = |number: u32| playlist.discontinuity_sequence(number) < past;
            first_not(playlist.len() as u32, is_before)
        };
        let segments = number(discontinuity)..number(discontinuity.saturating_add(1));
        let dates = playlist.dates().entries();
        let date = |segment| dates.partition_point(|&(at, _)| at < segment);
        Self {
            boundaries: playlist.boundaries(),
            has_start: !segments.is_empty() && playlist.is_discontinuity(segments.start),
            dates: &dates[date(segments.start)..date(segments.end)],
            segments,
        }
    }

    fn boundary(&self, number: u32) -> Ticks {
        self.boundaries.get(number as usize).copied().unwrap_or_default()
    }

    fn start(&self) -> Ticks {
        self.boundary(self.segments.start)
    }

    /// The date of a moment in it.
    fn date_at(&self, moment: Ticks) -> Option<DateTime> {
        let next = self.dates.partition_point(|&(at, _)| self.boundary(at) <= moment);
        let &(at, date) = self.dates.get(next.saturating_sub(1))?;
        let anchor = self.boundary(at);
        Some(if moment < anchor { date - (anchor - moment) } else { date + (moment - anchor) })
    }

    /// The moment of a date in it.
    fn moment_of(&self, date: DateTime) -> Option<Ticks> {
        let next = self.dates.partition_point(|&(_, at)| at <= date);
        let &(at, anchor_date) = self.dates.get(next.saturating_sub(1))?;
        let anchor = self.boundary(at);
        let moment = match date.since(anchor_date) {
            Some(after) => anchor.checked_add(after)?,
            None => anchor.checked_sub(anchor_date.since(date)?)?,
        };
        // In the gap before the next tag, its start.
        let moment = match self.dates.get(next) {
            Some(&(next, _)) if date >= anchor_date => moment.min(self.boundary(next)),
            _ => moment,
        };
        (self.start() <= moment && moment < self.boundary(self.segments.end)).then_some(moment)
    }
}

/// The first number up to `count` of which `holds` is no longer true.
fn first_not(count: u32, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// Whether the first segment is the first of the stream.
fn begins_the_stream(playlist: &MediaPlaylist<'_>) -> bool {
    playlist.skipped_segments().is_none()
        && (playlist.first_sequence().0 == 0 || playlist.playlist_type().is_some())
}
