use core::fmt;

use crate::error::ParseError;

/// The value that tells STUN from everything else: bytes 4 to 7 of each message (RFC 8489 §5).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;

/// The length of the fixed header before the attributes, in bytes (RFC 8489 §5).
pub const HEADER_LENGTH: usize = 20;

/// What a message asks for. Any value of 12 bits is a method; the known ones are constants
/// (RFC 8489 §3, RFC 8656 §17, RFC 6062 §4).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Method(u16);

impl Method {
    /// Binding: what is my public address? (RFC 8489 §2)
    pub const BINDING: Self = Self(0x001);
    /// Allocate: give me a relayed address (RFC 8656 §7).
    pub const ALLOCATE: Self = Self(0x003);
    /// Refresh: keep, or delete, my allocation (RFC 8656 §8).
    pub const REFRESH: Self = Self(0x004);
    /// Send: relay this to a peer; an indication (RFC 8656 §11).
    pub const SEND: Self = Self(0x006);
    /// Data: this came from a peer; an indication (RFC 8656 §11).
    pub const DATA: Self = Self(0x007);
    /// CreatePermission: let these peers in (RFC 8656 §10).
    pub const CREATE_PERMISSION: Self = Self(0x008);
    /// ChannelBind: a short name for a peer (RFC 8656 §12).
    pub const CHANNEL_BIND: Self = Self(0x009);
    /// Connect: open a TCP connection to a peer (RFC 6062 §4.3).
    pub const CONNECT: Self = Self(0x00A);
    /// ConnectionBind: tie a data connection to a peer connection (RFC 6062 §4.3).
    pub const CONNECTION_BIND: Self = Self(0x00B);
    /// ConnectionAttempt: a peer has connected; an indication (RFC 6062 §4.4).
    pub const CONNECTION_ATTEMPT: Self = Self(0x00C);

    /// The method of this value; `None` above 12 bits.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value <= 0xFFF { Some(Self(value)) } else { None }
    }

    /// Its value, at most 12 bits.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// Its name in the registry, if it has one.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::BINDING => "Binding",
            Self::ALLOCATE => "Allocate",
            Self::REFRESH => "Refresh",
            Self::SEND => "Send",
            Self::DATA => "Data",
            Self::CREATE_PERMISSION => "CreatePermission",
            Self::CHANNEL_BIND => "ChannelBind",
            Self::CONNECT => "Connect",
            Self::CONNECTION_BIND => "ConnectionBind",
            Self::CONNECTION_ATTEMPT => "ConnectionAttempt",
            _ => return None,
        })
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "Method(0x{:03x})", self.0),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Which part of a conversation a message is (RFC 8489 §5).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Class {
    /// Wants an answer.
    Request,
    /// Wants none.
    Indication,
    /// The answer: it was done.
    Success,
    /// The answer: it was not, and an ERROR-CODE says why.
    Error,
}

/// Class and method, woven into the 14 bits that open a message (RFC 8489 §5, figure 3).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageType(u16);

impl MessageType {
    /// The type of a message of this class and method.
    #[must_use]
    pub const fn new(class: Class, method: Method) -> Self {
        let m = method.0;
        let class = match class {
            Class::Request => 0x000,
            Class::Indication => 0x010,
            Class::Success => 0x100,
            Class::Error => 0x110,
        };
        Self((m & 0xF80) << 2 | (m & 0x070) << 1 | m & 0x00F | class)
    }

    /// The type that these two bytes hold; `None` unless the top two bits are zero.
    #[must_use]
    pub const fn from_value(value: u16) -> Option<Self> {
        if value & 0xC000 == 0 { Some(Self(value)) } else { None }
    }

    /// The two bytes on the wire.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }

    /// That of a message whose header has been checked.
    #[inline]
    pub(crate) const fn of(head: &[u8; HEADER_LENGTH]) -> Self {
        Self(u16::from_be_bytes([head[0], head[1]]))
    }

    /// Its class.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.0 & 0x110 {
            0x000 => Class::Request,
            0x010 => Class::Indication,
            0x100 => Class::Success,
            _ => Class::Error,
        }
    }

    /// Its method.
    #[must_use]
    pub const fn method(self) -> Method {
        let t = self.0;
        Method((t & 0x3E00) >> 2 | (t & 0x00E0) >> 1 | t & 0x000F)
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.method(), self.class())
    }
}

/// The 96 bits that tie an answer to its request (RFC 8489 §5). They must be unpredictable:
/// draw them from a CSPRNG, as `Transactions` does.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TransactionId([u8; 12]);

impl TransactionId {
    /// The id of these bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// That of a message with this header.
    #[inline]
    pub(crate) const fn of(head: &[u8; HEADER_LENGTH]) -> Self {
        let [_, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h, i, j, k, l] = *head;
        Self([a, b, c, d, e, f, g, h, i, j, k, l])
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }
}

impl From<[u8; 12]> for TransactionId {
    fn from(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for TransactionId {
    /// 24 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The fixed header: enough to route a message without walking its attributes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Header {
    /// Class and method.
    pub message_type: MessageType,
    /// The length of the attributes that follow, in bytes; a multiple of 4.
    pub length: u16,
    /// The transaction that the message belongs to.
    pub transaction_id: TransactionId,
}

impl Header {
    /// Reads the header at the start of `bytes`, which may be longer or shorter than the whole message.
    ///
    /// # Errors
    /// When fewer than 20 bytes are there, the top two bits are set, the magic cookie is
    /// missing, or the length is not a multiple of 4 (RFC 8489 §5, §6.3).
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let Some(head) = bytes.first_chunk::<HEADER_LENGTH>() else {
            return Err(ParseError::TooShort { length: bytes.len() });
        };
        check(head)?;
        Ok(Self {
            message_type: MessageType::of(head),
            length: length(head),
            transaction_id: TransactionId::of(head),
        })
    }
}

/// The header and the attributes of `bytes`, which must be one whole message.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> Result<(&[u8; HEADER_LENGTH], &[u8]), ParseError> {
    let Some((head, attributes)) = bytes.split_first_chunk::<HEADER_LENGTH>() else {
        return Err(ParseError::TooShort { length: bytes.len() });
    };
    check(head)?;
    let length = usize::from(length(head));
    if length != attributes.len() {
        return Err(ParseError::LengthMismatch {
            header: HEADER_LENGTH + length,
            datagram: bytes.len(),
        });
    }
    Ok((head, attributes))
}

#[inline]
fn check(head: &[u8; HEADER_LENGTH]) -> Result<(), ParseError> {
    if head[0] & 0xC0 != 0 {
        return Err(ParseError::NotStun);
    }
    if head[4..8] != MAGIC_COOKIE.to_be_bytes() {
        return Err(ParseError::MagicCookie);
    }
    let length = length(head);
    if !length.is_multiple_of(4) {
        return Err(ParseError::UnalignedLength { length });
    }
    Ok(())
}

const fn length(head: &[u8; HEADER_LENGTH]) -> u16 {
    u16::from_be_bytes([head[2], head[3]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_comes_apart_and_together_again() {
        for value in 0..0x4000 {
            let message_type = MessageType::from_value(value).expect("top bits are zero");
            assert_eq!(MessageType::new(message_type.class(), message_type.method()), message_type);
        }
        for value in 0..=0xFFF {
            let method = Method::new(value).expect("12 bits");
            for class in [Class::Request, Class::Indication, Class::Success, Class::Error] {
                let message_type = MessageType::new(class, method);
                assert_eq!((message_type.class(), message_type.method()), (class, method));
            }
        }
        assert_eq!(Method::new(0x1000), None);
        assert_eq!(MessageType::from_value(0x4000), None);
    }

    #[test]
    fn types_as_they_stand_on_the_wire() {
        assert_eq!(MessageType::new(Class::Request, Method::BINDING).value(), 0x0001);
        assert_eq!(MessageType::new(Class::Success, Method::BINDING).value(), 0x0101);
        assert_eq!(MessageType::new(Class::Error, Method::ALLOCATE).value(), 0x0113);
        assert_eq!(MessageType::new(Class::Indication, Method::SEND).value(), 0x0016);
        assert_eq!(MessageType::new(Class::Indication, Method::DATA).value(), 0x0017);
    }
}
