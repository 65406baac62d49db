//! When to load the playlist again, and how to ask for it (RFC 8216bis §6.3.4, §6.3.7, §6.3.8).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use sansio::Timestamp;

use super::config::Config;
use super::request::Response;
use crate::live::LivePlaylist;
use crate::media::PlaylistType;
use crate::time::Ticks;

/// What is known of the loads so far.
#[derive(Clone, Debug)]
pub(super) struct Reload {
    /// When to load next; `None` when that is not known or there will be none.
    pub(super) due: Option<Timestamp>,
    pub(super) is_in_flight: bool,
    /// When there was something new for the last time.
    pub(super) progress_at: Timestamp,
    /// When the load began that gave what is held.
    pub(super) held_since: Timestamp,
    /// How often in a row there was nothing new, and how often it failed.
    unchanged: u32,
    pub(super) failures: u32,
    /// How often in a row the playlist went back.
    pub(super) backwards: u32,
    pub(super) is_stalled: bool,
    /// Whether the next load may use directives.
    pub(super) is_plain: bool,
    pub(super) is_full: bool,
    validators: Validators,
}

/// What tells that a copy is the newest.
#[derive(Clone, Debug, Default)]
pub(super) struct Validators {
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
}

/// How a playlist was asked for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Directives {
    pub(super) is_blocking: bool,
    pub(super) is_delta: bool,
}

impl Reload {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            due: Some(now),
            is_in_flight: false,
            progress_at: now,
            held_since: now,
            unchanged: 0,
            failures: 0,
            backwards: 0,
            is_stalled: false,
            is_plain: false,
            is_full: false,
            validators: Validators::default(),
        }
    }

    /// The directives for the next load.
    pub(super) fn directives(
        &mut self,
        now: Timestamp,
        live: Option<&LivePlaylist>,
        config: &Config,
    ) -> (Directives, Vec<(&'static str, String)>) {
        let (is_plain, is_full) =
            (core::mem::take(&mut self.is_plain), core::mem::take(&mut self.is_full));
        let mut parameters = Vec::new();
        let mut directives = Directives::default();
        let Some((live, control)) = live.and_then(|live| Some((live, live.server_control()?)))
        else {
            return (directives, parameters);
        };
        if is_final(live) {
            return (directives, parameters);
        }
        if control.can_block_reload && !is_plain {
            directives.is_blocking = true;
            parameters.push(("_HLS_msn", live.next_sequence().to_string()));
            if live.part_target().is_some() {
                parameters.push(("_HLS_part", live.trailing_parts().len().to_string()));
            }
        }
        if let Some(boundary) = control.can_skip_until
            && config.delta_updates
            && !is_full
            && Ticks::from(now - self.held_since) <= Ticks::new(boundary.count() / 2)
            && live.end() - live.start() > boundary
        {
            directives.is_delta = true;
            let version = if control.can_skip_date_ranges { "v2" } else { "YES" };
            parameters.push(("_HLS_skip", version.into()));
        }
        (directives, parameters)
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
        let can_block = live.server_control().is_some_and(|control| control.can_block_reload);
        self.due = if is_final(live) {
            None
        } else if can_block {
            Some((began + config.blocking_floor).max(now))
        } else {
            Some((began + target(live, config)).max(now))
        };
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

/// How long to wait after the `failures`th failure in a row.
pub(super) fn backoff(failures: u32, config: &Config) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    config.reload_floor.saturating_mul(1 << doublings).min(config.max_backoff)
}
