//! Which variant is played, on which servers, and from where on.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sansio::Timestamp;

use super::config::StartAt;
use super::event::{Event, GiveUp};
use super::reload::Reload;
use super::steering::SteeringManifest;
use super::{Purpose, Tracker};
use crate::date::DateTime;
use crate::live::LivePlaylist;
use crate::media::MediaSequence;
use crate::multivariant::{MultivariantPlaylist, Variant};
use crate::placement::{Placement, ServerNumber};
use crate::time::Ticks;
#[cfg(feature = "steering")]
use crate::uri;

/// Why a variant was not chosen.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectError {
    /// There is no multivariant playlist, or not yet.
    #[error("there is no multivariant playlist")]
    NoMultivariant,
    /// It has no variant with this number.
    #[error("the multivariant playlist has no such variant")]
    NoSuchVariant,
}

/// Where the play position is, told so that another variant can be asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carried {
    date: Option<DateTime>,
    /// How far it is from the end of the playlist, and from its start.
    to_end: Ticks,
    from_start: Ticks,
    is_ended: bool,
}

impl Tracker {
    /// Changes to another variant of the multivariant playlist, by its number in
    /// [`MultivariantPlaylist::variants`]. Playback goes on at the same date where both have dates, else
    /// as far from the end, or, when the stream has ended, from the start. What was fetched of the
    /// variant before counts no more, and its requests are cancelled.
    ///
    /// # Errors
    /// When there is no such variant.
    pub fn select(&mut self, now: Timestamp, variant: usize) -> Result<(), SelectError> {
        let Some((_, multivariant)) = &self.multivariant else {
            return Err(SelectError::NoMultivariant);
        };
        if multivariant.variants().nth(variant).is_none() {
            return Err(SelectError::NoSuchVariant);
        }
        if let (Some(live), Some(position)) = (&self.live, self.position) {
            let segment = live.at(position).ok();
            let date = segment
                .and_then(|segment| Some(segment.date()? + (position - live.span(&segment).start)));
            self.carried = Some(Carried {
                date,
                to_end: live.end() - position,
                from_start: position - live.start(),
                is_ended: live.is_ended(),
            });
        }
        self.variant = variant;
        self.stopped = None;
        self.forget_stream();
        let loads = self.in_flight.iter().filter(|(_, request)| loads_playlist(&request.purpose));
        let loads: Vec<_> = loads.map(|(id, _)| *id).collect();
        loads.into_iter().for_each(|id| self.cancel(id));
        self.redirected.retain(|request| !loads_playlist(&request.purpose));
        self.reload = Reload::new(now);
        self.place();
        Ok(())
    }

    /// The number of the variant that is played.
    #[must_use]
    pub const fn variant(&self) -> usize {
        self.variant
    }

    /// Takes a steering manifest: the pathways that there are, and their order. With the feature
    /// `steering` the tracker loads it by itself.
    pub fn steer(&mut self, now: Timestamp, manifest: SteeringManifest) {
        self.manifest = Some(manifest);
        if self.multivariant.is_some() {
            let (server, base) = self.servers.place();
            self.place();
            self.servers.keep(server, base, now);
        }
    }

    /// The download rate that the caller measured, in bits a second: the steering server may want to
    /// know.
    pub const fn set_throughput(&mut self, throughput: Option<u64>) {
        self.throughput = throughput;
    }

    /// The playlist of the configuration is to be loaded.
    pub(super) fn begin_at_uri(&mut self) {
        let uri = self.config.uri.as_str();
        self.servers.replace(Placement::of_redundant_variants([uri]).unwrap_or_default());
    }

    /// The multivariant playlist is there.
    pub(super) fn choose_variant(&mut self, now: Timestamp) {
        let Some((_base, multivariant)) = &self.multivariant else { return };
        let steering = multivariant.content_steering();
        #[cfg(feature = "steering")]
        {
            let server = steering.map(|steering| uri::resolve(_base, steering.server_uri));
            self.steering = server.map(|uri| super::steering::Steering::new(uri, now));
        }
        let pathway = steering.and_then(|steering| steering.pathway_id);
        let of_pathway = |variant: &Variant<'_>| Some(variant.pathway_id) == pathway;
        let has_pathway = multivariant.variants().any(|variant| of_pathway(&variant));
        let variants = || {
            let variants = multivariant.variants().enumerate();
            variants.filter(|(_, variant)| !has_pathway || of_pathway(variant))
        };
        let rate = |variant: &Variant<'_>| variant.bandwidth.unwrap_or(u64::MAX);
        let chosen = match self.config.max_bandwidth {
            None => variants().next(),
            Some(most) => variants()
                .filter(|(_, variant)| rate(variant) <= most)
                .max_by_key(|(_, variant)| rate(variant))
                .or_else(|| variants().min_by_key(|(_, variant)| rate(variant))),
        };
        let Some((variant, _)) = chosen else {
            return self.give_up(GiveUp::NoVariant);
        };
        self.variant = variant;
        self.place();
        self.reload.due = Some(now);
        self.reload.is_full = true;
        self.tell(Event::Multivariant { variant });
    }

    /// Finds the servers of the variant: its own, those of redundant ones, and clones.
    fn place(&mut self) {
        let Some((base, multivariant)) = &self.multivariant else { return };
        let Some(variant) = multivariant.variants().nth(self.variant) else { return };
        let placement = placement(base, multivariant, &variant, self.manifest.as_ref());
        self.servers.replace(placement.unwrap_or_default());
    }

    /// The media playlist is there for the first time: where to begin.
    pub(super) fn set_start(&mut self) {
        let Some(live) = &self.live else { return };
        let position = match self.carried.take() {
            Some(carried) => carried.position(live),
            None => self.first_position(live),
        };
        self.position = Some(position.max(live.start()));
    }

    fn first_position(&self, live: &LivePlaylist) -> Ticks {
        match self.config.start {
            StartAt::Moment(moment) => return live.start() + moment,
            StartAt::Date(date) => {
                if let Some(position) = position_at(live, date) {
                    return position;
                }
            }
            StartAt::Playlist => {}
        }
        if let Some(start) = live.start_offset() {
            return live.start() + start.moment(live.end() - live.start());
        }
        if live.is_ended() || live.playlist_type().is_some() {
            return live.start();
        }
        let control = live.server_control().unwrap_or_default();
        let target = live.target_duration().unwrap_or_default();
        let three_targets = target + target + target;
        let parts = live.trailing_parts().last().map(|part| part.end - live.nominal_end());
        let end = live.end() + parts.unwrap_or_default();
        match control.part_hold_back.filter(|_| self.config.low_latency) {
            Some(hold_back) => end - hold_back,
            None => live.end() - control.hold_back.unwrap_or(three_targets),
        }
    }

    /// Moves the position to the first segment when it is before it.
    pub(super) fn catch_up(&mut self) {
        if let (Some(live), Some(position)) = (&self.live, self.position)
            && position < live.start()
        {
            let to = live.start();
            self.position = Some(to);
            self.tell(Event::FellBehind { to });
        }
    }
}

impl Carried {
    fn position(self, live: &LivePlaylist) -> Ticks {
        if let Some(position) = self.date.and_then(|date| position_at(live, date)) {
            return position;
        }
        match self.is_ended {
            true => live.start() + self.from_start,
            false => live.end() - self.to_end,
        }
    }
}

fn loads_playlist(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Playlist(_))
}

/// The moment of a date.
fn position_at(live: &LivePlaylist, date: DateTime) -> Option<Ticks> {
    let segment = live.at_date(date).ok()?;
    let span = live.span(&segment);
    let into = segment.date().and_then(|start| date.since(start)).unwrap_or_default();
    Some((span.start + into).min(span.end - Ticks::new(1)).max(span.start))
}

/// The servers that have a variant, in the order of content steering (RFC 8216bis §7).
fn placement(
    base: &str,
    multivariant: &MultivariantPlaylist<'_>,
    variant: &Variant<'_>,
    manifest: Option<&SteeringManifest>,
) -> Option<Placement> {
    let mut placement = Placement::of_variant(base, multivariant, variant).ok()?;
    let ids: Vec<String> = placement.servers().iter().map(|it| it.id().to_string()).collect();
    let number = |id: &String| placement.server_with_id(id);
    let mut servers: Vec<ServerNumber> = ids.iter().filter_map(number).collect();
    for clone in manifest.into_iter().flat_map(|manifest| &manifest.pathway_clones) {
        let uri = clone
            .per_variant_uris
            .iter()
            .find(|(id, _)| variant.stable_variant_id == Some(id.as_str()));
        // A clone of what is not there, or the second of a name, is passed over.
        match uri {
            Some((_, uri)) => servers.extend(placement.add_server(&clone.id, uri)),
            None => {
                let replacement = clone.replacement.clone();
                let _ = placement.clone_pathway(&clone.base_id, &clone.id, replacement);
            }
        }
    }
    placement.place(MediaSequence(0), &servers).ok()?;
    let first = multivariant.content_steering().and_then(|steering| steering.pathway_id);
    match manifest.filter(|manifest| !manifest.pathway_priority.is_empty()) {
        Some(manifest) => placement.steer(manifest.pathway_priority.iter().map(String::as_str)),
        None => placement.steer(first),
    }
    Some(placement)
}
