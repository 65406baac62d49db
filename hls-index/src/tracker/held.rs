//! What is held, what is under way, and what is wanted next.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use sansio::Timestamp;

use super::config::Config;
use super::request::{RequestedRange, Resource};
use crate::byte_range::ByteRange;
use crate::live::LivePlaylist;
use crate::media::{Map, MediaSequence};
use crate::segment::Segment;
use crate::time::Ticks;
use crate::window::Ahead;

/// Something that is fetched once.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Item {
    Map(MapKey),
    Segment(u64),
    Part(u64, usize),
}

/// An initialization section: its URI as it is written, and its range.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct MapKey {
    uri: String,
    /// Offset and length.
    range: Option<(u64, Option<u64>)>,
}

impl MapKey {
    pub(super) fn new(uri: &str, range: Option<RequestedRange>) -> Self {
        Self { uri: uri.to_string(), range: range.map(|range| (range.offset, range.length)) }
    }
}

impl From<Map<'_>> for MapKey {
    fn from(map: Map<'_>) -> Self {
        Self::new(map.uri, map.byte_range.map(RequestedRange::from))
    }
}

impl Item {
    pub(super) const fn resource(&self) -> Resource {
        match *self {
            Self::Map(_) => Resource::Map,
            Self::Segment(sequence) => Resource::Segment { sequence: MediaSequence(sequence) },
            Self::Part(sequence, index) => {
                Resource::Part { sequence: MediaSequence(sequence), index }
            }
        }
    }
}

/// Something to fetch.
#[derive(Clone, Debug)]
pub(super) struct Want {
    pub(super) item: Item,
    /// Its URI as the playlist writes it.
    pub(super) name: String,
    pub(super) range: Option<RequestedRange>,
    /// The segment that it is for.
    pub(super) sequence: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    state: State,
    /// How often all servers failed, and who failed since.
    rounds: u32,
    tried: Vec<String>,
    /// The last segment that it is for.
    sequence: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    Fetching,
    Waiting(Timestamp),
    Held,
    /// No server has it.
    Lost,
}

/// What is known of each piece of media.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    entries: BTreeMap<Item, Entry>,
    waiting: BTreeSet<(Timestamp, Item)>,
    /// All segments from the play position to this one, which is not among them, were seen to.
    cursor: u64,
}

impl Held {
    /// Initialization sections past so many are forgotten, those of the earliest segments first.
    const MOST_MAPS: usize = 256;

    pub(super) fn is_held(&self, item: &Item) -> bool {
        self.entries.get(item).is_some_and(|entry| entry.state == State::Held)
    }

    /// Whether it is held, under way, or was tried.
    pub(super) fn is_known(&self, item: &Item) -> bool {
        self.entries.contains_key(item)
    }

    /// What the playlist calls it, while it has it.
    pub(super) fn name(&self, item: &Item, live: Option<&LivePlaylist>) -> Option<String> {
        let sequence = self.entries.get(item).map_or(0, |entry| entry.sequence);
        want_again(live?, item, sequence).map(|want| want.name)
    }

    /// The play position jumped: what is there may be wanted.
    pub(super) fn look_from(&mut self, sequence: u64) {
        self.cursor = sequence;
    }

    /// When something that failed is to be tried again.
    pub(super) fn next_try(&self) -> Option<Timestamp> {
        self.waiting.first().map(|&(at, _)| at)
    }

    /// The servers that have failed of late to give this.
    pub(super) fn tried(&self, item: &Item) -> &[String] {
        self.entries.get(item).map_or(&[], |entry| &entry.tried)
    }

    /// The next thing to fetch: what failed before and is due, then what plays first.
    pub(super) fn next_want(
        &mut self,
        now: Timestamp,
        live: &LivePlaylist,
        position: Ticks,
        config: &Config,
    ) -> Option<Want> {
        while self.waiting.first().is_some_and(|&(at, _)| at <= now) {
            let (_, item) = self.waiting.pop_first()?;
            match want_again(live, &item, self.entries.get(&item).map_or(0, |it| it.sequence)) {
                Some(want) => return Some(want),
                None => _ = self.entries.remove(&item),
            }
        }
        let mut window = live.window(position, config.ahead);
        if !config.ahead.is_in_bytes() {
            window.skip_to(self.cursor);
        }
        for fetch in window {
            let sequence = fetch.segment.sequence().0;
            let want =
                self.map(sequence, fetch.map).or_else(|| self.segment(&fetch.segment, position));
            if want.is_some() {
                return want;
            }
            self.cursor = self.cursor.max(sequence + 1);
        }
        if !config.low_latency || !self.reaches_edge(live, position, config.ahead) {
            return None;
        }
        self.trailing_part(live, position, config.ahead)
    }

    /// Whether what comes after the last segment is wanted.
    pub(super) fn reaches_edge(&self, live: &LivePlaylist, position: Ticks, ahead: Ahead) -> bool {
        match ahead.until(position) {
            Some(until) => until > live.end(),
            None => position >= live.end() || self.cursor >= live.next_sequence().0,
        }
    }

    /// The initialization section of a segment, when nobody has seen to it.
    fn map(&mut self, sequence: u64, map: Option<Map<'_>>) -> Option<Want> {
        let map = map?;
        let item = Item::Map(map.into());
        if let Some(entry) = self.entries.get_mut(&item) {
            entry.sequence = entry.sequence.max(sequence);
            return None;
        }
        let range = map.byte_range.map(RequestedRange::from);
        Some(Want { item, name: map.uri.into(), range, sequence })
    }

    /// The segment, or what parts of it are missing, when nobody has seen to it.
    fn segment(&self, segment: &Segment<'_>, position: Ticks) -> Option<Want> {
        let sequence = segment.sequence().0;
        let item = Item::Segment(sequence);
        if self.entries.contains_key(&item) {
            return None;
        }
        let whole = Want {
            item,
            name: segment.uri().into(),
            range: segment.byte_range().map(RequestedRange::from),
            sequence,
        };
        let has_parts = self.entries.range(parts_of(sequence)).next().is_some();
        if !has_parts || segment.parts().len() == 0 {
            return Some(whole);
        }
        let mut missing = None;
        for part in segment.parts().filter(|part| !part.is_gap) {
            match self.entries.get(&Item::Part(sequence, part.index)).map(|entry| entry.state) {
                Some(State::Lost) => return Some(whole),
                Some(_) => {}
                None if part.end <= position => {}
                None => missing = missing.or(Some(part)),
            }
        }
        missing.map(|part| want_part(sequence, part.index, part.uri, part.byte_range))
    }

    /// The next part of the segment that is not complete yet.
    fn trailing_part(&self, live: &LivePlaylist, position: Ticks, ahead: Ahead) -> Option<Want> {
        let sequence = live.next_sequence().0;
        // Where nothing of the segment is there, decoding begins with an independent part.
        let past_end = live.nominal_end() + (position - live.end());
        let is_begun = self.entries.range(parts_of(sequence)).next().is_some();
        let is_entry = |part: &crate::part::Part<'_>| part.is_independent && part.start <= past_end;
        let entry = live.trailing_parts().filter(is_entry).last().map_or(0, |part| part.index);
        let from = if is_begun || position < live.end() { 0 } else { entry };
        let until = ahead.until(position).map(|until| live.nominal_end() + (until - live.end()));
        let mut parts = live.trailing_parts().skip(from);
        let part = parts.find(|part| {
            let is_seen = self.entries.contains_key(&Item::Part(sequence, part.index));
            !part.is_gap && !is_seen && (is_begun || until.is_none_or(|until| part.start < until))
        })?;
        Some(want_part(sequence, part.index, part.uri, part.byte_range))
    }

    /// It is being fetched.
    pub(super) fn begin(&mut self, item: Item, sequence: u64) {
        let entry = self.entries.entry(item).or_insert_with(|| Entry {
            state: State::Fetching,
            rounds: 0,
            tried: Vec::new(),
            sequence,
        });
        entry.state = State::Fetching;
        entry.sequence = entry.sequence.max(sequence);
    }

    /// It is there.
    pub(super) fn hold(&mut self, item: Item, live: Option<&LivePlaylist>) {
        let sequence = match item {
            Item::Segment(sequence) | Item::Part(sequence, _) => sequence,
            Item::Map(_) => self.entries.get(&item).map_or(0, |entry| entry.sequence),
        };
        self.wait_no_more(&item);
        self.begin(item.clone(), sequence);
        if let Some(entry) = self.entries.get_mut(&item) {
            entry.state = State::Held;
            entry.tried = Vec::new();
        }
        match item {
            Item::Segment(_) => self.forget_parts(sequence),
            Item::Part(..) => {
                if let Some(segment) = live.and_then(|live| live.segment(MediaSequence(sequence))) {
                    self.complete(&segment);
                }
            }
            Item::Map(_) => {}
        }
    }

    /// Takes a segment for held of which all parts are.
    pub(super) fn complete(&mut self, segment: &Segment<'_>) {
        let sequence = segment.sequence().0;
        let mut parts = segment.parts();
        let has_all = parts.len() > 0
            && parts.all(|part| part.is_gap || self.is_held(&Item::Part(sequence, part.index)));
        if has_all && !self.entries.contains_key(&Item::Segment(sequence)) {
            self.hold(Item::Segment(sequence), None);
        }
    }

    /// `server` failed to give it, and `others` could be asked. Whether it is lost for good.
    pub(super) fn fail(
        &mut self,
        item: &Item,
        server: &str,
        has_others: bool,
        now: Timestamp,
        again: Timestamp,
        attempts: u32,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(item) else { return false };
        entry.tried.push(server.into());
        let mut at = now;
        if !has_others {
            entry.tried.clear();
            entry.rounds += 1;
            at = again;
        }
        let is_lost = entry.rounds >= attempts.max(1);
        if is_lost {
            entry.state = State::Lost;
            if let &Item::Part(sequence, _) = item {
                self.cursor = self.cursor.min(sequence);
            }
        } else {
            entry.state = State::Waiting(at);
            self.waiting.insert((at, item.clone()));
        }
        is_lost
    }

    pub(super) fn rounds(&self, item: &Item) -> u32 {
        self.entries.get(item).map_or(0, |entry| entry.rounds)
    }

    /// It may be fetched again.
    pub(super) fn forget(&mut self, item: &Item) {
        self.wait_no_more(item);
        self.entries.remove(item);
        if let &Item::Segment(sequence) = item {
            self.forget_parts(sequence);
            self.cursor = self.cursor.min(sequence);
        }
    }

    /// What was of segments before `first` is of no use any more.
    pub(super) fn evict_before(&mut self, first: u64) {
        let old = |item: &Item| match item {
            Item::Segment(sequence) | Item::Part(sequence, _) => *sequence < first,
            Item::Map(_) => false,
        };
        for start in [Item::Segment(0), Item::Part(0, 0)] {
            while let Some((item, _)) =
                self.entries.range(&start..).next().filter(|(item, _)| old(item))
            {
                let item = item.clone();
                self.wait_no_more(&item);
                self.entries.remove(&item);
            }
        }
        let maps = self.entries.range(..Item::Segment(0)).count();
        for _ in Self::MOST_MAPS..maps {
            let maps = self.entries.range(..Item::Segment(0));
            let maps = maps.filter(|(_, entry)| entry.state != State::Fetching);
            let oldest = maps.min_by_key(|(_, entry)| entry.sequence);
            if let Some(item) = oldest.map(|(item, _)| item.clone()) {
                self.wait_no_more(&item);
                self.entries.remove(&item);
            }
        }
    }

    fn forget_parts(&mut self, sequence: u64) {
        while let Some((item, _)) = self.entries.range(parts_of(sequence)).next() {
            let item = item.clone();
            self.wait_no_more(&item);
            self.entries.remove(&item);
        }
    }

    fn wait_no_more(&mut self, item: &Item) {
        if let Some(&State::Waiting(at)) = self.entries.get(item).map(|entry| &entry.state) {
            self.waiting.remove(&(at, item.clone()));
        }
    }
}

fn parts_of(sequence: u64) -> core::ops::RangeInclusive<Item> {
    Item::Part(sequence, 0)..=Item::Part(sequence, usize::MAX)
}

fn want_part(sequence: u64, index: usize, uri: &str, range: Option<ByteRange>) -> Want {
    let range = range.map(RequestedRange::from);
    Want { item: Item::Part(sequence, index), name: uri.into(), range, sequence }
}

/// What to ask for once more; `None` when the playlist has it no longer.
fn want_again(live: &LivePlaylist, item: &Item, sequence: u64) -> Option<Want> {
    match item {
        Item::Map(MapKey { uri, range }) => {
            let range = range.map(|(offset, length)| RequestedRange { offset, length });
            Some(Want { item: item.clone(), name: uri.clone(), range, sequence })
        }
        &Item::Segment(sequence) => {
            let segment = live.segment(MediaSequence(sequence))?;
            let range = segment.byte_range().map(RequestedRange::from);
            Some(Want { item: item.clone(), name: segment.uri().into(), range, sequence })
        }
        &Item::Part(sequence, index) => {
            let mut parts = match live.segment(MediaSequence(sequence)) {
                Some(segment) => segment.parts(),
                None if sequence == live.next_sequence().0 => live.trailing_parts(),
                None => return None,
            };
            let part = parts.nth(index)?;
            Some(want_part(sequence, index, part.uri, part.byte_range))
        }
    }
}
