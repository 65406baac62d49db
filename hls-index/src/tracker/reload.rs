//! When to load the playlist again, and how to ask for it (RFC 8216bis §6.3.4, §6.3.7, §6.3.8).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use sansio::Timestamp;

use super::config::Config;
use super::request::Response;
use crate::live::LivePlaylist;
use crate::media::PlaylistType;
use crate::server_control::ServerControl;
use crate::time::Ticks;

/// What is known of the loads so far.
#[derive(Clone, Debug)]
pub(super) struct Reload {
    /// When to load next; `None` when that is not known or there will be none.
    pub(super) due: Option<Timestamp>,
    /// When there was something new for the last time.
    pub(super) progress_at: Timestamp,
    /// When the load began that gave what is held, and how long a cache had held it by then.
    pub(super) held_since: Timestamp,
    pub(super) age: Option<Duration>,
    /// How often in a row there was nothing new, and how often it failed.
    unchanged: u32,
    pub(super) failures: u32,
    /// How often in a row the playlist went back.
    pub(super) backwards: u32,
    pub(super) is_stalled: bool,
    /// Whether the next load does without blocking, and how often the server refused that in all.
    pub(super) is_plain: bool,
    pub(super) refusals: u32,
    /// Whether the next load is for all of the playlist.
    pub(super) is_full: bool,
    validators: Validators,
}

/// What tells that a copy is the newest.
#[derive(Clone, Debug, Default)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// The segment, and the part of it, that a playlist should have to be new.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) sequence: u64,
    pub(super) part: Option<u64>,
}

impl Expected {
    fn next(live: &LivePlaylist, config: &Config) -> Self {
        let part = live.part_target().filter(|_| config.low_latency);
        let part = part.map(|_| live.trailing_parts().len() as u64);
        Self { sequence: live.next_sequence().0, part }
    }
}

/// How a playlist was asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Directives {
    pub(super) is_blocking: bool,
    pub(super) is_delta: bool,
}

impl Reload {
    /// A server that refused directives so often is asked without them.
    const MOST_REFUSALS: u32 = 3;

    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            due: Some(now),
            progress_at: now,
            held_since: now,
            age: None,
            unchanged: 0,
            failures: 0,
            backwards: 0,
            is_stalled: false,
            is_plain: false,
            refusals: 0,
            is_full: false,
            validators: Validators::default(),
        }
    }

    /// Goes on from `before`, which failed or stood still, with another playlist.
    pub(super) const fn carry_on(&mut self, before: &Self) {
        self.failures = before.failures;
        if before.is_stalled {
            (self.is_stalled, self.progress_at) = (true, before.progress_at);
        }
    }

    /// The directives for the next load, which should have what is `expected`, or what comes next.
    pub(super) fn directives(
        &mut self,
        now: Timestamp,
        live: Option<&LivePlaylist>,
        expected: Option<Expected>,
        config: &Config,
    ) -> (Directives, Vec<(&'static str, String)>) {
        let (is_plain, is_full) =
            (core::mem::take(&mut self.is_plain), core::mem::take(&mut self.is_full));
        let control = live.and_then(LivePlaylist::server_control);
        let next = live.filter(|_| self.blocks(control)).map(|live| Expected::next(live, config));
        let mut parameters = Vec::new();
        let mut directives = Directives::default();
        if let Some(Expected { sequence, part }) = expected.or(next).filter(|_| !is_plain) {
            directives.is_blocking = true;
            parameters.push(("_HLS_msn", sequence.to_string()));
            parameters.extend(part.map(|part| ("_HLS_part", part.to_string())));
        }
        let (Some(live), Some(control)) = (live, control) else { return (directives, parameters) };
        if let Some(boundary) = control.can_skip_until
            && config.delta_updates
            && !is_full
            && Ticks::from(self.age_of_copy(now)) <= Ticks::new(boundary.count() / 2)
            && live.end() - live.start() > boundary
        {
            directives.is_delta = true;
            let version = if control.can_skip_date_ranges { "v2" } else { "YES" };
            parameters.push(("_HLS_skip", version.into()));
        }
        (directives, parameters)
    }

    /// How old the copy that is held is.
    fn age_of_copy(&self, now: Timestamp) -> Duration {
        (now - self.held_since).saturating_add(self.age.unwrap_or_default())
    }

    /// Whether to ask a server for what is not there yet.
    fn blocks(&self, control: Option<ServerControl>) -> bool {
        let can_block = control.is_some_and(|control| control.can_block_reload);
        can_block && self.refusals < Self::MOST_REFUSALS
    }

    /// What a load without directives says of the copy that is held.
    pub(super) fn validators(&self, directives: Directives) -> Validators {
        match directives == Directives::default() {
            true => self.validators.clone(),
            false => Validators::default(),
        }
    }

    pub(super) fn forget_validators(&mut self) {
        self.validators = Validators::default();
    }

    /// Something was loaded that began at `began` and could be read.
    pub(super) fn succeeded(
        &mut self,
        began: Timestamp,
        directives: Directives,
        response: &Response<'_>,
    ) {
        self.failures = 0;
        self.backwards = 0;
        self.held_since = began;
        self.age = response.age;
        // An answer to directives is no answer without them.
        self.validators = Validators::default();
        if directives == Directives::default() {
            self.validators.etag = response.etag.map(String::from);
            self.validators.last_modified = response.last_modified.map(String::from);
        }
    }

    /// The load brought something new.
    pub(super) fn changed(
        &mut self,
        now: Timestamp,
        began: Timestamp,
        live: &LivePlaylist,
        config: &Config,
    ) {
        self.unchanged = 0;
        let wait = match self.blocks(live.server_control()) {
            true => config.blocking_floor,
            false => between_loads(live, config),
        };
        self.due = Some((began + wait).max(now));
    }

    /// There was more to play.
    pub(super) fn progressed(&mut self, now: Timestamp) {
        self.progress_at = now;
        self.is_stalled = false;
    }

    /// The load brought nothing new: half a target duration later, and ever more rarely once it is clear
    /// that something is wrong.
    pub(super) fn unchanged(&mut self, now: Timestamp, live: &LivePlaylist, config: &Config) {
        const PATIENT: u32 = 3;
        let half = (target(live, config) / 2).max(config.reload_floor);
        let doublings = self.unchanged.saturating_sub(PATIENT).min(16);
        let wait = half.saturating_mul(1 << doublings).min(config.max_backoff.max(half));
        self.unchanged = self.unchanged.saturating_add(1);
        self.due = Some(now + wait);
    }

    /// Whether nothing new has come for 1.5 target durations.
    pub(super) fn is_overdue(&self, now: Timestamp, live: &LivePlaylist, config: &Config) -> bool {
        now - self.progress_at >= target(live, config).saturating_mul(3) / 2
    }

    /// When there is no use in waiting any longer.
    pub(super) fn gives_up_at(&self, live: &LivePlaylist, config: &Config) -> Timestamp {
        self.progress_at + config.patience.max(target(live, config).saturating_mul(3))
    }
}

/// Whether there is nothing more to come.
pub(super) fn is_final(live: &LivePlaylist) -> bool {
    live.is_ended() || live.playlist_type() == Some(PlaylistType::Vod)
}

/// The target duration, or what must do for it; never so short that reloads would not stop.
pub(super) fn target(live: &LivePlaylist, config: &Config) -> Duration {
    let last = || live.segments().next_back().map(|segment| segment.duration());
    let target = live.target_duration().filter(|target| *target > Ticks::ZERO).or_else(last);
    Duration::from(target.unwrap_or_default()).max(config.reload_floor)
}

/// The least time between two loads of a playlist that changes: a target duration, or its last
/// segment's where that is longer, as it may be by half a second. One of more than two target
/// durations is not believed.
fn between_loads(live: &LivePlaylist, config: &Config) -> Duration {
    let target = target(live, config);
    let last = live.segments().next_back().map(|segment| Duration::from(segment.duration()));
    last.unwrap_or_default().clamp(target, target.saturating_mul(2))
}

/// How long to wait after the `failures`th failure in a row.
pub(super) fn backoff(failures: u32, config: &Config) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    config.reload_floor.saturating_mul(1 << doublings).min(config.max_backoff)
}
