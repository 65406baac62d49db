//! What a live playlist asks of the pieces that it is kept in, and what makes a playlist that can be
//! changed of a parsed one.

use alloc::string::String;

use super::MediaPlaylist;
use super::head::Head;
use crate::text::Text;
use crate::time::Decimal;

impl MediaPlaylist<'_> {
    /// Where the URI of a segment ends in the text.
    pub(crate) fn uri_end(&self, number: u32) -> usize {
        self.tables.uris[number as usize].end()
    }

    /// Where the first URI ends; the end of the text when there is none.
    pub(crate) fn first_uri_end(&self) -> usize {
        self.tables.uris.first().map_or(self.text.written.len(), |uri| uri.end())
    }

    /// The URI as it is written, without variables replaced.
    pub(crate) fn written_uri(&self, number: u32) -> &str {
        self.text.written(self.tables.uris[number as usize])
    }

    /// The value of the EXT-X-MAP of a segment, without variables replaced.
    pub(crate) fn written_map(&self, number: u32) -> Option<&str> {
        self.tables.maps.holding_at(number).map(|map| self.text.written(map.value))
    }

    /// How many bytes longer the attribute list `list`, which is a piece of the text, is with variables
    /// replaced.
    pub(crate) fn growth_of_list(&self, list: &str) -> usize {
        self.text.expanded_list(list).len().saturating_sub(list.len())
    }

    /// How many bytes variables take that are defined before `place` in the text, and what replaces the
    /// references there.
    pub(crate) fn expanded_bytes_before(&self, place: usize) -> usize {
        self.text.expansions.bytes_before(place)
    }

    /// The same from `place` on.
    pub(crate) fn expanded_bytes_from(&self, place: usize) -> usize {
        self.text.expansions.bytes() - self.expanded_bytes_before(place)
    }

    /// The first segment whose URI ends at `offset` of the text or after it.
    pub(crate) fn segment_around(&self, offset: usize) -> u32 {
        self.tables.uris.partition_point(|uri| uri.end() < offset) as u32
    }

    pub(crate) const fn exact_duration(&self) -> Decimal {
        self.sum
    }

    /// Whether both say the same of themselves, but for their numbers and what was skipped.
    pub(crate) fn has_head_of(&self, other: &MediaPlaylist<'_>) -> bool {
        let head = |head: Head| Head {
            media_sequence: 0,
            discontinuity_sequence: 0,
            skipped_segments: None,
            skip: None,
            ..head
        };
        head(self.head) == head(other.head) && self.variables().len() == other.variables().len()
    }

    /// The values of the EXT-X-DATERANGE tags, each with the number of the segment after it: as it is
    /// written, and with variables replaced.
    pub(crate) fn date_range_lists(&self) -> impl Iterator<Item = (u32, &str, String)> {
        self.tables.date_ranges.iter().map(|&span| {
            let number = self.tables.uris.partition_point(|uri| uri.start() < span.start());
            let written = self.text.written(span);
            (number as u32, written, self.text.expanded_list(written))
        })
    }
}

impl<'a> MediaPlaylist<'a> {
    pub(crate) const fn text_parts(&self) -> &Text<'a> {
        &self.text
    }

    pub(crate) fn discontinuity_base(&self) -> u64 {
        self.head.discontinuity_sequence
    }

    /// The text after the last segment's URI.
    pub(crate) fn text_after_segments(&self) -> &str {
        let end = self.tables.uris.last().map_or(0, |uri| uri.end());
        &self.text.written[end..]
    }
}
