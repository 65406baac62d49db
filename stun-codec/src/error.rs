//! What can be wrong with a message: small values that say what and where, and never hold text.

use crate::attr::AttributeType;

/// Why bytes are not a STUN message. Offsets count from the start of the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Shorter than the 20 bytes of a header.
    #[error("{length} bytes are too few for a STUN header of 20")]
    TooShort {
        /// How many bytes there are.
        length: usize,
    },
    /// One of the top two bits is set: some other protocol (RFC 7983).
    #[error("not STUN: the first two bits are not zero")]
    NotStun,
    /// Bytes 4 to 7 are not the magic cookie (RFC 8489 §5).
    #[error("not STUN: no magic cookie at offset 4")]
    MagicCookie,
    /// Bytes 4 to 7 are the magic cookie, where a message of RFC 3489 was asked for.
    #[error("not RFC 3489: the magic cookie is at offset 4")]
    NotLegacy,
    /// The length in the header is not a multiple of 4 (RFC 8489 §5).
    #[error("the header's length {length} is not a multiple of 4")]
    UnalignedLength {
        /// The length that the header names.
        length: u16,
    },
    /// The header and the datagram disagree about where the message ends (RFC 8489 §6.3).
    #[error("the header says {header} bytes in all, the datagram has {datagram}")]
    LengthMismatch {
        /// What the header says, header included.
        header: usize,
        /// What is there.
        datagram: usize,
    },
    /// An attribute does not end before the message does (RFC 8489 §14).
    #[error("the attribute at offset {offset} runs past the end: its length is {length}")]
    AttributePastEnd {
        /// Where the attribute starts.
        offset: usize,
        /// The length that it claims.
        length: u16,
    },
    /// MESSAGE-INTEGRITY is not 20 bytes, or MESSAGE-INTEGRITY-SHA256 is not 16 to 32 bytes
    /// in steps of 4 (RFC 8489 §14.5, §14.6).
    #[error("the integrity attribute at offset {offset} has the impossible length {length}")]
    IntegrityLength {
        /// Where the attribute starts.
        offset: usize,
        /// Its length.
        length: u16,
    },
    /// FINGERPRINT is not 4 bytes (RFC 8489 §14.7).
    #[error("the FINGERPRINT at offset {offset} has length {length}, not 4")]
    FingerprintLength {
        /// Where the attribute starts.
        offset: usize,
        /// Its length.
        length: u16,
    },
    /// Something follows FINGERPRINT, which must be last (RFC 8489 §14.7).
    #[error("the FINGERPRINT at offset {offset} is not the last attribute")]
    FingerprintNotLast {
        /// Where the attribute starts.
        offset: usize,
    },
}

impl ParseError {
    /// Where it went wrong, counted from the start of the message: where the attribute starts,
    /// or the field of the header, or where the bytes end before the header does.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match *self {
            Self::TooShort { length } => length,
            Self::NotStun => 0,
            Self::MagicCookie | Self::NotLegacy => 4,
            Self::UnalignedLength { .. } | Self::LengthMismatch { .. } => 2,
            Self::AttributePastEnd { offset, .. }
            | Self::IntegrityLength { offset, .. }
            | Self::FingerprintLength { offset, .. }
            | Self::FingerprintNotLast { offset } => offset,
        }
    }
}

/// Why the value of an attribute cannot be read or written.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// Its length is not one that the attribute can have.
    #[error("wrong length {length}")]
    Length {
        /// The length, in bytes.
        length: usize,
    },
    /// An address family other than 1 (IPv4) and 2 (IPv6) (RFC 8489 §14.1).
    #[error("unknown address family {family}")]
    Family {
        /// The family's number.
        family: u8,
    },
    /// Text that is not UTF-8.
    #[error("not UTF-8")]
    Utf8,
    /// An error code outside 300 to 699, or a hundreds digit that disagrees (RFC 8489 §14.8).
    #[error("not an error code: class {class}, number {number}")]
    ErrorCode {
        /// The hundreds digit.
        class: u8,
        /// The rest, 0 to 99 in a proper code.
        number: u8,
    },
    /// A number that the attribute cannot hold.
    #[error("out of range")]
    Range,
}

/// Which attribute is malformed, where it stands, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("attribute {attribute} at offset {offset}: {error}")]
pub struct AttributeError {
    /// The attribute's type.
    pub attribute: AttributeType,
    /// Where it starts in the message.
    pub offset: usize,
    /// What is wrong with its value.
    pub error: ValueError,
}

/// Why a message cannot be built.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The buffer ends before the message does.
    #[error("the buffer of {capacity} bytes is too small")]
    BufferTooSmall {
        /// The buffer's length.
        capacity: usize,
    },
    /// The attributes take more than the 65,535 bytes that the header can tell (RFC 8489 §5).
    #[error("the message is longer than its header can say")]
    MessageTooLong,
    /// A value that its attribute cannot hold.
    #[error("cannot write attribute {attribute}: {error}")]
    Value {
        /// The attribute's type.
        attribute: AttributeType,
        /// What is wrong.
        error: ValueError,
    },
}

/// Why a message does not authenticate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum IntegrityError {
    /// It has no integrity attribute.
    #[error("no message integrity")]
    Absent,
    /// It has one, made with another key or over other bytes.
    #[error("message integrity does not match")]
    Mismatch,
    /// Its MESSAGE-INTEGRITY-SHA256 was cut shorter than the usage allows (RFC 8489 §14.6).
    #[error("message integrity cut short to {length} bytes")]
    Truncated {
        /// How many bytes are left of 32.
        length: usize,
    },
}

/// FINGERPRINT is there, and is not the message's CRC.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("FINGERPRINT does not match")]
pub struct FingerprintMismatch;
