use alloc::vec::Vec;

use super::many::BLOCK;
use crate::time::Ticks;

/// The search from a moment to the number of its segment.
///
/// The time of the playlist is cut into buckets of equal width, some twenty segments to each, and
/// a bucket is one cache line: a seek reads that line and, in nearly all cases, nothing else. Where
/// all segments are of one length there is nothing to keep: a seek is one multiplication.
#[derive(Clone, Debug)]
pub(super) enum Buckets {
    /// Every segment but the last has this length.
    Uniform(Steps),
    /// Anything else.
    Lines {
        /// Where a moment lies.
        scale: Scale,
        /// The buckets in order.
        lines: Vec<Line>,
    },
}

/// One bucket, as large as a cache line.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Line {
    /// Where in the bucket the segments start that start in it, ascending: offsets of 15 bits, four
    /// to a word, the first one lowest. What is not used is [`Line::UNUSED`].
    starts: [[u8; 8]; Self::WORDS],
    /// How many segments start before the bucket; with [`Line::OVERFULL`] where more start in it
    /// than there is room for.
    before: u32,
    /// How many start in it.
    count: u32,
}

impl Line {
    const WORDS: usize = 7;
    /// There are fewer segments than a text of 4 GiB has lines, so that the highest bit is free.
    const OVERFULL: u32 = 1 << 31;
    const UNUSED: u16 = (1 << Place::OFFSET_BITS) - 1;
    /// A one in each quarter of a word.
    const ONES: u64 = 0x0001_0001_0001_0001;
    const EMPTY: Self = Self {
        starts: [(Self::UNUSED as u64 * Self::ONES).to_le_bytes(); Self::WORDS],
        before: 0,
        count: 0,
    };
}

impl Buckets {
    const SEGMENTS_PER_LINE: usize = 20;

    /// Segment `n` is `[boundaries[n], boundaries[n + 1])`.
    pub(super) fn new(boundaries: &[Ticks]) -> Self {
        let &[ref starts @ .., end] = boundaries else {
            return Self::Lines { scale: Scale::new(1, Ticks::ZERO), lines: Vec::new() };
        };
        if let Some(steps) = Steps::new(starts, end) {
            return Self::Uniform(steps);
        }
        let count = starts.len().div_ceil(Self::SEGMENTS_PER_LINE);
        let scale = Scale::new(count, end);
        let mut lines = Vec::with_capacity(count);
        let mut line = Line::EMPTY;
        for &start in starts {
            let place = scale.place(start);
            while lines.len() < place.bucket {
                lines.push(line.finish());
            }
            line.push(place.offset);
        }
        while lines.len() < count {
            lines.push(line.finish());
        }
        Self::Lines { scale, lines }
    }

    /// The segment that holds `moment`, which is before the last of the `boundaries`; they are
    /// rarely asked for.
    #[inline]
    pub(super) fn find<'b>(&self, moment: Ticks, boundaries: impl FnOnce() -> &'b [Ticks]) -> u32 {
        match self {
            Self::Uniform(steps) => steps.number(moment),
            Self::Lines { scale, lines } => {
                let place = scale.place(moment);
                lines[place.bucket].find(moment, place.offset, boundaries)
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
        let (scale, lines) = match self {
            Self::Uniform(steps) => {
                for (moment, number) in moments.iter().zip(numbers) {
                    *number = steps.number(*moment);
                }
                return;
            }
            Self::Lines { scale, lines } => (scale, lines),
        };
        // So little is done for each line that the processor goes on to the next ones while it
        // waits for the first.
        let touch = |touched, moment: &Ticks| touched ^ lines[scale.place(*moment).bucket].before;
        core::hint::black_box(moments.iter().take(BLOCK).fold(0, touch));
        for (moment, number) in moments.iter().zip(numbers) {
            let place = scale.place(*moment);
            *number = lines[place.bucket].find(*moment, place.offset, || boundaries);
        }
    }
}

impl Line {
    /// One more segment starts in the bucket.
    fn push(&mut self, offset: u16) {
        let (places, _) = self.starts.as_flattened_mut().as_chunks_mut();
        match places.get_mut(self.count as usize) {
            Some(place) => *place = offset.to_le_bytes(),
            None => self.before |= Self::OVERFULL,
        }
        self.count += 1;
    }

    /// The line as it is; begins the next one.
    fn finish(&mut self) -> Self {
        let before = (self.before & !Self::OVERFULL) + self.count;
        core::mem::replace(self, Self { before, ..Self::EMPTY })
    }

    /// The segment that holds `moment`, which lies in this bucket at `offset`.
    #[inline]
    fn find<'b>(
        &self,
        moment: Ticks,
        offset: u16,
        boundaries: impl FnOnce() -> &'b [Ticks],
    ) -> u32 {
        // Four starts at a time, and without a branch: with a bit before it that no start has, the
        // offset can be taken against each quarter of a word, and keeps the bit where it is not less.
        let offsets = u64::from(offset | 1 << Place::OFFSET_BITS) * Self::ONES;
        let not_later =
            |&word| (offsets - u64::from_le_bytes(word)) >> Place::OFFSET_BITS & Self::ONES;
        let counts = self.starts.iter().map(not_later).sum::<u64>();
        let started = (counts.wrapping_mul(Self::ONES) >> 48) as usize;
        // No moment is before the first start; so this is never less than 0.
        let number = self.before + started as u32 - 1;
        let (places, _) = self.starts.as_flattened().as_chunks();
        let is_tie = places.get(started.wrapping_sub(1)) == Some(&offset.to_le_bytes());
        if is_tie || number >= Self::OVERFULL {
            return self.find_among(moment, boundaries());
        }
        number
    }

    /// [`Line::find`] where the line does not tell: its offsets are too coarse for `moment`, or
    /// there is no room for all of them.
    #[cold]
    #[inline(never)]
    fn find_among(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        let before = self.before & !Self::OVERFULL;
        let first = before.saturating_sub(1);
        let starts = &boundaries[first as usize..(before + self.count) as usize];
        first + starts.partition_point(|&start| start <= moment).saturating_sub(1) as u32
    }
}

/// Where moments lie among the buckets: a multiplication by a fraction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// Buckets a tick, in 2⁻⁶⁴.
    density: u64,
}

/// The bucket of a moment, and how far into it the moment lies. Of two moments the later one never
/// has the lesser place, but near ones may have the same.
#[derive(Clone, Copy, Debug)]
struct Place {
    bucket: usize,
    /// In 2⁻¹⁵ of a bucket.
    offset: u16,
}

impl Place {
    const OFFSET_BITS: u32 = 15;
}

impl Scale {
    /// For `buckets` up to the moment `end`.
    fn new(buckets: usize, end: Ticks) -> Self {
        // Rounded down, so that the last moment before the end falls into the last bucket.
        let density = ((buckets as u128) << u64::BITS).checked_div(u128::from(end.count()));
        Self { density: density.unwrap_or(0).min(u128::from(u64::MAX)) as u64 }
    }

    #[inline]
    fn place(self, moment: Ticks) -> Place {
        let place = u128::from(moment.count()) * u128::from(self.density);
        let offset = (place as u64 >> (u64::BITS - Place::OFFSET_BITS)) as u16;
        // There are fewer buckets than segments.
        Place { bucket: (place >> u64::BITS) as usize, offset }
    }
}

/// The division by the length that all segments share, as a multiplication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    /// 2^(64 + shift) / length, rounded up.
    reciprocal: u64,
    shift: u32,
    last: u32,
}

impl Steps {
    /// When all `starts` are equally far apart (the last segment may end at any moment), by two
    /// ticks at least, and the end is before 2⁶³.
    fn new(starts: &[Ticks], end: Ticks) -> Option<Self> {
        let last = starts.len().checked_sub(1)? as u32;
        let mut lengths = starts.windows(2).map(|pair| (pair[1] - pair[0]).count());
        // A single segment is as long as it likes.
        let length = lengths.next().unwrap_or_else(|| end.count().max(2));
        if length < 2 || end.count() >> 63 != 0 || lengths.any(|other| other != length) {
            return None;
        }
        // The length is at most 2^(shift + 1). So the reciprocal has 64 bits; and with dividends
        // below 2^63 the little that it is too large by never reaches the next whole number.
        let shift = (length - 1).ilog2();
        let reciprocal = (1u128 << (u64::BITS + shift)) / u128::from(length) + 1;
        Some(Self { reciprocal: reciprocal as u64, shift, last })
    }

    /// The last segment may be longer than the others.
    #[cold]
    #[inline(never)]
    fn last(self) -> u32 {
        self.last
    }

    #[inline]
    fn number(self, moment: Ticks) -> u32 {
        let product = u128::from(moment.count()) * u128::from(self.reciprocal);
        let number = (product >> u64::BITS) as u64 >> self.shift;
        if number > u64::from(self.last) {
            return self.last();
        }
        number as u32
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
                assert_eq!(buckets.find(moment, || &boundaries), expected as u32, "{moment:?}");
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
        for lengths in [&[5][..], &[5, 5, 5, 3], &[5, 5, 5, 70], &[5, 0], &[2, 2, 2]] {
            assert!(matches!(check(lengths.iter().copied()), Buckets::Uniform(_)), "{lengths:?}");
        }
        assert!(matches!(check([5, 4, 5]), Buckets::Lines { .. }));
        // Numbers that the multiplication is not made for.
        assert!(matches!(check([1, 1, 1]), Buckets::Lines { .. }));
        assert!(matches!(check([1 << 62, 1 << 62]), Buckets::Lines { .. }));
        assert!(matches!(check([1 << 62, (1 << 62) - 1]), Buckets::Uniform(_)));
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
        let Buckets::Lines { lines, .. } = check(lengths.chain([1_000_000; 50])) else {
            panic!("the segments differ in length");
        };
        let overfull = lines.iter().filter(|line| line.before >= Line::OVERFULL);
        assert_eq!(overfull.count(), 1, "the lines after it are not");
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
        let powers = (1..63).flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1]);
        for length in powers.chain([3, 7, 5_000_000_000, 6_006_000_000, i64::MAX as u64 - 1]) {
            let fits = i64::MAX as u64 / length;
            for multiple in [0, 1, 2, 1000, fits / 2, fits - 1, fits] {
                let near = length * multiple.min(fits);
                for moment in [near.saturating_sub(1), near, near + 1, i64::MAX as u64 - 1] {
                    let starts = [0, length].map(Ticks::new);
                    let steps = Steps::new(&starts, Ticks::new(i64::MAX as u64));
                    let Some(steps) = steps else {
                        assert_eq!(length, 1);
                        continue;
                    };
                    let steps = Steps { last: u32::MAX, ..steps };
                    let expected = (moment / length).min(u64::from(u32::MAX));
                    assert_eq!(u64::from(steps.number(Ticks::new(moment))), expected);
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
