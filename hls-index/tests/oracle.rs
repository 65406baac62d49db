//! Seek at every boundary of long playlists, held against exact arithmetic.

use hls_index::{Limits, MediaPlaylist, Ticks};

/// The oracle's unit is 10⁻¹⁸ s.
const UNITS_PER_TICK: u128 = 1_000_000_000;

struct Random(u64);

impl Random {
    fn below(&mut self, range: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % range
    }
}

/// Writes `count` segments and holds `at` and `at_many` against the sums, at every boundary and one tick before
/// and after it. `length` gives whole seconds and picoseconds.
fn check(count: usize, mut length: impl FnMut(usize) -> (u64, u64)) {
    let mut text = String::from("#EXTM3U\n");
    let mut boundaries = Vec::with_capacity(count + 1);
    let mut sum = 0u128;
    for number in 0..count {
        let (whole, fraction) = length(number);
        // Written by hand: formatting would take longer than everything else.
        text.push_str("#EXTINF:");
        text.push_str(&whole.to_string());
        text.push('.');
        let digits = fraction.to_string();
        text.push_str(&"000000000000"[digits.len()..]);
        text.push_str(&digits);
        text.push_str(",\nx\n");
        boundaries.push(sum);
        sum += u128::from(whole) * 1_000_000_000_000_000_000 + u128::from(fraction) * 1_000_000;
    }
    boundaries.push(sum);
    let limits = Limits { segments: count, ..Limits::default() };
    let playlist = MediaPlaylist::parse_with(&text, &limits).unwrap();
    let index = playlist.index();

    // Around each boundary: the last tick before it, the first one not before it, and the next.
    let first_not_before = |boundary: &u128| boundary.div_ceil(UNITS_PER_TICK) as u64;
    let starts: Vec<u64> = boundaries.iter().map(first_not_before).collect();
    let end = *starts.last().unwrap();
    let mut moments = Vec::with_capacity(3 * starts.len());
    let mut expected = Vec::with_capacity(3 * starts.len());
    let mut number = 0;
    for &start in &starts {
        for moment in [start.saturating_sub(1), start, start + 1] {
            // Moments ascend, but for those of boundaries that follow at once.
            while number > 0 && starts[number] > moment {
                number -= 1;
            }
            while number < count && starts[number + 1] <= moment {
                number += 1;
            }
            moments.push(Ticks::new(moment));
            expected.push((moment < end).then_some(number));
        }
    }
    let mut disagreements = 0;
    for (moment, expected) in moments.iter().zip(&expected) {
        let found = index.at(*moment).ok().map(|segment| segment.number());
        disagreements += usize::from(found != *expected);
    }
    assert_eq!(disagreements, 0, "of {}", moments.len());
    let many = index.at_many(&moments).map(|hit| hit.ok().map(|segment| segment.number()));
    assert!(many.eq(expected));
}

#[test]
fn every_boundary_of_a_million_random_segments() {
    let mut random = Random(1);
    check(1_000_000, |_| (3 + random.below(3), random.below(1_000_000_000_000)));
}

#[test]
fn every_boundary_of_a_million_equal_segments() {
    // Sixtieths of a second do not come out even in ticks.
    check(1_000_000, |_| (6, 6_000_000_000));
    check(300_000, |_| (5, 16_666_666_667));
}

#[test]
fn every_boundary_of_segments_from_a_tick_to_an_hour() {
    let mut random = Random(2);
    check(300_000, |number| match number % 50 {
        0 => (random.below(3600), random.below(1_000_000_000_000)),
        1..10 => (0, random.below(5_000)),
        10..40 => (0, random.below(1_000_000_000_000)),
        _ => (2, 0),
    });
}

#[test]
fn every_boundary_of_segments_that_are_nearly_equal() {
    let mut random = Random(3);
    check(
        300_000,
        |number| if number % 1000 == 7 { (random.below(9), 0) } else { (6, 6_000_000_000) },
    );
}

/// The longest that is promised, in one piece: release builds only, where it takes seconds.
#[cfg(not(debug_assertions))]
#[test]
fn every_boundary_of_ten_million_random_segments() {
    let mut random = Random(4);
    check(10_000_000, |_| (3 + random.below(3), random.below(1_000_000_000_000)));
}
