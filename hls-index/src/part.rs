//! Partial segments: EXT-X-PART (RFC 8216bis §4.4.4.9).

use core::fmt;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::attributes::AttributeList;
use crate::byte_range::{ByteRange, WrittenByteRange};
use crate::error::{Fault, ParseErrorKind};
use crate::media::MediaPlaylist;
use crate::scan::plain;
use crate::time::{Decimal, Ticks};
use crate::value::{Named, Value, duration_fault};

/// A partial segment: a piece of a segment that can be fetched before the whole of it is there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Part<'p> {
    /// Its Part Index: its place within its segment, counted from 0.
    pub index: usize,
    /// Its URI.
    pub uri: &'p str,
    /// The part of the resource, its offset resolved; all of it when `None`.
    pub byte_range: Option<ByteRange>,
    /// When it begins, counted from the start of the playlist.
    pub start: Ticks,
    /// When it ends: its start and DURATION, kept exactly.
    pub end: Ticks,
    /// INDEPENDENT: whether it holds a frame that decodes without any other.
    pub is_independent: bool,
    /// GAP: whether there is nothing behind the URI, and it should not be loaded.
    pub is_gap: bool,
    /// All attributes as they are written.
    pub attributes: AttributeList<'p>,
}

/// The parts of a segment in order; see [`Segment::parts`](crate::Segment::parts) and
/// [`MediaPlaylist::trailing_parts`].
#[derive(Clone)]
pub struct Parts<'p> {
    playlist: &'p MediaPlaylist<'p>,
    /// Their numbers among all parts of the playlist.
    numbers: Range<usize>,
    index: usize,
    /// When the segment begins, and how long the parts so far are.
    start: Ticks,
    sum: Decimal,
    /// Where the byte range of the part before ended.
    range_end: Option<u64>,
}

impl<'p> Parts<'p> {
    pub(crate) const fn new(
        playlist: &'p MediaPlaylist<'p>,
        numbers: Range<usize>,
        start: Ticks,
    ) -> Self {
        Self { playlist, numbers, index: 0, start, sum: Decimal::ZERO, range_end: None }
    }

    /// No parts.
    pub(crate) const fn none(playlist: &'p MediaPlaylist<'p>) -> Self {
        Self::new(playlist, 0..0, Ticks::ZERO)
    }
}

impl<'p> Iterator for Parts<'p> {
    type Item = Part<'p>;

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.playlist.part_value(self.numbers.next()?);
        // The parser has read all of this before.
        let written = WrittenPart::read(value, usize::MAX).ok()?;
        let byte_range = resolve(written.byte_range, &mut self.range_end).ok()?;
        let start = self.start + self.sum.ceil().unwrap_or(Ticks::MAX);
        let sum = self.sum.checked_add(written.duration);
        self.sum = sum.unwrap_or_else(|| Ticks::MAX.into());
        let index = self.index;
        self.index += 1;
        Some(Part {
            index,
            uri: written.uri,
            byte_range,
            start,
            end: self.start + self.sum.ceil().unwrap_or(Ticks::MAX),
            is_independent: written.is_independent,
            is_gap: written.is_gap,
            attributes: value.list(),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.numbers.size_hint()
    }
}

impl ExactSizeIterator for Parts<'_> {}
impl FusedIterator for Parts<'_> {}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// EXT-X-PART as it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WrittenPart<'p> {
    pub(crate) uri: &'p str,
    pub(crate) duration: Decimal,
    pub(crate) byte_range: Option<WrittenByteRange>,
    pub(crate) is_independent: bool,
    pub(crate) is_gap: bool,
}

impl<'p> WrittenPart<'p> {
    pub(crate) fn read(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let list = value.text;
        match PlainPart::read(list.as_bytes(), limit) {
            Some((PlainPart { uri, duration, byte_range, is_independent, is_gap }, [])) => {
                Ok(Self { uri: &list[uri], duration, byte_range, is_independent, is_gap })
            }
            _ => Self::read_list(value, limit),
        }
    }

    fn read_list(value: Value<'p>, limit: usize) -> Result<Self, Fault> {
        let (mut uri, mut duration, mut byte_range) = (None, None, None);
        let (mut is_independent, mut is_gap) = (false, false);
        for attribute in value.attributes(limit) {
            let Named { name, value, .. } = attribute?;
            match name {
                "URI" => uri = Some(value.text),
                "DURATION" => duration = Some(exact_duration(value)?),
                "BYTERANGE" => byte_range = Some(value.byte_range()?),
                "INDEPENDENT" => is_independent = value.is_yes(),
                "GAP" => is_gap = value.is_yes(),
                _ => {}
            }
        }
        let uri = uri.ok_or_else(|| value.missing("URI"))?;
        let duration = duration.ok_or_else(|| value.missing("DURATION"))?;
        Ok(Self { uri, duration, byte_range, is_independent, is_gap })
    }
}

/// The same, as nearly all packagers write it: plain text, attributes of the draft, each once, with
/// nothing around them.
#[derive(Clone, Debug)]
pub(crate) struct PlainPart {
    /// Where it is in the list.
    uri: Range<usize>,
    duration: Decimal,
    pub(crate) byte_range: Option<WrittenByteRange>,
    is_independent: bool,
    is_gap: bool,
}

impl PlainPart {
    /// Reads the list that `text` starts with, and gives what follows it. `None` where something is
    /// else.
    #[inline(always)]
    pub(crate) fn read(text: &[u8], limit: usize) -> Option<(Self, &[u8])> {
        /// So many different ones there are.
        const ATTRIBUTES: usize = 5;
        if limit < ATTRIBUTES {
            return None;
        }
        let mut rest = text;
        let (mut uri, mut duration, mut byte_range) = (None, None, None);
        let (mut is_independent, mut is_gap) = (false, false);
        loop {
            let is_first = match rest.first()? {
                b'U' => {
                    rest = rest.strip_prefix(b"URI=\"")?;
                    let start = text.len() - rest.len();
                    let length = plain::length::<b'"'>(rest);
                    rest = rest[length..].strip_prefix(b"\"")?;
                    uri.replace(start..start + length).is_none()
                }
                b'D' => {
                    let (read, after) = Decimal::read(rest.strip_prefix(b"DURATION=")?).ok()?;
                    rest = after;
                    duration.replace(read).is_none()
                }
                b'I' => {
                    rest = rest.strip_prefix(b"INDEPENDENT=YES")?;
                    !core::mem::replace(&mut is_independent, true)
                }
                b'B' => {
                    let value = rest.strip_prefix(b"BYTERANGE=\"")?;
                    let (range, after) = WrittenByteRange::read_start(value).ok()?;
                    rest = after.strip_prefix(b"\"")?;
                    byte_range.replace(range).is_none()
                }
                b'G' => {
                    rest = rest.strip_prefix(b"GAP=YES")?;
                    !core::mem::replace(&mut is_gap, true)
                }
                _ => return None,
            };
            if !is_first {
                return None;
            }
            let [b',', after @ ..] = rest else { break };
            rest = after;
        }
        let part = Self { uri: uri?, duration: duration?, byte_range, is_independent, is_gap };
        Some((part, rest))
    }
}

fn exact_duration(value: Value<'_>) -> Result<Decimal, Fault> {
    match Decimal::read(value.text.as_bytes()) {
        Ok((duration, [])) => Ok(duration),
        Ok(_) => Err(value.fault(ParseErrorKind::NotADuration)),
        Err(error) => Err(value.fault(duration_fault(error))),
    }
}

/// The range of a part, where `end` is that of the part before it in the same segment; `end` is
/// then that of this one. A first one without offset begins at 0, as players have it.
pub(crate) fn resolve(
    written: Option<WrittenByteRange>,
    end: &mut Option<u64>,
) -> Result<Option<ByteRange>, ParseErrorKind> {
    let range = written.map(|written| written.resolve(end.unwrap_or(0))).transpose()?;
    *end = range.map(ByteRange::end);
    Ok(range)
}
