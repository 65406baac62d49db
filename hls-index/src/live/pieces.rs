//! A playlist cut into pieces.

use alloc::vec::Vec;

use super::chunk::{Chunk, State};
use crate::define::Source;
use crate::error::{Fault, ParseErrorKind};
use crate::limits::Limits;
use crate::media::MediaPlaylist;

/// How many segments a piece has, unless these are shorter than what each piece says anew.
const CHUNK: u32 = 128;

/// Where the segments begin that are cut into pieces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'t> {
    /// The number of the first.
    pub(super) from: u32,
    /// What its text begins with.
    pub(super) lead: &'t str,
    /// Where it goes on in the playlist's text.
    pub(super) place: usize,
}

/// The segments of `playlist` in pieces. The first one comes after `state`.
pub(super) fn cut(
    playlist: &MediaPlaylist<'_>,
    head: &str,
    mut state: State,
    start: Start<'_>,
    mut offset: u64,
    source: &Source<'_>,
) -> Result<Vec<Chunk>, Fault> {
    // It has been read within the limit, and a piece may say a key twice.
    let source = with_room(source, usize::MAX);
    let text = playlist.text();
    let said = head.len().saturating_add(playlist.expanded_bytes_before(playlist.first_uri_end()));
    let count = playlist.len() as u32;
    let mut chunks = Vec::new();
    let Start { from: mut first, mut lead, place: mut start } = start;
    loop {
        let repeated = said.saturating_add(state.len());
        let long_enough = playlist.segment_around(start.saturating_add(repeated)).saturating_add(1);
        let end = first.saturating_add(CHUNK).max(long_enough).min(count);
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

/// Whether a piece with `count` segments, which take `length` bytes, is to get no more of them. These are
/// to be as long at least as what it says anew, so that all pieces together take no more than twice the
/// text, whatever stands at its start.
pub(super) fn is_full(count: u64, length: usize, repeated: usize) -> bool {
    count > u64::from(CHUNK) && length >= repeated
}

/// The piece, cut where it has got too long.
pub(super) fn cut_again(
    chunk: Chunk,
    head: &str,
    source: &Source<'_>,
) -> Result<Vec<Chunk>, Fault> {
    let playlist = chunk.playlist();
    let length = playlist.text().len() - chunk.body();
    if !is_full(playlist.len() as u64 / 2, length / 2, chunk.repeated()) {
        return Ok(alloc::vec![chunk]);
    }
    let start = Start { from: chunk.visible().start, lead: "", place: chunk.body() };
    let (state, offset) = (chunk.state().clone(), chunk.offset_of(chunk.body()));
    let chunks = cut(playlist, head, state, start, offset, source)?;
    if !have_head_of(&chunks, playlist) {
        return Err(Fault::new(0, ParseErrorKind::NoMediaTag));
    }
    Ok(chunks)
}

/// Whether the last piece, which is asked for it, has what `playlist` says of itself.
pub(super) fn have_head_of(chunks: &[Chunk], playlist: &MediaPlaylist<'_>) -> bool {
    chunks.last().is_some_and(|last| last.playlist().has_head_of(playlist))
}

/// The same source with room for the segment that stands for everything before, and so much for what
/// variables take.
pub(super) fn with_room<'s>(source: &Source<'s>, expanded_bytes: usize) -> Source<'s> {
    let limits = *source.accepted();
    source.limits(Limits { segments: limits.segments.saturating_add(1), expanded_bytes, ..limits })
}
