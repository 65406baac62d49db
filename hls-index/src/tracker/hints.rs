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
