//! Writing playlists: owned ones that can be changed, and the text of them.
//!
//! A parsed playlist that nobody changed is written by its [`Display`](core::fmt::Display) byte
//! for byte. To change one, or to make one from nothing, as an origin does:
//!
//! ```
//! use hls_index::write::{MediaBuilder, NewSegment};
//! use hls_index::Ticks;
//!
//! let mut live = MediaBuilder::new(6);
//! live.media_sequence = 41;
//! live.segments.push_back(NewSegment::new("41.ts", Ticks::from_seconds(6)));
//! live.segments.push_back(NewSegment::new("42.ts", Ticks::from_millis(5_480)));
//! live.evict();
//! assert_eq!(
//!     live.to_text()?,
//!     "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:42\n\
//!      #EXTINF:5.48,\n42.ts\n"
//! );
//! # Ok::<(), hls_index::write::WriteError>(())
//! ```
//!
//! What would break out of its place is refused: line ends anywhere, quotes in quoted strings, URIs
//! that would be read as tags.

mod media;
mod multivariant;
mod of_parsed;
mod output;
mod tag;
mod version;

pub use self::media::{MediaBuilder, NewMap, NewSegment};
pub use self::multivariant::{MultivariantBuilder, MultivariantEntry};
pub use self::tag::NewTag;

/// Why something cannot be written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A CR, LF or another control character in a value, a URI, a title or a comment.
    #[error("a line end or another control character in a value")]
    ControlCharacter,
    /// A double quote in a quoted string.
    #[error("a double quote in a quoted string")]
    Quote,
    /// A comma, a quote or a blank in a value that has no quotes around it, or nothing at all.
    #[error("a value without quotes must have no comma, quote or blank, and not be empty")]
    NotUnquoted,
    /// A URI that is empty, begins with `#`, or has a blank at an end.
    #[error("a URI must not be empty, begin with #, or begin or end with a blank")]
    NotAUri,
    /// The name of a tag does not begin with `EXT`, or has a colon in it; or a comment looks like
    /// a tag.
    #[error("the name of a tag begins with EXT and has no colon, and a comment does not")]
    NotATagName,
    /// The name of an attribute has other characters than A–Z, 0–9 and `-`.
    #[error("the name of an attribute has A-Z, 0-9 and - only")]
    NotAnAttributeName,
    /// An attribute is given twice.
    #[error("an attribute is there twice")]
    DuplicateAttribute,
    /// A reference to a variable, `{$name}`, which readers would replace.
    #[error("text that would be read as a reference to a variable")]
    VariableReference,
    /// A segment is longer than the target duration (RFC 8216bis §4.4.3.1).
    #[error("segment {segment} is longer than the target duration")]
    SegmentTooLong {
        /// The segment, counted from 0.
        segment: usize,
    },
    /// The target duration is 0 (RFC 8216bis §4.4.3.1).
    #[error("the target duration is 0")]
    NoTargetDuration,
    /// A delta update that would skip more segments than there are.
    #[error("there are not as many segments to skip")]
    TooManySkipped,
}
