//! RFC 3489, the STUN from before the magic cookie, for servers that still answer old clients.
//!
//! Nothing else in the crate reads these messages: [`Message::parse`](crate::Message::parse)
//! refuses them, and who wants them asks here. Do not ask where STUN shares a port with other
//! protocols: without cookie and FINGERPRINT there is little to tell it by (RFC 5389 §12.2).
//! Shared secrets and the integrity that is made with them are left out; so is sending an answer
//! to somebody else than who asked for it (RESPONSE-ADDRESS), which only an attacker wants.
//!
//! ```
//! use stun_codec::{attr, legacy, Method, ParseError};
//!
//! let datagram = b"\x00\x01\x00\x00 sixteen bytes! ";
//! assert_eq!(stun_codec::Message::parse(datagram).err(), Some(ParseError::MagicCookie));
//! let request = legacy::Message::parse(datagram)?;
//! assert_eq!(request.method(), Method::BINDING);
//!
//! let mut buffer = [0; 128];
//! let addresses = legacy::Addresses {
//!     mapped: "203.0.113.7:4000".parse()?,
//!     source: Some("192.0.2.1:3478".parse()?),
//!     changed: None,
//!     masked: true,
//! };
//! let answer = request.answer(&addresses, &mut buffer)?;
//! let answer = legacy::Message::parse(answer)?;
//! assert_eq!(answer.transaction_id(), request.transaction_id());
//! assert_eq!(answer.mapped_address()?, Some(addresses.mapped));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;
use core::net::SocketAddr;

use crate::attr::{self, Attribute, AttributeType};
use crate::build::MessageBuilder;
use crate::error::{AttributeError, BuildError, ParseError};
use crate::header::{Class, HEADER_LENGTH, MAGIC_COOKIE, MessageType, Method, TransactionId};
use crate::message::{Attributes, RawAttribute};
use crate::shape::{self, AttributeTypes, ChangeRequest, ErrorCode, Shape};

/// A message of RFC 3489 whose framing has been checked.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    message_type: MessageType,
    id: [u8; 16],
}

impl<'a> Message<'a> {
    /// Checks the framing of `bytes`, which must be one whole message without the magic cookie.
    ///
    /// # Errors
    /// When it is not, or when the magic cookie is there ([`ParseError::NotLegacy`]).
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let Some(&head) = bytes.first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseError::TooShort { length: bytes.len() });
        };
        let [t0, t1, l0, l1, id @ ..] = head;
        let Some(message_type) = MessageType::from_value(u16::from_be_bytes([t0, t1])) else {
            return Err(ParseError::NotStun);
        };
        if id.starts_with(&MAGIC_COOKIE.to_be_bytes()) {
            return Err(ParseError::NotLegacy);
        }
        let length = u16::from_be_bytes([l0, l1]);
        if !length.is_multiple_of(4) {
            return Err(ParseError::UnalignedLength { length });
        }
        let end = HEADER_LENGTH + usize::from(length);
        if end != bytes.len() {
            return Err(ParseError::LengthMismatch { header: end, datagram: bytes.len() });
        }
        let mut offset = HEADER_LENGTH;
        while let Some(&[_, _, l0, l1]) = bytes.get(offset..).and_then(<[u8]>::first_chunk) {
            let length = u16::from_be_bytes([l0, l1]);
            let next = offset + 4 + usize::from(length).next_multiple_of(4);
            if next > end {
                return Err(ParseError::AttributePastEnd { offset, length });
            }
            offset = next;
        }
        Ok(Self { bytes, message_type, id })
    }

    /// Request, success or error.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.message_type.class()
    }

    /// What it asks for, or answers.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.message_type.method()
    }

    /// What ties an answer to its request: all of the 128 bits.
    #[must_use]
    pub const fn transaction_id(&self) -> &[u8; 16] {
        &self.id
    }

    /// The whole message.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The attributes, in order, as they stand in the message.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.bytes, self.bytes.len())
    }

    /// The client's address as the server saw it: the masked one that early servers send at
    /// 0x8020 where it is there, otherwise MAPPED-ADDRESS.
    ///
    /// # Errors
    /// When the attribute is malformed.
    pub fn mapped_address(&self) -> Result<Option<SocketAddr>, AttributeError> {
        match self.get(MASKED_ADDRESS)? {
            Some(masked) => Ok(Some(self.mask(masked))),
            None => self.get(attr::MAPPED_ADDRESS),
        }
    }

    /// SOURCE-ADDRESS: where the answer came from.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn source_address(&self) -> Result<Option<SocketAddr>, AttributeError> {
        self.get(attr::SOURCE_ADDRESS)
    }

    /// CHANGED-ADDRESS: the server's other address and port.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn changed_address(&self) -> Result<Option<SocketAddr>, AttributeError> {
        self.get(attr::CHANGED_ADDRESS)
    }

    /// REFLECTED-FROM: who asked for this answer to somebody else.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn reflected_from(&self) -> Result<Option<SocketAddr>, AttributeError> {
        self.get(attr::REFLECTED_FROM)
    }

    /// CHANGE-REQUEST: from where the answer shall come.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn change_request(&self) -> Result<Option<ChangeRequest>, AttributeError> {
        self.get(attr::CHANGE_REQUEST)
    }

    /// ERROR-CODE: why it was not done.
    ///
    /// # Errors
    /// When it is malformed.
    pub fn error_code(&self) -> Result<Option<ErrorCode<'a>>, AttributeError> {
        self.get(attr::ERROR_CODE)
    }

    /// Writes the success response to this request (RFC 3489 §8.1).
    ///
    /// # Errors
    /// When `buffer` is too small; 116 bytes are always enough.
    pub fn answer<'b>(
        &self,
        addresses: &Addresses,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        self.respond(Class::Success, buffer, |answer| {
            answer
                .put(attr::MAPPED_ADDRESS, addresses.mapped)
                .put_some(attr::SOURCE_ADDRESS, addresses.source)
                .put_some(attr::CHANGED_ADDRESS, addresses.changed)
                .put_some(MASKED_ADDRESS, addresses.masked.then(|| self.mask(addresses.mapped)))
        })
    }

    /// Writes the error response to this request, without words.
    ///
    /// # Errors
    /// When `buffer` is too small; 28 bytes are always enough.
    pub fn refuse<'b>(
        &self,
        code: ErrorCode<'_>,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        self.respond(Class::Error, buffer, |answer| {
            answer.put(attr::ERROR_CODE, code.without_reason())
        })
    }

    /// Writes the 420 to a request with comprehension-required attributes of which `knows` says
    /// no; `None` when there are none. At most [`AttributeTypes::MAX`] of them are listed.
    ///
    /// # Errors
    /// When `buffer` is too small; 64 bytes are always enough.
    pub fn refuse_unknown<'b>(
        &self,
        knows: impl Fn(AttributeType) -> bool,
        buffer: &'b mut [u8],
    ) -> Option<Result<&'b [u8], BuildError>> {
        let unknown: AttributeTypes = self
            .attributes()
            .map(|attribute| attribute.attribute_type)
            .filter(|wanted| wanted.is_comprehension_required() && !knows(*wanted))
            .collect();
        // There is no padding yet: of an odd number the last is told twice (RFC 3489 §11.2.10).
        let last = unknown.iter().last()?;
        let mut list = [0; 2 * AttributeTypes::MAX];
        let mut length = 0;
        for (out, unknown) in list.chunks_exact_mut(2).zip(unknown.iter().chain([last])) {
            out.copy_from_slice(&unknown.value().to_be_bytes());
            length += 2;
        }
        let list = &list[..length / 4 * 4];
        Some(self.respond(Class::Error, buffer, |answer| {
            answer
                .put(attr::ERROR_CODE, ErrorCode::UNKNOWN_ATTRIBUTE.without_reason())
                .put(UNKNOWN_ATTRIBUTES, list)
        }))
    }

    fn respond<'b>(
        &self,
        class: Class,
        buffer: &'b mut [u8],
        fill: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>,
    ) -> Result<&'b [u8], BuildError> {
        write(MessageType::new(class, self.method()), self.id, buffer, fill)
    }

    fn get<S: Shape>(
        &self,
        attribute: Attribute<S>,
    ) -> Result<Option<S::Value<'a>>, AttributeError> {
        let wanted = attribute.attribute_type();
        let found = self.attributes().find(|attribute| attribute.attribute_type == wanted);
        let Some(RawAttribute { attribute_type: attribute, offset, value }) = found else {
            return Ok(None);
        };
        let (_, id) = split(self.id);
        let value = S::decode(value, id);
        value.map(Some).map_err(|error| AttributeError { attribute, offset, error })
    }

    /// The mask is the whole id; later its first four bytes became the magic cookie.
    fn mask(&self, address: SocketAddr) -> SocketAddr {
        let (cookie, id) = split(self.id);
        shape::mask(address, cookie, id)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} (RFC 3489) ", self.message_type)?;
        f.debug_list().entries(self.attributes()).finish()
    }
}

/// What a success response tells (RFC 3489 §8.1).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Addresses {
    /// MAPPED-ADDRESS: the client's address as the server sees it.
    pub mapped: SocketAddr,
    /// SOURCE-ADDRESS: where the answer is sent from. RFC 3489 wants it, and RFC 5389 §12.2 does
    /// without: the answer may go to somebody who has not asked, so the shorter the better.
    pub source: Option<SocketAddr>,
    /// CHANGED-ADDRESS: the server's other address and port; as for `source`.
    pub changed: Option<SocketAddr>,
    /// Whether to tell `mapped` in masked form too, at 0x8020, for clients that look for it there.
    pub masked: bool,
}

/// Writes a Binding request. The id must be unpredictable, and not start with the magic cookie:
/// that would make it a request of today.
///
/// # Errors
/// When `buffer` is too small; 28 bytes are always enough.
pub fn request(
    id: [u8; 16],
    change: Option<ChangeRequest>,
    buffer: &mut [u8],
) -> Result<&[u8], BuildError> {
    let message_type = MessageType::new(Class::Request, Method::BINDING);
    write(message_type, id, buffer, |request| request.put_some(attr::CHANGE_REQUEST, change))
}

/// Whether this is one of the comprehension-required attributes that an old server may put into
/// the answer to a new client, who must ignore them (RFC 5389 §12.1).
#[must_use]
pub fn is_ignored_in_responses(attribute_type: AttributeType) -> bool {
    matches!(attribute_type.value(), 0x0002 | 0x0004 | 0x0005 | 0x000B)
}

/// With its mask on.
const MASKED_ADDRESS: Attribute<shape::Address> = attr::EARLY_XOR_MAPPED_ADDRESS.with_shape();
/// As a list that may repeat itself.
const UNKNOWN_ATTRIBUTES: Attribute<shape::Opaque> = attr::UNKNOWN_ATTRIBUTES.with_shape();

/// Writes the message as one of today, then puts the id where the cookie is.
fn write(
    message_type: MessageType,
    id: [u8; 16],
    buffer: &mut [u8],
    fill: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>,
) -> Result<&[u8], BuildError> {
    let (cookie, rest) = split(id);
    let length = fill(MessageBuilder::new(message_type, rest, buffer)).finish()?.len();
    let written = &mut buffer[..length];
    written[4..8].copy_from_slice(&cookie.to_be_bytes());
    Ok(written)
}

fn split(id: [u8; 16]) -> (u32, TransactionId) {
    let [a, b, c, d, rest @ ..] = id;
    (u32::from_be_bytes([a, b, c, d]), TransactionId::new(rest))
}
