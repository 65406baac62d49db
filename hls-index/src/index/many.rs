use core::iter::FusedIterator;

use super::{SeekError, SegmentIndex};
use crate::segment::Segment;
use crate::time::Ticks;

/// The answers to many seeks: see [`SegmentIndex::at_many`].
#[derive(Clone, Debug)]
pub struct AtMany<'i, 'p> {
    index: &'i SegmentIndex<'p>,
    moments: &'i [Ticks],
    /// The answers to the first moments that are left: numbers, or `NONE`.
    numbers: [u32; BLOCK],
    /// How many of them were given already.
    given: usize,
}

/// How many seeks are under way together: more than a processor can wait for at once.
pub(super) const BLOCK: usize = 64;

/// No segment has this number: the text has more bytes than segments.
const NONE: u32 = u32::MAX;

impl<'i, 'p> AtMany<'i, 'p> {
    pub(super) fn new(index: &'i SegmentIndex<'p>, moments: &'i [Ticks]) -> Self {
        Self { index, moments, numbers: [NONE; BLOCK], given: 0 }
    }

    /// Finds the answers to the next block of moments.
    #[inline(never)]
    fn find_block(&mut self) {
        let index = self.index;
        let block = &self.moments[..self.moments.len().min(BLOCK)];
        let is_in = |moment: &Ticks| *moment < index.end;
        if index.measured.is_empty() && block.iter().all(is_in) {
            let boundaries = index.playlist.boundaries();
            index.buckets.find_many(block, boundaries, &mut self.numbers);
            return;
        }
        for (moment, number) in block.iter().zip(&mut self.numbers) {
            *number = if is_in(moment) { index.number_at(*moment) } else { NONE };
        }
    }
}

impl<'p> Iterator for AtMany<'_, 'p> {
    type Item = Result<Segment<'p>, SeekError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.moments.is_empty() {
            return None;
        }
        if self.given == 0 {
            self.find_block();
        }
        let number = self.numbers[self.given];
        self.given += 1;
        if self.given == self.moments.len().min(BLOCK) {
            self.moments = &self.moments[self.given..];
            self.given = 0;
        }
        Some(match number {
            NONE => Err(self.index.past_end()),
            number => Ok(Segment::new(self.index.playlist, number)),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.moments.len() - self.given;
        (left, Some(left))
    }
}

impl ExactSizeIterator for AtMany<'_, '_> {}
impl FusedIterator for AtMany<'_, '_> {}
