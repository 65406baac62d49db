//! Preload hints: what is asked for before it is there (RFC 8216bis §6.3.8).

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::request::{RequestId, RequestedRange};
use crate::byte_range::ByteRange;
use crate::hint::{HintType, PreloadHint};
use crate::live::LivePlaylist;

/// A hinted part that was asked for.
#[derive(Clone, Debug)]
pub(super) struct HintedPart {
    /// Its number among all hints.
    pub(super) number: u64,
    uri: String,
    offset: u64,
    length: Option<u64>,
    /// The request that asked for it last.
    pub(super) request: RequestId,
    /// The same, while it is under way.
    pub(super) id: Option<RequestId>,
    pub(super) is_held: bool,
    /// The parts that turned out to be in it: number of the segment and Part Index.
    pub(super) parts: Vec<(u64, usize)>,
}

impl HintedPart {
    pub(super) fn new(number: u64, hint: &PreloadHint<'_>) -> Self {
        Self {
            number,
            uri: hint.uri.to_string(),
            offset: hint.byte_range_start,
            length: hint.byte_range_length,
            request: RequestId(0),
            id: None,
            is_held: false,
            parts: Vec::new(),
        }
    }

    pub(super) fn range(&self) -> Option<RequestedRange> {
        range(self.offset, self.length)
    }

    /// Whether what it asked for has this range of this resource in it.
    pub(super) fn has(&self, uri: &str, byte_range: Option<ByteRange>) -> bool {
        let is_within = match (byte_range, self.length) {
            (None, length) => self.offset == 0 && length.is_none(),
            (Some(range), None) => range.offset() >= self.offset,
            (Some(range), Some(length)) => {
                range.offset() >= self.offset && range.end() <= self.offset.saturating_add(length)
            }
        };
        uri == self.uri && is_within
    }

    /// Whether what `hint` asks for is in it.
    pub(super) fn has_hint(&self, hint: &PreloadHint<'_>) -> bool {
        let PreloadHint { uri, byte_range_start: offset, byte_range_length: length, .. } = *hint;
        let is_same = (self.offset, self.length) == (offset, length);
        let is_later = self.length.is_none() && offset >= self.offset;
        uri == self.uri && (is_same || is_later)
    }
}

/// The first hint of a type; others are to be ignored.
pub(super) fn hint(live: &LivePlaylist, hint_type: HintType) -> Option<PreloadHint<'_>> {
    live.preload_hints().find(|hint| hint.hint_type == hint_type)
}

/// The bytes that a hint is about; all where it says nothing.
pub(super) fn range(offset: u64, length: Option<u64>) -> Option<RequestedRange> {
    (offset > 0 || length.is_some()).then_some(RequestedRange { offset, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(uri: &str, offset: u64, length: Option<u64>) -> PreloadHint<'_> {
        PreloadHint {
            hint_type: HintType::Part,
            uri,
            byte_range_start: offset,
            byte_range_length: length,
        }
    }

    #[test]
    fn a_part_lies_in_what_was_hinted_or_not() {
        let range = |offset, length| ByteRange::new(offset, length);
        for (offset, length, part, expected) in [
            (0, None, None, true),
            (1, None, None, false),
            (0, Some(10), None, false),
            (5, None, range(5, 10), true),
            (5, None, range(4, 10), false),
            (5, Some(10), range(5, 10), true),
            (5, Some(10), range(7, 8), true),
            (5, Some(10), range(7, 9), false),
            (5, Some(10), range(4, 2), false),
        ] {
            let hinted = HintedPart::new(0, &hint("a", offset, length));
            assert_eq!(hinted.has("a", part), expected, "{offset} {length:?} {part:?}");
            assert!(!hinted.has("b", part));
        }
    }

    #[test]
    fn a_hint_is_within_another_or_not() {
        for (first, second, expected) in [
            ((5, Some(10)), (5, Some(10)), true),
            ((5, Some(10)), (5, Some(9)), false),
            ((5, Some(10)), (6, Some(10)), false),
            ((5, None), (5, None), true),
            ((5, None), (9, Some(1)), true),
            ((5, None), (4, None), false),
        ] {
            let hinted = HintedPart::new(0, &hint("a", first.0, first.1));
            let is_in = |uri| hinted.has_hint(&hint(uri, second.0, second.1));
            assert_eq!((is_in("a"), is_in("b")), (expected, false), "{first:?} {second:?}");
        }
    }

    #[test]
    fn all_of_a_resource_is_no_range() {
        assert_eq!(range(0, None), None);
        assert_eq!(range(7, None), Some(RequestedRange { offset: 7, length: None }));
        assert_eq!(range(0, Some(7)), Some(RequestedRange { offset: 0, length: Some(7) }));
    }
}
