use core::time::Duration;
use std::time::Instant;

use crate::Timestamp;

/// Ties [`Timestamp`]s to [`std::time::Instant`]: the one place where a program
/// that drives machines reads the time.
///
/// ```
/// let clock = sansio::Clock::start();
/// let now = clock.now();
/// let deadline = now + core::time::Duration::from_millis(500);
/// assert!(clock.instant(deadline) > clock.instant(now)); // for `sleep_until` and the like
/// assert_eq!(clock.timestamp(clock.instant(deadline)), deadline);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    epoch: Instant,
}

impl Clock {
    /// A clock whose epoch is this moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a clock is what reads the time")]
    pub fn start() -> Self {
        Self { epoch: Instant::now() }
    }

    /// A clock whose epoch is `epoch`; several clocks of one epoch agree.
    #[must_use]
    pub const fn with_epoch(epoch: Instant) -> Self {
        Self { epoch }
    }

    /// The present moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "a clock is what reads the time")]
    pub fn now(&self) -> Timestamp {
        self.timestamp(Instant::now())
    }

    /// The timestamp of `instant`; the epoch for anything earlier.
    #[must_use]
    pub fn timestamp(&self, instant: Instant) -> Timestamp {
        instant.saturating_duration_since(self.epoch).into()
    }

    /// The instant of `timestamp`, or one some thirty years ahead when it is too far
    /// away for `Instant` to hold.
    #[must_use]
    pub fn instant(&self, timestamp: Timestamp) -> Instant {
        const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);
        self.epoch.checked_add(timestamp.since_epoch().min(FAR)).unwrap_or(self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_both_ways() {
        let clock = Clock::start();
        let moment = Timestamp::from_millis(1234);
        assert_eq!(clock.timestamp(clock.instant(moment)), moment);
    }

    #[test]
    fn the_end_of_time_is_far_away_and_no_panic() {
        let clock = Clock::start();
        assert!(clock.instant(Timestamp::MAX) > clock.instant(Timestamp::from_secs(1)));
    }

    #[test]
    fn what_was_before_the_epoch_is_the_epoch() {
        let clock = Clock::start();
        let later = Clock::with_epoch(clock.instant(Timestamp::from_secs(5)));
        assert_eq!(later.timestamp(clock.instant(Timestamp::ZERO)), Timestamp::ZERO);
    }
}
