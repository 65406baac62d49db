use super::{SeekError, SegmentIndex};
use crate::part::Part;
use crate::time::Ticks;

impl<'p> SegmentIndex<'p> {
    /// The part (EXT-X-PART) whose `[start, end)` holds `moment`; beyond the last segment, one of
    /// those of the segment that is not complete yet. `None` where the segment that holds `moment`
    /// has no parts, as all but the last few: it is to be fetched whole.
    ///
    /// ```
    /// use hls_index::{seconds, MediaPlaylist};
    ///
    /// let playlist = MediaPlaylist::parse(
    ///     "#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=2\n#EXTINF:4,\n0.mp4\n\
    ///      #EXT-X-PART:DURATION=2,URI=\"1.1.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=2,URI=\"1.2.mp4\"\n",
    /// )?;
    /// let index = playlist.index();
    /// assert!(index.part_at(seconds(3.0))?.is_none());
    /// assert_eq!(index.part_at(seconds(6.5))?.map(|part| part.uri), Some("1.2.mp4"));
    /// assert_eq!(index.independent_part_at(seconds(6.5))?.map(|part| part.uri), Some("1.1.mp4"));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When neither a segment nor a part holds `moment`.
    pub fn part_at(&self, moment: Ticks) -> Result<Option<Part<'p>>, SeekError> {
        if let Ok(segment) = self.at(moment) {
            let moment = segment.start() + (moment - self.span(&segment).start);
            return Ok(segment.parts().find(|part| part.start <= moment && moment < part.end));
        }
        let past_end = self.playlist.duration() + (moment - self.end);
        let mut end = self.end;
        for part in self.playlist.trailing_parts() {
            if part.start <= past_end && past_end < part.end {
                return Ok(Some(part));
            }
            end = self.end + (part.end - self.playlist.duration());
        }
        let is_nothing = self.is_empty() && end == Ticks::ZERO;
        Err(if is_nothing { SeekError::Empty } else { SeekError::PastEnd { end } })
    }

    /// The last part at `moment` or before it where decoding can begin (INDEPENDENT=YES). `None`
    /// where there is none in the parts that lead there without a break: then
    /// [`SegmentIndex::independent_at`] tells the segment to begin with.
    ///
    /// # Errors
    /// When neither a segment nor a part holds `moment`.
    pub fn independent_part_at(&self, moment: Ticks) -> Result<Option<Part<'p>>, SeekError> {
        let Some(held) = self.part_at(moment)? else {
            return Ok(None);
        };
        let is_candidate = |part: &Part<'p>| part.is_independent && part.start <= held.start;
        let trailing = self.playlist.trailing_parts();
        let mut numbers = 0..self.len();
        if held.start >= self.playlist.duration() {
            if let Some(part) = trailing.filter(is_candidate).last() {
                return Ok(Some(part));
            }
        } else if let Ok(segment) = self.at(moment) {
            numbers.end = segment.number() + 1;
        }
        for segment in self.playlist.segments_within(numbers).rev() {
            let mut parts = segment.parts().peekable();
            if parts.peek().is_none() {
                break;
            }
            if let Some(part) = parts.filter(is_candidate).last() {
                return Ok(Some(part));
            }
        }
        Ok(None)
    }
}
