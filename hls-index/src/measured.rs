//! Measured times: what decoded media say of when a segment really begins and ends.

use alloc::vec::Vec;
use core::ops::Range;

use crate::time::Ticks;

/// The boundaries between segments whose moments were measured, and all others between and around
/// them.
///
/// Segment `n` lies between the boundaries `n` and `n + 1`. Before the first measured boundary and
/// after the last one, segments keep their lengths and move as a whole. Between two of them the
/// difference is spread over the segments in proportion to their lengths, as that is how drift
/// comes about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured {
    /// In order of their boundaries, their nominal and their measured moments.
    anchors: Vec<Anchor>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    boundary: u32,
    /// The sum of the durations before it.
    nominal: Ticks,
    measured: Ticks,
    /// Whether it was measured as the start of a segment, which counts for more than the end of
    /// the one before.
    is_start: bool,
}

/// Why measured times were not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MeasureError {
    /// The playlist has no segment with this number.
    #[error("the playlist has no such segment")]
    NoSuchSegment,
    /// The end is not after the start.
    #[error("the end is not after the start")]
    Backwards,
    /// An earlier segment was measured to begin later, or a later one earlier.
    #[error("the times contradict those of another segment")]
    OutOfOrder,
}

impl Measured {
    pub(crate) const fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Takes the measured `start` and `end` of segment `number`, in place of earlier ones. By the
    /// durations alone it lies at `nominal`.
    pub(crate) fn set(
        &mut self,
        number: u32,
        start: Ticks,
        end: Ticks,
        nominal: Range<Ticks>,
    ) -> Result<(), MeasureError> {
        if start >= end {
            return Err(MeasureError::Backwards);
        }
        let at = self.anchors.partition_point(|anchor| anchor.boundary < number);
        let before = at.checked_sub(1).map(|before| self.anchors[before]);
        let here = at + self.anchors[at..].partition_point(|anchor| anchor.boundary == number);
        // What was measured as the end of the segment before gives way to this start; so does an
        // earlier end of this one to the new one. A start of the next segment stays.
        let keeps = |anchor: &Anchor| anchor.boundary > number + 1 || anchor.is_start;
        let next = here + usize::from(self.anchors.get(here).is_some_and(|a| !keeps(a)));
        let after = self.anchors.get(next).copied();
        let has_next_start = after.is_some_and(|after| after.boundary == number + 1);
        let latest = if has_next_start { start } else { end };
        if before.is_some_and(|before| before.measured > start)
            || after.is_some_and(|after| after.measured < latest)
        {
            return Err(MeasureError::OutOfOrder);
        }
        let anchor = |boundary, nominal, measured, is_start| Anchor {
            boundary,
            nominal,
            measured,
            is_start,
        };
        let new = [
            anchor(number, nominal.start, start, true),
            anchor(number + 1, nominal.end, end, false),
        ];
        self.anchors.splice(at..next, new.into_iter().take(if has_next_start { 1 } else { 2 }));
        Ok(())
    }

    /// Forgets what was measured before `boundary`, but for what tells where it lies.
    pub(crate) fn forget_before(&mut self, boundary: u32) {
        let passed = self.anchors.partition_point(|anchor| anchor.boundary <= boundary);
        // In larger pieces, so that an anchor is not moved for each one that goes.
        let needless = passed.saturating_sub(1);
        if needless > self.anchors.len() / 2 {
            self.anchors.drain(..needless);
        }
    }

    /// Forgets what was measured from the first boundary on, of those after `from`, that no longer lies where
    /// it lay by the durations: `nominal` tells where it lies now.
    pub(crate) fn forget_moved(&mut self, from: u32, nominal: impl Fn(u32) -> Option<Ticks>) {
        let after = self.anchors.partition_point(|anchor| anchor.boundary <= from);
        let is_moved = |anchor: &Anchor| nominal(anchor.boundary) != Some(anchor.nominal);
        if let Some(moved) = self.anchors[after..].iter().position(is_moved) {
            self.anchors.truncate(after + moved);
        }
    }

    /// The moment of `boundary`, which lies at `nominal` by the durations alone.
    pub(crate) fn moment(&self, boundary: u32, nominal: Ticks) -> Ticks {
        let next = self.anchors.partition_point(|anchor| anchor.boundary <= boundary);
        match (next.checked_sub(1).map(|last| self.anchors[last]), self.anchors.get(next)) {
            (None, None) => nominal,
            (None, Some(first)) => first.measured - (first.nominal - nominal),
            (Some(last), None) => last.measured + (nominal - last.nominal),
            (Some(last), Some(next)) => {
                let (real, by_durations) = lengths(&last, next);
                let into = u128::from((nominal - last.nominal).count()) * real;
                // Where all between have no length, they lie at the start.
                last.measured + ticks(into.checked_div(by_durations).unwrap_or(0))
            }
        }
    }

    /// Where to look for the segment that holds `moment`.
    pub(crate) fn place(&self, moment: Ticks) -> Place {
        let next = self.anchors.partition_point(|anchor| anchor.measured <= moment);
        Place::Nominal(
            match (next.checked_sub(1).map(|l| self.anchors[l]), self.anchors.get(next)) {
                (None, None) => moment,
                (None, Some(first)) => first.nominal - (first.measured - moment),
                (Some(last), None) => last.nominal + (moment - last.measured),
                (Some(last), Some(next)) => {
                    let (real, by_durations) = lengths(&last, next);
                    if by_durations == 0 {
                        return Place::Segment(next.boundary - 1);
                    }
                    // The last nominal moment that `Measured::moment` puts here or earlier.
                    let into = (u128::from((moment - last.measured).count()) + 1) * by_durations;
                    last.nominal + ticks(into.div_ceil(real) - 1)
                }
            },
        )
    }
}

/// The answer to a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The segment that holds this moment by the durations alone.
    Nominal(Ticks),
    /// This one.
    Segment(u32),
}

/// How far apart two anchors are, as measured and by the durations.
fn lengths(last: &Anchor, next: &Anchor) -> (u128, u128) {
    let real = next.measured - last.measured;
    let by_durations = next.nominal - last.nominal;
    (u128::from(real.count()), u128::from(by_durations.count()))
}

/// A part of a length in ticks is one as well.
fn ticks(count: u128) -> Ticks {
    Ticks::new(u64::try_from(count).unwrap_or(u64::MAX))
}
