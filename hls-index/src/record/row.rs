use alloc::vec::Vec;

use super::page::{Page, split_text};
use crate::byte_range::ByteRange;
use crate::key::Keys;
use crate::media::{Map, MediaSequence};
use crate::placement::{Names, Placement, Server};
use crate::segment::Segment;
use crate::time::Ticks;

/// What a record keeps of one segment, but for its servers.
#[derive(Clone, Debug)]
pub(super) struct Row<'p> {
    /// In ticks.
    pub(super) length: u64,
    pub(super) size: Option<u64>,
    pub(super) offset: Option<u64>,
    pub(super) name: &'p str,
    pub(super) map: Option<Map<'p>>,
    pub(super) keys: Keys<'p>,
    pub(super) is_gap: bool,
    pub(super) is_discontinuity: bool,
    /// The nanoseconds from its start to its date, which is since 1970.
    pub(super) clock: Option<i128>,
}

impl<'p> Row<'p> {
    /// What is kept of `segment`, which plays for `length` and begins `start` after the record does.
    pub(super) fn new(
        segment: &Segment<'p>,
        length: Ticks,
        start: Ticks,
        bytes: Option<u64>,
    ) -> Self {
        let byte_range = segment.byte_range();
        let start = i128::from(start.count());
        Self {
            length: length.count(),
            size: byte_range.map(ByteRange::length).or(bytes),
            offset: byte_range.map(ByteRange::offset),
            name: segment.uri(),
            map: segment.map(),
            keys: segment.keys(),
            is_gap: segment.is_gap(),
            is_discontinuity: segment.is_discontinuity(),
            clock: segment.date().map(|date| date.unix_nanos() - start),
        }
    }
}

/// What was worked out for one segment and holds for most that follow it as well, with the places of its texts
/// in the page.
#[derive(Clone, Debug, Default)]
pub(super) struct Known<'p> {
    pub(super) servers: Vec<Place>,
    pub(super) servers_at: Option<u64>,
    /// Whether there are servers, and the first segment that has others.
    servers_until: Option<Option<MediaSequence>>,
    pub(super) map: Option<(Option<Map<'p>>, u64)>,
    pub(super) keys: Option<(Keys<'p>, u64)>,
}

/// A server that has a segment, its texts as they will stand in the record.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) server: Vec<u8>,
    /// What segments are called there, when it isn't what the playlist calls them.
    pub(super) names: Option<Vec<u8>>,
}

impl Known<'_> {
    /// Sees to the servers of a segment, which is none before the last one.
    pub(super) fn find_servers(&mut self, placement: &Placement, sequence: MediaSequence) {
        if self.servers_until.is_some_and(|until| until.is_none_or(|until| sequence < until)) {
            return;
        }
        self.servers_until = Some(placement.next_run(sequence));
        self.servers_at = None;
        self.servers.clear();
        let places = placement.places_of(sequence).into_iter();
        self.servers.extend(places.map(|(server, names)| Place {
            server: server_text(server),
            names: names.map(|(template, number)| {
                let mut text = number.wrapping_sub(sequence.0).to_le_bytes().to_vec();
                let (prefix, digits, suffix) = template.parts();
                put_template(&mut text, Names { prefix, digits, suffix });
                text
            }),
        }));
    }

    /// The next segment goes into another page.
    pub(super) fn forget_places(&mut self) {
        self.servers_at = None;
        self.map = None;
        self.keys = None;
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

/// The fewest digits, what stands before the number, and what stands after it.
pub(super) fn put_template(out: &mut Vec<u8>, names: Names<'_>) {
    out.push(names.digits);
    put_text(out, names.prefix.as_bytes());
    put_text(out, names.suffix.as_bytes());
}
