//! The attributes, one line each: a codepoint, its name in the registry, and the shape of its value.
//!
//! An [`Attribute`] is the typed key by which a message is read and written. Values are plain
//! Rust types. A crate adds an attribute of its own in the same way:
//!
//! ```
//! use stun_codec::{attr, shape, Message, MessageBuilder, Method, TransactionId};
//!
//! const TEMPERATURE: attr::Attribute<shape::U32> = attr::Attribute::new(0xC123, "TEMPERATURE");
//!
//! let mut buffer = [0; 64];
//! let id = TransactionId::new([7; 12]);
//! let bytes = MessageBuilder::indication(Method::BINDING, id, &mut buffer)
//!     .put(TEMPERATURE, 21)
//!     .finish()?;
//! assert_eq!(Message::parse(bytes)?.get(TEMPERATURE)?, Some(21));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT have no key here: they are
//! steps of the [builder](crate::MessageBuilder), and are checked, not read.

use core::fmt;
use core::marker::PhantomData;

use crate::shape;

/// The codepoint of an attribute. Any value is one; below 0x8000 the receiver must understand
/// it (RFC 8489 §14).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttributeType(u16);

impl AttributeType {
    /// MESSAGE-INTEGRITY, RFC 8489 §14.5.
    pub const MESSAGE_INTEGRITY: Self = Self(0x0008);
    /// MESSAGE-INTEGRITY-SHA256, RFC 8489 §14.6.
    pub const MESSAGE_INTEGRITY_SHA256: Self = Self(0x001C);
    /// FINGERPRINT, RFC 8489 §14.7.
    pub const FINGERPRINT: Self = Self(0x8028);

    /// The attribute type of this codepoint.
    #[must_use]
    pub const fn new(value: u16) -> Self {
        Self(value)
    }

    /// Its codepoint.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// Whether a receiver that does not know it must refuse the message (RFC 8489 §14).
    #[must_use]
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04x}", self.0)
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A typed key: which attribute it is, and through the [shape] `S` what its value is.
pub struct Attribute<S> {
    attribute_type: AttributeType,
    name: &'static str,
    shape: PhantomData<fn() -> S>,
}

impl<S> Attribute<S> {
    /// The attribute of this codepoint; `name` is what the registry calls it.
    #[must_use]
    pub const fn new(codepoint: u16, name: &'static str) -> Self {
        Self { attribute_type: AttributeType::new(codepoint), name, shape: PhantomData }
    }

    /// Its type.
    #[must_use]
    pub const fn attribute_type(&self) -> AttributeType {
        self.attribute_type
    }

    /// Its name in the registry.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<S> Clone for Attribute<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Attribute<S> {}

impl<S> fmt::Debug for Attribute<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.attribute_type)
    }
}

// RFC 8489: STUN.

/// The sender's address as the server sees it, in clear, RFC 8489 §14.1.
pub const MAPPED_ADDRESS: Attribute<shape::Address> = Attribute::new(0x0001, "MAPPED-ADDRESS");
/// Who asks, RFC 8489 §14.3. Longer names than may be written are read: RFC 5389 allowed them.
pub const USERNAME: Attribute<shape::Text<508, 763>> = Attribute::new(0x0006, "USERNAME");
/// Why it was not done, RFC 8489 §14.8.
pub const ERROR_CODE: Attribute<shape::Error> = Attribute::new(0x0009, "ERROR-CODE");
/// What the sender of a 420 did not understand, RFC 8489 §14.13.
pub const UNKNOWN_ATTRIBUTES: Attribute<shape::Types> =
    Attribute::new(0x000A, "UNKNOWN-ATTRIBUTES");
/// The space of names that a username belongs to, RFC 8489 §14.9. A server's own must have fewer
/// than 128 characters; the limit here is that of reading, so that a client can echo whatever it was sent.
pub const REALM: Attribute<shape::Text<763>> = Attribute::new(0x0014, "REALM");
/// The server's proof of freshness, RFC 8489 §14.10. Limited as [`REALM`] is.
pub const NONCE: Attribute<shape::Text<763>> = Attribute::new(0x0015, "NONCE");
/// The sender's address as the server sees it, masked so that no middlebox edits it, RFC 8489 §14.2.
pub const XOR_MAPPED_ADDRESS: Attribute<shape::XorAddress> =
    Attribute::new(0x0020, "XOR-MAPPED-ADDRESS");
/// What wrote the message, RFC 8489 §14.14.
pub const SOFTWARE: Attribute<shape::Phrase> = Attribute::new(0x8022, "SOFTWARE");
/// Where to ask instead, RFC 8489 §14.15.
pub const ALTERNATE_SERVER: Attribute<shape::Address> = Attribute::new(0x8023, "ALTERNATE-SERVER");

// RFC 8656: TURN.

/// The channel to bind, RFC 8656 §18.1.
pub const CHANNEL_NUMBER: Attribute<shape::Channel> = Attribute::new(0x000C, "CHANNEL-NUMBER");
/// How long an allocation lasts, RFC 8656 §18.2.
pub const LIFETIME: Attribute<shape::Seconds> = Attribute::new(0x000D, "LIFETIME");
/// The peer's address, RFC 8656 §18.3.
pub const XOR_PEER_ADDRESS: Attribute<shape::XorAddress> =
    Attribute::new(0x0012, "XOR-PEER-ADDRESS");
/// What is relayed, RFC 8656 §18.4.
pub const DATA: Attribute<shape::Opaque> = Attribute::new(0x0013, "DATA");
/// The relayed address of an allocation, RFC 8656 §18.5.
pub const XOR_RELAYED_ADDRESS: Attribute<shape::XorAddress> =
    Attribute::new(0x0016, "XOR-RELAYED-ADDRESS");
/// The family that the relayed address shall have, RFC 8656 §18.6.
pub const REQUESTED_ADDRESS_FAMILY: Attribute<shape::Family> =
    Attribute::new(0x0017, "REQUESTED-ADDRESS-FAMILY");
/// Ask for an even port, and whether to reserve the next one, RFC 8656 §18.7.
pub const EVEN_PORT: Attribute<shape::EvenPort> = Attribute::new(0x0018, "EVEN-PORT");
/// How to talk to peers, as an IP protocol number: 17 is UDP, 6 is TCP, RFC 8656 §18.8.
pub const REQUESTED_TRANSPORT: Attribute<shape::ProtocolNumber> =
    Attribute::new(0x0019, "REQUESTED-TRANSPORT");
/// Relay with the DF bit set, RFC 8656 §18.9.
pub const DONT_FRAGMENT: Attribute<shape::Flag> = Attribute::new(0x001A, "DONT-FRAGMENT");
/// The right to a reserved port, RFC 8656 §18.10.
pub const RESERVATION_TOKEN: Attribute<shape::Token> = Attribute::new(0x0022, "RESERVATION-TOKEN");

// RFC 8445: ICE.

/// The priority that a candidate learned from this check would have, RFC 8445 §16.1.
pub const PRIORITY: Attribute<shape::U32> = Attribute::new(0x0024, "PRIORITY");
/// The controlling agent chooses this pair, RFC 8445 §16.1.
pub const USE_CANDIDATE: Attribute<shape::Flag> = Attribute::new(0x0025, "USE-CANDIDATE");
/// The sender is controlled; its tie-breaker, RFC 8445 §16.1.
pub const ICE_CONTROLLED: Attribute<shape::U64> = Attribute::new(0x8029, "ICE-CONTROLLED");
/// The sender is controlling; its tie-breaker, RFC 8445 §16.1.
pub const ICE_CONTROLLING: Attribute<shape::U64> = Attribute::new(0x802A, "ICE-CONTROLLING");
