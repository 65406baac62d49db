use core::iter::FusedIterator;

use super::{SeekError, SegmentIndex};
use crate::segment::Segment;
use crate::time::Ticks;

/// The answers to many seeks: see [`SegmentIndex::at_many`].
#[derive(Clone, Debug)]
pub struct AtMany<'i, 'p> {
    index: &'i SegmentIndex<'p>,
    /// Those that are left.
    moments: &'i [Ticks],
    /// How many answers are to be given before lines are asked for again.
    until_touch: usize,
    /// Whether the lines for the next block of moments were asked for.
    is_touched: bool,
}

/// How many lines are asked for together: more than a processor can wait for at once.
const BLOCK: usize = 192;

impl<'i, 'p> AtMany<'i, 'p> {
    pub(super) fn new(index: &'i SegmentIndex<'p>, moments: &'i [Ticks]) -> Self {
        Self { index, moments, until_touch: 0, is_touched: false }
    }

    /// Asks for the lines of the block after the next one, which come while the next one is searched.
    #[inline(never)]
    fn touch(&mut self) {
        let (next, later) = self.moments.split_at(self.moments.len().min(BLOCK));
        if !self.is_touched {
            self.index.buckets.touch(next);
            self.is_touched = true;
        }
        self.index.buckets.touch(&later[..later.len().min(BLOCK)]);
        self.until_touch = BLOCK;
    }
}

impl<'p> Iterator for AtMany<'_, 'p> {
    type Item = Result<Segment<'p>, SeekError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.until_touch == 0 {
            self.touch();
        }
        self.until_touch -= 1;
        let (&moment, left) = self.moments.split_first()?;
        self.moments = left;
        Some(self.index.at(moment))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.moments.len(), Some(self.moments.len()))
    }
}

impl ExactSizeIterator for AtMany<'_, '_> {}
impl FusedIterator for AtMany<'_, '_> {}
