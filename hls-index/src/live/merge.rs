//! Bringing a new text together with what is held.

use alloc::vec::Vec;

use super::chunk::{Chunk, State};
use super::date_ranges::DateRangeTag;
use super::split::{Skipped, Split, in_order};
use super::{LivePlaylist, ReloadError, Update};
use crate::define::Source;
use crate::error::{Fault, ParseError, ParseErrorKind};
use crate::limits::Limits;
use crate::media::{MediaPlaylist, MediaSequence};
use crate::scan;
use crate::segment::{Segment, Segments};
use crate::time::{Decimal, Ticks};

/// How many segments a piece has.
const CHUNK: u64 = 128;

impl LivePlaylist {
    /// Takes the first text.
    pub(super) fn begin(&mut self, text: &str, source: &Source<'_>) -> Result<(), ParseError> {
        let playlist = MediaPlaylist::parse_from(text, source)?;
        let first = playlist.first_sequence().0;
        (self.first, self.next, self.origin) = (first, first, first);
        let next = next(text, &playlist)?;
        self.replace(text, &playlist, next, source)
    }

    pub(super) fn merge(&mut self, text: &str, source: &Source<'_>) -> Result<Update, ReloadError> {
        if u32::try_from(text.len()).is_ok() && scan::check_first_line(text.as_bytes()).is_ok() {
            let split = Split::of(text);
            let merged = if split.is_delta() {
                self.merge_delta(text, &split, source)
            } else {
                self.merge_end(text, &split, source)
            };
            if let Some(update) = merged {
                return update;
            }
        }
        self.merge_whole(text, source)
    }

    /// Reads all of the text.
    fn merge_whole(&mut self, text: &str, source: &Source<'_>) -> Result<Update, ReloadError> {
        let playlist = MediaPlaylist::parse_from(text, source)?;
        let first = playlist.first_sequence();
        if playlist.skipped_segments().is_some() {
            // It could not be put together with what is held.
            return Err(ReloadError::NotHeld { first });
        }
        let next = next(text, &playlist)?;
        let update = self.compare(&playlist, playlist.segments(), first.0, next)?;
        self.replace(text, &playlist, next, source)?;
        Ok(update)
    }

    /// What is new in a text that goes from `first` to `next`: `segments` are those that were read
    /// of it, and `playlist` has what is after them.
    fn compare(
        &self,
        playlist: &MediaPlaylist<'_>,
        mut segments: Segments<'_>,
        first: u64,
        next: u64,
    ) -> Result<Update, ReloadError> {
        let parts = playlist.trailing_parts().len();
        let had_parts = self.trailing_parts().len();
        let is_behind = next == self.next && parts < had_parts && !playlist.is_ended();
        if next < self.next || is_behind {
            let (held, found) = (MediaSequence(self.next), MediaSequence(next));
            return Err(ReloadError::Backwards { held, found });
        }
        let change = |segment: Segment<'_>| {
            let held = self.segment(segment.sequence())?;
            (!is_same(&held, &segment)).then(|| segment.sequence())
        };
        let changed = segments.find_map(change);
        Ok(Update {
            added: next - first.clamp(self.next, next),
            evicted: first.clamp(self.first, self.next) - self.first,
            missed: first.saturating_sub(self.next),
            added_parts: if next == self.next { parts.saturating_sub(had_parts) } else { parts },
            has_ended: playlist.is_ended() && !self.is_ended(),
            changed,
            has_returned: first < self.first,
        })
    }

    /// Puts the segments of `playlist`, whose text is `text`, in the place of all others.
    fn replace(
        &mut self,
        text: &str,
        playlist: &MediaPlaylist<'_>,
        next: u64,
        source: &Source<'_>,
    ) -> Result<(), ParseError> {
        let is_whole = |chunks: &Vec<Chunk>| {
            chunks.last().is_some_and(|last| last.playlist().has_head_of(playlist))
        };
        let regular = self.chunks_of(text, playlist, source).ok().filter(is_whole);
        self.is_regular = regular.is_some();
        let chunks = match regular {
            Some(chunks) => chunks,
            None => self.chunks_in_order(text, source).map_err(|fault| {
                // The text itself was read without it.
                Fault::new(0, fault.kind).locate(text.as_bytes())
            })?,
        };
        let first = playlist.first_sequence().0;
        let tags = playlist.date_range_lists();
        let tag = |(number, list)| DateRangeTag { sequence: first + u64::from(number), list };
        self.date_ranges.replace(tags.map(tag).collect());
        // What was missed takes no number of what was measured.
        self.origin = self.origin.wrapping_add(first.saturating_sub(self.next));
        self.chunks = chunks.into();
        self.next = next;
        self.evict_before(first);
        self.forget_moved(self.first);
        Ok(())
    }

    fn chunks_in_order(&self, text: &str, source: &Source<'_>) -> Result<Vec<Chunk>, Fault> {
        let text = in_order(text);
        let playlist = MediaPlaylist::parse_owned(text, source)?;
        self.chunks_of(playlist.text(), &playlist, source)
    }

    fn chunks_of(
        &self,
        text: &str,
        playlist: &MediaPlaylist<'_>,
        source: &Source<'_>,
    ) -> Result<Vec<Chunk>, Fault> {
        let first = playlist.first_sequence().0;
        let split = Split::of(text);
        let returned = self.first.saturating_sub(first);
        let start = self.exact_start(first.max(self.first));
        let offset = self.offset_after_all();
        if returned > 0 && (self.first..self.next).contains(&(first + returned)) {
            // The last of those that stay gone.
            let before = u32::try_from(returned - 1).unwrap_or(u32::MAX);
            if let Some(segment) = playlist.segment(before as usize) {
                let state = State::after(&segment, start);
                let rest = (before + 1, "", playlist.uri_end(before));
                return chunks(playlist, &split.head, state, rest, offset, source);
            }
        }
        let lead = alloc::format!("\n{}", split.block);
        let state = State::new(first, playlist.discontinuity_base(), start);
        chunks(playlist, &split.head, state, (0, &lead, split.uri_end), offset, source)
    }

    /// Reads only the start of the text, and what comes after the segments that are held. `None` when it
    /// must be read whole.
    fn merge_end(
        &mut self,
        text: &str,
        split: &Split,
        source: &Source<'_>,
    ) -> Option<Result<Update, ReloadError>> {
        let is_long = text.len() > self.read_whole && split.has_uri && split.has_numbers;
        if !is_long || !self.is_regular || self.is_ended() {
            return None;
        }
        let first = split.media_sequence;
        let (chunk, number) = self.place(first)?;
        let start = self.start_of(split, source)?;
        let newest = self.newest();
        let is_said_alike = start.target_duration() == newest.target_duration()
            && start.variables().iter().eq(newest.variables().iter());
        if !is_said_alike {
            // What is held could mean something else now.
            return None;
        }
        if !is_same_start(&self.chunks[chunk].playlist().segment(number as usize)?, &start) {
            return None;
        }
        let (from, place) = self.first_difference(text, split.uri_end, (chunk, number))?;
        let rest = Rest { from, lead: "", text: &text[place..] };
        let (update, tags) = match self.append(first, split, rest, source) {
            Ok(appended) => appended,
            Err(Refused::Fault) => return None,
            Err(Refused::Reload(error)) => return Some(Err(error)),
        };
        let before = start.date_range_lists();
        let before = before.map(|(_, list)| DateRangeTag { sequence: first, list }).collect();
        self.date_ranges.replace_around(first, from, before, tags);
        Some(Ok(update))
    }

    /// Puts a delta update together with what is held. `None` when the text is to be read whole for
    /// what is wrong with it.
    fn merge_delta(
        &mut self,
        text: &str,
        split: &Split,
        source: &Source<'_>,
    ) -> Option<Result<Update, ReloadError>> {
        let skipped = split.skipped(source).filter(|_| split.has_numbers)?;
        let first = split.media_sequence;
        let from = first.checked_add(skipped.segments)?;
        if first < self.first || !(self.first..=self.next).contains(&from) {
            return Some(Err(ReloadError::NotHeld { first: MediaSequence(first) }));
        }
        let lead = alloc::format!("\n{}", split.block);
        let rest = Rest { from, lead: &lead, text: &text[split.uri_end..] };
        let (update, tags) = match self.append(first, split, rest, source) {
            Ok(appended) => appended,
            Err(Refused::Fault) => return None,
            Err(Refused::Reload(error)) => return Some(Err(error)),
        };
        self.update_date_ranges(&skipped, tags);
        Some(Ok(update))
    }

    fn update_date_ranges(&mut self, skipped: &Skipped, tags: Vec<DateRangeTag>) {
        self.date_ranges.update(skipped, tags);
    }

    /// Puts `rest` in the place of all segments from `rest.from` on, and lets those before `first` go.
    /// Gives the date ranges in it, too.
    fn append(
        &mut self,
        first: u64,
        split: &Split,
        rest: Rest<'_>,
        source: &Source<'_>,
    ) -> Result<(Update, Vec<DateRangeTag>), Refused> {
        let limits = *source.accepted();
        let at = self.chunks.partition_point(|chunk| chunk.state().sequence <= rest.from);
        let at = at.checked_sub(1).ok_or(Refused::Fault)?;
        let chunk = &self.chunks[at];
        let number = chunk.visible().end - (chunk.next().saturating_sub(rest.from)) as u32;
        // A piece is read again until it is full.
        let is_open = rest.from - chunk.state().sequence <= CHUNK;
        let (state, own, offset) = if is_open {
            (chunk.state().clone(), chunk.text_before(number), chunk.offset_of(chunk.body()))
        } else {
            let last = number.checked_sub(1).ok_or(Refused::Fault)?;
            let segment = chunk.playlist().segment(last as usize).ok_or(Refused::Fault)?;
            let state = State::after(&segment, chunk.exact_end(last));
            (state, "", chunk.offset_of(chunk.uri_end(last)))
        };
        let body = [own, rest.lead, rest.text];
        let source = source.limits(with_room(limits));
        let new = Chunk::new(&split.head, state, &body, offset, &source)?;
        let next = new.next();
        let update = self.compare(new.playlist(), new.segments(), first, next);
        let update = update.map_err(Refused::Reload)?;
        if next - first > limits.segments as u64 {
            // The text is read whole for the line of it.
            return Err(Refused::Fault);
        }
        let sequence = new.playlist().first_sequence().0;
        let tags = new.playlist().date_range_lists();
        let tags = tags
            .map(|(number, list)| DateRangeTag { sequence: sequence + u64::from(number), list })
            .filter(|tag| tag.sequence >= rest.from)
            .collect();
        let new = if new.playlist().len() as u64 > 2 * CHUNK {
            let from = (new.visible().start, "", new.body());
            chunks(new.playlist(), &split.head, new.state().clone(), from, offset, &source)?
        } else {
            alloc::vec![new]
        };
        self.chunks.truncate(if is_open { at } else { at + 1 });
        if let Some(last) = self.chunks.back_mut() {
            last.truncate(rest.from);
        }
        self.chunks.extend(new);
        self.next = next;
        self.evict_before(first);
        self.forget_moved(rest.from);
        Ok((update, tags))
    }

    fn evict_before(&mut self, first: u64) {
        self.first = first.max(self.first);
        while self.chunks.len() > 1 && self.chunks[0].next() <= self.first {
            self.chunks.pop_front();
        }
        self.chunks[0].evict_before(self.first);
        if let Some(boundary) = self.boundary(self.first) {
            self.measured.forget_before(boundary);
        }
    }

    /// Forgets what was measured of the segments from `sequence` on where they are no longer what they were.
    fn forget_moved(&mut self, sequence: u64) {
        let Some(from) = self.boundary(sequence) else { return };
        let mut measured = core::mem::take(&mut self.measured);
        measured.forget_moved(from, |boundary| {
            let sequence = self.origin.wrapping_add(u64::from(boundary));
            match self.segment(MediaSequence(sequence)) {
                Some(segment) => Some(segment.start()),
                None => (sequence == self.next).then(|| self.nominal_end()),
            }
        });
        self.measured = measured;
    }

    /// When the segment `sequence` begins, or would begin right after the last one.
    fn exact_start(&self, sequence: u64) -> Decimal {
        match self.place(sequence) {
            Some((chunk, number)) => self.chunks[chunk].exact_start(number),
            None => self.chunks.back().map_or(Decimal::ZERO, |last| {
                let end = last.visible().end;
                end.checked_sub(1).map_or(Decimal::ZERO, |number| last.exact_end(number))
            }),
        }
    }

    /// Where a text that has nothing to do with what is held begins in that of the whole stream.
    fn offset_after_all(&self) -> u64 {
        self.chunks.back().map_or(0, |last| last.offset_of(last.playlist().text().len()))
    }

    /// The first segment of the text as a playlist of its own, and what is said of the whole.
    fn start_of(&self, split: &Split, source: &Source<'_>) -> Option<MediaPlaylist<'static>> {
        let (media, discontinuity) = (split.media_sequence, split.discontinuity_sequence);
        let state = State::new(media, discontinuity, Decimal::ZERO);
        let start = Chunk::new(&split.head, state, &[&split.block], 0, source).ok()?;
        Some(start.playlist().clone())
    }
}

/// The number after that of the last segment.
fn next(text: &str, playlist: &MediaPlaylist<'_>) -> Result<u64, ParseError> {
    let next = playlist.first_sequence().0.checked_add(playlist.len() as u64);
    let fault = Fault::new(text.len(), ParseErrorKind::MediaSequenceTooLarge);
    next.ok_or_else(|| fault.locate(text.as_bytes()))
}

/// What is to be read of a text.
#[derive(Clone, Copy, Debug)]
struct Rest<'t> {
    /// The first segment in it.
    from: u64,
    /// What stands before `text`.
    lead: &'t str,
    text: &'t str,
}

/// Why nothing was appended.
enum Refused {
    /// Something in the text, or in how it was put together.
    Fault,
    Reload(ReloadError),
}

impl From<Fault> for Refused {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

/// The segments of `playlist` in pieces. The first one comes after `state`: it is the segment `from`,
/// whose text begins with `lead` and goes on at the place `lead_end` of the playlist's.
fn chunks(
    playlist: &MediaPlaylist<'_>,
    head: &str,
    mut state: State,
    (from, lead, lead_end): (u32, &str, usize),
    mut offset: u64,
    source: &Source<'_>,
) -> Result<Vec<Chunk>, Fault> {
    let source = source.limits(with_room(*source.accepted()));
    let text = playlist.text();
    let count = playlist.len() as u32;
    let mut chunks = Vec::new();
    let (mut first, mut lead, mut start) = (from, lead, lead_end);
    loop {
        let end = first.saturating_add(CHUNK as u32).min(count);
        let end_place = if end == count { text.len() } else { playlist.uri_end(end - 1) };
        let chunk = Chunk::new(head, state, &[lead, &text[start..end_place]], offset, &source)?;
        if chunk.visible().len() as u32 != end - first {
            // The text means something else in pieces: no parser should let that come about.
            return Err(Fault::new(0, ParseErrorKind::NoMediaTag));
        }
        let Some(last) = chunk.segments().next_back().filter(|_| end < count) else {
            chunks.push(chunk);
            return Ok(chunks);
        };
        offset = chunk.offset_of(chunk.uri_end(last.number() as u32));
        state = State::after(&last, chunk.playlist().exact_duration());
        chunks.push(chunk);
        (first, lead, start) = (end, "", end_place);
    }
}

/// The limits with room for the segment that stands for everything before.
fn with_room(limits: Limits) -> Limits {
    Limits { segments: limits.segments.saturating_add(1), ..limits }
}

/// Whether it is the same segment, as far as it may not change.
fn is_same(held: &Segment<'_>, new: &Segment<'_>) -> bool {
    held.uri() == new.uri()
        && held.byte_range() == new.byte_range()
        && is_within(held.duration(), new.duration(), Ticks::new(1))
}

/// Whether `start`, which has the first segment of a text, says of it what is held.
fn is_same_start(held: &Segment<'_>, start: &MediaPlaylist<'_>) -> bool {
    let Some(new) = start.segment(0) else { return false };
    let is_same_date = match (held.date(), new.date()) {
        // Dates are often written in milliseconds.
        (Some(held), Some(new)) => {
            let apart = held.since(new).or_else(|| new.since(held));
            apart.is_some_and(|apart| apart <= Ticks::from_millis(1))
        }
        (held, new) => held.is_none() && new.is_none(),
    };
    is_same(held, &new)
        && is_same_date
        && held.discontinuity_sequence() == new.discontinuity_sequence()
        && held.is_discontinuity() == new.is_discontinuity()
        && (held.keys(), held.map()) == (new.keys(), new.map())
        && (held.bitrate(), held.is_gap()) == (new.bitrate(), new.is_gap())
        && held.parts().len() == new.parts().len()
}

fn is_within(a: Ticks, b: Ticks, most: Ticks) -> bool {
    (a - b).max(b - a) <= most
}
