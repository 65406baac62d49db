//! What a segment's handle and the index read: numbers are below `len()`.

use super::tables::{KeySet, MapTag};
use super::{MAP, Map, MediaPlaylist, map_uri};
use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::key::Keys;
use crate::part::Parts;
use crate::runs::Runs;
use crate::scan::Span;
use crate::text::TextSpan;
use crate::time::Ticks;
use crate::value::Value;

impl<'a> MediaPlaylist<'a> {
    pub(crate) fn boundaries(&self) -> &[Ticks] {
        &self.tables.boundaries
    }

    #[inline]
    pub(crate) fn uri(&self, number: u32) -> &str {
        self.text.expanded(self.tables.uris[number as usize])
    }

    /// The text from the line after the last segment's URI to the end of this one's.
    pub(crate) fn block(&self, number: u32) -> &str {
        let text = self.text();
        let start = match (number as usize).checked_sub(1).map(|before| self.tables.uris[before]) {
            None => 0,
            Some(before) => {
                let rest = &text.as_bytes()[before.end()..];
                memchr::memchr(b'\n', rest).map_or(text.len(), |newline| before.end() + newline + 1)
            }
        };
        &text[start..self.tables.uris[number as usize].end()]
    }

    pub(crate) fn parts(&self, number: u32) -> Parts<'_> {
        let parts = &self.tables.parts;
        let before = |uri: TextSpan| parts.partition_point(|&part| (part as usize) < uri.start());
        let number = number as usize;
        let first = number.checked_sub(1).map_or(0, |last| before(self.tables.uris[last]));
        let end = before(self.tables.uris[number]);
        Parts::new(self, first..end, self.tables.boundaries[number])
    }

    /// The value of the part with this number among all parts.
    pub(crate) fn part_value(&self, number: usize) -> Value<'_> {
        let start = self.tables.parts[number] as usize;
        let line = &self.text.written.as_bytes()[start..];
        let end = memchr::memchr(b'\n', line).unwrap_or(line.len());
        let length = line[..end].trim_ascii_end().len();
        self.text.value("EXT-X-PART", Span { start, end: start + length }.into())
    }

    pub(crate) fn byte_range(&self, number: u32) -> Option<ByteRange> {
        self.tables.byte_ranges.starting_at(number).copied()
    }

    pub(crate) fn dates(&self) -> &Runs<DateTime> {
        &self.tables.dates
    }

    pub(crate) fn is_gap(&self, number: u32) -> bool {
        self.tables.gaps.starting_at(number).is_some()
    }

    pub(crate) fn bitrate(&self, number: u32) -> Option<u64> {
        self.tables.bitrates.holding_at(number).copied()
    }

    pub(crate) fn is_discontinuity(&self, number: u32) -> bool {
        self.tables.discontinuities.starting_at(number).is_some()
    }

    /// The segment with the last EXT-X-DISCONTINUITY at `number` or before it; the first of all
    /// when there is none.
    pub(crate) fn discontinuity_start(&self, number: u32) -> u32 {
        self.tables.discontinuities.since(number).map_or(0, |(first, _)| first)
    }

    pub(crate) fn discontinuity_sequence(&self, number: u32) -> u64 {
        let so_far = self.tables.discontinuities.holding_at(number).copied().unwrap_or_default();
        self.head.discontinuity_sequence + u64::from(so_far)
    }

    pub(crate) fn map(&self, number: u32) -> Option<Map<'_>> {
        let &MapTag { value, byte_range, keys } = self.tables.maps.holding_at(number)?;
        let uri = map_uri(self.text.value(MAP, value), usize::MAX).ok()?;
        Some(Map { uri, byte_range, keys: self.key_set(keys) })
    }

    pub(crate) fn keys(&self, number: u32) -> Keys<'_> {
        self.key_set(self.tables.keys_in_force.holding_at(number).copied().unwrap_or_default())
    }

    fn key_set(&self, KeySet { start, length }: KeySet) -> Keys<'_> {
        let start = start as usize;
        let in_force = self.tables.key_sets.get(start..start + length as usize);
        Keys::new(&self.text, &self.tables.keys, in_force.unwrap_or_default())
    }
}
