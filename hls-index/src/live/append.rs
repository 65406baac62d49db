//! New segments come behind those that are held, and the oldest go.

use alloc::vec::Vec;

use super::chunk::{Chunk, State};
use super::date_ranges::DateRangeTag;
use super::pieces::{self, with_room};
use super::split::Split;
use super::{LivePlaylist, ReloadError, Update};
use crate::define::Source;
use crate::error::Fault;
use crate::media::{MediaPlaylist, MediaSequence};

/// What is to be read of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest<'t> {
    /// The first segment in it.
    pub(super) from: u64,
    /// What stands before `text`.
    pub(super) lead: &'t str,
    pub(super) text: &'t str,
    /// What the start of the text says of the whole playlist, if nothing else may be said of it.
    pub(super) said: Option<&'t MediaPlaylist<'static>>,
}

/// Why nothing was appended.
pub(super) enum Refused {
    /// Something in the text, or in how it was put together.
    Fault,
    Reload(ReloadError),
}

impl From<Fault> for Refused {
    fn from(_: Fault) -> Self {
        Self::Fault
    }
}

impl LivePlaylist {
    /// Puts `rest` in the place of all segments from `rest.from` on, and lets those before `first` go.
    /// Gives the date ranges in it, too.
    pub(super) fn append(
        &mut self,
        first: u64,
        split: &Split,
        rest: Rest<'_>,
        source: &Source<'_>,
    ) -> Result<(Update, Vec<DateRangeTag>), Refused> {
        let at = self.chunks.partition_point(|chunk| chunk.state().sequence <= rest.from);
        let at = at.checked_sub(1).ok_or(Refused::Fault)?;
        let chunk = &self.chunks[at];
        let number = chunk.visible().end - (chunk.next().saturating_sub(rest.from)) as u32;
        // A piece is read again until it is full.
        let own = chunk.text_before(number);
        let count = rest.from - chunk.state().sequence;
        let is_open = !pieces::is_full(count, own.len(), chunk.repeated());
        let (state, own, offset) = if is_open {
            (chunk.state().clone(), own, chunk.offset_of(chunk.body()))
        } else {
            let last = number.checked_sub(1).ok_or(Refused::Fault)?;
            let segment = chunk.playlist().segment(last as usize).ok_or(Refused::Fault)?;
            let state = State::after(&segment, chunk.exact_end(last));
            (state, "", chunk.offset_of(chunk.uri_end(last)))
        };
        let body = [own, rest.lead, rest.text];
        let kept = if is_open { at } else { at + 1 };
        let room = self.room_behind(kept, source);
        let new = Chunk::new(&split.head, state, &body, offset, &with_room(source, room))?;
        let playlist = new.playlist();
        let next = new.next();
        let update =
            self.compare(playlist, new.segments(), first, next).map_err(Refused::Reload)?;
        let is_too_long = next - first > source.accepted().segments as u64;
        // What comes later says something of the whole playlist.
        let is_irregular =
            rest.said.is_some_and(|said| !playlist.is_ended() && !playlist.has_head_of(said));
        if is_too_long || is_irregular || !self.means_the_same_by(playlist) {
            // The text is read whole: for the line of it, to be put in order, or for what changed.
            return Err(Refused::Fault);
        }
        let tags = DateRangeTag::all_of(playlist).filter(|tag| tag.sequence >= rest.from).collect();
        let new = pieces::cut_again(new, &split.head, source)?;
        self.chunks.truncate(kept);
        if let Some(last) = self.chunks.back_mut() {
            last.truncate(rest.from);
        }
        self.chunks.extend(new);
        self.next = next;
        self.evict_before(first);
        self.forget_moved(rest.from);
        Ok((update, tags))
    }

    /// How many bytes variables may still take behind the first `kept` pieces. What each of these says
    /// anew does not count: it takes no more than the text of its segments.
    fn room_behind(&self, kept: usize, source: &Source<'_>) -> usize {
        let taken = self.chunks.range(..kept).map(Chunk::expanded_bytes).sum();
        source.accepted().expanded_bytes.saturating_sub(taken)
    }

    /// Whether what is held means what it meant, with what `playlist` says of the whole.
    fn means_the_same_by(&self, playlist: &MediaPlaylist<'_>) -> bool {
        let newest = self.newest();
        playlist.target_duration() == newest.target_duration()
            && playlist.variables().iter().eq(newest.variables().iter())
    }

    pub(super) fn evict_before(&mut self, first: u64) {
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
    pub(super) fn forget_moved(&mut self, sequence: u64) {
        let Some(from) = self.boundary(sequence) else { return };
        let mut measured = core::mem::take(&mut self.measured);
        measured.forget_moved(from, |boundary| {
            let sequence = self.origin.wrapping_add(u64::from(boundary));
            // After the last one there is only its end.
            let found = self.segment(MediaSequence(sequence));
            Some(found.map_or_else(|| self.nominal_end(), |found| found.start()))
        });
        self.measured = measured;
    }
}
