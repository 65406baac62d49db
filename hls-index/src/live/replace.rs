//! A whole text takes the place of all that was held.

use alloc::vec::Vec;

use super::LivePlaylist;
use super::chunk::{Chunk, State};
use super::date_ranges::DateRangeTag;
use super::pieces::{self, Start};
use super::split::{Split, in_order};
use crate::define::Source;
use crate::error::{Fault, ParseError};
use crate::media::MediaPlaylist;
use crate::time::Decimal;

impl LivePlaylist {
    /// Puts the segments of `playlist`, whose text is `text`, in the place of all others.
    pub(super) fn replace(
        &mut self,
        text: &str,
        playlist: &MediaPlaylist<'_>,
        next: u64,
        source: &Source<'_>,
    ) -> Result<(), ParseError> {
        let is_whole = |chunks: &Vec<Chunk>| pieces::have_head_of(chunks, playlist);
        let regular = self.chunks_of(text, playlist, source).ok().filter(is_whole);
        let is_regular = regular.is_some();
        let chunks = match regular {
            Some(chunks) => chunks,
            None => self.chunks_in_order(text, source).map_err(|fault| {
                // The text itself was read without it.
                Fault::new(0, fault.kind).locate(text.as_bytes())
            })?,
        };
        let first = playlist.first_sequence().0;
        self.date_ranges.replace(DateRangeTag::all_of(playlist).collect());
        // What was missed takes no number of what was measured.
        self.origin = self.origin.wrapping_add(first.saturating_sub(self.next));
        self.chunks = chunks.into();
        self.is_regular = is_regular;
        self.turn = 0;
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
        let time = self.exact_start(first.max(self.first));
        // The last of those that were gone and stay gone.
        let returned = self.first.saturating_sub(first).checked_sub(1);
        if let Some(number) = returned.and_then(|number| u32::try_from(number).ok())
            && let Some(segment) = playlist.segment(number as usize)
        {
            let state = State::after(&segment, time);
            let start = Start { from: number + 1, lead: "", place: playlist.uri_end(number) };
            return pieces::cut(playlist, &split.head, state, start, 0, source);
        }
        let lead = alloc::format!("\n{}", split.block);
        let state = State::new(first, playlist.discontinuity_base(), time);
        let start = Start { from: 0, lead: &lead, place: split.uri_end };
        pieces::cut(playlist, &split.head, state, start, 0, source)
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
}
