//! Consent: a peer is only sent to for as long as it goes on saying that it wants to be
//! (RFC 7675 §5.1).

use core::time::Duration;

use rand::Rng;
use sansio::Timestamp;

/// How long an answer is good for.
pub(crate) const EXPIRY: Duration = Duration::from_secs(30);

/// The timers of consent on the selected pair.
#[derive(Debug)]
pub(crate) struct Consent {
    next_check: Timestamp,
    expires: Timestamp,
}

impl Consent {
    /// The check of the selected pair that was answered last, at `answered`, was the first consent.
    pub(crate) fn granted(now: Timestamp, answered: Timestamp, rng: &mut impl Rng) -> Self {
        Self { next_check: now + interval(rng), expires: answered + EXPIRY }
    }

    /// An authentic answer to a check has come.
    pub(crate) fn renew(&mut self, now: Timestamp) {
        self.expires = now + EXPIRY;
    }

    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.expires <= now
    }

    /// Whether it is time for a check; if so the next one is set.
    pub(crate) fn is_due(&mut self, now: Timestamp, rng: &mut impl Rng) -> bool {
        let due = self.next_check <= now;
        if due {
            self.next_check = now + interval(rng);
        }
        due
    }

    pub(crate) fn deadline(&self) -> Timestamp {
        self.next_check.min(self.expires)
    }
}

/// 5 s, longer or shorter by up to a fifth, so that checks of many agents do not fall into step.
fn interval(rng: &mut impl Rng) -> Duration {
    Duration::from_millis(4000 + u64::from(rng.next_u32()) * 2001 / (1 << 32))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha12Rng;

    use super::*;

    #[test]
    fn i09_checks_are_four_to_six_seconds_apart_and_not_in_step() {
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let intervals: alloc::vec::Vec<_> = (0..10_000).map(|_| interval(&mut rng)).collect();
        let (least, most) = (intervals.iter().min(), intervals.iter().max());
        assert!(least.is_some_and(|least| (4000..4010).contains(&least.as_millis())));
        assert!(most.is_some_and(|most| (5990..=6000).contains(&most.as_millis())));
    }

    #[test]
    fn i09_an_answer_is_good_for_thirty_seconds_to_the_tick() {
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let start = Timestamp::from_secs(100);
        let later = start + Duration::from_secs(3);
        let mut consent = Consent::granted(later, start, &mut rng);
        let tick = Duration::from_nanos(1);
        assert!(!consent.has_expired(start + EXPIRY - tick));
        assert!(consent.has_expired(start + EXPIRY));
        consent.renew(start + Duration::from_secs(7));
        assert!(!consent.has_expired(start + Duration::from_secs(37) - tick));
        assert!(consent.has_expired(start + Duration::from_secs(37)));
    }
}
