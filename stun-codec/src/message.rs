use crate::attr::{Attribute, AttributeType};
use crate::error::{AttributeError, FingerprintMismatch, IntegrityError, ParseError};
use crate::fingerprint;
use crate::header::{Class, HEADER_LENGTH, Header, MessageType, Method, TransactionId};
use crate::integrity::{self, Key};
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
    header: Header,
    /// The first attributes that count, so that a getter need not walk.
    slots: [Slot; SLOTS],
    count: u8,
    /// Where the attributes that count end.
    end: u32,
    /// Where these three start; zero when they are absent.
    integrity: u32,
    integrity_sha256: u32,
    fingerprint: u32,
}

const SLOTS: usize = 14;

#[derive(Clone, Copy, Default)]
struct Slot {
    attribute_type: u16,
    /// Where it starts, in steps of 4 bytes: a message can be longer than a u16 counts.
    quarter: u16,
}

impl<'a> Message<'a> {
    /// Checks the framing of `bytes`, which must be one whole message and nothing more. The
    /// time it takes grows with the number of attributes.
    ///
    /// # Errors
    /// When it is not one STUN message; the error names the offset.
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let header = Header::parse(bytes)?;
        let end = HEADER_LENGTH + usize::from(header.length);
        if end != bytes.len() {
            return Err(ParseError::LengthMismatch { header: end, datagram: bytes.len() });
        }
        let mut message = Self {
            bytes,
            header,
            slots: [Slot::default(); SLOTS],
            count: 0,
            end: end as u32,
            integrity: 0,
            integrity_sha256: 0,
            fingerprint: 0,
        };
        let mut offset = HEADER_LENGTH;
        while let Some(&[t0, t1, l0, l1]) = bytes.get(offset..).and_then(<[u8]>::first_chunk) {
            let attribute_type = u16::from_be_bytes([t0, t1]);
            let length = u16::from_be_bytes([l0, l1]);
            let next = offset + 4 + usize::from(length).next_multiple_of(4);
            if next > end {
                return Err(ParseError::AttributePastEnd { offset, length });
            }
            match AttributeType::new(attribute_type) {
                AttributeType::MESSAGE_INTEGRITY => message.meet_integrity(offset, length)?,
                AttributeType::MESSAGE_INTEGRITY_SHA256 => message.meet_sha256(offset, length)?,
                AttributeType::FINGERPRINT => {
                    if length != 4 {
                        return Err(ParseError::FingerprintLength { offset, length });
                    }
                    if next != end {
                        return Err(ParseError::FingerprintNotLast { offset });
                    }
                    message.fingerprint = offset as u32;
                    message.close(offset);
                }
                _ => {
                    if message.end as usize > offset
                        && let Some(slot) = message.slots.get_mut(usize::from(message.count))
                    {
                        *slot = Slot { attribute_type, quarter: (offset / 4) as u16 };
                        message.count += 1;
                    }
                }
            }
            offset = next;
        }
        Ok(message)
    }

    /// The first one counts, unless MESSAGE-INTEGRITY-SHA256 came before.
    fn meet_integrity(&mut self, offset: usize, length: u16) -> Result<(), ParseError> {
        if self.has_integrity() {
            return Ok(());
        }
        if length != 20 {
            return Err(ParseError::IntegrityLength { offset, length });
        }
        self.integrity = offset as u32;
        self.close(offset);
        Ok(())
    }

    /// The first one counts, whether MESSAGE-INTEGRITY came before or not.
    fn meet_sha256(&mut self, offset: usize, length: u16) -> Result<(), ParseError> {
        if self.integrity_sha256 != 0 {
            return Ok(());
        }
        if !(16..=32).contains(&length) || !length.is_multiple_of(4) {
            return Err(ParseError::IntegrityLength { offset, length });
        }
        self.integrity_sha256 = offset as u32;
        self.close(offset);
        Ok(())
    }

    /// No attribute counts from `offset` on.
    fn close(&mut self, offset: usize) {
        self.end = self.end.min(offset as u32);
    }

    /// Class and method.
    #[must_use]
    pub const fn message_type(&self) -> MessageType {
        self.header.message_type
    }

    /// Request, indication, success or error.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.header.message_type.class()
    }

    /// What it asks for, or answers.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.header.message_type.method()
    }

    /// What ties an answer to its request.
    #[must_use]
    pub const fn transaction_id(&self) -> TransactionId {
        self.header.transaction_id
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
    #[inline]
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

    #[inline]
    fn find(&self, wanted: AttributeType) -> Option<RawAttribute<'a>> {
        let slots = self.slots.get(..usize::from(self.count))?;
        if let Some(slot) = slots.iter().find(|slot| slot.attribute_type == wanted.value()) {
            return raw_attribute(self.bytes, usize::from(slot.quarter) * 4);
        }
        if slots.len() < SLOTS {
            return None;
        }
        let past = 4 * slots.last().map_or(0, |slot| usize::from(slot.quarter));
        self.walk(past).skip(1).find(|attribute| attribute.attribute_type == wanted)
    }

    /// The attributes that count, in order, as they stand in the message; duplicates included.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.walk(HEADER_LENGTH)
    }

    fn walk(&self, offset: usize) -> Attributes<'a> {
        Attributes { bytes: self.bytes, offset, end: self.end as usize }
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
    #[inline]
    pub fn verify(&self, key: &Key) -> Result<Verified<'a>, IntegrityError> {
        self.verify_truncated(key, 32)
    }

    /// As [`verify`](Self::verify), for a usage that allows MESSAGE-INTEGRITY-SHA256 to be cut
    /// short to `min_length` bytes. Fewer than 16 are never enough; neither TURN nor ICE allows
    /// fewer than 32.
    ///
    /// # Errors
    /// As those of `verify`.
    #[inline]
    pub fn verify_truncated(
        &self,
        key: &Key,
        min_length: usize,
    ) -> Result<Verified<'a>, IntegrityError> {
        let (right, integrity_type) = if self.integrity_sha256 != 0 {
            let (head, tail, value) = self.covered(self.integrity_sha256);
            if value.len() < min_length {
                return Err(IntegrityError::Truncated { length: value.len() });
            }
            let mac = key.sha256(&head, tail);
            let right = mac.get(..value.len()).is_some_and(|mac| integrity::equal(mac, value));
            (right, AttributeType::MESSAGE_INTEGRITY_SHA256)
        } else if self.integrity != 0 {
            let (head, tail, value) = self.covered(self.integrity);
            (integrity::equal(&key.sha1(&head, tail), value), AttributeType::MESSAGE_INTEGRITY)
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
        let (head, tail, value) = self.covered(self.fingerprint);
        if value == fingerprint::value(&head, tail).to_be_bytes() {
            Ok(true)
        } else {
            Err(FingerprintMismatch)
        }
    }

    /// What the check value at `offset` was made over, and the value: the header with the length
    /// that it had when the attribute had just been written, and all between the two.
    #[inline]
    fn covered(&self, offset: u32) -> ([u8; HEADER_LENGTH], &'a [u8], &'a [u8]) {
        let value = raw_attribute(self.bytes, offset as usize).map_or(&[][..], |raw| raw.value);
        let mut head = [0; HEADER_LENGTH];
        if let Some(bytes) = self.bytes.first_chunk::<HEADER_LENGTH>() {
            head = *bytes;
        }
        let length = offset as usize + 4 + value.len() - HEADER_LENGTH;
        head[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        (head, self.bytes.get(HEADER_LENGTH..offset as usize).unwrap_or_default(), value)
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
    bytes: &'a [u8],
    offset: usize,
    end: usize,
}

impl<'a> Attributes<'a> {
    /// Those of the message at the start of `bytes` that start before `end`.
    pub(crate) const fn new(bytes: &'a [u8], end: usize) -> Self {
        Self { bytes, offset: HEADER_LENGTH, end }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    fn next(&mut self) -> Option<RawAttribute<'a>> {
        if self.offset >= self.end {
            return None;
        }
        let attribute = raw_attribute(self.bytes, self.offset)?;
        self.offset += 4 + attribute.value.len().next_multiple_of(4);
        Some(attribute)
    }
}

#[inline]
fn raw_attribute(bytes: &[u8], offset: usize) -> Option<RawAttribute<'_>> {
    let (&[t0, t1, l0, l1], rest) = bytes.get(offset..)?.split_first_chunk()?;
    let value = rest.get(..usize::from(u16::from_be_bytes([l0, l1])))?;
    Some(RawAttribute {
        attribute_type: AttributeType::new(u16::from_be_bytes([t0, t1])),
        offset,
        value,
    })
}
