//! Streams (TCP, TLS) keep no boundaries between messages: here they are cut into STUN messages
//! and ChannelData, each of which tells its own length (RFC 8489 §6.2.2, RFC 8656 §12.5).
//!
//! [`split_first`] looks at bytes that lie together, and needs no heap. A `Deframer` takes them
//! in whatever pieces they come, and keeps what is there of a frame that has only begun:
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use std::io::Read;
//! use stun_codec::framing::{Deframer, FrameKind};
//!
//! let mut stream: &[u8] = b"\x40\x01\0\x05hello\0\0\0\0\x01\0\0\x21\x12\xA4\x42abcdefghijkl";
//! let mut deframer = Deframer::new(2048);
//! let mut buffer = [0; 10]; // one for all streams of a thread: nothing stays in it
//! let mut kinds = Vec::new();
//! loop {
//!     let length = stream.read(&mut buffer)?;
//!     if length == 0 {
//!         break;
//!     }
//!     let mut input = &buffer[..length];
//!     while let Some(frame) = deframer.next_frame(&mut input)? {
//!         kinds.push((frame.kind, frame.bytes.len()));
//!     }
//! }
//! assert_eq!(kinds, [(FrameKind::ChannelData, 9), (FrameKind::Stun, 20)]);
//! assert_eq!(deframer.held(), 0, "the stream ended between two frames");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What can be told from the front of a frame is told as soon as it is there: the magic cookie
//! byte by byte, a length that is not a multiple of 4, a length beyond the limit. All of these mean
//! that nobody knows where the next frame begins, so the stream is lost and must be closed.
//! Messages without the magic cookie (RFC 3489) never came over such streams, and are not taken.
//!
//! When bytes come to a TURN client or server by another framing (RFC 4571 for ICE over TCP), that
//! framing tells the lengths, and nothing of this is needed.

#[cfg(feature = "alloc")]
mod deframer;

use crate::channel_data::ChannelData;
use crate::header::{HEADER_LENGTH, MAGIC_COOKIE};

#[cfg(feature = "alloc")]
pub use deframer::Deframer;

/// The longest that a frame can be: a STUN message of 65,532 bytes behind its header.
pub const MAX_FRAME_LENGTH: usize = HEADER_LENGTH + 65_532;

/// What a frame is, by its first two bytes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FrameKind {
    /// A STUN message: the top two bits are zero (RFC 8489 §5).
    Stun,
    /// ChannelData on a channel that there can be: 0x4000 to 0x4FFF (RFC 8656 §12).
    ChannelData,
    /// ChannelData on one of the numbers 0x5000 to 0x7FFF, which RFC 5766 allowed and RFC 8656 has
    /// reserved. It must be dropped without a word (RFC 8656 §12.6); what follows it is sound.
    Reserved,
}

/// One message of a stream, as it would be in a datagram of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: FrameKind,
    /// The whole message, its header included and padding behind it left out.
    pub bytes: &'a [u8],
}

impl Frame<'_> {
    /// How much of the stream it takes: with the padding behind ChannelData, a multiple of 4.
    #[must_use]
    pub const fn wire_length(&self) -> usize {
        self.bytes.len().next_multiple_of(4)
    }
}

/// What lies at the front of some bytes of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Split<'a> {
    /// A whole frame.
    Whole {
        /// The frame.
        frame: Frame<'a>,
        /// What follows it and its padding.
        rest: &'a [u8],
    },
    /// A frame that has only begun, or nothing yet. At least so many bytes must follow before it
    /// can be whole, and never more than belong to it; not zero.
    Missing(usize),
}

/// Why a stream cannot be read further: close it. Offsets count from the start of the frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// The first byte opens neither STUN nor ChannelData.
    #[error("0x{first:02x} opens neither a STUN message nor ChannelData")]
    Neither {
        /// The first byte: the upper of its bits is set.
        first: u8,
    },
    /// The length of a STUN message that is not a multiple of 4 (RFC 8489 §5).
    #[error("the STUN message's length {length} is not a multiple of 4")]
    UnalignedLength {
        /// The length that the header names.
        length: u16,
    },
    /// A frame beyond the caller's limit.
    #[error("a frame of {length} bytes or more, where {limit} are the limit")]
    TooLong {
        /// The length of the frame with its padding, as far as it is known.
        length: usize,
        /// The limit.
        limit: usize,
    },
    /// Not the magic cookie where a STUN message has it (RFC 8489 §5).
    #[error("no magic cookie at offset 4")]
    MagicCookie,
}

impl FramingError {
    /// Which field of the frame is wrong: where it starts, counted from the start of the frame.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match self {
            Self::Neither { .. } => 0,
            Self::UnalignedLength { .. } | Self::TooLong { .. } => 2,
            Self::MagicCookie => 4,
        }
    }
}

/// Cuts the first frame off `bytes`, the next ones of a stream. `limit` is how long a frame may be
/// with its padding, at most [`MAX_FRAME_LENGTH`]; the time this takes does not depend on lengths.
///
/// ```
/// use stun_codec::framing::{Split, split_first};
///
/// assert_eq!(split_first(b"\x40\x01\0\x05hel", 2048)?, Split::Missing(5)); // two, and padding
/// # Ok::<(), stun_codec::framing::FramingError>(())
/// ```
///
/// # Errors
/// When no frame can begin with these bytes, or only one that is too long.
#[inline]
pub fn split_first(bytes: &[u8], limit: usize) -> Result<Split<'_>, FramingError> {
    let front = Front::read(bytes, limit)?;
    let missing = front.missing(bytes.len());
    Ok(match (bytes.get(..front.length), bytes.get(front.wire_length()..)) {
        (Some(bytes), Some(rest)) if missing == 0 => {
            Split::Whole { frame: Frame { kind: front.kind, bytes }, rest }
        }
        _ => Split::Missing(missing),
    })
}

/// What the bytes at hand tell of a frame.
#[derive(Clone, Copy)]
struct Front {
    kind: FrameKind,
    /// Its length without padding; as long as the bytes do not tell it, the least that it can be.
    length: usize,
}

impl Front {
    #[inline]
    fn read(bytes: &[u8], limit: usize) -> Result<Self, FramingError> {
        let Some(&first) = bytes.first() else {
            // Any frame: the shortest is ChannelData without a payload.
            let length = ChannelData::HEADER_LENGTH;
            return Ok(Self { kind: FrameKind::ChannelData, length });
        };
        let (kind, header) = match first {
            0x00..=0x3F => (FrameKind::Stun, HEADER_LENGTH),
            0x40..=0x4F => (FrameKind::ChannelData, ChannelData::HEADER_LENGTH),
            0x50..=0x7F => (FrameKind::Reserved, ChannelData::HEADER_LENGTH),
            _ => return Err(FramingError::Neither { first }),
        };
        // The order of these is that of the bytes: in whatever pieces they come, the error is one.
        within(header, limit)?;
        let Some(&[_, _, l0, l1]) = bytes.first_chunk() else {
            return Ok(Self { kind, length: header });
        };
        let length = u16::from_be_bytes([l0, l1]);
        if kind == FrameKind::Stun && !length.is_multiple_of(4) {
            return Err(FramingError::UnalignedLength { length });
        }
        let front = Self { kind, length: header + usize::from(length) };
        within(front.wire_length(), limit)?;
        let cookie = bytes.get(4..bytes.len().min(8)).unwrap_or_default();
        if kind == FrameKind::Stun && !MAGIC_COOKIE.to_be_bytes().starts_with(cookie) {
            return Err(FramingError::MagicCookie);
        }
        Ok(front)
    }

    const fn wire_length(&self) -> usize {
        self.length.next_multiple_of(4)
    }

    /// How many bytes must at least follow these `present` ones.
    fn missing(&self, present: usize) -> usize {
        self.wire_length().saturating_sub(present)
    }
}

fn within(length: usize, limit: usize) -> Result<(), FramingError> {
    if length <= limit { Ok(()) } else { Err(FramingError::TooLong { length, limit }) }
}
