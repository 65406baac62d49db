//! The index: which segment holds a moment.

mod buckets;
mod dates;
mod many;
mod parts;

use core::ops::Range;

use self::buckets::Buckets;
pub use self::dates::{DateIndex, DateSeekError};
pub use self::many::AtMany;
use crate::measured::{MeasureError, Measured, Place};
use crate::media::{MediaPlaylist, MediaSequence};
use crate::segment::Segment;
use crate::time::Ticks;
use crate::window::{Ahead, Window};

/// Finds the segment that holds a moment, and what to fetch from there on.
///
/// Time is exact: segment `n` is the half-open `[start, end)` of the sums of all durations before
/// and up to it, so that each moment before the end of the playlist lies in exactly one segment.
/// A segment of no length holds no moment.
///
/// ```
/// use hls_index::{seconds, Ahead, MediaPlaylist, SeekError, Ticks};
///
/// let playlist = MediaPlaylist::parse(
///     "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mp4\n#EXTINF:5,\nb.mp4\n#EXTINF:3,\nc.mp4\n",
/// )?;
/// let index = playlist.index();
/// assert_eq!(index.at(seconds(10.5))?.uri(), "c.mp4");
/// assert_eq!(index.at(Ticks::from_seconds(10))?.uri(), "c.mp4", "the start is in it");
/// let past_end = SeekError::PastEnd { end: Ticks::from_seconds(13) };
/// assert_eq!(index.at(seconds(13.0)).unwrap_err(), past_end);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SegmentIndex<'p> {
    playlist: &'p MediaPlaylist<'p>,
    buckets: Buckets,
    measured: Measured,
    end: Ticks,
    /// Moments before it can be looked up in the buckets as they are: the end, or zero once
    /// something was measured.
    glance_end: Ticks,
}

impl<'p> SegmentIndex<'p> {
    pub(crate) fn new(playlist: &'p MediaPlaylist<'p>) -> Self {
        Self {
            playlist,
            buckets: Buckets::new(playlist.boundaries()),
            measured: Measured::default(),
            end: playlist.duration(),
            glance_end: playlist.duration(),
        }
    }

    /// The segment whose `[start, end)` holds `moment`. It takes one cache miss, whatever the
    /// number of segments.
    ///
    /// # Errors
    /// When there is no such segment: the playlist is empty, or `moment` is its end or later.
    // A call would hand the answer back through memory, which takes longer than to find it.
    #[inline(always)]
    pub fn at(&self, moment: Ticks) -> Result<Segment<'p>, SeekError> {
        match self.number_at(moment) {
            Some(number) => Ok(Segment::new(self.playlist, number)),
            None => Err(self.past_end()),
        }
    }

    /// The segment that holds the moment `preroll` before `moment`, or the first one: where to
    /// begin so that a decoder that needs some media ahead can show `moment` itself.
    ///
    /// ```
    /// use hls_index::{seconds, MediaPlaylist};
    ///
    /// let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\na.ts\n#EXTINF:5,\nb.ts\n")?;
    /// let index = playlist.index();
    /// assert_eq!(index.at(seconds(5.0))?.uri(), "b.ts");
    /// assert_eq!(index.at_with_preroll(seconds(5.0), seconds(0.1))?.uri(), "a.ts");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When no segment holds `moment` itself, as [`SegmentIndex::at`].
    pub fn at_with_preroll(&self, moment: Ticks, preroll: Ticks) -> Result<Segment<'p>, SeekError> {
        self.at(moment)?;
        self.at(moment - preroll)
    }

    /// The answers of [`SegmentIndex::at`] to all `moments`, in their order; faster than one after
    /// the other, as it waits for many of them at once.
    ///
    /// ```
    /// use hls_index::{MediaPlaylist, Ticks};
    ///
    /// let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\na.ts\n#EXTINF:4,\nb.ts\n")?;
    /// let moments = [8, 2, 9].map(Ticks::from_seconds);
    /// let uris = playlist.index().at_many(&moments).map(|hit| hit.ok().map(|it| it.uri())).collect::<Vec<_>>();
    /// assert_eq!(uris, [Some("b.ts"), Some("a.ts"), None]);
    /// # Ok::<(), hls_index::ParseError>(())
    /// ```
    #[must_use]
    pub fn at_many<'i>(&'i self, moments: &'i [Ticks]) -> AtMany<'i, 'p> {
        AtMany::new(self, moments)
    }

    /// The segment whose start is nearest to `moment`, before it or after it; of two as near, the
    /// earlier. In an I-frame playlist (EXT-X-I-FRAMES-ONLY) this is the picture to show for
    /// `moment`.
    ///
    /// # Errors
    /// When no segment holds `moment`, as [`SegmentIndex::at`].
    pub fn nearest(&self, moment: Ticks) -> Result<Segment<'p>, SeekError> {
        let segment = self.at(moment)?;
        let Range { start, end } = self.span(&segment);
        let next = segment.number() + 1;
        let is_next_nearer = end - moment < moment - start;
        Ok(self.playlist.segment(next).filter(|_| is_next_nearer).unwrap_or(segment))
    }

    /// The last segment at `moment` or before it where decoding can begin, as far as the playlist
    /// tells: any one under EXT-X-INDEPENDENT-SEGMENTS or EXT-X-I-FRAMES-ONLY; without them the
    /// one after the last EXT-X-DISCONTINUITY, where decoders start afresh, or the first of all.
    ///
    /// # Errors
    /// When no segment holds `moment`, as [`SegmentIndex::at`].
    pub fn independent_at(&self, moment: Ticks) -> Result<Segment<'p>, SeekError> {
        let segment = self.at(moment)?;
        if self.playlist.has_independent_segments() || self.playlist.is_i_frames_only() {
            return Ok(segment);
        }
        let number = self.playlist.discontinuity_start(segment.number() as u32);
        Ok(Segment::new(self.playlist, number))
    }

    /// The segment with the media sequence number `sequence`.
    #[must_use]
    pub fn with_sequence(&self, sequence: MediaSequence) -> Option<Segment<'p>> {
        self.playlist.segment_with_sequence(sequence)
    }

    /// The index that finds segments by the wall clock (EXT-X-PROGRAM-DATE-TIME): O(n) once.
    #[must_use]
    pub fn by_date(&self) -> DateIndex<'_, 'p> {
        DateIndex::new(self)
    }

    /// Takes the times at which the media of a segment really begin and end, counted from the
    /// start of the playlist, as a decoder found them. Real media drift from what EXTINF says:
    /// from now on seeks and windows go by the measured times. Segments before and after what was
    /// measured move along; between two that were measured the difference is spread over the
    /// segments in proportion to their lengths. The times of [`Segment`] itself stay those of the
    /// playlist; [`SegmentIndex::span`] has the measured ones.
    ///
    /// Where a segment was measured to end after the next one to begin, the begin counts. A moment
    /// before the first segment's measured start is in the first segment.
    ///
    /// ```
    /// use hls_index::{seconds, MediaPlaylist, MediaSequence};
    ///
    /// let playlist = MediaPlaylist::parse("#EXTM3U\n#EXTINF:5,\na\n#EXTINF:5,\nb\n#EXTINF:5,\nc\n")?;
    /// let mut index = playlist.index();
    /// index.set_measured(MediaSequence(1), seconds(5.1), seconds(10.2))?;
    /// assert_eq!(index.at(seconds(5.0))?.uri(), "a");
    /// assert_eq!(index.at(seconds(10.1))?.uri(), "b");
    /// assert_eq!(index.end(), seconds(15.2));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When there is no such segment, when `end` is not after `start`, and when the times
    /// contradict those of another measured segment. The index is then as it was.
    pub fn set_measured(
        &mut self,
        sequence: MediaSequence,
        start: Ticks,
        end: Ticks,
    ) -> Result<(), MeasureError> {
        let segment = self.with_sequence(sequence).ok_or(MeasureError::NoSuchSegment)?;
        let nominal = segment.start()..segment.end();
        self.measured.set(segment.number() as u32, start, end, nominal)?;
        self.end = self.measured.moment(self.len() as u32, self.playlist.duration());
        self.glance_end = Ticks::ZERO;
        Ok(())
    }

    /// When `segment`, which is one of the playlist's, begins and ends: as measured, where
    /// [`SegmentIndex::set_measured`] was told, else as the playlist says.
    #[must_use]
    pub fn span(&self, segment: &Segment<'p>) -> Range<Ticks> {
        // A segment of another playlist may have a number that this one has not.
        let number = segment.number().min(self.len().saturating_sub(1)) as u32;
        self.span_of(number)
    }

    /// What to fetch in order to play from `moment` on, in order: the segment that holds it, and
    /// those that `ahead` asks for. Nothing when no segment holds `moment`, as [`SegmentIndex::at`]
    /// tells. Gaps (EXT-X-GAP) are left out, as there is nothing to fetch.
    ///
    /// ```
    /// use hls_index::{seconds, Ahead, MediaPlaylist};
    ///
    /// let playlist = MediaPlaylist::parse(
    ///     "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\na.mp4\n#EXTINF:5,\nb.mp4\n#EXTINF:3,\nc.mp4\n",
    /// )?;
    /// let index = playlist.index();
    /// let uris = |ahead| index.window(seconds(4.0), ahead).map(|fetch| fetch.uri).collect::<Vec<_>>();
    /// assert_eq!(uris(Ahead::seconds(1)), ["a.mp4"]);
    /// assert_eq!(uris(Ahead::seconds(2)), ["a.mp4", "b.mp4"]);
    /// assert_eq!(uris(Ahead::segments(2)), ["a.mp4", "b.mp4", "c.mp4"]);
    /// # Ok::<(), hls_index::ParseError>(())
    /// ```
    #[must_use]
    pub fn window(&self, moment: Ticks, ahead: Ahead) -> Window<'_, 'p> {
        self.window_with_preroll(moment, Ticks::ZERO, ahead)
    }

    /// The window of [`SegmentIndex::window`], begun `preroll` earlier, as
    /// [`SegmentIndex::at_with_preroll`] does. It ends where the window without preroll ends.
    #[must_use]
    pub fn window_with_preroll(
        &self,
        moment: Ticks,
        preroll: Ticks,
        ahead: Ahead,
    ) -> Window<'_, 'p> {
        let first = self.at_with_preroll(moment, preroll).ok();
        let held = self.at(moment).ok();
        Window::new(self, first.zip(held), moment, ahead)
    }

    /// The end of the last segment: the first moment that no segment holds.
    #[must_use]
    pub const fn end(&self) -> Ticks {
        self.end
    }

    /// The number of segments.
    #[must_use]
    pub fn len(&self) -> usize {
        self.playlist.len()
    }

    /// Whether there is no segment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.playlist.is_empty()
    }

    /// The playlist that it indexes.
    #[must_use]
    pub const fn playlist(&self) -> &'p MediaPlaylist<'p> {
        self.playlist
    }
}

impl SegmentIndex<'_> {
    /// The number of the segment that holds `moment`.
    #[inline(always)]
    fn number_at(&self, moment: Ticks) -> Option<u32> {
        if moment < self.glance_end
            && let Some(number) = self.buckets.glance(moment)
        {
            return Some(number);
        }
        self.number_with_care(moment)
    }

    /// [`SegmentIndex::number_at`] where a glance does not tell.
    #[inline(never)]
    fn number_with_care(&self, moment: Ticks) -> Option<u32> {
        if moment >= self.end {
            return None;
        }
        Some(match self.measured.place(moment) {
            Place::Nominal(moment) => self.buckets.find(moment, self.playlist.boundaries()),
            Place::Segment(number) => number,
        })
    }

    /// The segment that holds `moment` by the durations alone, whatever was measured.
    pub(crate) fn number_at_nominal(&self, moment: Ticks) -> Option<u32> {
        let boundaries = self.playlist.boundaries();
        (moment < self.playlist.duration()).then(|| self.buckets.find(moment, boundaries))
    }

    pub(crate) fn span_of(&self, number: u32) -> Range<Ticks> {
        let Some(&[start, end]) = self.playlist.boundaries()[number as usize..].first_chunk()
        else {
            return Ticks::ZERO..Ticks::ZERO;
        };
        if self.measured.is_empty() {
            return start..end;
        }
        self.measured.moment(number, start)..self.measured.moment(number + 1, end)
    }

    #[cold]
    fn past_end(&self) -> SeekError {
        if self.is_empty() { SeekError::Empty } else { SeekError::PastEnd { end: self.end } }
    }
}

/// Why no segment holds a moment. (No moment is before the start: [`Ticks`] are never negative.)
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SeekError {
    /// The playlist has no segment.
    #[error("the playlist has no segments")]
    Empty,
    /// The moment is the end of the playlist or after it.
    #[error("the playlist ends at {end} s")]
    PastEnd {
        /// The end of the last segment.
        end: Ticks,
    },
}
