//! Loading the playlists, and what follows from what they say.

use alloc::string::String;
use core::time::Duration;

use sansio::Timestamp;

use super::event::{Event, GiveUp};
use super::in_flight::{InFlight, Purpose};
use super::reload::{self, Directives, Validators, backoff};
use super::request::{Request, Response};
use super::tune_in::TuneIn;
use super::{Tracker, query};
use crate::define::Source;
use crate::live::{LivePlaylist, ReloadError, Update};
use crate::multivariant::MultivariantPlaylist;
use crate::playlist::is_media;
use crate::scan;

impl Tracker {
    /// How often in a row a playlist must be behind before that is where the stream goes on.
    const BACKWARDS: u32 = 3;

    /// The load of a playlist, when it is due.
    pub(super) fn playlist_request(&mut self, now: Timestamp) -> Option<Request> {
        if self.requests.has_playlist() || self.reload.due.is_none_or(|due| due > now) {
            return None;
        }
        self.apply_pathway(now);
        let Some((source, is_other)) = self.servers.playlist(now) else {
            self.give_up(GiveUp::NoVariant);
            return None;
        };
        if is_other {
            // Another server's copy may be older or newer.
            self.reload.is_full = true;
            self.reload.refusals = 0;
            self.reload.forget_validators();
            if self.live.is_some() {
                self.tell(Event::Server { id: source.server.clone() });
            }
        }
        let live = self.live.as_ref();
        let expected = match (live, &self.tune_in) {
            (Some(live), Some(tune_in)) => Some(tune_in.expected(now, live, &self.config)),
            _ => self.reported.take(),
        };
        let (directives, parameters) = self.reload.directives(now, live, expected, &self.config);
        let uri = query::with_parameters(&source.uri, &parameters);
        let validators = match self.live {
            Some(_) => self.reload.validators(directives),
            None => Validators::default(),
        };
        let request = self.request(now, Purpose::Playlist(directives), source.server, uri);
        Some(self.send(now, request, validators))
    }

    pub(super) fn playlist_answered(
        &mut self,
        now: Timestamp,
        request: &InFlight,
        directives: Directives,
        response: &Response<'_>,
    ) {
        if self.stopped.is_some() {
            return;
        }
        if response.status == 304 && self.live.is_some() {
            (self.reload.failures, self.reload.backwards) = (0, 0);
            (self.reload.held_since, self.reload.age) = (request.began, response.age);
            return self.nothing_new(now);
        }
        if !response.is_success() || response.body.len() > self.config.max_body {
            return self.playlist_failed(now, &request.server, directives, Some(response));
        }
        let text = match scan::utf8(response.body) {
            Ok(text) => text,
            Err(error) => {
                self.tell(Event::Unreadable { error: Some(error) });
                return self.playlist_failed(now, &request.server, directives, None);
            }
        };
        let uri = response.uri.unwrap_or(&request.uri);
        if is_media(text) {
            self.media_playlist(now, request, directives, response, (uri, text));
        } else if self.live.is_none() {
            self.multivariant_playlist(now, request, uri, text);
        } else {
            self.tell(Event::Unreadable { error: None });
            self.playlist_failed(now, &request.server, directives, None);
        }
    }

    fn multivariant_playlist(&mut self, now: Timestamp, request: &InFlight, uri: &str, text: &str) {
        self.depth += 1;
        if self.depth > self.config.max_depth {
            return self.give_up(GiveUp::TooDeep);
        }
        let source = Source::new().uri(uri).limits(self.config.limits);
        match MultivariantPlaylist::parse_from(text, &source) {
            Ok(playlist) => {
                self.multivariant = Some((String::from(uri), playlist.into_owned()));
                self.reload.failures = 0;
                #[cfg(feature = "steering")]
                self.begin_steering(now);
                self.choose_variant(now);
            }
            Err(error) => {
                self.tell(Event::Unreadable { error: Some(error) });
                self.depth -= 1;
                self.playlist_failed(now, &request.server, Directives::default(), None);
            }
        }
    }

    fn media_playlist(
        &mut self,
        now: Timestamp,
        request: &InFlight,
        directives: Directives,
        response: &Response<'_>,
        (uri, text): (&str, &str),
    ) {
        let mut source = Source::new().uri(uri).limits(self.config.limits);
        if let Some((_, multivariant)) = &self.multivariant {
            source = source.imports(multivariant.variables());
        }
        let loaded = match &mut self.live {
            Some(live) => live.reload(text, &source).map(|update| (update, false)),
            None => LivePlaylist::new(text, &source).map_err(ReloadError::Parse).map(|live| {
                let update = Update {
                    added: live.len() as u64,
                    added_parts: live.trailing_parts().len(),
                    has_ended: live.is_ended(),
                    ..Update::default()
                };
                self.live = Some(live);
                (update, true)
            }),
        };
        match loaded {
            Ok((update, is_first)) => {
                if response.uri.is_some() || request.redirects > 0 {
                    self.servers.set_base(uri);
                }
                self.reload.succeeded(request.began, directives, response);
                if is_first && !directives.is_blocking {
                    let live = self.live.as_ref();
                    self.tune_in =
                        live.and_then(|it| TuneIn::begin(now, it, response.age, &self.config));
                }
                self.updated(now, request.began, update, is_first);
            }
            Err(ReloadError::NotHeld { .. }) if directives.is_delta => {
                self.reload.is_full = true;
                self.reload.due = Some(now);
            }
            Err(ReloadError::NotHeld { .. }) => {
                self.playlist_failed(now, &request.server, directives, None);
            }
            Err(ReloadError::Parse(error)) => {
                self.tell(Event::Unreadable { error: Some(error) });
                self.playlist_failed(now, &request.server, directives, None);
            }
            Err(ReloadError::Backwards { held, found }) => {
                self.reload.backwards += 1;
                self.reload.is_full = true;
                if self.reload.backwards >= Self::BACKWARDS && !directives.is_delta {
                    return self.restart(now, request, response, (uri, text));
                }
                if self.reload.backwards == 1 {
                    self.tell(Event::WentBack { held, found });
                }
                self.nothing_new(now);
            }
        }
    }

    /// Begins anew with a playlist that goes back.
    fn restart(
        &mut self,
        now: Timestamp,
        request: &InFlight,
        response: &Response<'_>,
        (uri, text): (&str, &str),
    ) {
        self.forget_stream();
        self.carried = None;
        self.reload.is_stalled = false;
        self.tell(Event::Restarted);
        self.media_playlist(now, request, Directives::default(), response, (uri, text));
    }

    fn updated(&mut self, now: Timestamp, began: Timestamp, update: Update, is_first: bool) {
        let Some(live) = &self.live else { return };
        let is_change = is_first || update.is_progress() || update.evicted > 0;
        let is_final = reload::is_final(live);
        let is_end = is_final && self.reload.due.take().is_some();
        if is_change && !is_final {
            self.reload.changed(now, began, live, &self.config);
        }
        // Another playlist instead of one that stands still must go on.
        let is_progress = if is_first { !self.reload.is_stalled } else { update.is_progress() };
        if is_progress {
            self.reload.progressed(now);
        }
        self.held.evict_before(live.first_sequence().0);
        let added = usize::try_from(update.added).unwrap_or(usize::MAX);
        // At first nothing is held; later, of what was complete before, parts were told before.
        for segment in live.segments().rev().take(if is_first { 0 } else { added }) {
            self.held.complete(&segment);
        }
        if let Some(tune_in) = self.tune_in.as_mut().filter(|_| !is_first)
            && (update.missed > 0 || !tune_in.goes_on(now, live, self.reload.age))
        {
            self.tune_in = None;
        }
        match self.tune_in {
            // Nothing else begins before it.
            Some(_) => self.reload.due = Some(now),
            None => self.set_start(),
        }
        if is_change || update.changed.is_some() {
            self.tell(Event::Updated(update));
        }
        if let Some(sequence) = update.changed {
            self.tell(Event::SegmentChanged { sequence });
        }
        if is_end {
            self.tell(Event::Ended);
        }
        self.match_hints();
        self.catch_up();
        if !is_change && !is_final {
            self.nothing_new(now);
        }
    }

    /// A load that brought nothing.
    fn nothing_new(&mut self, now: Timestamp) {
        self.stop_tuning_in();
        if let Some(live) = &self.live {
            self.reload.unchanged(now, live, &self.config);
        }
        self.check_progress(now);
    }

    /// What is there must do.
    fn stop_tuning_in(&mut self) {
        self.tune_in = None;
        self.set_start();
    }

    /// Tells when nothing new has come for long, and ends it when it is too long.
    pub(super) fn check_progress(&mut self, now: Timestamp) {
        let live = self.live.as_ref().filter(|live| !reload::is_final(live));
        let Some(live) = live.filter(|_| self.stopped.is_none()) else { return };
        if now >= self.reload.gives_up_at(live, &self.config) {
            return self.give_up(GiveUp::NoProgress);
        }
        let has_loaded = self.reload.held_since > self.reload.progress_at;
        if !self.reload.is_stalled && has_loaded && self.reload.is_overdue(now, live, &self.config)
        {
            self.reload.is_stalled = true;
            self.tell(Event::Stalled { since: now - self.reload.progress_at });
            if (self.servers.has_other(now) || self.has_other_pathway(now))
                && let Some(server) = self.servers.current().map(String::from)
            {
                self.servers.penalize(&server, now, self.config.penalty);
            }
        }
    }

    /// A load that failed: another server at once, or the same one later.
    pub(super) fn playlist_failed(
        &mut self,
        now: Timestamp,
        server: &str,
        directives: Directives,
        response: Option<&Response<'_>>,
    ) {
        self.stop_tuning_in();
        self.reload.failures += 1;
        let failures = self.reload.failures;
        if failures >= self.config.attempts.max(1) {
            return self.give_up(GiveUp::Unavailable);
        }
        // A server may not like what it was asked for.
        let is_refused = response.is_some_and(|response| matches!(response.status, 400 | 404));
        self.reload.is_plain = directives.is_blocking && is_refused;
        self.reload.refusals += u32::from(self.reload.is_plain);
        self.reload.is_full = true;
        if directives == Directives::default() || !is_refused {
            self.servers.penalize(server, now, self.config.penalty);
            if self.apply_pathway(now) {
                return;
            }
        }
        let retry_after = response.and_then(|response| response.retry_after);
        let wait = match retry_after {
            _ if self.servers.has_other(now) => Duration::ZERO,
            Some(wait) => wait.min(self.config.max_backoff.max(self.config.reload_floor)),
            None => self.with_jitter(backoff(failures, &self.config)),
        };
        self.reload.due = Some(now + wait);
    }

    /// Lets go of the media playlist and everything of it.
    pub(super) fn forget_stream(&mut self) {
        self.live = None;
        self.position = None;
        self.tune_in = None;
        self.held = Default::default();
        self.hinted.clear();
        self.reload.forget_validators();
        self.cancel_all(Purpose::is_media);
    }
}
