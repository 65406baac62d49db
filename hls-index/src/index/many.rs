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
    /// Whether no lines were asked for so far.
    is_first: bool,
}

/// How many lines are asked for together: more than a processor can wait for at once.
const BLOCK: usize = 192;

impl<'i, 'p> AtMany<'i, 'p> {
    pub(super) fn new(index: &'i SegmentIndex<'p>, moments: &'i [Ticks]) -> Self {
        Self { index, moments, until_touch: 0, is_first: true }
    }
}

/// Asks for the lines of the block after the next one, which come while the next one is searched; at
/// first for those of both. (It is given all that it needs, and no `AtMany`, which can so be kept in
/// registers.)
#[inline(never)]
fn touch(index: &SegmentIndex<'_>, moments: &[Ticks], is_first: bool) {
    let (next, later) = moments.split_at(moments.len().min(BLOCK));
    if is_first {
        index.buckets.touch(next);
    }
    index.buckets.touch(&later[..later.len().min(BLOCK)]);
}

impl<'p> Iterator for AtMany<'_, 'p> {
    type Item = Result<Segment<'p>, SeekError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.until_touch == 0 {
            touch(self.index, self.moments, self.is_first);
            (self.until_touch, self.is_first) = (BLOCK, false);
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
