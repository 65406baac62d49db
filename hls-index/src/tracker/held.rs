//! What is held, what is under way, and what is wanted next.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use sansio::Timestamp;

use super::config::Config;
use super::item::{Item, Want, is_file, parts_of};
use crate::key::Keys;
use crate::live::LivePlaylist;
use crate::media::{Map, MediaSequence};
use crate::segment::Segment;
use crate::time::Ticks;
use crate::window::Ahead;

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
    /// Keys and initialization sections past so many are forgotten, those of the earliest segments first.
    const MOST_SHARED: usize = 256;

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
        Want::again(live?, item, sequence).map(|want| want.name)
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
            let sequence = self.entries.get(&item).map_or(0, |entry| entry.sequence);
            match Want::again(live, &item, sequence) {
                Some(want) => return Some(want),
                // A part that is not listed any more: its segment is seen to anew.
                None => self.forget(&item),
            }
        }
        let mut window = live.window(position, config.ahead);
        if !config.ahead.is_in_bytes() {
            window.skip_to(self.cursor);
        }
        for fetch in window {
            let sequence = fetch.segment.sequence().0;
            let before = self.before(sequence, fetch.map, fetch.keys, config);
            let want = before.or_else(|| self.segment(&fetch.segment, position));
            if want.is_some() {
                return want;
            }
            self.cursor = self.cursor.max(sequence + 1);
        }
        if !config.low_latency || !self.reaches_edge(live, position, config.ahead) {
            return None;
        }
        let part = self.trailing_part(live, position, config.ahead)?;
        let before = self.before(part.sequence, live.trailing_map(), live.trailing_keys(), config);
        before.or(Some(part))
    }

    /// Whether what comes after the last segment is wanted.
    pub(super) fn reaches_edge(&self, live: &LivePlaylist, position: Ticks, ahead: Ahead) -> bool {
        match ahead.until(position) {
            Some(until) => until > live.end(),
            None => position >= live.end() || self.cursor >= live.next_sequence().0,
        }
    }

    /// What must be there before a segment or part, of which nobody has seen to: a key, then the
    /// initialization section.
    fn before(
        &mut self,
        sequence: u64,
        map: Option<Map<'_>>,
        keys: Keys<'_>,
        config: &Config,
    ) -> Option<Want> {
        let keys = map.into_iter().flat_map(|map| map.keys).chain(keys);
        let keys = keys.filter(|key| config.keys && is_file(key));
        let keys = keys.map(|key| Want::key(&key, sequence));
        keys.chain(map.map(|map| Want::map(map, sequence))).find(|want| !self.is_shared(want))
    }

    /// Whether somebody has seen to what segments share; it is for one more now.
    fn is_shared(&mut self, want: &Want) -> bool {
        let entry = self.entries.get_mut(&want.item);
        entry.map(|entry| entry.sequence = entry.sequence.max(want.sequence)).is_some()
    }

    /// The segment, or what parts of it are missing, when nobody has seen to it.
    fn segment(&self, segment: &Segment<'_>, position: Ticks) -> Option<Want> {
        let sequence = segment.sequence().0;
        if self.entries.contains_key(&Item::Segment(sequence)) {
            return None;
        }
        let whole = Want::segment(segment);
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
        missing.map(|part| Want::part(sequence, &part))
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
        Some(Want::part(sequence, &part))
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
        let of_all = self.entries.get(&item).map_or(0, |entry| entry.sequence);
        let sequence = item.sequence().unwrap_or(of_all);
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
            Item::Key(_) | Item::Map(_) => {}
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
        // The caller may have come by it otherwise meanwhile.
        let entry = self.entries.get_mut(item).filter(|entry| entry.state == State::Fetching);
        let Some(entry) = entry else { return false };
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
        }
        self.cursor = self.cursor.min(item.sequence().unwrap_or(u64::MAX));
    }

    /// Nothing is being fetched any more.
    pub(super) fn forget_unfinished(&mut self) {
        self.entries.retain(|_, entry| entry.state != State::Fetching);
        self.cursor = 0;
    }

    /// What was of segments before `first` is of no use any more.
    pub(super) fn evict_before(&mut self, first: u64) {
        let old = |item: &Item| item.sequence().is_some_and(|sequence| sequence < first);
        for start in [Item::Segment(0), Item::Part(0, 0)] {
            while let Some((item, _)) =
                self.entries.range(&start..).next().filter(|(item, _)| old(item))
            {
                let item = item.clone();
                self.wait_no_more(&item);
                self.entries.remove(&item);
            }
        }
        let shared = self.entries.range(..Item::Segment(0)).count();
        for _ in Self::MOST_SHARED..shared {
            let shared = self.entries.range(..Item::Segment(0));
            let shared = shared.filter(|(_, entry)| entry.state != State::Fetching);
            let oldest = shared.min_by_key(|(_, entry)| entry.sequence);
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
