use core::fmt;

use super::{AddressFamily, Phrase, Shape};
use crate::error::ValueError;
use crate::header::TransactionId;

/// An error code and its reason phrase (RFC 8489 §14.8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ErrorCode<'a> {
    code: u16,
    reason: &'a str,
}

impl ErrorCode<'static> {
    /// Try Alternate, RFC 8489 §14.8.
    pub const TRY_ALTERNATE: Self = Self::of(300, "Try Alternate");
    /// Bad Request, RFC 8489 §14.8.
    pub const BAD_REQUEST: Self = Self::of(400, "Bad Request");
    /// Unauthenticated, RFC 8489 §14.8.
    pub const UNAUTHENTICATED: Self = Self::of(401, "Unauthenticated");
    /// Forbidden, RFC 8656 §19.
    pub const FORBIDDEN: Self = Self::of(403, "Forbidden");
    /// Mobility Forbidden, RFC 8016 §3.1.4.
    pub const MOBILITY_FORBIDDEN: Self = Self::of(405, "Mobility Forbidden");
    /// Unknown Attribute, RFC 8489 §14.8.
    pub const UNKNOWN_ATTRIBUTE: Self = Self::of(420, "Unknown Attribute");
    /// Allocation Mismatch, RFC 8656 §19.
    pub const ALLOCATION_MISMATCH: Self = Self::of(437, "Allocation Mismatch");
    /// Stale Nonce, RFC 8489 §14.8.
    pub const STALE_NONCE: Self = Self::of(438, "Stale Nonce");
    /// Address Family not Supported, RFC 8656 §19.
    pub const ADDRESS_FAMILY_NOT_SUPPORTED: Self = Self::of(440, "Address Family not Supported");
    /// Wrong Credentials, RFC 8656 §19.
    pub const WRONG_CREDENTIALS: Self = Self::of(441, "Wrong Credentials");
    /// Unsupported Transport Protocol, RFC 8656 §19.
    pub const UNSUPPORTED_TRANSPORT_PROTOCOL: Self =
        Self::of(442, "Unsupported Transport Protocol");
    /// Peer Address Family Mismatch, RFC 8656 §19.
    pub const PEER_ADDRESS_FAMILY_MISMATCH: Self = Self::of(443, "Peer Address Family Mismatch");
    /// Connection Already Exists, RFC 6062 §6.3.
    pub const CONNECTION_ALREADY_EXISTS: Self = Self::of(446, "Connection Already Exists");
    /// Connection Timeout or Failure, RFC 6062 §6.3.
    pub const CONNECTION_TIMEOUT_OR_FAILURE: Self = Self::of(447, "Connection Timeout or Failure");
    /// Allocation Quota Reached, RFC 8656 §19.
    pub const ALLOCATION_QUOTA_REACHED: Self = Self::of(486, "Allocation Quota Reached");
    /// Role Conflict, RFC 8445 §16.2.
    pub const ROLE_CONFLICT: Self = Self::of(487, "Role Conflict");
    /// Server Error, RFC 8489 §14.8.
    pub const SERVER_ERROR: Self = Self::of(500, "Server Error");
    /// Insufficient Capacity, RFC 8656 §19.
    pub const INSUFFICIENT_CAPACITY: Self = Self::of(508, "Insufficient Capacity");

    const fn of(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

impl<'a> ErrorCode<'a> {
    /// The error `code` with a reason for people to read, of fewer than 128 characters if it is
    /// to be written; `None` outside 300 to 699.
    #[must_use]
    pub const fn new(code: u16, reason: &'a str) -> Option<Self> {
        if code >= 300 && code <= 699 { Some(Self { code, reason }) } else { None }
    }

    /// The number, 300 to 699.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The reason, in words.
    #[must_use]
    pub const fn reason(&self) -> &'a str {
        self.reason
    }

    /// The same error with no words: a shorter answer, for strangers who could be using the
    /// server to send traffic at somebody else.
    #[must_use]
    pub const fn without_reason(self) -> Self {
        Self { code: self.code, reason: "" }
    }
}

impl fmt::Display for ErrorCode<'_> {
    /// The code and, in quotes, the reason, if it has one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            "" => write!(f, "{}", self.code),
            reason => write!(f, "{} {reason:?}", self.code),
        }
    }
}

/// An [`ErrorCode`].
#[derive(Debug)]
pub enum Error {}

impl Shape for Error {
    type Value<'a> = ErrorCode<'a>;

    #[inline]
    fn length(value: &ErrorCode<'_>) -> Result<usize, ValueError> {
        Phrase::length(&value.reason).map(|length| 4 + length)
    }

    #[inline]
    fn encode(value: &ErrorCode<'_>, _: TransactionId, out: &mut [u8]) {
        let (class, number) = (value.code / 100, value.code % 100);
        out[..4].copy_from_slice(&[0, 0, class as u8, number as u8]);
        out[4..].copy_from_slice(value.reason.as_bytes());
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<ErrorCode<'_>, ValueError> {
        let [_, _, class, number, reason @ ..] = value else {
            return Err(ValueError::Length { length: value.len() });
        };
        // The 21 bits before the class are reserved and ignored.
        let (class, number) = (class & 0x07, *number);
        if !(3..=6).contains(&class) || number > 99 {
            return Err(ValueError::ErrorCode { class, number });
        }
        let reason = Phrase::decode(reason, id)?;
        Ok(ErrorCode { code: u16::from(class) * 100 + u16::from(number), reason })
    }
    fn print(value: &ErrorCode<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(value, f)
    }
}

/// Why there is no relayed address of this family, when there is one of the other:
/// ADDRESS-ERROR-CODE (RFC 8656 §18.12).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AddressError<'a> {
    /// The family that was asked for.
    pub family: AddressFamily,
    /// What stood in the way: 440 or 508.
    pub error: ErrorCode<'a>,
}

impl Shape for AddressError<'static> {
    type Value<'a> = AddressError<'a>;

    #[inline]
    fn length(value: &AddressError<'_>) -> Result<usize, ValueError> {
        Error::length(&value.error)
    }

    #[inline]
    fn encode(value: &AddressError<'_>, id: TransactionId, out: &mut [u8]) {
        Error::encode(&value.error, id, out);
        out[0] = value.family as u8;
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<AddressError<'_>, ValueError> {
        // The family stands where ERROR-CODE has reserved bits.
        let error = Error::decode(value, id)?;
        let family = value.first().copied().unwrap_or_default();
        let family = AddressFamily::from_value(family).ok_or(ValueError::Family { family })?;
        Ok(AddressError { family, error })
    }

    fn print(value: &AddressError<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", value.family, value.error)
    }
}
