//! Whether a new text still has the segments that are held: comparing bytes.

use super::LivePlaylist;
use super::chunk::Chunk;

impl LivePlaylist {
    /// The first segment after the one at `place` that the text does not have as it is held, or the next
    /// one to come; and where in the text the segment before it ends. `first_end` is where the URI of the
    /// one at `place` ends there. `None` when not even that is clear.
    pub(super) fn first_difference(
        &mut self,
        text: &str,
        first_end: usize,
        (chunk, number): (usize, u32),
    ) -> Option<(u64, usize)> {
        let first = &self.chunks[chunk];
        let start = first.uri_end(number);
        let overlap =
            Overlap { text: text.as_bytes(), start: first_end, from: first.offset_of(start) };
        let end = self.chunks.back().map_or(overlap.from, |last| last.offset_of(last_end(last)));
        // The end of it all, and some of the rest.
        let checked = self.checked_bytes as u64;
        let middle = end.saturating_sub(checked).max(overlap.from);
        let turns = overlap.from..middle;
        let turn = if turns.contains(&self.turn) { self.turn } else { overlap.from };
        let turn_end = turn.saturating_add(checked).min(middle);
        let is_same = self.is_same(&overlap, middle, end) && self.is_same(&overlap, turn, turn_end);
        if is_same && ends_line(overlap.after(end)?) {
            self.turn = if turn_end < middle { turn_end } else { 0 };
            return Some((self.next, overlap.place(end)?));
        }
        self.search(&overlap, chunk, start)
    }

    /// Whether the text has what is held between two places of the whole stream's text.
    fn is_same(&self, overlap: &Overlap<'_>, from: u64, to: u64) -> bool {
        let first = self.chunks.partition_point(|chunk| chunk.offset_of(last_end(chunk)) <= from);
        let chunks = self.chunks.range(first..);
        let mut chunks = chunks.take_while(|chunk| chunk.offset_of(chunk.body()) < to);
        chunks.all(|chunk| {
            let start = chunk.place_of(from);
            let end = chunk.place_of(to).min(last_end(chunk));
            let held = &chunk.playlist().text().as_bytes()[start..end];
            overlap.after(chunk.offset_of(start)).is_some_and(|new| new.starts_with(held))
        })
    }

    /// Compares everything from the place `start` in the text of `chunk` on.
    fn search(&self, overlap: &Overlap<'_>, chunk: usize, start: usize) -> Option<(u64, usize)> {
        let mut start = start;
        for chunk in self.chunks.range(chunk..) {
            start = start.max(chunk.body());
            let held = &chunk.playlist().text().as_bytes()[start..last_end(chunk)];
            let new = overlap.after(chunk.offset_of(start))?;
            let mut same = common_length(held, new);
            if same == held.len() && !ends_line(&new[same..]) {
                // The last URI goes on.
                same = same.checked_sub(1)?;
            }
            if same < held.len() {
                let segment = chunk.playlist().segment_around(start + same);
                let before = chunk.block_start(segment);
                return Some((chunk.sequence(segment), overlap.place(chunk.offset_of(before))?));
            }
            start = 0;
        }
        let last = self.chunks.back()?;
        Some((self.next, overlap.place(last.offset_of(last_end(last)))?))
    }
}

/// How a new text lies on what is held.
struct Overlap<'t> {
    text: &'t [u8],
    /// The place in the text of the place `from` in that of the whole stream.
    start: usize,
    from: u64,
}

impl<'t> Overlap<'t> {
    /// The place in the text, when it has one, of a place in that of the whole stream.
    fn place(&self, offset: u64) -> Option<usize> {
        let past = usize::try_from(offset.checked_sub(self.from)?).ok()?;
        self.start.checked_add(past).filter(|&place| place <= self.text.len())
    }

    /// What the text has from a place on; nothing where it does not reach so far.
    fn after(&self, offset: u64) -> Option<&'t [u8]> {
        let past = usize::try_from(offset.checked_sub(self.from)?).ok()?;
        let place = self.start.checked_add(past)?;
        Some(self.text.get(place..).unwrap_or_default())
    }
}

/// Where the URI of the last segment ends.
fn last_end(chunk: &Chunk) -> usize {
    chunk.block_start(chunk.visible().end)
}

/// Whether a line ends here, but for blanks.
fn ends_line(rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    matches!(rest[blanks..], [] | [b'\n' | b'\r', ..])
}

/// How many bytes at the start of both are the same.
fn common_length(a: &[u8], b: &[u8]) -> usize {
    /// So much is compared at once.
    const BLOCK: usize = 4096;
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).take_while(|(a, b)| a == b).count();
    let start = (blocks * BLOCK).min(a.len()).min(b.len());
    let rest = a[start..].iter().zip(&b[start..]);
    start + rest.take_while(|(a, b)| a == b).count()
}
