//! Fetching segments, parts, initialization sections and hints.

use alloc::vec::Vec;

use sansio::Timestamp;

use super::Tracker;
use super::event::Event;
use super::hints::{self, HintedPart};
use super::in_flight::{InFlight, Purpose};
use super::item::{Item, MapKey};
use super::reload::{Validators, backoff};
use super::request::{Request, Resource, Response};
use super::servers::Source;
use crate::hint::HintType;
use crate::media::MediaSequence;

impl Tracker {
    /// So many hinted parts are kept in mind, and may be under way.
    const MOST_HINTS: usize = 8;

    /// The next segment, part or initialization section, while there is room.
    pub(super) fn media_request(&mut self, now: Timestamp) -> Option<Request> {
        if !self.has_room() {
            return None;
        }
        loop {
            let (live, position) = (self.live.as_ref()?, self.position?);
            let Some(want) = self.held.next_want(now, live, position, &self.config) else {
                return self.hint_request(now);
            };
            let sources = self.media_sources(now, want.sequence, &want.name);
            let tried = self.held.tried(&want.item);
            let untried = sources.iter().find(|source| !tried.contains(&source.server));
            self.held.begin(want.item.clone(), want.sequence);
            if let Some(Source { server, uri }) = untried.or_else(|| sources.first()).cloned() {
                let request = self.request(now, Purpose::Item(want.item), server, uri);
                let request = InFlight { range: want.range, ..request };
                return Some(self.send(now, request, Validators::default()));
            }
            // No server has it by the placement.
            self.held.fail(&want.item, "", false, now, now, 1);
            self.tell(Event::Lost { resource: want.item.resource() });
        }
    }

    /// What is hinted, once, where the window reaches so far.
    fn hint_request(&mut self, now: Timestamp) -> Option<Request> {
        let (live, position) = (self.live.as_ref()?, self.position?);
        let reaches_edge = self.held.reaches_edge(live, position, self.config.ahead);
        if !self.config.low_latency || live.is_ended() || !reaches_edge {
            return None;
        }
        let sequence = live.next_sequence().0;
        if let Some(hint) = hints::hint(live, HintType::Map) {
            let range = hints::range(hint.byte_range_start, hint.byte_range_length);
            let item = Item::Map(MapKey::new(hint.uri, range));
            if !self.held.is_known(&item) {
                let source = self.media_sources(now, sequence, hint.uri).into_iter().next()?;
                self.held.begin(item.clone(), sequence);
                let request = self.request(now, Purpose::Item(item), source.server, source.uri);
                let request = InFlight { resource: Resource::HintedMap, range, ..request };
                return Some(self.send(now, request, Validators::default()));
            }
        }
        let hint = hints::hint(live, HintType::Part)?;
        let is_known = self.hinted.iter().any(|hinted| hinted.has_hint(&hint));
        if is_known {
            return None;
        }
        if self.hinted.len() >= Self::MOST_HINTS {
            let oldest = self.hinted.iter().position(|hinted| hinted.id.is_none())?;
            self.hinted.remove(oldest);
        }
        let number = self.next_hint;
        let hinted = HintedPart::new(number, &hint);
        let source = self.media_sources(now, sequence, hint.uri).into_iter().next()?;
        let range = hinted.range();
        self.hinted.push(hinted);
        self.next_hint += 1;
        let purpose = Purpose::HintedPart(number);
        let request = self.request(now, purpose, source.server, source.uri);
        Some(self.send(now, InFlight { range, ..request }, Validators::default()))
    }

    fn media_sources(&self, now: Timestamp, sequence: u64, name: &str) -> Vec<Source> {
        let own = self.config.placement.as_ref();
        self.servers.media(own, MediaSequence(sequence), name, now)
    }

    pub(super) fn item_is_there(&mut self, item: Item) {
        self.held.hold(item, self.live.as_ref());
    }

    pub(super) fn hinted_part_is_there(&mut self, number: u64) {
        let hinted = self.hinted.iter_mut().find(|hinted| hinted.number == number);
        let Some(hinted) = hinted else { return };
        (hinted.id, hinted.is_held) = (None, true);
        for &(sequence, index) in &hinted.parts {
            self.held.hold(Item::Part(sequence, index), self.live.as_ref());
        }
    }

    /// A segment, or what is like it, that did not come.
    pub(super) fn media_failed(
        &mut self,
        now: Timestamp,
        request: &InFlight,
        response: Option<&Response<'_>>,
    ) {
        // That one thing is missing says nothing of the others.
        if response.is_none_or(|response| response.status >= 500) {
            self.servers.penalize(&request.server, now, self.config.penalty);
            if self.apply_pathway(now) {
                return;
            }
        }
        let item = match &request.purpose {
            Purpose::Item(item) => item,
            Purpose::HintedPart(number) => return self.hinted_part_failed(*number),
            _ => return,
        };
        let first = || self.live.as_ref().map_or(0, |live| live.first_sequence().0);
        let sequence = item.sequence().unwrap_or_else(first);
        let name = self.held.name(item, self.live.as_ref());
        let sources = name.map(|name| self.media_sources(now, sequence, &name)).unwrap_or_default();
        let tried = self.held.tried(item);
        let is_new =
            |source: &Source| source.server != request.server && !tried.contains(&source.server);
        let has_others = sources.iter().any(is_new);
        let wait = match response.and_then(|response| response.retry_after) {
            Some(wait) => wait.min(self.config.max_backoff),
            None => self.with_jitter(backoff(self.held.rounds(item) + 1, &self.config)),
        };
        let again = now + wait;
        let attempts = self.config.media_attempts;
        if self.held.fail(item, &request.server, has_others, now, again, attempts) {
            self.tell(Event::Lost { resource: item.resource() });
        }
    }

    /// The parts in it are fetched like any others, when they are there. The hint is not taken again.
    fn hinted_part_failed(&mut self, number: u64) {
        let hinted = self.hinted.iter_mut().find(|hinted| hinted.number == number);
        let Some(hinted) = hinted else { return };
        hinted.id = None;
        for (sequence, index) in core::mem::take(&mut hinted.parts) {
            self.held.forget(&Item::Part(sequence, index));
        }
    }

    /// Finds the parts that were hinted among those that are there now.
    pub(super) fn match_hints(&mut self) {
        let Some(live) = &self.live else { return };
        let next = live.next_sequence().0;
        let trailing = live.trailing_parts().map(|part| (next, part));
        // They may be the last ones of a segment that is complete by now.
        let of_last = live.segments().rev().take(2).flat_map(|segment| {
            let sequence = segment.sequence().0;
            segment.parts().map(move |part| (sequence, part))
        });
        let hint = hints::hint(live, HintType::Part);
        let mut told = Vec::new();
        let mut is_unused = Vec::new();
        for (sequence, part) in trailing.chain(of_last) {
            let item = Item::Part(sequence, part.index);
            let is_it = |hinted: &&mut HintedPart| {
                (hinted.is_held || hinted.id.is_some()) && hinted.has(part.uri, part.byte_range)
            };
            let hinted = self.hinted.iter_mut().find(is_it).filter(|_| !self.held.is_known(&item));
            let Some(hinted) = hinted else { continue };
            match hinted.is_held {
                true => self.held.hold(item, Some(live)),
                false => self.held.begin(item, sequence),
            }
            hinted.parts.push((sequence, part.index));
            told.push((hinted.request, sequence, part.index));
        }
        self.hinted.retain(|hinted| {
            let is_hinted = hint.is_some_and(|hint| hinted.has_hint(&hint));
            let is_awaited = hinted.id.is_some() && !hinted.parts.is_empty();
            if !is_hinted && !is_awaited {
                is_unused.extend(hinted.id);
            }
            // What is there may be listed or hinted yet.
            is_hinted || is_awaited || hinted.is_held
        });
        for (id, sequence, index) in told {
            self.tell(Event::HintedPart { id, sequence: MediaSequence(sequence), index });
        }
        for id in is_unused {
            self.cancel(id);
        }
    }
}
