use alloc::vec::Vec;

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
    /// Where in the bucket the segments start that start in it, ascending: offsets of 15 bits. What
    /// is not used is [`Line::UNUSED`]; all are [`Line::OVERFULL`] where more start in the bucket
    /// than there is room for.
    starts: [u16; Self::CAPACITY],
    /// How many segments start before the bucket.
    before: u32,
    /// How many start in it.
    count: u32,
}

impl Line {
    const CAPACITY: usize = 24;
    /// Not before any offset.
    const UNUSED: u16 = (1 << Place::OFFSET_BITS) - 1;
    /// Before all offsets, as the difference is below zero.
    const OVERFULL: u16 = u16::MAX;
    const EMPTY: Self = Self { starts: [Self::UNUSED; Self::CAPACITY], before: 0, count: 0 };
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

    /// The segment that holds `moment`, which is before the last of the `boundaries`.
    #[inline(always)]
    pub(super) fn find(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        self.glance(moment).unwrap_or_else(|| self.find_among(moment, boundaries))
    }

    /// The segment that holds `moment`, which is before the last boundary; in rare cases `None`, as
    /// only the boundaries tell: [`Buckets::find`] asks them.
    #[inline(always)]
    pub(super) fn glance(&self, moment: Ticks) -> Option<u32> {
        match self {
            Self::Lines { scale, lines } => {
                let place = scale.place(moment);
                lines[place.bucket].glance(place.offset)
            }
            Self::Uniform(steps) => steps.glance(moment),
        }
    }

    /// [`Buckets::find`] where a glance does not tell.
    #[inline(never)]
    fn find_among(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        match self {
            Self::Lines { scale, lines } => {
                lines[scale.place(moment).bucket].find_among(moment, boundaries)
            }
            // The last segment may be longer than the others.
            Self::Uniform(steps) => steps.last,
        }
    }

    /// Asks for the lines of all these `moments`, before the first of them is searched: so the waits
    /// for them fall together.
    pub(super) fn touch(&self, moments: &[Ticks]) {
        if let Self::Lines { scale, lines } = self {
            // So little is done for each line that the processor goes on to the next ones while it
            // waits for the first.
            let line = |moment: &Ticks| lines.get(scale.place(*moment).bucket);
            let touch = |touched, moment| touched ^ line(moment).map_or(0, |line| line.before);
            core::hint::black_box(moments.iter().fold(0, touch));
        }
    }
}

impl Line {
    /// One more segment starts in the bucket.
    fn push(&mut self, offset: u16) {
        match self.starts.get_mut(self.count as usize) {
            Some(start) => *start = offset,
            None => self.starts = [Self::OVERFULL; Self::CAPACITY],
        }
        self.count += 1;
    }

    /// The line as it is; begins the next one.
    fn finish(&mut self) -> Self {
        let before = self.before + self.count;
        core::mem::replace(self, Self { before, ..Self::EMPTY })
    }

    /// The segment that holds a moment of this bucket at `offset`; `None` where the line does not
    /// tell: its offsets are too coarse for the moment, or all starts are before it and there may
    /// be more.
    #[inline(always)]
    fn glance(&self, offset: u16) -> Option<u32> {
        // Without a branch: offsets do not have the highest bit, but differences below zero do.
        let is_earlier = |&start: &u16| start.wrapping_sub(offset) >> Place::OFFSET_BITS;
        let earlier = |starts: &[u16]| u32::from(starts.iter().map(is_earlier).sum::<u16>());
        // Cut so that there are vectors for it.
        let (most, others) = self.starts.split_at(16);
        let earlier = earlier(most) + earlier(others);
        let next = self.starts.get(earlier as usize);
        // No moment is before the first start; so one of them is before this one.
        next.is_some_and(|&next| next != offset).then(|| self.before + earlier - 1)
    }

    /// The segment that holds `moment`, which lies in this bucket, by what the `boundaries` say.
    fn find_among(&self, moment: Ticks, boundaries: &[Ticks]) -> u32 {
        let first = self.before.saturating_sub(1);
        let starts = &boundaries[first as usize..(self.before + self.count) as usize];
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

    /// The segment that holds `moment`; `None` where it is the last, which may be longer than the
    /// others, and does not look so.
    #[inline]
    fn glance(self, moment: Ticks) -> Option<u32> {
        let product = u128::from(moment.count()) * u128::from(self.reciprocal);
        let number = (product >> u64::BITS) as u64 >> self.shift;
        (number <= u64::from(self.last)).then_some(number as u32)
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
        let overfull = lines.iter().filter(|line| line.starts[0] == Line::OVERFULL);
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
                    let expected = Some(moment / length).filter(|&n| n <= u64::from(u32::MAX));
                    assert_eq!(steps.glance(Ticks::new(moment)).map(u64::from), expected);
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
