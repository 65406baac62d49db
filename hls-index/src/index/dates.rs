use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::SegmentIndex;
use super::buckets::Buckets;
use crate::date::DateTime;
use crate::segment::Segment;
use crate::time::Ticks;

/// Finds the segment that holds a moment of the wall clock, by the EXT-X-PROGRAM-DATE-TIME tags.
///
/// Each tag sets the clock for the segments from its own to the next tag (the first one for those
/// before it, too). The clock may jump at a tag, forward or back:
///
/// - where dates overlap, so that several segments hold a moment, the last of them in the playlist
///   has it (RFC 8216bis §6.2.1);
/// - where dates leave a gap, so that no segment holds a moment, it belongs to the start of the
///   segment that has the next date after it. ([`Segment::date`] of the answer is then later than
///   what was asked for.) So the milliseconds that dates are off do no harm.
///
/// ```
/// use hls_index::{DateTime, MediaPlaylist};
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00Z\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n\
///      #EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T13:00:00Z\n#EXTINF:6,\nc.ts\n",
/// )?;
/// let index = playlist.index();
/// let by_date = index.by_date();
/// let uri_at = |date: &str| Ok::<_, Box<dyn std::error::Error>>(by_date.at(date.parse()?)?.uri());
/// assert_eq!(uri_at("2026-01-01T12:00:06Z")?, "b.ts");
/// assert_eq!(uri_at("2026-01-01T13:00:05.9Z")?, "c.ts");
/// assert_eq!(uri_at("2026-01-01T12:30:00Z")?, "c.ts", "in the gap");
/// assert!(uri_at("2026-01-01T13:00:06Z").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It keeps a few words for each jump of the clock, or, where there are more than 64, at most 16
/// bytes a segment and jump. Dates more than 584 years after the earliest one are not found.
#[derive(Clone, Debug)]
pub struct DateIndex<'i, 'p> {
    index: &'i SegmentIndex<'p>,
    /// The earliest date; `None` when there is none.
    origin: Option<DateTime>,
    /// The end of the latest one, counted from there.
    end: Ticks,
    table: Table,
}

#[derive(Clone, Debug)]
enum Table {
    /// Few enough to search: the answer is where to look by media time.
    Few(Vec<Piece>),
    /// Segments by wall clock as they are by media time.
    Many {
        /// Entry `n` is `[walls[n], walls[n + 1])`, counted from the origin.
        walls: Vec<Ticks>,
        buckets: Buckets,
        /// From each of these entries on, entries and segments count up together.
        runs: Vec<Run>,
    },
}

/// A stretch of the wall clock, counted from the origin, and the media that go with it.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: Ticks,
    end: Ticks,
    media: Ticks,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    entry: u32,
    segment: u32,
}

impl<'i, 'p> DateIndex<'i, 'p> {
    /// More pieces than this are not searched one after the other.
    const FEW: usize = 64;

    pub(super) fn new(index: &'i SegmentIndex<'p>) -> Self {
        let stretches = stretches(index);
        let Some(origin) = stretches.iter().map(|stretch| stretch.start).min() else {
            return Self { index, origin: None, end: Ticks::ZERO, table: Table::Few(Vec::new()) };
        };
        let pieces = pieces(&stretches, origin);
        let end = pieces.last().map_or(Ticks::ZERO, |last| last.end);
        let table = if pieces.len() <= Self::FEW {
            Table::Few(pieces)
        } else {
            by_segments(&pieces, index)
        };
        Self { index, origin: Some(DateTime::from_unix_nanos(origin)), end, table }
    }

    /// The segment that holds `date`. It takes about as long as [`SegmentIndex::at`].
    ///
    /// # Errors
    /// When the playlist has no dates, or `date` is before all of them or after them.
    #[inline]
    pub fn at(&self, date: DateTime) -> Result<Segment<'p>, DateSeekError> {
        let wall = self.wall(date)?;
        let playlist = self.index.playlist;
        let number = match &self.table {
            Table::Few(pieces) => {
                let media = media_at(pieces, wall);
                self.index.buckets.find(media, playlist.boundaries())
            }
            Table::Many { walls, buckets, runs } => {
                let entry = buckets.find(wall, walls);
                let run = match runs.as_slice() {
                    [run] => run,
                    runs => &runs[runs.partition_point(|run| run.entry <= entry) - 1],
                };
                run.segment + (entry - run.entry)
            }
        };
        Ok(Segment::new(playlist, number))
    }

    /// The moment of media time that goes with `date`: what to hand to [`SegmentIndex::window`].
    ///
    /// # Errors
    /// As [`DateIndex::at`].
    pub fn moment(&self, date: DateTime) -> Result<Ticks, DateSeekError> {
        let segment = self.at(date)?;
        let into = segment.date().and_then(|start| date.since(start)).unwrap_or_default();
        let span = self.index.span(&segment);
        let last = span.end - Ticks::new(1);
        // Measured, it may be shorter than its duration, by which dates go.
        Ok((span.start + into).min(last.max(span.start)))
    }

    /// The earliest date and the end of the latest one; `None` when the playlist has none.
    #[must_use]
    pub fn span(&self) -> Option<(DateTime, DateTime)> {
        self.origin.map(|origin| (origin, origin + self.end))
    }

    /// `date` counted from the origin, when there is something there.
    #[inline]
    fn wall(&self, date: DateTime) -> Result<Ticks, DateSeekError> {
        let Some(origin) = self.origin else {
            return Err(DateSeekError::NoDates);
        };
        match date.since(origin) {
            Some(wall) if wall < self.end => Ok(wall),
            _ if date < origin => Err(DateSeekError::BeforeStart { start: origin }),
            _ => Err(DateSeekError::PastEnd { end: origin + self.end }),
        }
    }
}

/// Why no segment holds a date.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DateSeekError {
    /// The playlist has no EXT-X-PROGRAM-DATE-TIME, or no segment.
    #[error("the playlist has no dates")]
    NoDates,
    /// The date is before all segments.
    #[error("the playlist begins at {start}")]
    BeforeStart {
        /// The earliest date.
        start: DateTime,
    },
    /// The date is after all segments.
    #[error("the playlist ends at {end}")]
    PastEnd {
        /// The end of the segment with the latest date.
        end: DateTime,
    },
}

/// The segments that go by one tag: `start` is in nanoseconds since 1970.
struct Stretch {
    start: i128,
    media: Ticks,
    length: Ticks,
}

/// In the order of the playlist; without those of no length, which hold no moment.
fn stretches(index: &SegmentIndex<'_>) -> Vec<Stretch> {
    let boundaries = index.playlist.boundaries();
    let tags = index.playlist.dates().entries();
    let mut stretches = Vec::new();
    for (number, &(segment, date)) in tags.iter().enumerate() {
        let tag_at = boundaries.get(segment as usize).copied().unwrap_or_default();
        let media = if number == 0 { Ticks::ZERO } else { tag_at };
        let next = tags.get(number + 1).map_or(boundaries.len() - 1, |&(next, _)| next as usize);
        let length = boundaries.get(next).copied().unwrap_or_default() - media;
        if length > Ticks::ZERO {
            let start = date.unix_nanos() - i128::from((tag_at - media).count());
            stretches.push(Stretch { start, media, length });
        }
    }
    stretches
}

/// What each stretch has for itself, its successors before it, in the order of the wall clock;
/// put together where clock and media both go on.
fn pieces(stretches: &[Stretch], origin: i128) -> Vec<Piece> {
    // From the start of each stretch of the wall clock that is taken to its end; no two touch.
    let mut taken: BTreeMap<u64, u64> = BTreeMap::new();
    let mut pieces = Vec::new();
    for stretch in stretches.iter().rev() {
        let Ok(start) = u64::try_from(stretch.start - origin) else { continue };
        let Some(end) = start.checked_add(stretch.length.count()) else { continue };
        let (mut from, mut joint) = (start, start..end);
        let before = taken.range(..start).next_back().map(|(&start, &end)| (start, end));
        if let Some((before, before_end)) = before.filter(|&(_, end)| end >= start) {
            joint = before..end.max(before_end);
            from = before_end;
        }
        let mut free = |from: u64, to: u64| {
            if from < to {
                pieces.push(Piece {
                    start: Ticks::new(from),
                    end: Ticks::new(to),
                    media: stretch.media + Ticks::new(from - start),
                });
            }
        };
        while let Some((next, next_end)) = taken.range(start..=end).next().map(|(&s, &e)| (s, e)) {
            free(from, next);
            from = from.max(next_end);
            joint.end = joint.end.max(next_end);
            taken.remove(&next);
        }
        free(from, end);
        taken.insert(joint.start, joint.end);
    }
    pieces.sort_unstable_by_key(|piece| piece.start);
    pieces.dedup_by(|next, last| {
        let goes_on = last.end == next.start && last.media + (last.end - last.start) == next.media;
        if goes_on {
            last.end = next.end;
        }
        goes_on
    });
    pieces
}

/// The media time of `wall`, which is before the last piece's end.
#[inline]
fn media_at(pieces: &[Piece], wall: Ticks) -> Ticks {
    let number = pieces.partition_point(|piece| piece.end <= wall);
    // In the gap before a piece, its start: the difference saturates.
    pieces.get(number).map_or(Ticks::ZERO, |piece| piece.media + (wall - piece.start))
}

/// An entry for each segment of each piece. The gap before a piece belongs to its first entry.
fn by_segments(pieces: &[Piece], index: &SegmentIndex<'_>) -> Table {
    let boundaries = index.playlist.boundaries();
    let mut walls = alloc::vec![Ticks::ZERO];
    let mut runs: Vec<Run> = Vec::new();
    for piece in pieces {
        let mut segment = index.buckets.find(piece.media, boundaries);
        let mut end = Ticks::ZERO;
        while end < piece.end {
            let into = boundaries[segment as usize + 1] - piece.media;
            end = (piece.start + into).min(piece.end);
            let entry = walls.len() as u32 - 1;
            let goes_on = |run: &Run| segment.checked_sub(run.segment) == Some(entry - run.entry);
            if !runs.last().is_some_and(goes_on) {
                runs.push(Run { entry, segment });
            }
            walls.push(end);
            segment += 1;
        }
    }
    Table::Many { buckets: Buckets::new(&walls), walls, runs }
}
