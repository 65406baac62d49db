//! Tuning in: finding the live edge where caches hold playlists for a while (RFC 8216bis §6.3.8,
//! Appendix C).

use core::time::Duration;

use sansio::Timestamp;

use super::config::Config;
use super::reload::{Expected, is_final, target};
use crate::live::LivePlaylist;
use crate::time::Ticks;

/// What is known of a copy that a cache had held, and of how much has come since.
#[derive(Clone, Copy, Debug)]
pub(super) struct TuneIn {
    /// When the first copy was there, and where it ended.
    first_at: Timestamp,
    first_edge: Ticks,
    /// How much more there was already.
    goal: Duration,
    loads: u32,
}

impl TuneIn {
    /// What cannot be caught up with in so many loads is played as it is.
    const MOST_LOADS: u32 = 4;

    /// Begins with the first copy, which is `age` old; `None` when it is fresh enough, or of a stream
    /// without low latency.
    pub(super) fn begin(
        now: Timestamp,
        live: &LivePlaylist,
        age: Option<Duration>,
        config: &Config,
    ) -> Option<Self> {
        let age = age.filter(|&age| can_be_tuned_in(live, config) && is_old(age, live))?;
        // Ages are in whole seconds: where parts are shorter, it may be one more.
        let is_fine = live.part_target() < Some(Ticks::from_seconds(1));
        let goal = age + Duration::from_secs(u64::from(is_fine));
        Some(Self { first_at: now, first_edge: edge(live), goal, loads: 0 })
    }

    /// Whether the copy that has come now, of the age that its answer tells, is not the newest one either.
    pub(super) fn goes_on(
        &mut self,
        now: Timestamp,
        live: &LivePlaylist,
        age: Option<Duration>,
    ) -> bool {
        self.loads += 1;
        self.loads < Self::MOST_LOADS
            && !is_final(live)
            && age.is_some_and(|age| is_old(age, live))
            && self.missing(now, live) > Ticks::ZERO
    }

    /// The segment and part that the newest playlist ends with about now.
    pub(super) fn expected(
        &self,
        now: Timestamp,
        live: &LivePlaylist,
        config: &Config,
    ) -> Expected {
        let target = Ticks::from(target(live, config)).count();
        let part = live.part_target().unwrap_or_default().count().clamp(1, target);
        // From where the next segment begins.
        let after = (edge(live) - live.nominal_end()) + self.missing(now, live);
        let (segments, rest) = (after.count() / target, after.count() % target);
        Expected {
            sequence: live.next_sequence().0.saturating_add(segments),
            part: Some(rest.div_ceil(part).saturating_sub(1)),
        }
    }

    /// How much there should be after what there is.
    fn missing(&self, now: Timestamp, live: &LivePlaylist) -> Ticks {
        let goal = Ticks::from(self.goal.saturating_add(now - self.first_at));
        goal - (edge(live) - self.first_edge)
    }
}

fn can_be_tuned_in(live: &LivePlaylist, config: &Config) -> bool {
    let can_block = live.server_control().is_some_and(|control| control.can_block_reload);
    config.low_latency && can_block && live.part_target().is_some() && !is_final(live)
}

/// Whether there may be another part since; without an Age no cache held it.
fn is_old(age: Duration, live: &LivePlaylist) -> bool {
    let part = Duration::from(live.part_target().unwrap_or_default());
    age.as_secs() >= part.as_secs()
}

/// When the last part ends that there is, by the durations alone.
pub(super) fn edge(live: &LivePlaylist) -> Ticks {
    live.trailing_parts().last().map_or_else(|| live.nominal_end(), |part| part.end)
}
