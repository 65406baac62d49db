use alloc::vec::Vec;

use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::define::Expansions;
use crate::growth;
use crate::runs::Runs;
use crate::text::TextSpan;
use crate::time::Ticks;

/// What is kept of a playlist's segments, in lists: as much as their number takes, and more only
/// for those that have rare things. Texts are kept as places in the playlist's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// Segment `n` is `[boundaries[n], boundaries[n + 1])`: one more than there are segments.
    pub(super) boundaries: Vec<Ticks>,
    pub(super) uris: Vec<TextSpan>,
    pub(super) byte_ranges: Runs<ByteRange>,
    pub(super) dates: Runs<DateTime>,
    pub(super) gaps: Runs<()>,
    pub(super) bitrates: Runs<u64>,
    /// How many EXT-X-DISCONTINUITY there were so far.
    pub(super) discontinuities: Runs<u32>,
    pub(super) maps: Runs<MapTag>,
    pub(super) keys: Vec<TextSpan>,
    /// The numbers of keys that are in force together, one set after the other.
    pub(super) key_sets: Vec<u32>,
    pub(super) keys_in_force: Runs<KeySet>,
    /// Where the value of each EXT-X-PART begins. Its segment follows from that.
    pub(super) parts: Vec<u32>,
    pub(super) date_ranges: Vec<TextSpan>,
    pub(super) hints: Vec<TextSpan>,
    pub(super) reports: Vec<TextSpan>,
}

/// Where in `key_sets` a set lies.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct KeySet {
    pub(super) start: u32,
    pub(super) length: u32,
}

/// EXT-X-MAP, with the keys that were in force where it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct MapTag {
    pub(super) value: TextSpan,
    pub(super) byte_range: Option<ByteRange>,
    pub(super) keys: KeySet,
}

impl Tables {
    /// Forgets everything but the memory.
    pub(super) fn clear(&mut self) {
        let Self {
            boundaries,
            uris,
            byte_ranges,
            dates,
            gaps,
            bitrates,
            discontinuities,
            maps,
            keys,
            key_sets,
            keys_in_force,
            parts,
            date_ranges,
            hints,
            reports,
        } = self;
        boundaries.clear();
        uris.clear();
        byte_ranges.clear();
        dates.clear();
        gaps.clear();
        bitrates.clear();
        discontinuities.clear();
        maps.clear();
        keys.clear();
        key_sets.clear();
        keys_in_force.clear();
        parts.clear();
        date_ranges.clear();
        hints.clear();
        reports.clear();
    }

    /// Gives back memory that is not needed, in those lists that may be long.
    pub(super) fn trim(&mut self) {
        growth::trim(&mut self.boundaries);
        growth::trim(&mut self.uris);
        self.byte_ranges.trim();
        self.dates.trim();
        self.gaps.trim();
        self.bitrates.trim();
        self.discontinuities.trim();
        self.maps.trim();
        growth::trim(&mut self.keys);
        growth::trim(&mut self.key_sets);
        self.keys_in_force.trim();
        growth::trim(&mut self.parts);
        growth::trim(&mut self.date_ranges);
    }
}

/// The memory of a parsed playlist, to be used again: see
/// [`MediaPlaylist::parse_into`](crate::MediaPlaylist::parse_into).
#[derive(Clone, Debug, Default)]
pub struct Buffers(pub(super) (Tables, Expansions));
