use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::byte_range::ByteRange;
use crate::media::MediaSequence;

/// Something to be fetched: a GET, as HTTP has it. Hand its answer to
/// [`Tracker::handle_response`](super::Tracker::handle_response), or its failure to
/// [`Tracker::handle_failure`](super::Tracker::handle_failure).
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// What to name it by.
    pub id: RequestId,
    /// What is asked for.
    pub resource: Resource,
    /// The absolute URI. Hold its scheme and host against what you allow before you fetch it: a
    /// playlist may name anything.
    pub uri: String,
    /// The part of it; all when `None`.
    pub range: Option<RequestedRange>,
    /// What to send as If-None-Match.
    pub if_none_match: Option<String>,
    /// What to send as If-Modified-Since.
    pub if_modified_since: Option<String>,
}

/// A request of one [`Tracker`](super::Tracker), in the order in which they were made.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RequestId(pub u64);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a [`Request`] is for.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Resource {
    /// The multivariant playlist or a media playlist. The tracker needs its body.
    Playlist,
    /// The steering manifest. The tracker needs its body.
    Steering,
    /// A key (EXT-X-KEY) for the segments from here on, when [`Config::keys`](super::Config::keys)
    /// says so. Here and below the body is the caller's alone.
    Key,
    /// An initialization section.
    Map,
    /// A segment.
    Segment {
        /// Its number.
        sequence: MediaSequence,
    },
    /// A part of a segment.
    Part {
        /// The number of the segment.
        sequence: MediaSequence,
        /// Its Part Index.
        index: usize,
    },
    /// A part that will come, as EXT-X-PRELOAD-HINT says. Which one it was tells
    /// [`Event::HintedPart`](super::Event::HintedPart).
    HintedPart,
    /// An initialization section that will be needed.
    HintedMap,
}

impl Resource {
    /// Whether the tracker reads the body.
    #[must_use]
    pub const fn needs_body(self) -> bool {
        matches!(self, Self::Playlist | Self::Steering)
    }
}

/// Bytes of a resource. `Display` writes them as the header Range has them: `bytes=7-99`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RequestedRange {
    /// The first byte.
    pub offset: u64,
    /// How many; to the end when `None`.
    pub length: Option<u64>,
}

impl From<ByteRange> for RequestedRange {
    fn from(range: ByteRange) -> Self {
        Self { offset: range.offset(), length: Some(range.length()) }
    }
}

impl fmt::Display for RequestedRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The last byte to name where the end is not known yet (RFC 8673 §2).
        const VERY_FAR: u64 = (1 << 53) - 1;
        let last = match self.length {
            Some(length) => self.offset.saturating_add(length).saturating_sub(1),
            None => VERY_FAR.max(self.offset),
        };
        write!(f, "bytes={}-{last}", self.offset)
    }
}

/// An answer to a [`Request`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Response<'b> {
    /// The status code of HTTP; 200 for what has none.
    pub status: u16,
    /// The URI that the answer came from, where the HTTP client followed redirects.
    pub uri: Option<&'b str>,
    /// Location, where it did not.
    pub location: Option<&'b str>,
    /// ETag.
    pub etag: Option<&'b str>,
    /// Last-Modified.
    pub last_modified: Option<&'b str>,
    /// Age: how long a cache held it.
    pub age: Option<Duration>,
    /// Retry-After.
    pub retry_after: Option<Duration>,
    /// The body; for what [`Resource::needs_body`] says no it may be empty.
    pub body: &'b [u8],
}

impl<'b> Response<'b> {
    /// 200, with this body.
    #[must_use]
    pub fn ok(body: &'b [u8]) -> Self {
        Self { status: 200, body, ..Self::default() }
    }

    /// This status, and nothing else.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    pub(super) const fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.location.is_some()
    }
}
