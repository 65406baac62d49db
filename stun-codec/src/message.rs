use crate::attr::{Attribute, AttributeType};
use crate::error::{AttributeError, FingerprintMismatch, IntegrityError, ParseError};
use crate::fingerprint;
use crate::header::{self, Class, HEADER_LENGTH, MessageType, Method, TransactionId};
use crate::integrity::Key;
use crate::shape::Shape;

/// A STUN message whose framing has been checked: the header, the length of every attribute,
/// the order of the last ones. It borrows the datagram and allocates nothing. Once parsed, no
/// method panics.
///
/// Rules of reading:
/// - The first of several attributes of one type counts (RFC 8489 §14).
/// - What follows MESSAGE-INTEGRITY does not count, but for MESSAGE-INTEGRITY-SHA256 and
///   FINGERPRINT; what follows MESSAGE-INTEGRITY-SHA256 does not, but for FINGERPRINT
///   (RFC 8489 §14.5, §14.6). No getter returns it.
/// - Padding may hold anything (RFC 8489 §14).
/// - Values are checked when they are read: one malformed attribute does not hide the others.
///
/// Nothing here has been authenticated; see [`verify`](Self::verify).
///
/// It prints as [`dissect`](crate::dissect) does: `{}` on a line for each attribute, `{:?}` on one.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    head: &'a [u8; HEADER_LENGTH],
    /// Where the attributes that count end.
    end: u32,
    /// Where these three start; zero when they are absent.
    integrity: u32,
    integrity_sha256: u32,
    fingerprint: u32,
}

impl<'a> Message<'a> {
    /// Checks the framing of `bytes`, which must be one whole message and nothing more. The
    /// time it takes grows with the number of attributes.
    ///
    /// # Errors
    /// When it is not one STUN message; the error names the offset.
    // Here and below: where it is a call, moving the result out of its place takes longer than reading a
    // short message, and the optimiser decides that by whim.
    #[inline(always)]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let (head, mut rest) = header::split(bytes)?;
        while let Some((&[t0, t1, l0, l1], tail)) = rest.split_first_chunk() {
            if is_check(AttributeType::new(u16::from_be_bytes([t0, t1]))) {
                break;
            }
            let length = u16::from_be_bytes([l0, l1]);
            match tail.get(padded(length)..) {
                Some(next) => rest = next,
                None => {
                    let offset = bytes.len() - rest.len();
                    return Err(ParseError::AttributePastEnd { offset, length });
                }
            }
        }
        let end = bytes.len() - rest.len();
        let (integrity, integrity_sha256, fingerprint) = checks(bytes, end)?;
        Ok(Self { bytes, head, end: end as u32, integrity, integrity_sha256, fingerprint })
    }

    /// Class and method.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        MessageType::of(self.head)
    }

    /// Request, indication, success or error.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.message_type().class()
    }

    /// What it asks for, or answers.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.message_type().method()
    }

    /// What ties an answer to its request.
    #[must_use]
    pub const fn transaction_id(&self) -> TransactionId {
        TransactionId::of(self.head)
    }

    /// The whole message.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The value of `attribute`: `Ok(None)` when it is absent.
    ///
    /// # Errors
    /// When it is there and malformed.
    #[inline(always)]
    pub fn get<S: Shape>(
        &self,
        attribute: Attribute<S>,
    ) -> Result<Option<S::Value<'a>>, AttributeError> {
        let Some(found) = self.find(attribute.attribute_type()) else { return Ok(None) };
        match S::decode(found.value, self.transaction_id()) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let RawAttribute { attribute_type: attribute, offset, .. } = found;
                Err(AttributeError { attribute, offset, error })
            }
        }
    }

    /// Whether `attribute` is there, well-formed or not.
    #[must_use]
    pub fn contains<S>(&self, attribute: Attribute<S>) -> bool {
        self.find(attribute.attribute_type()).is_some()
    }

    #[inline(always)]
    fn find(&self, wanted: AttributeType) -> Option<RawAttribute<'a>> {
        let mut rest = self.bytes.get(HEADER_LENGTH..self.end as usize)?;
        loop {
            let (&[t0, t1, l0, l1], tail) = rest.split_first_chunk()?;
            let length = u16::from_be_bytes([l0, l1]);
            if u16::from_be_bytes([t0, t1]) == wanted.value() {
                let value = tail.get(..usize::from(length))?;
                let offset = self.end as usize - rest.len();
                return Some(RawAttribute { attribute_type: wanted, offset, value });
            }
            rest = tail.get(padded(length)..)?;
        }
    }

    /// The attributes that count, in order, as they stand in the message; duplicates included.
    #[inline]
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.bytes, self.end as usize)
    }

    /// Whether it carries MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256, right or not.
    #[must_use]
    pub const fn has_integrity(&self) -> bool {
        self.integrity != 0 || self.integrity_sha256 != 0
    }

    /// Authenticates the message by the strongest integrity attribute it carries, which must be
    /// whole (RFC 8489 §14.5, §14.6). The comparison takes the same time wherever two values differ.
    ///
    /// # Errors
    /// When it carries none, or one that was not made with `key` over these bytes.
    #[inline(always)]
    pub fn verify(&self, key: &Key) -> Result<Verified<'a>, IntegrityError> {
        self.verify_truncated(key, 32)
    }

    /// As [`verify`](Self::verify), for a usage that allows MESSAGE-INTEGRITY-SHA256 to be cut
    /// short to `min_length` bytes. Fewer than 16 are never enough; neither TURN nor ICE allows
    /// fewer than 32.
    ///
    /// # Errors
    /// As those of `verify`.
    #[inline(always)]
    pub fn verify_truncated(
        &self,
        key: &Key,
        min_length: usize,
    ) -> Result<Verified<'a>, IntegrityError> {
        let (right, integrity_type) = if self.integrity_sha256 != 0 {
            let (covered, value) = self.covered(self.integrity_sha256);
            if value.len() < min_length {
                return Err(IntegrityError::Truncated { length: value.len() });
            }
            let right = key.is_integrity_sha256(covered, value);
            (right, AttributeType::MESSAGE_INTEGRITY_SHA256)
        } else if self.integrity != 0 {
            let (covered, value) = self.covered(self.integrity);
            (key.is_integrity(covered, value), AttributeType::MESSAGE_INTEGRITY)
        } else {
            return Err(IntegrityError::Absent);
        };
        if right {
            Ok(Verified { message: *self, integrity_type })
        } else {
            Err(IntegrityError::Mismatch)
        }
    }

    /// Checks FINGERPRINT: `Ok(true)` when it is there and right, `Ok(false)` when it is absent
    /// (RFC 8489 §14.7).
    ///
    /// # Errors
    /// When it is there and wrong: the message must be dropped.
    #[inline]
    pub fn verify_fingerprint(&self) -> Result<bool, FingerprintMismatch> {
        if self.fingerprint == 0 {
            return Ok(false);
        }
        // It comes last, so the header's length counts it already: the CRC is over what stands there.
        let (covered, value) = self.covered(self.fingerprint);
        if value == fingerprint::value(covered).to_be_bytes() {
            Ok(true)
        } else {
            Err(FingerprintMismatch)
        }
    }

    /// What stands before the check value at `offset`, and the value.
    #[inline(always)]
    fn covered(&self, offset: u32) -> (&'a [u8], &'a [u8]) {
        let Some((covered, [_, _, l0, l1, value @ ..])) =
            self.bytes.split_at_checked(offset as usize)
        else {
            return (&[], &[]);
        };
        let value = value.get(..usize::from(u16::from_be_bytes([*l0, *l1]))).unwrap_or_default();
        (covered, value)
    }
}

/// A message that was authenticated. It reads like a [`Message`], and only what the integrity
/// covers can be read: an attribute that somebody put behind it does not exist here.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a> {
    message: Message<'a>,
    integrity_type: AttributeType,
}

impl Verified<'_> {
    /// The attribute that authenticated it: [`AttributeType::MESSAGE_INTEGRITY_SHA256`], or
    /// [`AttributeType::MESSAGE_INTEGRITY`] where that is absent. The response to a request of
    /// the short-term mechanism carries the same one, and only that one (RFC 8489 §9.1.3).
    #[must_use]
    pub const fn integrity_type(&self) -> AttributeType {
        self.integrity_type
    }
}

impl<'a> core::ops::Deref for Verified<'a> {
    type Target = Message<'a>;

    fn deref(&self) -> &Message<'a> {
        &self.message
    }
}

/// One attribute as it stands in the message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RawAttribute<'a> {
    /// Its type.
    pub attribute_type: AttributeType,
    /// Where it starts, counted from the start of the message.
    pub offset: usize,
    /// Its value, without padding.
    pub value: &'a [u8],
}

/// The attributes of a message, in order.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
    end: usize,
}

impl<'a> Attributes<'a> {
    /// Those of the message at the start of `bytes` that start before `end`.
    #[inline]
    pub(crate) fn new(bytes: &'a [u8], end: usize) -> Self {
        Self { rest: bytes.get(HEADER_LENGTH..end).unwrap_or_default(), end }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<RawAttribute<'a>> {
        let (&[t0, t1, l0, l1], rest) = self.rest.split_first_chunk()?;
        let offset = self.end - self.rest.len();
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let value = rest.get(..length)?;
        // The padding of a message cut short may be missing.
        self.rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(RawAttribute {
            attribute_type: AttributeType::new(u16::from_be_bytes([t0, t1])),
            offset,
            value,
        })
    }
}

/// Whether this is one of the three check values, with which the attributes that count end.
#[inline]
const fn is_check(attribute_type: AttributeType) -> bool {
    matches!(
        attribute_type,
        AttributeType::MESSAGE_INTEGRITY
            | AttributeType::MESSAGE_INTEGRITY_SHA256
            | AttributeType::FINGERPRINT
    )
}

/// Walks what begins at `offset` with the first check value, and says where MESSAGE-INTEGRITY,
/// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT start. No other attribute counts any more.
#[inline]
fn checks(bytes: &[u8], mut offset: usize) -> Result<(u32, u32, u32), ParseError> {
    let (mut integrity, mut sha256, mut fingerprint) = (0, 0, 0);
    while let Some((&[t0, t1, l0, l1], tail)) =
        bytes.get(offset..).and_then(<[u8]>::split_first_chunk)
    {
        let length = u16::from_be_bytes([l0, l1]);
        if padded(length) > tail.len() {
            return Err(ParseError::AttributePastEnd { offset, length });
        }
        match AttributeType::new(u16::from_be_bytes([t0, t1])) {
            // The first one counts, unless MESSAGE-INTEGRITY-SHA256 came before.
            AttributeType::MESSAGE_INTEGRITY if integrity == 0 && sha256 == 0 => {
                if length != 20 {
                    return Err(ParseError::IntegrityLength { offset, length });
                }
                integrity = offset as u32;
            }
            // The first one counts, whether MESSAGE-INTEGRITY came before or not.
            AttributeType::MESSAGE_INTEGRITY_SHA256 if sha256 == 0 => {
                if !(16..=32).contains(&length) || !length.is_multiple_of(4) {
                    return Err(ParseError::IntegrityLength { offset, length });
                }
                sha256 = offset as u32;
            }
            AttributeType::FINGERPRINT => {
                if length != 4 {
                    return Err(ParseError::FingerprintLength { offset, length });
                }
                if tail.len() != 4 {
                    return Err(ParseError::FingerprintNotLast { offset });
                }
                fingerprint = offset as u32;
            }
            _ => {}
        }
        offset += 4 + padded(length);
    }
    Ok((integrity, sha256, fingerprint))
}

/// The length of a value with its padding.
#[inline]
const fn padded(length: u16) -> usize {
    (length as usize + 3) & !3
}
