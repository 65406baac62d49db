//! Seeking in the window, and what to fetch.

use core::ops::Range;

use super::{Chunk, LivePlaylist};
use crate::date::DateTime;
use crate::measured::Place;
use crate::media::MediaSequence;
use crate::segment::Segment;
use crate::time::Ticks;
use crate::window::{Ahead, Fetch, Reach};

/// Why no segment of a live playlist holds a moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LiveSeekError {
    /// The playlist has no segment.
    #[error("the playlist has no segments")]
    Empty,
    /// The segments of that time are gone.
    #[error("the playlist begins at {start} s")]
    BeforeStart {
        /// The start of the first segment.
        start: Ticks,
    },
    /// The moment is the end of the last segment or after it.
    #[error("the playlist ends at {end} s")]
    PastEnd {
        /// The end of the last segment.
        end: Ticks,
    },
    /// The playlist has no EXT-X-PROGRAM-DATE-TIME.
    #[error("the playlist has no dates")]
    NoDates,
    /// No segment holds the date or comes after it.
    #[error("no segment is at this date or after it")]
    AfterAllDates,
    /// The date is before that of all segments.
    #[error("all segments are after this date")]
    BeforeAllDates,
}

impl LivePlaylist {
    /// When the first segment begins: what was evicted counts. As measured, where
    /// [`LivePlaylist::set_measured`] was told.
    #[must_use]
    pub fn start(&self) -> Ticks {
        let nominal = self.chunks.front().map_or(Ticks::ZERO, Chunk::start);
        self.moment(self.first, nominal)
    }

    /// When the last segment ends.
    #[must_use]
    pub fn end(&self) -> Ticks {
        let nominal = self.chunks.back().map_or(Ticks::ZERO, Chunk::end);
        self.moment(self.next, nominal)
    }

    /// When the last segment ends by the durations alone, as parts count.
    pub(crate) fn nominal_end(&self) -> Ticks {
        self.chunks.back().map_or(Ticks::ZERO, Chunk::end)
    }

    /// When a segment of the window begins and ends: as measured, where
    /// [`LivePlaylist::set_measured`] was told, else as the playlist says.
    #[must_use]
    pub fn span(&self, segment: &Segment<'_>) -> Range<Ticks> {
        let sequence = segment.sequence().0;
        self.moment(sequence, segment.start())
            ..self.moment(sequence.saturating_add(1), segment.end())
    }

    /// The segment whose `[start, end)` holds `moment`: O(log n).
    ///
    /// # Errors
    /// When there is none.
    pub fn at(&self, moment: Ticks) -> Result<Segment<'_>, LiveSeekError> {
        let (start, end) = (self.start(), self.end());
        if self.is_empty() {
            return Err(LiveSeekError::Empty);
        }
        if moment < start {
            return Err(LiveSeekError::BeforeStart { start });
        }
        if moment >= end {
            return Err(LiveSeekError::PastEnd { end });
        }
        let found = match self.measured.place(moment) {
            Place::Nominal(moment) => self.at_nominal(moment),
            Place::Segment(boundary) => {
                let sequence = self.origin.wrapping_add(u64::from(boundary));
                self.segment(MediaSequence(sequence.clamp(self.first, self.next - 1)))
            }
        };
        found.ok_or(LiveSeekError::Empty)
    }

    /// The segment that holds the moment `preroll` before `moment`, or the first one, as
    /// [`SegmentIndex::at_with_preroll`](crate::SegmentIndex::at_with_preroll).
    ///
    /// # Errors
    /// When no segment holds `moment` itself.
    pub fn at_with_preroll(
        &self,
        moment: Ticks,
        preroll: Ticks,
    ) -> Result<Segment<'_>, LiveSeekError> {
        self.at(moment)?;
        self.at((moment - preroll).max(self.start()))
    }

    /// The segment that holds `date`. Where several do, the last of them (RFC 8216bis §6.2.1); where
    /// none does, the one with the next date after it. It looks at one piece of some hundred segments, and at the dates of
    /// all pieces.
    ///
    /// # Errors
    /// When there is none.
    pub fn at_date(&self, date: DateTime) -> Result<Segment<'_>, LiveSeekError> {
        if self.is_empty() {
            return Err(LiveSeekError::Empty);
        }
        let (mut next, mut has_dates, mut has_earlier): (Option<(DateTime, Segment<'_>)>, _, _) =
            (None, false, false);
        for chunk in self.chunks.iter().rev() {
            let Some(dates) = chunk.dates() else { continue };
            has_dates = true;
            let is_needless = date >= dates.end
                || next
                    .as_ref()
                    .is_some_and(|&(next, _)| date < dates.start && next <= dates.start);
            if is_needless {
                has_earlier |= date >= dates.end;
                continue;
            }
            for segment in chunk.segments().rev() {
                let Some(start) = segment.date() else { continue };
                if start <= date {
                    has_earlier = true;
                    if date < start + segment.duration() {
                        return Ok(segment);
                    }
                } else if segment.duration() > Ticks::ZERO
                    && next.as_ref().is_none_or(|&(next, _)| start < next)
                {
                    next = Some((start, segment));
                }
            }
        }
        match next {
            Some((_, segment)) if has_earlier => Ok(segment),
            Some(_) => Err(LiveSeekError::BeforeAllDates),
            None if has_dates => Err(LiveSeekError::AfterAllDates),
            None => Err(LiveSeekError::NoDates),
        }
    }

    /// What to fetch in order to play from `moment` on, as
    /// [`SegmentIndex::window`](crate::SegmentIndex::window). Nothing when no segment holds `moment`.
    #[must_use]
    pub fn window(&self, moment: Ticks, ahead: Ahead) -> LiveFetches<'_> {
        let held = self.at(moment).map_or(self.next, |segment| segment.sequence().0);
        let past_last = ahead.past_last(held).unwrap_or(self.next).min(self.next);
        LiveFetches { live: self, numbers: held..past_last, reach: Reach::new(moment, ahead) }
    }

    fn at_nominal(&self, moment: Ticks) -> Option<Segment<'_>> {
        // What was measured may point just past what there is.
        let last = self.chunks.back()?.end() - Ticks::new(1);
        let moment = moment.min(last).max(self.chunks.front()?.start());
        let at = self.chunks.partition_point(|chunk| chunk.end() <= moment);
        let playlist = self.chunks.get(at)?.playlist();
        let visible = self.chunks[at].visible();
        let started = playlist.boundaries().partition_point(|&start| start <= moment);
        let number = (started.checked_sub(1)? as u32).clamp(visible.start, visible.end - 1);
        playlist.segment(number as usize)
    }

    /// The moment of the start of a segment that begins at `nominal` by the durations.
    fn moment(&self, sequence: u64, nominal: Ticks) -> Ticks {
        match self.boundary(sequence) {
            Some(boundary) if !self.measured.is_empty() => self.measured.moment(boundary, nominal),
            _ => nominal,
        }
    }
}

/// What to fetch, in order: see [`LivePlaylist::window`].
#[derive(Clone, Debug)]
pub struct LiveFetches<'w> {
    live: &'w LivePlaylist,
    numbers: Range<u64>,
    reach: Reach,
}

impl LiveFetches<'_> {
    /// Leaves out the segments before `sequence`, which count for nothing.
    pub(crate) fn skip_to(&mut self, sequence: u64) {
        self.numbers.start = self.numbers.start.max(sequence).min(self.numbers.end);
    }
}

impl<'w> Iterator for LiveFetches<'w> {
    type Item = Fetch<'w>;

    fn next(&mut self) -> Option<Self::Item> {
        let live = self.live;
        let mut segments = (&mut self.numbers).filter_map(|n| live.segment(MediaSequence(n)));
        let segment = segments.find(|segment| !segment.is_gap())?;
        let fetch = Fetch::new(segment, live.span(&segment));
        self.reach.takes(&fetch).then_some(fetch)
    }
}
