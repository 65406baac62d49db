use alloc::vec::Vec;

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
    /// How many segments start before the bucket.
    before: u32,
    /// How many start in it.
    count: u32,
    /// When the first of them start: shifted offsets into the bucket, ascending. What is not used
    /// is `u32::MAX`.
    starts: [u32; Self::STARTS],
}

impl Line {
    const STARTS: usize = 14;
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
        let shift = (u64::BITS - (width.divisor - 1).leading_zeros()).saturating_sub(u32::BITS);

        let empty = Line { before: 0, count: 0, starts: [u32::MAX; Line::STARTS] };
        let mut lines = alloc::vec![empty; line_count];
        for start in starts.iter().filter(|start| *start < end) {
            let (bucket, offset) = width.divide(start.count());
            let line = &mut lines[bucket as usize];
            if let Some(place) = line.starts.get_mut(line.count as usize) {
                *place = (offset >> shift) as u32;
            }
            line.count += 1;
        }
        let mut before = 0;
        for line in &mut lines {
            line.before = before;
            before += line.count;
        }
        Self::Lines { width, shift, lines }
    }

    /// The segment that holds `moment`, which is before the last boundary.
    pub(super) fn find(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        let (width, shift, lines) = match self {
            Self::Uniform(length) => {
                let (number, _) = length.divide(moment.count());
                // The last segment may be longer than the others.
                let last = boundaries.len().saturating_sub(2) as u64;
                return number.min(last) as u32;
            }
            Self::Lines { width, shift, lines } => (width, *shift, lines),
        };
        let (bucket, offset) = width.divide(moment.count());
        let line = &lines[bucket as usize];
        if line.count as usize > Line::STARTS {
            // More starts than the line has room for: search the boundaries themselves.
            let start = line.before as usize;
            let starts = &boundaries[start..start + line.count as usize];
            let count = starts.partition_point(|&start| start <= moment);
            return (start + count).saturating_sub(1) as u32;
        }
        let offset = (offset >> shift) as u32;
        let mut earlier = 0;
        let mut earlier_or_equal = 0;
        for &start in &line.starts {
            earlier += u32::from(start < offset);
            earlier_or_equal += u32::from(start <= offset);
        }
        // Places that are not used are never counted as starts.
        let started = line.before + earlier_or_equal.min(line.count);
        let mut number = started.saturating_sub(1);
        if shift > 0 && earlier != earlier_or_equal {
            // The shifted offsets cannot tell these apart.
            while boundaries[number as usize] > moment {
                number -= 1;
            }
        }
        number
    }
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

    /// The quotient and the remainder.
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
