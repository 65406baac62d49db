use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::entry::Entry;
use super::page::{Page, column, flag, split_text};
use crate::byte_range::ByteRange;
use crate::key::Keys;
use crate::media::MediaSequence;
use crate::placement::{Placement, Server, UriTemplate};
use crate::segment::Segment;
use crate::time::Ticks;

/// What a record keeps of one segment, its texts as they will stand there.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// In ticks.
    pub(super) length: u64,
    pub(super) size: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) name: String,
    pub(super) servers: Vec<Place>,
    pub(super) map: Option<Map>,
    pub(super) keys: Vec<Vec<u8>>,
    pub(super) is_gap: bool,
    pub(super) is_discontinuity: bool,
    /// The nanoseconds from its start to its date, which is since 1970.
    pub(super) clock: Option<i128>,
}

/// A server that has it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) server: Vec<u8>,
    /// What segments are called there, when it isn't what the playlist calls them.
    pub(super) names: Option<Vec<u8>>,
}

#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) uri: String,
    pub(super) byte_range: Option<ByteRange>,
    pub(super) keys: Vec<Vec<u8>>,
}

impl Row {
    /// What is kept of `segment`, which plays for `length` and begins `start` after the record does.
    pub(super) fn new(
        segment: &Segment<'_>,
        length: Ticks,
        start: Ticks,
        placement: &Placement,
        bytes: Option<u64>,
    ) -> Self {
        let byte_range = segment.byte_range();
        let start = i128::from(start.count());
        Self {
            length: length.count(),
            size: byte_range.map(ByteRange::length).or(bytes),
            offset: byte_range.map(ByteRange::offset),
            name: segment.uri().to_string(),
            servers: places(placement, segment.sequence()),
            map: segment.map().map(|map| Map {
                uri: map.uri.to_string(),
                byte_range: map.byte_range,
                keys: keys(map.keys),
            }),
            keys: keys(segment.keys()),
            is_gap: segment.is_gap(),
            is_discontinuity: segment.is_discontinuity(),
            clock: segment.date().map(|date| date.unix_nanos() - start),
        }
    }

    /// What a page has kept.
    pub(super) fn of_entry(entry: &Entry<'_>) -> Self {
        let Entry { page, number } = *entry;
        let byte_range = entry.byte_range();
        let places = server_places(page, page.value(column::SERVERS, number));
        let keys = |place| texts(page.text(place)).map(<[u8]>::to_vec).collect();
        Self {
            length: (entry.end() - entry.start()).count(),
            size: entry.bytes(),
            offset: byte_range.map(ByteRange::offset),
            name: entry.uri(),
            servers: places
                .map(|(server, names)| Place {
                    server: server.to_vec(),
                    names: names.map(<[u8]>::to_vec),
                })
                .collect(),
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

/// The servers that a text lists: the text of each, and that of its names where it has its own.
pub(super) fn server_places(
    page: Page<'_>,
    place: u64,
) -> impl Iterator<Item = (&[u8], Option<&[u8]>)> {
    let (places, _) = page.text(place).as_chunks::<4>();
    places.iter().map(move |&[server, server_high, names, names_high]| {
        let text = |place: [u8; 2]| page.text(u64::from(u16::from_le_bytes(place)));
        let names = [names, names_high];
        (text([server, server_high]), (names != [0, 0]).then(|| text(names)))
    })
}

/// A text with its length before it; what is longer than a length can tell is cut off, and then
/// found too long for a page.
pub(super) fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    out.extend(length.to_le_bytes());
    out.extend(text);
}

/// ID, base and host (empty when there is none), then names and values of parameters.
fn server_text(server: &Server) -> Vec<u8> {
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

/// The servers that have a segment, in order.
fn places(placement: &Placement, sequence: MediaSequence) -> Vec<Place> {
    let places = placement.places_of(sequence).into_iter();
    places
        .map(|(server, names)| Place {
            server: server_text(server),
            names: names.map(|(template, number)| {
                let mut text = number.wrapping_sub(sequence.0).to_le_bytes().to_vec();
                put_template(&mut text, template);
                text
            }),
        })
        .collect()
}

/// The fewest digits, what stands before the number, and what stands after it.
pub(super) fn put_template(out: &mut Vec<u8>, template: &UriTemplate) {
    let (prefix, digits, suffix) = template.parts();
    out.push(digits);
    put_text(out, prefix.as_bytes());
    put_text(out, suffix.as_bytes());
}

/// The attribute lists of all keys, with what their references to variables stand for.
fn keys(keys: Keys<'_>) -> Vec<Vec<u8>> {
    keys.expanded_lists().map(String::into_bytes).collect()
}
