//! Bringing a new text together with what is held: which way to take.

use super::append::{Refused, Rest};
use super::changes::is_same_start;
use super::chunk::{Chunk, State};
use super::date_ranges::DateRangeTag;
use super::split::Split;
use super::{LivePlaylist, ReloadError, Update};
use crate::define::Source;
use crate::error::{Fault, ParseError, ParseErrorKind};
use crate::media::{MediaPlaylist, MediaSequence};
use crate::scan;
use crate::time::Decimal;

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
        if let Some(skipped) = playlist.skipped_segments() {
            // It could not be put together with what is held.
            let first = MediaSequence(first.0.saturating_sub(skipped));
            return Err(ReloadError::NotHeld { first });
        }
        let next = next(text, &playlist)?;
        let update = self.compare(&playlist, playlist.segments(), first.0, next)?;
        self.replace(text, &playlist, next, source)?;
        Ok(update)
    }

    /// Reads only the start of the text, and what comes after the segments that are held. `None` when it
    /// must be read whole.
    fn merge_end(
        &mut self,
        text: &str,
        split: &Split,
        source: &Source<'_>,
    ) -> Option<Result<Update, ReloadError>> {
        let is_long = text.len() > self.read_whole && split.has_numbers;
        if !is_long || !self.is_regular || !self.date_ranges.are_placed() {
            return None;
        }
        let first = split.media_sequence;
        let (chunk, number) = self.place(first)?;
        let start = start_of(split, source)?;
        if !is_same_start(&self.chunks[chunk].playlist().segment(number as usize)?, &start) {
            return None;
        }
        let (from, place) = self.first_difference(text, split.uri_end, (chunk, number))?;
        let rest = Rest { from, lead: "", text: &text[place..], said: Some(&start) };
        let (update, tags) = match self.append(first, split, rest, source) {
            Ok(appended) => appended,
            Err(Refused::Fault) => return None,
            Err(Refused::Reload(error)) => return Some(Err(error)),
        };
        let before = DateRangeTag::all_of(&start).collect();
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
        if first < self.first || from > self.next {
            return Some(Err(ReloadError::NotHeld { first: MediaSequence(first) }));
        }
        let lead = alloc::format!("\n{}", split.block);
        let rest = Rest { from, lead: &lead, text: &text[split.uri_end..], said: None };
        let (update, tags) = match self.append(first, split, rest, source) {
            Ok(appended) => appended,
            Err(Refused::Fault) => return None,
            Err(Refused::Reload(error)) => return Some(Err(error)),
        };
        self.date_ranges.update(&skipped, tags, source.accepted().expanded_bytes);
        Some(Ok(update))
    }
}

/// The first segment of the text as a playlist of its own, and what is said of the whole.
fn start_of(split: &Split, source: &Source<'_>) -> Option<MediaPlaylist<'static>> {
    let (media, discontinuity) = (split.media_sequence, split.discontinuity_sequence);
    let state = State::new(media, discontinuity, Decimal::ZERO);
    let start = Chunk::new(&split.head, state, &[&split.block], 0, source).ok()?;
    Some(start.into_playlist())
}

/// The number after that of the last segment.
fn next(text: &str, playlist: &MediaPlaylist<'_>) -> Result<u64, ParseError> {
    let next = playlist.first_sequence().0.checked_add(playlist.len() as u64);
    let fault = Fault::new(text.len(), ParseErrorKind::MediaSequenceTooLarge);
    next.ok_or_else(|| fault.locate(text.as_bytes()))
}
