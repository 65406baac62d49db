//! What a new text says of segments that are held: what is new, and what is not as it was.

use super::{LivePlaylist, ReloadError, Update};
use crate::media::{MediaPlaylist, MediaSequence};
use crate::segment::{Segment, Segments};
use crate::time::Ticks;

impl LivePlaylist {
    /// What is new in a text that goes from `first` to `next`: `segments` are those that were read
    /// of it, and `playlist` has what is after them.
    pub(super) fn compare(
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
}

/// Whether it is the same segment, as far as it may not change.
fn is_same(held: &Segment<'_>, new: &Segment<'_>) -> bool {
    held.uri() == new.uri()
        && held.byte_range() == new.byte_range()
        && is_within(held.duration(), new.duration(), Ticks::new(1))
}

/// Whether `start`, which has the first segment of a text, says of it what is held.
pub(super) fn is_same_start(held: &Segment<'_>, start: &MediaPlaylist<'_>) -> bool {
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
