//! The index: which segment holds a moment.

mod buckets;

use self::buckets::Buckets;
use crate::media::MediaPlaylist;
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
}

impl<'p> SegmentIndex<'p> {
    pub(crate) fn new(playlist: &'p MediaPlaylist<'p>) -> Self {
        Self { playlist, buckets: Buckets::new(playlist.boundaries()) }
    }

    /// The segment whose `[start, end)` holds `moment`. It takes one cache miss, whatever the
    /// number of segments.
    ///
    /// # Errors
    /// When there is no such segment: the playlist is empty, or `moment` is its end or later.
    pub fn at(&self, moment: Ticks) -> Result<Segment<'p>, SeekError> {
        let end = self.end();
        if moment < end {
            Ok(Segment::new(self.playlist, self.buckets.find(moment, self.playlist.boundaries())))
        } else if self.playlist.is_empty() {
            Err(SeekError::Empty)
        } else {
            Err(SeekError::PastEnd { end })
        }
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
    pub fn window(&self, moment: Ticks, ahead: Ahead) -> Window<'p> {
        Window::new(self.playlist, self.at(moment).ok(), moment, ahead)
    }

    /// The end of the last segment: the first moment that no segment holds.
    #[must_use]
    pub fn end(&self) -> Ticks {
        self.playlist.duration()
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
