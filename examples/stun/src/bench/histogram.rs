//! Many durations in little memory: counts by size, each class a 64th wide.

use std::time::Duration;

/// Classes for each power of two.
const FINE: u64 = 64;

/// Counts of durations. A quantile is right to within a 64th of its value; the longest is exact.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    count: u64,
    longest: Duration,
}

impl Histogram {
    pub(crate) fn add(&mut self, duration: Duration) {
        let class = class(nanoseconds(duration));
        if class >= self.counts.len() {
            // No more than 3,776 classes, as there are no larger numbers.
            self.counts.resize(class + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(class) {
            *count += 1;
        }
        self.count += 1;
        self.longest = self.longest.max(duration);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// So long took this part of them at the most; `None` when there are none.
    pub(crate) fn quantile(&self, part: f64) -> Option<Duration> {
        let wanted = ((self.count as f64 * part).ceil() as u64).clamp(1, self.count.max(1));
        let mut sum = 0;
        let class = self.counts.iter().position(|count| {
            sum += count;
            sum >= wanted
        })?;
        Some(Duration::from_nanos(upper_end(class)).min(self.longest))
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Numbers below 64 have a class each; above, each power of two has 64.
fn class(number: u64) -> usize {
    let shift = u64::from(number.max(FINE).ilog2() - FINE.ilog2());
    (shift * FINE + (number >> shift)) as usize
}

/// The largest number of a class.
fn upper_end(class: usize) -> u64 {
    let class = class as u64;
    let shift = (class / FINE).saturating_sub(1);
    let first = class - shift * FINE;
    (first << shift) | ((1 << shift) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_ends_before_the_next_one_begins() {
        for class_before in 0..3776 {
            let end = upper_end(class_before);
            assert_eq!(class(end), class_before, "{end}");
            if let Some(next) = end.checked_add(1) {
                assert_eq!(class(next), class_before + 1, "{next}");
            }
        }
        assert_eq!(class(u64::MAX), 57 * 64 + 127);
    }

    #[test]
    fn quantiles_of_known_numbers() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        for microseconds in 1..=1000 {
            histogram.add(Duration::from_micros(microseconds));
        }
        for (part, exact) in [(0.5, 500.0), (0.9, 900.0), (0.99, 990.0)] {
            let quantile = histogram.quantile(part).unwrap().as_nanos() as f64 / 1e3;
            assert!((exact..exact * 65.0 / 64.0).contains(&quantile), "{part}: {quantile}");
        }
        assert_eq!(histogram.quantile(1.0), Some(Duration::from_micros(1000)));
        assert_eq!(histogram.count(), 1000);
    }
}
