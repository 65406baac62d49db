use alloc::string::{String, ToString as _};

use super::page::{Page, column, flag};
use super::row::{server_places, texts};
use crate::attributes::AttributeList;
use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::media::MediaSequence;
use crate::placement::{Names, Replacement, UriTemplate};
use crate::time::Ticks;
use crate::uri;

/// A segment as a [`Record`](super::Record) has kept it. Its page was found whole.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'r> {
    pub(super) page: Page<'r>,
    /// Its number within the page.
    pub(super) number: u32,
}

/// The initialization section of an [`Entry`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EntryMap<'r> {
    /// The resource, as the playlist wrote it.
    pub uri: &'r str,
    /// The part of the resource; all of it when `None`.
    pub byte_range: Option<ByteRange>,
    pub(super) keys_at: u64,
}

/// A place to fetch a recorded segment from.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EntryCandidate<'r> {
    /// The ID of the server.
    pub server: &'r str,
    /// The absolute URI there.
    pub uri: String,
}

impl<'r> Entry<'r> {
    /// Its place in the record, counted from 0.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.page.header.first + u64::from(self.number)
    }

    /// Its media sequence number.
    #[must_use]
    pub fn sequence(&self) -> MediaSequence {
        MediaSequence(self.page.header.sequence + u64::from(self.number))
    }

    /// When it begins, counted from the start of the record.
    #[must_use]
    pub fn start(&self) -> Ticks {
        Ticks::new(self.page.start(self.number))
    }

    /// When it ends.
    #[must_use]
    pub fn end(&self) -> Ticks {
        Ticks::new(self.page.end(self.number))
    }

    /// Its URI, as the playlist wrote it.
    #[must_use]
    pub fn uri(&self) -> String {
        let text = self.page.text(self.value(column::TEMPLATE));
        if !self.has(flag::NUMBERED) {
            return utf8(text).to_string();
        }
        name(text, self.value(column::NUMBER))
    }

    /// Its size, where it was known.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.has(flag::SIZE).then(|| self.value(column::SIZE))
    }

    /// The part of the resource; all of it when `None`.
    #[must_use]
    pub fn byte_range(&self) -> Option<ByteRange> {
        let offset = self.has(flag::RANGE).then(|| self.value(column::OFFSET))?;
        ByteRange::new(offset, self.bytes()?)
    }

    /// Whether there is no media behind the URI (EXT-X-GAP).
    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.has(flag::GAP)
    }

    /// Whether decoders start afresh with it (EXT-X-DISCONTINUITY).
    #[must_use]
    pub fn is_discontinuity(&self) -> bool {
        self.has(flag::DISCONTINUITY)
    }

    /// The moment on the wall clock at its start, where the playlist had dates.
    #[must_use]
    pub fn date(&self) -> Option<DateTime> {
        let start = i128::from(self.start().count());
        self.clock().map(|clock| DateTime::from_unix_nanos(clock + start))
    }

    /// The initialization section that it needs.
    #[must_use]
    pub fn map(&self) -> Option<EntryMap<'r>> {
        // A place of keys, 1 or 0 for a byte range or none, offset and length, and the URI.
        let text = self.page.text(self.value(column::MAP));
        let (keys, rest) = text.split_first_chunk()?;
        let ([has_range], rest) = rest.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let (length, uri) = rest.split_first_chunk()?;
        let range = ByteRange::new(u64::from_le_bytes(*offset), u64::from_le_bytes(*length));
        Some(EntryMap {
            uri: utf8(uri),
            byte_range: range.filter(|_| *has_range != 0),
            keys_at: u64::from(u16::from_le_bytes(*keys)),
        })
    }

    /// What each EXT-X-KEY in force for it says; nothing when it is not encrypted.
    pub fn keys(&self) -> impl Iterator<Item = AttributeList<'r>> + use<'r> {
        texts(self.page.text(self.value(column::KEYS))).map(|key| AttributeList::new(utf8(key)))
    }

    /// What each EXT-X-KEY in force for its initialization section says.
    pub fn map_keys(&self) -> impl Iterator<Item = AttributeList<'r>> + use<'r> {
        let place = self.map().map_or(0, |map| map.keys_at);
        texts(self.page.text(place)).map(|key| AttributeList::new(utf8(key)))
    }

    /// The places to fetch it from, in order.
    pub fn candidates(&self) -> impl Iterator<Item = EntryCandidate<'r>> + use<'r> {
        let (uri, sequence) = (self.uri(), self.sequence());
        server_places(self.page, self.value(column::SERVERS)).map(move |(server, names)| {
            let mut parts = texts(server).map(utf8);
            let server = parts.next().unwrap_or_default();
            let base = parts.next().unwrap_or_default();
            let resolved = match names.and_then(|names| names.split_first_chunk()) {
                None => uri::resolve(base, &uri),
                Some((offset, names)) => {
                    let number = sequence.0.wrapping_add(u64::from_le_bytes(*offset));
                    uri::resolve(base, &name(names, number))
                }
            };
            let mut replacement = Replacement::new();
            if let Some(host) = parts.next().filter(|host| !host.is_empty()) {
                replacement = replacement.host(host);
            }
            while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                replacement = replacement.parameter(name, value);
            }
            EntryCandidate { server, uri: replacement.apply(&resolved) }
        })
    }

    pub(super) fn has(&self, flag: u64) -> bool {
        self.value(column::FLAGS) & flag != 0
    }

    fn clock(&self) -> Option<i128> {
        self.has(flag::DATE).then(|| self.clock_or_last())
    }

    /// The nanoseconds from its start to its date; where it has none, what stands there instead.
    pub(super) fn clock_or_last(&self) -> i128 {
        let seconds = self.value(column::CLOCK_SECONDS) as i64;
        let nanos = self.value(column::CLOCK_NANOS);
        i128::from(seconds) * 1_000_000_000 + i128::from(nanos)
    }

    /// The template of its name, where that has a number, and the place of its text.
    pub(super) fn template(&self) -> Option<(Names<'r>, u64)> {
        let place = self.value(column::TEMPLATE);
        Some((names(self.page.text(place))?, place))
    }

    fn value(&self, column: usize) -> u64 {
        self.page.value(column, self.number)
    }
}

/// The name with this number, by the template that [`put_template`](super::row::put_template) wrote.
fn name(template: &[u8], number: u64) -> String {
    let Some(Names { prefix, digits, suffix }) = names(template) else { return String::new() };
    UriTemplate::new(prefix, digits, suffix).name(number)
}

fn names(text: &[u8]) -> Option<Names<'_>> {
    let (digits, rest) = text.split_first()?;
    let mut parts = texts(rest).map(utf8);
    let (prefix, suffix) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    Some(Names { prefix, digits: *digits, suffix })
}

/// The text; empty when it is none, which a writer never writes.
fn utf8(text: &[u8]) -> &str {
    core::str::from_utf8(text).unwrap_or_default()
}
