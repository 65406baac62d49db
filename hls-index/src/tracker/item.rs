//! The pieces of media that are fetched once each.

use alloc::string::{String, ToString as _};

use super::request::{RequestedRange, Resource};
use crate::byte_range::ByteRange;
use crate::key::{IDENTITY, Key, Method};
use crate::live::LivePlaylist;
use crate::media::{Map, MediaSequence};
use crate::part::Part;
use crate::segment::Segment;

/// Something that is fetched once. What segments share comes first in the order.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Item {
    /// A key, by its URI as it is written.
    Key(String),
    Map(MapKey),
    Segment(u64),
    Part(u64, usize),
}

/// An initialization section: its URI as it is written, and its range.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct MapKey {
    uri: String,
    /// Offset and length.
    range: Option<(u64, Option<u64>)>,
}

impl MapKey {
    pub(super) fn new(uri: &str, range: Option<RequestedRange>) -> Self {
        Self { uri: uri.to_string(), range: range.map(|range| (range.offset, range.length)) }
    }
}

impl From<Map<'_>> for MapKey {
    fn from(map: Map<'_>) -> Self {
        Self::new(map.uri, map.byte_range.map(RequestedRange::from))
    }
}

impl Item {
    pub(super) const fn resource(&self) -> Resource {
        match *self {
            Self::Key(_) => Resource::Key,
            Self::Map(_) => Resource::Map,
            Self::Segment(sequence) => Resource::Segment { sequence: MediaSequence(sequence) },
            Self::Part(sequence, index) => {
                Resource::Part { sequence: MediaSequence(sequence), index }
            }
        }
    }

    /// The segment that it is or that it is a part of; `None` for what segments share.
    pub(super) const fn sequence(&self) -> Option<u64> {
        match *self {
            Self::Segment(sequence) | Self::Part(sequence, _) => Some(sequence),
            Self::Key(_) | Self::Map(_) => None,
        }
    }
}

/// All parts of a segment.
pub(super) fn parts_of(sequence: u64) -> core::ops::RangeInclusive<Item> {
    Item::Part(sequence, 0)..=Item::Part(sequence, usize::MAX)
}

/// Whether a key is bytes behind a URI, for a method that is known. Others are for the digital rights
/// management that their KEYFORMAT names.
pub(super) fn is_file(key: &Key<'_>) -> bool {
    let methods =
        [Method::AES_128, Method::SAMPLE_AES, Method::SAMPLE_AES_CTR, Method::AES_256_GCM];
    key.key_format == IDENTITY && methods.contains(&key.method)
}

/// Something to fetch.
#[derive(Clone, Debug)]
pub(super) struct Want {
    pub(super) item: Item,
    /// Its URI as the playlist writes it.
    pub(super) name: String,
    pub(super) range: Option<RequestedRange>,
    /// The segment that it is for.
    pub(super) sequence: u64,
}

impl Want {
    pub(super) fn key(key: &Key<'_>, sequence: u64) -> Self {
        Self { item: Item::Key(key.uri.into()), name: key.uri.into(), range: None, sequence }
    }

    pub(super) fn map(map: Map<'_>, sequence: u64) -> Self {
        let range = map.byte_range.map(RequestedRange::from);
        Self { item: Item::Map(map.into()), name: map.uri.into(), range, sequence }
    }

    pub(super) fn segment(segment: &Segment<'_>) -> Self {
        let sequence = segment.sequence().0;
        let range = segment.byte_range().map(RequestedRange::from);
        Self { item: Item::Segment(sequence), name: segment.uri().into(), range, sequence }
    }

    pub(super) fn part(sequence: u64, part: &Part<'_>) -> Self {
        let range = part.byte_range.map(|range: ByteRange| range.into());
        Self { item: Item::Part(sequence, part.index), name: part.uri.into(), range, sequence }
    }

    /// What to ask for once more; `None` when the playlist has it no longer. What segments share was
    /// last wanted for the segment `sequence`.
    pub(super) fn again(live: &LivePlaylist, item: &Item, sequence: u64) -> Option<Self> {
        match item {
            Item::Key(uri) => {
                Some(Self { item: item.clone(), name: uri.clone(), range: None, sequence })
            }
            Item::Map(MapKey { uri, range }) => {
                let range = range.map(|(offset, length)| RequestedRange { offset, length });
                Some(Self { item: item.clone(), name: uri.clone(), range, sequence })
            }
            &Item::Segment(sequence) => {
                live.segment(MediaSequence(sequence)).map(|segment| Self::segment(&segment))
            }
            &Item::Part(sequence, index) => {
                let mut parts = match live.segment(MediaSequence(sequence)) {
                    Some(segment) => segment.parts(),
                    None if sequence == live.next_sequence().0 => live.trailing_parts(),
                    None => return None,
                };
                parts.nth(index).map(|part| Self::part(sequence, &part))
            }
        }
    }
}
