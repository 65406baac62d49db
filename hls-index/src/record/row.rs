use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::entry::Entry;
use super::page::{Page, column, flag, split_text};
use crate::byte_range::ByteRange;
use crate::index::SegmentIndex;
use crate::key::Keys;
use crate::placement::{Placement, Server};
use crate::segment::Segment;

/// What a record keeps of one segment, its texts as they will stand there.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// In ticks.
    pub(super) length: u64,
    pub(super) size: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) name: String,
    pub(super) servers: Vec<Vec<u8>>,
    pub(super) map: Option<Map>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) is_gap: bool,
    pub(super) is_discontinuity: bool,
    /// The nanoseconds from its start to its date, which is since 1970.
    pub(super) clock: Option<i128>,
}

#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) uri: String,
    pub(super) byte_range: Option<ByteRange>,
    pub(super) keys: Vec<Vec<u8>>,
}

impl Row {
    pub(super) fn new(
        index: &SegmentIndex<'_>,
        segment: &Segment<'_>,
        placement: &Placement,
        bytes: Option<u64>,
    ) -> Self {
        let span = index.span(segment);
        let byte_range = segment.byte_range();
        let nominal = i128::from(segment.start().count());
        Self {
            length: (span.end - span.start).count(),
            size: byte_range.map(ByteRange::length).or(bytes),
            offset: byte_range.map(ByteRange::offset),
            name: segment.uri().to_string(),
            servers: placement.servers_of(segment.sequence()).into_iter().map(server).collect(),
            map: segment.map().map(|map| Map {
                uri: map.uri.to_string(),
                byte_range: map.byte_range,
                keys: keys(map.keys),
            }),
            keys: keys(segment.keys()),
            is_gap: segment.is_gap(),
            is_discontinuity: segment.is_discontinuity(),
            clock: segment.date().map(|date| date.unix_nanos() - nominal),
        }
    }

    /// What a page has kept.
    pub(super) fn of_entry(entry: &Entry<'_>) -> Self {
        let Entry { page, number } = *entry;
        let byte_range = entry.byte_range();
        let nested = |at| nested_places(page, page.value(at, number)).map(<[u8]>::to_vec).collect();
        let keys = |place| texts(page.text(place)).map(<[u8]>::to_vec).collect();
        Self {
            length: (entry.end() - entry.start()).count(),
            size: entry.bytes(),
            offset: byte_range.map(ByteRange::offset),
            name: entry.uri(),
            servers: nested(column::SERVERS),
            map: entry.map().map(|map| Map {
                uri: map.uri.to_string(),
                byte_range: map.byte_range,
                keys: keys(map.keys_at),
            }),
            keys: keys(page.value(column::KEYS, number)),
            is_gap: entry.has(flag::GAP),
            is_discontinuity: entry.has(flag::DISCONTINUITY),
            clock: entry.clock(),
        }
    }
}

/// The texts one after the other in a text.
pub(super) fn texts(mut text: &[u8]) -> impl Iterator<Item = &[u8]> {
    core::iter::from_fn(move || {
        let (first, rest) = split_text(text)?;
        text = rest;
        Some(first)
    })
}

/// The texts at the places that a text lists.
pub(super) fn nested_places(page: Page<'_>, place: u64) -> impl Iterator<Item = &[u8]> {
    let places = page.text(place).chunks_exact(2);
    places.map(move |place| page.text(u64::from(place[0]) | u64::from(place[1]) << 8))
}

/// A text with its length before it; what is longer than a length can tell is cut off, and then
/// found too long for a page.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_le_bytes());
    out.extend(text);
}

/// ID, base and host (empty when there is none), then names and values of parameters.
fn server(server: &Server) -> Vec<u8> {
    let mut text = Vec::new();
    put_text(&mut text, server.id().as_bytes());
    put_text(&mut text, server.base().as_bytes());
    let (host, parameters) = match server.replacement() {
        Some(replacement) => replacement.parts(),
        None => return text,
    };
    put_text(&mut text, host.unwrap_or_default().as_bytes());
    for (name, value) in parameters {
        put_text(&mut text, name.as_bytes());
        put_text(&mut text, value.as_bytes());
    }
    text
}

/// The attribute lists of all keys.
fn keys(keys: Keys<'_>) -> Vec<Vec<u8>> {
    keys.iter().map(|key| key.attributes.as_str().as_bytes().to_vec()).collect()
}
