//! Which variant is played, on which servers, and from where on.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sansio::Timestamp;

use super::Tracker;
use super::config::{Config, StartAt};
use super::event::{Event, GiveUp};
use super::in_flight::Purpose;
use super::pathways::{Followed, Pathway, Pathways, placement};
use super::reload::{self, Expected, Reload};
use super::steering::SteeringManifest;
use super::tune_in;
use crate::date::DateTime;
use crate::live::LivePlaylist;
use crate::multivariant::{RenditionType, Variant};
use crate::placement::Placement;
use crate::time::Ticks;
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
    /// The variant has no such rendition, or none with a playlist of its own.
    #[error("the variant has no such rendition with a playlist of its own")]
    NoSuchRendition,
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
    /// [`Tracker::multivariant`]. Playback goes on at the same date where both have dates, else
    /// as far from the end, or, when the stream has ended, from the start. What was fetched of the
    /// variant before counts no more, and its requests are cancelled.
    ///
    /// Content steering leaves it only when another pathway is to be taken than before, or when all its
    /// servers have failed ([`Event::Switched`]).
    ///
    /// # Errors
    /// When there is no such variant.
    pub fn select(&mut self, now: Timestamp, variant: usize) -> Result<(), SelectError> {
        let Some((_, multivariant)) = &self.multivariant else {
            return Err(SelectError::NoMultivariant);
        };
        let Some(chosen) = multivariant.variants().nth(variant) else {
            return Err(SelectError::NoSuchVariant);
        };
        if self.followed.as_ref().is_some_and(|it| it.of(multivariant, &chosen).is_none()) {
            return Err(SelectError::NoSuchRendition);
        }
        self.go_on(now);
        self.change_variant(now, variant);
        Ok(())
    }

    /// Lets go of the variant that is played, and begins with this one.
    pub(super) fn change_variant(&mut self, now: Timestamp, variant: usize) {
        if let (Some(live), Some(position)) = (&self.live, self.position) {
            self.carried = Some(Carried::of(live, position));
        }
        let before = self.live.take();
        let before_uri = self.servers.playlist_uri().map(String::from);
        self.variant = variant;
        self.forget_stream();
        self.cancel_all(Purpose::is_playlist);
        self.reload = Reload::new(now);
        self.place();
        if let (Some(live), Some(uri)) = (before, before_uri) {
            self.reported = self.reported_by(now, &live, &uri);
        }
    }

    /// What the playlist at `uri`, which was played so far, tells of the one that is next.
    fn reported_by(&self, now: Timestamp, live: &LivePlaylist, uri: &str) -> Option<Expected> {
        let blocks = live.server_control().is_some_and(|control| control.can_block_reload);
        let next = self.servers.next_playlist_uri(now).filter(|_| blocks && !live.is_ended())?;
        let mut reports = live.rendition_reports();
        let report = reports.find(|report| uri::resolve(uri, report.uri) == next)?;
        let part = report.last_part.filter(|_| self.config.low_latency);
        Some(Expected { sequence: report.last_sequence?.0, part })
    }

    /// A tracker for a rendition (EXT-X-MEDIA) beside this one: of this type and NAME, in the group
    /// that the variant names. It begins where this one plays. What holds for all goes to each:
    /// [`Tracker::play`]; [`Tracker::select`], also upon [`Event::Switched`], which follows the rendition into
    /// the group of another variant; and [`Tracker::steer`] with [`Tracker::manifest`], as it loads none itself.
    ///
    /// # Errors
    /// When there is no multivariant playlist, or no such rendition in it with a playlist of its own.
    pub fn rendition(
        &self,
        now: Timestamp,
        rendition_type: RenditionType,
        name: &str,
        seed: [u8; 32],
    ) -> Result<Self, SelectError> {
        let config = Config { placement: None, ..self.config.clone() };
        let mut tracker = Self::new(now, config, seed);
        tracker.followed = Some(Followed { rendition_type, name: name.to_string() });
        tracker.multivariant.clone_from(&self.multivariant);
        tracker.manifest.clone_from(&self.manifest);
        tracker.pathways.clone_from(&self.pathways);
        tracker.select(now, self.variant)?;
        if let (Some(live), Some(position)) = (&self.live, self.position) {
            tracker.carried = Some(Carried::of(live, position));
            let uri = self.servers.playlist_uri();
            tracker.reported = uri.and_then(|uri| tracker.reported_by(now, live, uri));
        }
        Ok(tracker)
    }

    /// The number of the variant that is played.
    #[must_use]
    pub const fn variant(&self) -> usize {
        self.variant
    }

    /// Takes a steering manifest: the pathways that there are, and their order. A variant that is not on
    /// the first of them is left for one that is ([`Event::Switched`]). With the feature `steering` the tracker
    /// loads it by itself.
    pub fn steer(&mut self, now: Timestamp, manifest: SteeringManifest) {
        self.manifest = Some(manifest);
        self.order_pathways();
        let before = self.servers.clone();
        if self.place() {
            self.servers.keep(&before, now);
            self.apply_pathway(now);
        }
    }

    /// The steering manifest that holds; `None` when there is none, or not yet.
    #[must_use]
    pub const fn manifest(&self) -> Option<&SteeringManifest> {
        self.manifest.as_ref()
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
        self.order_pathways();
        let Some((_, multivariant)) = &self.multivariant else { return };
        let pathways = &self.pathways.in_order;
        let is_well = |pathway: &&Pathway| !self.servers.is_penalized(&pathway.id, now);
        let pathway = pathways.iter().find(is_well).or_else(|| pathways.first());
        let variants = multivariant.variants().enumerate();
        let is_on = |variant: &Variant<'_>| pathway.is_none_or(|it| it.base == variant.pathway_id);
        let variants = variants.filter(|(_, variant)| is_on(variant));
        let Some((variant, _)) = chosen(variants, self.config.max_bandwidth) else {
            return self.give_up(GiveUp::NoVariant);
        };
        self.variant = variant;
        self.pathways.applied = pathway.map(|pathway| pathway.id.clone());
        self.place();
        self.tell(Event::Multivariant { variant });
    }

    /// Learns which pathways there are.
    fn order_pathways(&mut self) {
        let Some((_, multivariant)) = &self.multivariant else { return };
        let applied = self.pathways.applied.take();
        self.pathways = Pathways::new(multivariant, self.manifest.as_ref());
        self.pathways.applied = applied;
    }

    /// Finds the servers of what is followed. Whether there is something to follow.
    pub(super) fn place(&mut self) -> bool {
        let Some((base, multivariant)) = &self.multivariant else { return false };
        let Some(variant) = multivariant.variants().nth(self.variant) else { return false };
        let (followed, manifest) = (self.followed.as_ref(), self.manifest.as_ref());
        let placement = placement(base, multivariant, &variant, followed, manifest, &self.pathways);
        self.servers.replace(placement.unwrap_or_default());
        true
    }

    /// Where to begin, once the media playlist is there.
    pub(super) fn set_start(&mut self) {
        let Some(live) = self.live.as_ref().filter(|_| self.position.is_none()) else { return };
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
        let of_all = || self.multivariant.as_ref().and_then(|(_, playlist)| playlist.start());
        if let Some(start) = live.start_offset().or_else(of_all) {
            let moment = live.start() + start.moment(live.end() - live.start());
            let last = moment.min(live.end() - Ticks::new(1));
            return match live.at(last).ok().filter(|_| !start.is_precise) {
                Some(segment) => live.span(&segment).start,
                None => moment,
            };
        }
        if live.is_ended() || live.playlist_type().is_some() {
            return live.start();
        }
        let control = live.server_control().unwrap_or_default();
        // Who cannot tell of each new part at once plays no nearer than others.
        let has_parts = control.can_block_reload && live.part_target().is_some();
        let near = control.part_hold_back.filter(|_| has_parts && self.config.low_latency);
        let three_targets = Ticks::from(reload::target(live, &self.config).saturating_mul(3));
        match near {
            Some(hold_back) => end_of_parts(live) - hold_back,
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
    fn of(live: &LivePlaylist, position: Ticks) -> Self {
        let segment = live.at(position).ok();
        let date = segment
            .and_then(|segment| Some(segment.date()? + (position - live.span(&segment).start)));
        Self {
            date,
            to_end: end_of_parts(live) - position,
            from_start: position - live.start(),
            is_ended: live.is_ended(),
        }
    }

    fn position(self, live: &LivePlaylist) -> Ticks {
        if let Some(position) = self.date.and_then(|date| position_at(live, date)) {
            return position;
        }
        match self.is_ended {
            true => live.start() + self.from_start,
            false => end_of_parts(live) - self.to_end,
        }
    }
}

/// Of those that the bandwidth allows, the one with the highest SCORE where all have one (RFC 8216bis
/// §6.3.1); else the one with the highest BANDWIDTH, or, where all are allowed, the first. When none is
/// allowed, the one with the lowest.
fn chosen<'p>(
    variants: impl Iterator<Item = (usize, Variant<'p>)>,
    max_bandwidth: Option<u64>,
) -> Option<(usize, Variant<'p>)> {
    let variants: Vec<_> = variants.collect();
    let rate = |variant: &Variant<'_>| variant.bandwidth.unwrap_or(u64::MAX);
    let is_allowed = |variant: &Variant<'_>| max_bandwidth.is_none_or(|most| rate(variant) <= most);
    let has_scores = variants.iter().all(|(_, variant)| variant.score.is_some());
    // The last of several that are the highest is taken: which, from the end, is the first.
    let allowed = || variants.iter().rev().filter(|(_, variant)| is_allowed(variant));
    let best = match max_bandwidth {
        _ if has_scores => allowed().max_by_key(|(_, variant)| variant.score),
        Some(_) => allowed().max_by_key(|(_, variant)| rate(variant)),
        None => variants.first(),
    };
    best.or_else(|| variants.iter().min_by_key(|(_, variant)| rate(variant))).copied()
}

/// When the last part ends that there is.
fn end_of_parts(live: &LivePlaylist) -> Ticks {
    live.end() + (tune_in::edge(live) - live.nominal_end())
}

/// The moment of a date.
fn position_at(live: &LivePlaylist, date: DateTime) -> Option<Ticks> {
    let segment = live.at_date(date).ok()?;
    let span = live.span(&segment);
    let into = segment.date().and_then(|start| date.since(start)).unwrap_or_default();
    Some((span.start + into).min(span.end - Ticks::new(1)).max(span.start))
}
