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

mod entry;

use core::fmt;
use core::marker::PhantomData;

use crate::shape;

pub use entry::Entry;

/// The codepoint of an attribute. Any value is one; below 0x8000 the receiver must understand
/// it (RFC 8489 §14).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct AttributeType(u16);

impl AttributeType {
    /// MESSAGE-INTEGRITY, RFC 8489 §14.5.
    pub const MESSAGE_INTEGRITY: Self = MESSAGE_INTEGRITY.attribute_type;
    /// MESSAGE-INTEGRITY-SHA256, RFC 8489 §14.6.
    pub const MESSAGE_INTEGRITY_SHA256: Self = MESSAGE_INTEGRITY_SHA256.attribute_type;
    /// FINGERPRINT, RFC 8489 §14.7.
    pub const FINGERPRINT: Self = FINGERPRINT.attribute_type;

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

    /// Its name in the registry, if it is one of [`ALL`].
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Entry::of(self).map(Entry::name)
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

    /// The same attribute, its bytes taken in another way.
    pub(crate) const fn with_shape<T>(self) -> Attribute<T> {
        Attribute { attribute_type: self.attribute_type, name: self.name, shape: PhantomData }
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
/// Made over the message with a key; a step of the builder.
const MESSAGE_INTEGRITY: Attribute<shape::Opaque> = Attribute::new(0x0008, "MESSAGE-INTEGRITY");
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
/// As [`MESSAGE_INTEGRITY`], with SHA-256; a step of the builder.
const MESSAGE_INTEGRITY_SHA256: Attribute<shape::Opaque> =
    Attribute::new(0x001C, "MESSAGE-INTEGRITY-SHA256");
/// How the key of this request was made, RFC 8489 §14.12.
pub const PASSWORD_ALGORITHM: Attribute<shape::Algorithm> =
    Attribute::new(0x001D, "PASSWORD-ALGORITHM");
/// Who asks, told to those who know the user only, RFC 8489 §14.4.
pub const USERHASH: Attribute<shape::UserHash> = Attribute::new(0x001E, "USERHASH");
/// The sender's address as the server sees it, masked so that no middlebox edits it, RFC 8489 §14.2.
pub const XOR_MAPPED_ADDRESS: Attribute<shape::XorAddress> =
    Attribute::new(0x0020, "XOR-MAPPED-ADDRESS");
/// How the server can make keys, the best first, RFC 8489 §14.11.
pub const PASSWORD_ALGORITHMS: Attribute<shape::Algorithms> =
    Attribute::new(0x8002, "PASSWORD-ALGORITHMS");
/// The name that the certificate of the alternate server must have, RFC 8489 §14.16. At most 255
/// characters; whether it is a name of the DNS is not checked here.
pub const ALTERNATE_DOMAIN: Attribute<shape::Text<255>> =
    Attribute::new(0x8003, "ALTERNATE-DOMAIN");
/// What wrote the message, RFC 8489 §14.14.
pub const SOFTWARE: Attribute<shape::Phrase> = Attribute::new(0x8022, "SOFTWARE");
/// Where to ask instead, RFC 8489 §14.15.
pub const ALTERNATE_SERVER: Attribute<shape::Address> = Attribute::new(0x8023, "ALTERNATE-SERVER");
/// A CRC of the message; a step of the builder.
const FINGERPRINT: Attribute<shape::Token<4>> = Attribute::new(0x8028, "FINGERPRINT");

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
/// The family of a second relayed address, RFC 8656 §18.11.
pub const ADDITIONAL_ADDRESS_FAMILY: Attribute<shape::Family> =
    Attribute::new(0x8000, "ADDITIONAL-ADDRESS-FAMILY");
/// Why there is no address of one of the families, RFC 8656 §18.12.
pub const ADDRESS_ERROR_CODE: Attribute<shape::AddressError<'static>> =
    Attribute::new(0x8001, "ADDRESS-ERROR-CODE");
/// Why a packet did not reach the peer, RFC 8656 §18.13.
pub const ICMP: Attribute<shape::Icmp> = Attribute::new(0x8004, "ICMP");

// RFC 6062, RFC 7635, RFC 8016: extensions of TURN.

/// Which TCP connection to a peer is meant, RFC 6062 §6.2.1.
pub const CONNECTION_ID: Attribute<shape::U32> = Attribute::new(0x002A, "CONNECTION-ID");
/// The token of an authorization server, RFC 7635 §6.2.
pub const ACCESS_TOKEN: Attribute<shape::AccessToken<'static>> =
    Attribute::new(0x001B, "ACCESS-TOKEN");
/// The server lets an authorization server decide; its own name, RFC 7635 §6.1.
pub const THIRD_PARTY_AUTHORIZATION: Attribute<shape::Text<763>> =
    Attribute::new(0x802E, "THIRD-PARTY-AUTHORIZATION");
/// The right to move an allocation to another address; empty where one is asked for, RFC 8016 §3.3.
pub const MOBILITY_TICKET: Attribute<shape::Opaque> = Attribute::new(0x8030, "MOBILITY-TICKET");

// RFC 8445: ICE.

/// The priority that a candidate learned from this check would have, RFC 8445 §16.1.
pub const PRIORITY: Attribute<shape::U32> = Attribute::new(0x0024, "PRIORITY");
/// The controlling agent chooses this pair, RFC 8445 §16.1.
pub const USE_CANDIDATE: Attribute<shape::Flag> = Attribute::new(0x0025, "USE-CANDIDATE");
/// The sender is controlled; its tie-breaker, RFC 8445 §16.1.
pub const ICE_CONTROLLED: Attribute<shape::U64> = Attribute::new(0x8029, "ICE-CONTROLLED");
/// The sender is controlling; its tie-breaker, RFC 8445 §16.1.
pub const ICE_CONTROLLING: Attribute<shape::U64> = Attribute::new(0x802A, "ICE-CONTROLLING");
/// The number of a nomination: the highest one counts. Browsers send it where both have agreed on
/// renomination. The registry has the codepoint for something else.
pub const NOMINATION: Attribute<shape::U32> = Attribute::new(0xC001, "NOMINATION");

// RFC 5780: discovery of a NAT's behaviour.

/// From which of the server's addresses to answer, RFC 5780 §7.2.
pub const CHANGE_REQUEST: Attribute<shape::ChangeRequest> =
    Attribute::new(0x0003, "CHANGE-REQUEST");
/// Ballast that makes a packet so long that it is cut into fragments, RFC 5780 §7.6.
pub const PADDING: Attribute<shape::Opaque> = Attribute::new(0x0026, "PADDING");
/// To which port to answer, RFC 5780 §7.5.
pub const RESPONSE_PORT: Attribute<shape::Port> = Attribute::new(0x0027, "RESPONSE-PORT");
/// How long the answer may be kept, RFC 5780 §9.1.
pub const CACHE_TIMEOUT: Attribute<shape::Seconds> = Attribute::new(0x8027, "CACHE-TIMEOUT");
/// The address that the answer came from, RFC 5780 §7.3.
pub const RESPONSE_ORIGIN: Attribute<shape::Address> = Attribute::new(0x802B, "RESPONSE-ORIGIN");
/// The server's other address and port, RFC 5780 §7.4.
pub const OTHER_ADDRESS: Attribute<shape::Address> = Attribute::new(0x802C, "OTHER-ADDRESS");

// RFC 6679, RFC 7982: measuring the path.

/// How often request and response were sent, RFC 7982 §3.1.
pub const TRANSACTION_TRANSMIT_COUNTER: Attribute<shape::TransmitCounter> =
    Attribute::new(0x8025, "TRANSACTION_TRANSMIT_COUNTER");
/// The ECN bits with which the request came, in the low three bits, RFC 6679 §7.2.2.
pub const ECN_CHECK: Attribute<shape::U32> = Attribute::new(0x802D, "ECN-CHECK STUN");

// What browsers send. No RFC says what these hold; their source code does.

/// The web page on whose behalf, to a TURN server; never registered.
pub const ORIGIN: Attribute<shape::Text<763>> = Attribute::new(0x802F, "ORIGIN");
/// The sender's network interface and what using it costs.
pub const GOOG_NETWORK_INFO: Attribute<shape::NetworkInfo> =
    Attribute::new(0xC057, "GOOG-NETWORK-INFO");
/// The transaction id of the last check that has come.
pub const GOOG_LAST_ICE_CHECK_RECEIVED: Attribute<shape::Opaque> =
    Attribute::new(0xC058, "GOOG-LAST-ICE-CHECK-RECEIVED");
/// Which extensions the sender has, a list of 16-bit numbers.
pub const GOOG_MISC_INFO: Attribute<shape::Opaque> = Attribute::new(0xC059, "GOOG-MISC-INFO");
/// A number for the pair of candidates.
pub const GOOG_CONNECTION_ID: Attribute<shape::U32> = Attribute::new(0xC05B, "GOOG-CONNECTION-ID");
/// A change of the transport's state, sent along with a check.
pub const GOOG_DELTA: Attribute<shape::Opaque> = Attribute::new(0xC05C, "GOOG-DELTA");
/// Which of these changes has come.
pub const GOOG_DELTA_ACK: Attribute<shape::U64> = Attribute::new(0xC05D, "GOOG-DELTA-ACK");
/// The first 4 bytes of a MESSAGE-INTEGRITY, in the short pings between browsers.
pub const GOOG_MESSAGE_INTEGRITY_32: Attribute<shape::Token<4>> =
    Attribute::new(0xC060, "GOOG-MESSAGE-INTEGRITY-32");
/// A packet of the DTLS handshake, sent along with a check.
pub const DTLS_IN_STUN: Attribute<shape::Opaque> = Attribute::new(0xC070, "DTLS-IN-STUN");
/// Which of these packets have come, a list of 32-bit numbers.
pub const DTLS_IN_STUN_ACKNOWLEDGEMENT: Attribute<shape::Opaque> =
    Attribute::new(0xC071, "DTLS-IN-STUN-ACKNOWLEDGEMENT");
/// How often the request was sent before; never registered.
pub const RETRANSMIT_COUNT: Attribute<shape::U32> = Attribute::new(0xFF00, "RETRANSMIT-COUNT");

// RFC 3489: before the magic cookie. Later RFCs have withdrawn them.

/// Where to send the answer, whoever that is: do not (RFC 3489 §11.2.2).
pub const RESPONSE_ADDRESS: Attribute<shape::Address> = Attribute::new(0x0002, "RESPONSE-ADDRESS");
/// The address that the answer came from, RFC 3489 §11.2.5.
pub const SOURCE_ADDRESS: Attribute<shape::Address> = Attribute::new(0x0004, "SOURCE-ADDRESS");
/// The server's other address and port, RFC 3489 §11.2.3.
pub const CHANGED_ADDRESS: Attribute<shape::Address> = Attribute::new(0x0005, "CHANGED-ADDRESS");
/// The secret that goes with a username, RFC 3489 §11.2.7.
pub const PASSWORD: Attribute<shape::Opaque> = Attribute::new(0x0007, "PASSWORD");
/// Who has asked for an answer to somebody else, RFC 3489 §11.2.11.
pub const REFLECTED_FROM: Attribute<shape::Address> = Attribute::new(0x000B, "REFLECTED-FROM");
/// XOR-MAPPED-ADDRESS at the codepoint that it had before RFC 5389; some servers still send it.
pub const EARLY_XOR_MAPPED_ADDRESS: Attribute<shape::XorAddress> =
    Attribute::new(0x8020, "XOR-MAPPED-ADDRESS");

/// Each attribute of this module, and the three of which the builder takes care.
pub const ALL: &[Entry] = &[
    MAPPED_ADDRESS.entry(),
    USERNAME.entry(),
    MESSAGE_INTEGRITY.entry(),
    ERROR_CODE.entry(),
    UNKNOWN_ATTRIBUTES.entry(),
    REALM.entry(),
    NONCE.entry(),
    MESSAGE_INTEGRITY_SHA256.entry(),
    PASSWORD_ALGORITHM.entry(),
    USERHASH.entry(),
    XOR_MAPPED_ADDRESS.entry(),
    PASSWORD_ALGORITHMS.entry(),
    ALTERNATE_DOMAIN.entry(),
    SOFTWARE.entry(),
    ALTERNATE_SERVER.entry(),
    FINGERPRINT.entry(),
    CHANNEL_NUMBER.entry(),
    LIFETIME.entry(),
    XOR_PEER_ADDRESS.entry(),
    DATA.entry(),
    XOR_RELAYED_ADDRESS.entry(),
    REQUESTED_ADDRESS_FAMILY.entry(),
    EVEN_PORT.entry(),
    REQUESTED_TRANSPORT.entry(),
    DONT_FRAGMENT.entry(),
    RESERVATION_TOKEN.entry(),
    ADDITIONAL_ADDRESS_FAMILY.entry(),
    ADDRESS_ERROR_CODE.entry(),
    ICMP.entry(),
    CONNECTION_ID.entry(),
    ACCESS_TOKEN.entry(),
    THIRD_PARTY_AUTHORIZATION.entry(),
    MOBILITY_TICKET.entry(),
    PRIORITY.entry(),
    USE_CANDIDATE.entry(),
    ICE_CONTROLLED.entry(),
    ICE_CONTROLLING.entry(),
    NOMINATION.entry(),
    CHANGE_REQUEST.entry(),
    PADDING.entry(),
    RESPONSE_PORT.entry(),
    CACHE_TIMEOUT.entry(),
    RESPONSE_ORIGIN.entry(),
    OTHER_ADDRESS.entry(),
    TRANSACTION_TRANSMIT_COUNTER.entry(),
    ECN_CHECK.entry(),
    ORIGIN.entry(),
    GOOG_NETWORK_INFO.entry(),
    GOOG_LAST_ICE_CHECK_RECEIVED.entry(),
    GOOG_MISC_INFO.entry(),
    GOOG_CONNECTION_ID.entry(),
    GOOG_DELTA.entry(),
    GOOG_DELTA_ACK.entry(),
    GOOG_MESSAGE_INTEGRITY_32.entry(),
    DTLS_IN_STUN.entry(),
    DTLS_IN_STUN_ACKNOWLEDGEMENT.entry(),
    RETRANSMIT_COUNT.entry(),
    RESPONSE_ADDRESS.entry(),
    SOURCE_ADDRESS.entry(),
    CHANGED_ADDRESS.entry(),
    PASSWORD.entry(),
    REFLECTED_FROM.entry(),
    EARLY_XOR_MAPPED_ADDRESS.entry(),
];
