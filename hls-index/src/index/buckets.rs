use alloc::vec::Vec;

use super::many::BLOCK;
use crate::time::Ticks;

/// The search from a moment to the number of its segment.
///
/// The time of the playlist is cut into buckets of equal width, about eight segments to each, and
/// a bucket is one cache line: a seek reads that line and, in nearly all cases, nothing else. Where
/// all segments are of one length there is nothing to keep: a seek is one multiplication.
#[derive(Clone, Debug)]
pub(super) enum Buckets {
    /// Every segment but the last has this length.
    Uniform(Divisor),
    /// Anything else.
    Lines {
        /// How wide a bucket is.
        width: Divisor,
        /// By how much offsets are shifted to fit into 32 bits.
        shift: u32,
        /// The buckets in order.
        lines: Vec<Line>,
    },
}

/// One bucket, as large as a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Line {
    /// When the segments start that start in the bucket: shifted offsets into it, ascending. What
    /// is not used is [`Line::UNUSED`]. In the last place stands how many segments start before
    /// the bucket; less than zero, by [`Line::OVERFULL`], where more start in it than there are
    /// places.
    places: [i32; Self::STARTS + 1],
}

impl Line {
    const STARTS: usize = 15;
    const UNUSED: i32 = i32::MAX;
    /// Offsets have as many bits, so that differences of any two places do not overflow.
    const OFFSET_BITS: u32 = 30;
    const OVERFULL: i32 = i32::MIN;
}

impl Buckets {
    const SEGMENTS_PER_LINE: usize = 8;

    /// Segment `n` is `[boundaries[n], boundaries[n + 1])`.
    pub(super) fn new(boundaries: &[Ticks]) -> Self {
        let [starts @ .., end] = boundaries else {
            return Self::Uniform(Divisor::new(1));
        };
        if let Some(length) = uniform_length(starts) {
            // A single segment is as long as it likes.
            return Self::Uniform(Divisor::new(length.max(1)));
        }
        let line_count = starts.len().div_ceil(Self::SEGMENTS_PER_LINE);
        // Wide enough that the last moment falls into the last line.
        let width = Divisor::new(end.count().saturating_sub(1) / line_count as u64 + 1);
        let bits = u64::BITS - (width.divisor - 1).leading_zeros();
        let shift = bits.saturating_sub(Line::OFFSET_BITS);

        let mut lines = Vec::with_capacity(line_count);
        let mut line = Line { places: [Line::UNUSED; Line::STARTS + 1] };
        let (mut before, mut count) = (0, 0);
        for start in starts.iter().filter(|start| *start < end) {
            let (bucket, offset) = width.divide(start.count());
            while lines.len() < bucket as usize {
                lines.push(line.finish(before, count));
                before += count;
                count = 0;
            }
            if let Some(place) = line.places[..Line::STARTS].get_mut(count as usize) {
                *place = (offset >> shift) as i32;
            }
            count += 1;
        }
        while lines.len() < line_count {
            lines.push(line.finish(before, count));
            before += count;
            count = 0;
        }
        Self::Lines { width, shift, lines }
    }

    /// The segment that holds `moment`, which is before the last boundary.
    #[inline]
    pub(super) fn find(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        match self {
            Self::Uniform(length) => length.number(moment, boundaries),
            Self::Lines { width, shift, lines } => {
                let (bucket, offset) = width.divide(moment.count());
                let line = &lines[bucket as usize];
                line.find(moment, (offset >> shift) as i32, *shift, boundaries)
            }
        }
    }

    /// The segments that hold these `moments`, as many as `numbers` has room for. All lines are
    /// asked for before the first is searched, so that the waits for them fall together.
    pub(super) fn find_many(
        &self,
        moments: &[Ticks],
        boundaries: &[Ticks],
        numbers: &mut [u32; BLOCK],
    ) {
        let (width, shift, lines) = match self {
            Self::Uniform(length) => {
                for (moment, number) in moments.iter().zip(numbers) {
                    *number = length.number(*moment, boundaries);
                }
                return;
            }
            Self::Lines { width, shift, lines } => (width, *shift, lines),
        };
        let mut places = [(0u32, 0i32); BLOCK];
        let moments = &moments[..moments.len().min(BLOCK)];
        for (moment, place) in moments.iter().zip(&mut places) {
            let (bucket, offset) = width.divide(moment.count());
            // There are fewer lines than segments.
            *place = (bucket as u32, (offset >> shift) as i32);
        }
        // So little is done for each line that the processor goes on to the next ones while it
        // waits for the first.
        let touch = |touched, &(bucket, _): &(u32, i32)| touched ^ lines[bucket as usize].places[0];
        core::hint::black_box(places[..moments.len()].iter().fold(0, touch));
        for ((moment, &(bucket, offset)), number) in moments.iter().zip(&places).zip(numbers) {
            *number = lines[bucket as usize].find(*moment, offset, shift, boundaries);
        }
    }
}

impl Line {
    /// The line with `count` starts in it and `before` before it; leaves an empty one.
    fn finish(&mut self, before: u32, count: u32) -> Self {
        let overfull = if count as usize > Self::STARTS { Self::OVERFULL } else { 0 };
        // There are fewer segments than a text of 4 GiB has lines, so that the sign is free.
        self.places[Self::STARTS] = before as i32 | overfull;
        core::mem::replace(self, Self { places: [Self::UNUSED; Self::STARTS + 1] })
    }

    /// The segment that holds `moment`, which lies in this bucket at the shifted `offset`.
    #[inline]
    fn find(&self, moment: Ticks, offset: i32, shift: u32, boundaries: &[Ticks]) -> u32 {
        let before = self.places[Self::STARTS];
        if before < 0 {
            return find_in_overfull(moment, (before & !Self::OVERFULL) as u32, boundaries);
        }
        // Less one for each start at or before the offset: the sign of the difference, four places
        // at a time, and without a branch.
        let mut signs = [0; 4];
        for places in self.places.chunks_exact(4) {
            for (sign, place) in signs.iter_mut().zip(places) {
                *sign += (place - (offset + 1)) >> (i32::BITS - 1);
            }
        }
        // The count before the bucket stood among them.
        let started = ((before - (offset + 1)) >> (i32::BITS - 1)) - signs.iter().sum::<i32>();
        let mut number = (before + started).saturating_sub(1) as u32;
        let last = (started as usize).checked_sub(1).and_then(|last| self.places.get(last));
        if shift > 0 && last == Some(&offset) {
            // The shifted offsets cannot tell these apart.
            while boundaries[number as usize] > moment {
                number -= 1;
            }
        }
        number
    }
}

/// The segment that holds `moment`, after `before` others, where a line has no room for all the
/// starts: searches the boundaries themselves, in steps that double.
#[cold]
fn find_in_overfull(moment: Ticks, before: u32, boundaries: &[Ticks]) -> u32 {
    let rest = &boundaries[(before as usize).saturating_sub(1)..];
    let mut reach = Line::STARTS;
    while rest.get(reach).is_some_and(|&start| start <= moment) {
        reach *= 2;
    }
    let count = rest[..reach.min(rest.len())].partition_point(|&start| start <= moment);
    (before.max(1) - 1) + (count as u32).saturating_sub(1)
}

/// The length that all segments but the last share. (The last needs no start after it.)
fn uniform_length(starts: &[Ticks]) -> Option<u64> {
    let mut pairs = starts.windows(2).map(|pair| (pair[1] - pair[0]).count());
    let Some(length) = pairs.next() else {
        return Some(u64::MAX);
    };
    (length > 0 && pairs.all(|other| other == length)).then_some(length)
}

/// Division by a number that stays the same, as a multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Divisor {
    divisor: u64,
    /// 2⁶⁴ / divisor, rounded down (2⁶⁴ − 1 for a divisor of 1).
    reciprocal: u64,
}

impl Divisor {
    /// `divisor` is not 0.
    fn new(divisor: u64) -> Self {
        Self { divisor, reciprocal: u64::MAX / divisor }
    }

    /// The segment that holds `moment`, where all but the last are as long as the divisor.
    #[inline]
    fn number(self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        let (number, _) = self.divide(moment.count());
        // The last segment may be longer than the others.
        let last = boundaries.len().saturating_sub(2) as u64;
        number.min(last) as u32
    }

    /// The quotient and the remainder.
    #[inline]
    fn divide(self, dividend: u64) -> (u64, u64) {
        let product = u128::from(dividend) * u128::from(self.reciprocal);
        // The reciprocal is too small by less than 1 + 1/divisor, so the estimate is the quotient
        // or one less.
        let quotient = (product >> u64::BITS) as u64;
        let remainder = dividend - quotient * self.divisor;
        if remainder >= self.divisor {
            (quotient + 1, remainder - self.divisor)
        } else {
            (quotient, remainder)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Holds every moment worth asking for against a plain search.
    fn check(lengths: impl IntoIterator<Item = u64>) -> Buckets {
        let mut end = 0u64;
        let boundaries: Vec<Ticks> = [0]
            .into_iter()
            .chain(lengths.into_iter().map(|length| {
                end = end.checked_add(length).unwrap();
                end
            }))
            .map(Ticks::new)
            .collect();
        let buckets = Buckets::new(&boundaries);
        for boundary in &boundaries {
            let around = boundary.count().saturating_sub(1)..=boundary.count().saturating_add(1);
            for moment in around.map(Ticks::new).filter(|moment| moment.count() < end) {
                let expected = boundaries.partition_point(|&start| start <= moment) - 1;
                assert_eq!(buckets.find(moment, &boundaries), expected as u32, "{moment:?}");
            }
        }
        buckets
    }

    #[test]
    fn a_line_is_a_cache_line() {
        assert_eq!(size_of::<Line>(), 64);
        assert_eq!(align_of::<Line>(), 64);
    }

    #[test]
    fn equal_lengths_need_no_lines() {
        for lengths in [&[5][..], &[5, 5, 5, 3], &[5, 5, 5, 70], &[5, 0], &[1, 1, 1]] {
            assert!(matches!(check(lengths.iter().copied()), Buckets::Uniform(_)), "{lengths:?}");
        }
        assert!(matches!(check([5, 4, 5]), Buckets::Lines { .. }));
    }

    #[test]
    fn segments_without_length_hold_nothing() {
        check([0, 0, 5, 0, 0, 5, 3, 0, 0]);
        check([0; 40]);
        check(core::iter::repeat_n(0, 40).chain([1]));
        check([1].into_iter().chain(core::iter::repeat_n(0, 40)));
    }

    #[test]
    fn many_short_segments_in_one_bucket_overflow_its_line() {
        let lengths = core::iter::repeat_n(1_000_000, 50).chain(1..60).chain([7; 50]);
        check(lengths.chain([1_000_000; 50]));
    }

    #[test]
    fn the_longest_playlist_has_room() {
        check([u64::MAX]);
        check([u64::MAX - 2, 1, 1]);
        check([1, 1, u64::MAX - 2]);
        check([u64::MAX / 3, u64::MAX / 3 - 1, u64::MAX / 3]);
        check((0..64).map(|n| 1 << (n % 58)));
    }

    #[test]
    fn divisions_are_exact() {
        for divisor in [1, 2, 3, 7, 5_000_000_000, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            for multiple in [0, 1, 2, 1000, u64::MAX / divisor] {
                let near = divisor.wrapping_mul(multiple);
                for dividend in [near.wrapping_sub(1), near, near.wrapping_add(1), u64::MAX] {
                    let expected = (dividend / divisor, dividend % divisor);
                    assert_eq!(Divisor::new(divisor).divide(dividend), expected);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn finds_what_a_plain_search_finds(
            lengths in prop::collection::vec(
                prop_oneof![0..4u64, 1_000_000..10_000_000u64, 1..10_000_000_000u64],
                1..300,
            ),
        ) {
            check(lengths);
        }

        #[test]
        fn finds_it_among_tiny_and_huge_segments(
            lengths in prop::collection::vec((0..58u32).prop_map(|bits| 1u64 << bits), 1..60),
        ) {
            check(lengths);
        }
    }
}
