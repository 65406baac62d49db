use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::split::Skipped;
use crate::date_range::DateRange;
use crate::define::Expansions;
use crate::media::{DATE_RANGE, MediaPlaylist};
use crate::scan::Span;
use crate::value::Value;

/// The EXT-X-DATERANGE tags of a live playlist: delta updates may leave them out.
#[derive(Clone, Debug, Default)]
pub(super) struct DateRanges {
    tags: Vec<DateRangeTag>,
    /// Whether each has the segment after it that it has in the whole text: of a delta update, where it stands
    /// among what that skips cannot be seen.
    are_placed: bool,
    /// Variables are replaced before a tag comes here.
    no_expansions: Expansions,
}

#[derive(Clone, Debug)]
pub(super) struct DateRangeTag {
    /// The segment after it.
    pub(super) sequence: u64,
    list: String,
    /// How many bytes longer the list is than it was written, for the variables in it.
    growth: usize,
}

impl DateRangeTag {
    pub(super) fn all_of(playlist: &MediaPlaylist<'_>) -> impl Iterator<Item = Self> {
        let first = playlist.first_sequence().0;
        playlist.date_range_lists().map(move |(number, written, list)| Self {
            sequence: first + u64::from(number),
            growth: list.len().saturating_sub(written.len()),
            list,
        })
    }
}

impl DateRanges {
    /// A server that adds and never removes: the oldest go.
    const MOST: usize = 65_536;

    pub(super) fn iter(&self) -> impl Iterator<Item = DateRange<'_>> {
        self.tags.iter().filter_map(|tag| self.read(&tag.list))
    }

    fn read<'p>(&'p self, list: &'p str) -> Option<DateRange<'p>> {
        let span = Span { start: 0, end: list.len() };
        let value = Value::new(DATE_RANGE, list, span.into(), &self.no_expansions);
        DateRange::read(value, usize::MAX).ok()
    }

    /// Whether the segments after the tags are those of the whole text.
    pub(super) fn are_placed(&self) -> bool {
        self.are_placed || self.tags.is_empty()
    }

    /// Takes all tags of a whole text.
    pub(super) fn replace(&mut self, tags: Vec<DateRangeTag>) {
        self.tags = tags;
        self.are_placed = true;
    }

    /// Takes the tags before the segment `from` of a text that otherwise has, between its first segment
    /// and `from`, what was there before; and those after it.
    pub(super) fn replace_around(
        &mut self,
        first: u64,
        from: u64,
        before: Vec<DateRangeTag>,
        after: Vec<DateRangeTag>,
    ) {
        let kept = core::mem::take(&mut self.tags);
        let kept = kept.into_iter().filter(|tag| first < tag.sequence && tag.sequence < from);
        self.tags = before.into_iter().chain(kept).chain(after).collect();
    }

    /// Takes the tags of a delta update. Of those that it skips the oldest go where variables made all
    /// together more than `expanded_bytes` longer.
    pub(super) fn update(
        &mut self,
        skipped: &Skipped,
        tags: Vec<DateRangeTag>,
        expanded_bytes: usize,
    ) {
        self.are_placed = false;
        let Some(removed) = &skipped.removed else {
            self.tags = tags;
            return;
        };
        let kept = core::mem::take(&mut self.tags);
        let removed: BTreeSet<&str> = removed.iter().map(String::as_str).collect();
        let new: BTreeSet<&str> = tags.iter().map(|tag| tag.list.as_str()).collect();
        let is_kept = |tag: &DateRangeTag| {
            let is_removed = self.read(&tag.list).is_some_and(|range| removed.contains(range.id));
            !is_removed && !new.contains(tag.list.as_str())
        };
        let mut all: Vec<DateRangeTag> = kept.into_iter().filter(is_kept).collect();
        all.extend(tags);
        let mut growth = 0_usize;
        let newest = all.iter().rev().take(Self::MOST).take_while(|tag| {
            growth = growth.saturating_add(tag.growth);
            growth <= expanded_bytes
        });
        let too_many = all.len() - newest.count();
        all.drain(..too_many);
        self.tags = all;
    }
}
