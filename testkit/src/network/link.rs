use core::time::Duration;

use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

/// What a datagram meets on one link: between a host and its router, or between a NAT and
/// the network around it. It is the same in both directions.
///
/// ```
/// use core::time::Duration;
/// use testkit::Link;
///
/// let wireless = Link { jitter: Duration::from_millis(20), loss: 0.02, ..Link::default() };
/// # assert_eq!(wireless.latency, Duration::from_millis(5));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// How long each datagram takes at least.
    pub latency: Duration,
    /// How much longer it takes at most; each one draws its own share, so that they overtake
    /// each other when it is long enough.
    pub jitter: Duration,
    /// The share of datagrams that vanish: 0.0 for none, 1.0 for all.
    pub loss: f64,
    /// The share of the others that arrive twice: 0.0 for none, 1.0 for all.
    pub duplication: f64,
}

impl Link {
    /// Takes no time and loses nothing.
    pub const INSTANT: Self =
        Self { latency: Duration::ZERO, jitter: Duration::ZERO, loss: 0.0, duplication: 0.0 };

    /// As [`INSTANT`](Self::INSTANT), but it takes `latency`.
    #[must_use]
    pub const fn with_latency(latency: Duration) -> Self {
        Self { latency, ..Self::INSTANT }
    }

    /// How long the copies take that arrive: none of them, one, or two. It draws the same number of
    /// random values whatever comes of it, so that a run with more loss differs in that alone.
    pub(super) fn cross(&self, rng: &mut ChaCha12Rng) -> [Option<Duration>; 2] {
        let lost = rng.random::<f64>() < self.loss;
        let twice = rng.random::<f64>() < self.duplication;
        let first = self.latency + share(self.jitter, rng.random());
        let second = self.latency + share(self.jitter, rng.random());
        match (lost, twice) {
            (true, _) => [None, None],
            (false, false) => [Some(first), None],
            (false, true) => [Some(first), Some(second)],
        }
    }
}

impl Default for Link {
    /// 5 ms each way, and nothing is lost.
    fn default() -> Self {
        Self::with_latency(Duration::from_millis(5))
    }
}

/// `part` / 2³² of `whole`.
fn share(whole: Duration, part: u32) -> Duration {
    let nanos = (whole.as_nanos() * u128::from(part)) >> 32;
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_more_than_the_whole() {
        let whole = Duration::from_millis(10);
        assert_eq!(share(whole, 0), Duration::ZERO);
        assert_eq!(share(whole, 1 << 31), whole / 2);
        assert!(share(whole, u32::MAX) < whole);
        assert!(share(Duration::MAX, u32::MAX) < Duration::MAX);
    }
}
