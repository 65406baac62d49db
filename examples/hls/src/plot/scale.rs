//! From moments to pixels, and which moments to write on the axis.

use std::ops::Range;

use hls_index::Ticks;

/// A stretch of time and the pixels that it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: Ticks,
    to: Ticks,
    left: f64,
    width: f64,
}

const SECOND: u64 = 1_000_000_000;

/// How far apart the marks of an axis may be, from near to far.
const STEPS: [u64; 25] = [
    SECOND / 1000,
    SECOND / 100,
    SECOND / 10,
    SECOND / 5,
    SECOND / 2,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    60 * SECOND,
    120 * SECOND,
    300 * SECOND,
    600 * SECOND,
    900 * SECOND,
    1_800 * SECOND,
    3_600 * SECOND,
    7_200 * SECOND,
    10_800 * SECOND,
    21_600 * SECOND,
    43_200 * SECOND,
    86_400 * SECOND,
    172_800 * SECOND,
    604_800 * SECOND,
];

impl Scale {
    /// `times`, which is not empty, on `width` pixels from `left` on.
    pub(super) const fn new(times: Range<Ticks>, left: f64, width: f64) -> Self {
        Self { from: times.start, to: times.end, left, width }
    }

    /// The pixel of a moment; of one outside, the nearest end.
    pub(super) fn x(&self, moment: Ticks) -> f64 {
        let into = moment.max(self.from).min(self.to) - self.from;
        let length = (self.to - self.from).count().max(1);
        self.left + self.width * (into.count() as f64 / length as f64)
    }

    pub(super) const fn left(&self) -> f64 {
        self.left
    }

    pub(super) const fn width(&self) -> f64 {
        self.width
    }

    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) const fn times(&self) -> Range<Ticks> {
        self.from..self.to
    }

    pub(super) fn holds(&self, moment: Ticks) -> bool {
        self.from <= moment && moment <= self.to
    }

    /// The moments to mark, at least `apart` pixels from each other, and how each is written.
    pub(super) fn marks(&self, apart: f64) -> Vec<(Ticks, String)> {
        let length = (self.to - self.from).count().max(1);
        let least = length as f64 * apart / self.width;
        let mut step = STEPS.into_iter().find(|&step| step as f64 >= least).unwrap_or_else(|| {
            // Beyond weeks: as many weeks as it takes.
            let week = STEPS[STEPS.len() - 1];
            week * (least / week as f64).ceil().min(100_000_000.0) as u64
        });
        step = step.max(1);
        let mut moment = self.from.count().div_ceil(step).saturating_mul(step);
        let mut marks = Vec::new();
        while moment <= self.to.count() {
            marks.push((Ticks::new(moment), label(Ticks::new(moment), self.to)));
            let Some(next) = moment.checked_add(step) else { break };
            moment = next;
        }
        marks
    }
}

/// A moment as the axis has it, among moments up to `last`: `2.5 s`, `1:30` or `1:00:05`.
pub(super) fn label(moment: Ticks, last: Ticks) -> String {
    let (seconds, fraction) = (moment.count() / SECOND, moment.count() % SECOND);
    let fraction = match fraction {
        0 => String::new(),
        _ => Ticks::new(fraction).to_string().trim_start_matches('0').to_owned(),
    };
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match last.count() / SECOND {
        0..60 => format!("{seconds}{fraction} s"),
        60..3_600 => format!("{}:{rest:02}{fraction}", seconds / 60),
        _ => format!("{hours}:{minutes:02}:{rest:02}{fraction}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_fall_on_their_pixels() {
        let scale = Scale::new(Ticks::from_seconds(10)..Ticks::from_seconds(20), 100.0, 1000.0);
        for (seconds, x) in [(0, 100.0), (10, 100.0), (15, 600.0), (20, 1100.0), (99, 1100.0)] {
            assert!((scale.x(Ticks::from_seconds(seconds)) - x).abs() < 1e-9, "{seconds}");
        }
    }

    #[test]
    fn marks_are_round_and_not_too_many() {
        let all = [
            1,
            1_000,
            SECOND,
            13 * SECOND,
            3_600 * SECOND,
            86_400 * SECOND,
            u64::MAX / 2,
            u64::MAX,
        ];
        for end in all {
            let scale = Scale::new(Ticks::ZERO..Ticks::new(end), 0.0, 1136.0);
            let marks = scale.marks(90.0);
            assert!((1..=13).contains(&marks.len()), "{end}: {marks:?}");
        }
        let scale = Scale::new(Ticks::ZERO..Ticks::from_seconds(13), 0.0, 1136.0);
        let labels: Vec<String> = scale.marks(90.0).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0 s", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]);
    }

    #[test]
    fn long_times_are_written_as_clocks() {
        let moment = Ticks::from_millis(3_723_500);
        assert_eq!(label(moment, Ticks::from_seconds(4000)), "1:02:03.5");
        assert_eq!(label(Ticks::from_seconds(63), Ticks::from_seconds(100)), "1:03");
        assert_eq!(label(Ticks::from_millis(500), Ticks::from_seconds(1)), "0.5 s");
    }
}
