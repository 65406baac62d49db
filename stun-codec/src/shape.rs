//! The shapes that values take on the wire. Most attributes share one of these few; a crate
//! that needs another implements [`Shape`] for a type of its own.
//!
//! A shape is handed exactly the bytes of its value, so it cannot read a neighbour's.
//!
//! ```
//! use stun_codec::{attr::Attribute, shape::Shape, TransactionId, ValueError};
//!
//! /// Two 16-bit numbers.
//! enum Resolution {}
//! impl Shape for Resolution {
//!     type Value<'a> = (u16, u16);
//!     fn length(_: &(u16, u16)) -> Result<usize, ValueError> {
//!         Ok(4)
//!     }
//!     fn encode((width, height): &(u16, u16), _: TransactionId, out: &mut [u8]) {
//!         out[..2].copy_from_slice(&width.to_be_bytes());
//!         out[2..].copy_from_slice(&height.to_be_bytes());
//!     }
//!     fn decode(value: &[u8], _: TransactionId) -> Result<(u16, u16), ValueError> {
//!         let [a, b, c, d] = *value else { return Err(ValueError::Length { length: value.len() }) };
//!         Ok((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
//!     }
//! }
//! const RESOLUTION: Attribute<Resolution> = Attribute::new(0xC124, "RESOLUTION");
//! ```

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

use crate::attr::AttributeType;
use crate::error::ValueError;
use crate::header::{MAGIC_COOKIE, TransactionId};

/// How the value of an attribute is written and read.
pub trait Shape {
    /// The Rust value; it may borrow from the message.
    type Value<'a>;

    /// The bytes that `value` takes, without padding.
    ///
    /// # Errors
    /// When an attribute of this shape cannot hold the value.
    fn length(value: &Self::Value<'_>) -> Result<usize, ValueError>;

    /// Writes `value` into `out`, which has just the length that [`length`](Self::length) told.
    fn encode(value: &Self::Value<'_>, id: TransactionId, out: &mut [u8]);

    /// Reads the value from exactly its bytes.
    ///
    /// # Errors
    /// When the bytes are not such a value.
    fn decode(value: &[u8], id: TransactionId) -> Result<Self::Value<'_>, ValueError>;
}

fn exactly<const N: usize>(value: &[u8]) -> Result<[u8; N], ValueError> {
    value.try_into().map_err(|_| ValueError::Length { length: value.len() })
}

/// No bytes: that it is there says it all.
#[derive(Debug)]
pub enum Flag {}

impl Shape for Flag {
    type Value<'a> = ();

    fn length((): &()) -> Result<usize, ValueError> {
        Ok(0)
    }

    fn encode((): &(), _: TransactionId, _: &mut [u8]) {}

    fn decode(value: &[u8], _: TransactionId) -> Result<(), ValueError> {
        exactly::<0>(value).map(|_| ())
    }
}

/// A 32-bit number.
#[derive(Debug)]
pub enum U32 {}

impl Shape for U32 {
    type Value<'a> = u32;

    fn length(_: &u32) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &u32, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&value.to_be_bytes());
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<u32, ValueError> {
        exactly(value).map(u32::from_be_bytes)
    }
}

/// A 64-bit number.
#[derive(Debug)]
pub enum U64 {}

impl Shape for U64 {
    type Value<'a> = u64;

    fn length(_: &u64) -> Result<usize, ValueError> {
        Ok(8)
    }

    fn encode(value: &u64, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&value.to_be_bytes());
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<u64, ValueError> {
        exactly(value).map(u64::from_be_bytes)
    }
}

/// A length of time in whole seconds, up to `u32::MAX`; fractions are cut off in writing,
/// more saturates.
#[derive(Debug)]
pub enum Seconds {}

impl Shape for Seconds {
    type Value<'a> = Duration;

    fn length(_: &Duration) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &Duration, id: TransactionId, out: &mut [u8]) {
        U32::encode(&u32::try_from(value.as_secs()).unwrap_or(u32::MAX), id, out);
    }

    fn decode(value: &[u8], id: TransactionId) -> Result<Duration, ValueError> {
        U32::decode(value, id).map(|seconds| Duration::from_secs(seconds.into()))
    }
}

/// UTF-8 text of at most `MAX` bytes.
#[derive(Debug)]
pub enum Text<const MAX: usize> {}

impl<const MAX: usize> Shape for Text<MAX> {
    type Value<'a> = &'a str;

    fn length(value: &&str) -> Result<usize, ValueError> {
        if value.len() > MAX {
            Err(ValueError::Length { length: value.len() })
        } else {
            Ok(value.len())
        }
    }

    fn encode(value: &&str, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value.as_bytes());
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<&str, ValueError> {
        if value.len() > MAX {
            return Err(ValueError::Length { length: value.len() });
        }
        core::str::from_utf8(value).map_err(|_| ValueError::Utf8)
    }
}

/// Bytes that mean something to somebody else.
#[derive(Debug)]
pub enum Opaque {}

impl Shape for Opaque {
    type Value<'a> = &'a [u8];

    fn length(value: &&[u8]) -> Result<usize, ValueError> {
        Ok(value.len())
    }

    fn encode(value: &&[u8], _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<&[u8], ValueError> {
        Ok(value)
    }
}

/// Eight bytes that nobody can guess.
#[derive(Debug)]
pub enum Token {}

impl Shape for Token {
    type Value<'a> = [u8; 8];

    fn length(_: &[u8; 8]) -> Result<usize, ValueError> {
        Ok(8)
    }

    fn encode(value: &[u8; 8], _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<[u8; 8], ValueError> {
        exactly(value)
    }
}

/// An address and a port, in clear (RFC 8489 §14.1).
#[derive(Debug)]
pub enum Address {}

impl Shape for Address {
    type Value<'a> = SocketAddr;

    fn length(value: &SocketAddr) -> Result<usize, ValueError> {
        Ok(if value.is_ipv4() { 8 } else { 20 })
    }

    fn encode(value: &SocketAddr, _: TransactionId, out: &mut [u8]) {
        encode_address(value.ip(), value.port(), out);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<SocketAddr, ValueError> {
        decode_address(value)
    }
}

/// An address and a port, masked with the magic cookie and the transaction id (RFC 8489 §14.2).
#[derive(Debug)]
pub enum XorAddress {}

impl Shape for XorAddress {
    type Value<'a> = SocketAddr;

    fn length(value: &SocketAddr) -> Result<usize, ValueError> {
        Address::length(value)
    }

    fn encode(value: &SocketAddr, id: TransactionId, out: &mut [u8]) {
        let (ip, port) = mask(value.ip(), value.port(), id);
        encode_address(ip, port, out);
    }

    fn decode(value: &[u8], id: TransactionId) -> Result<SocketAddr, ValueError> {
        let masked = decode_address(value)?;
        let (ip, port) = mask(masked.ip(), masked.port(), id);
        Ok(SocketAddr::new(ip, port))
    }
}

fn mask(ip: IpAddr, port: u16, id: TransactionId) -> (IpAddr, u16) {
    let ip = match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() ^ MAGIC_COOKIE).into(),
        IpAddr::V6(ip) => {
            let mut mask = [0; 16];
            mask[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
            mask[4..].copy_from_slice(id.as_bytes());
            Ipv6Addr::from_bits(ip.to_bits() ^ u128::from_be_bytes(mask)).into()
        }
    };
    (ip, port ^ (MAGIC_COOKIE >> 16) as u16)
}

fn encode_address(ip: IpAddr, port: u16, out: &mut [u8]) {
    out[0] = 0;
    out[2..4].copy_from_slice(&port.to_be_bytes());
    match ip {
        IpAddr::V4(ip) => {
            out[1] = 1;
            out[4..].copy_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out[1] = 2;
            out[4..].copy_from_slice(&ip.octets());
        }
    }
}

fn decode_address(value: &[u8]) -> Result<SocketAddr, ValueError> {
    // The first byte must be ignored (RFC 8489 §14.1).
    match *value {
        [_, 1, p, q, a, b, c, d] => {
            Ok(SocketAddr::new(Ipv4Addr::new(a, b, c, d).into(), u16::from_be_bytes([p, q])))
        }
        [_, 2, p, q, ref ip @ ..] if ip.len() == 16 => Ok(SocketAddr::new(
            Ipv6Addr::from(exactly::<16>(ip)?).into(),
            u16::from_be_bytes([p, q]),
        )),
        [_, 1 | 2, ..] | [] | [_] => Err(ValueError::Length { length: value.len() }),
        [_, family, ..] => Err(ValueError::Family { family }),
    }
}

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
    /// The error `code` with a reason for people to read; `None` outside 300 to 699.
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

/// An [`ErrorCode`].
#[derive(Debug)]
pub enum Error {}

impl Shape for Error {
    type Value<'a> = ErrorCode<'a>;

    fn length(value: &ErrorCode<'_>) -> Result<usize, ValueError> {
        Text::<763>::length(&value.reason).map(|length| 4 + length)
    }

    fn encode(value: &ErrorCode<'_>, _: TransactionId, out: &mut [u8]) {
        let (class, number) = (value.code / 100, value.code % 100);
        out[..4].copy_from_slice(&[0, 0, class as u8, number as u8]);
        out[4..].copy_from_slice(value.reason.as_bytes());
    }

    fn decode(value: &[u8], id: TransactionId) -> Result<ErrorCode<'_>, ValueError> {
        let [_, _, class, number, reason @ ..] = value else {
            return Err(ValueError::Length { length: value.len() });
        };
        // The 21 bits before the class are reserved and ignored.
        let (class, number) = (class & 0x07, *number);
        if !(3..=6).contains(&class) || number > 99 {
            return Err(ValueError::ErrorCode { class, number });
        }
        let reason = Text::<763>::decode(reason, id)?;
        Ok(ErrorCode { code: u16::from(class) * 100 + u16::from(number), reason })
    }
}

/// A list of attribute types, at most [`MAX`](Self::MAX) of them: an answer to a stranger must not
/// grow with what the stranger sends.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct AttributeTypes {
    values: [u16; Self::MAX],
    count: u8,
}

impl AttributeTypes {
    /// How many types the list holds at the most; further ones are left out.
    pub const MAX: usize = 16;

    /// Adds a type, unless it is in the list already or the list is full.
    pub fn push(&mut self, attribute_type: AttributeType) {
        if !self.iter().any(|held| held == attribute_type)
            && let Some(slot) = self.values.get_mut(usize::from(self.count))
        {
            *slot = attribute_type.value();
            self.count += 1;
        }
    }

    /// The types, in order.
    pub fn iter(&self) -> impl Iterator<Item = AttributeType> + '_ {
        self.values[..usize::from(self.count)].iter().map(|&value| AttributeType::new(value))
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl FromIterator<AttributeType> for AttributeTypes {
    fn from_iter<I: IntoIterator<Item = AttributeType>>(types: I) -> Self {
        let mut list = Self::default();
        types.into_iter().for_each(|attribute_type| list.push(attribute_type));
        list
    }
}

/// An [`AttributeTypes`] list.
#[derive(Debug)]
pub enum Types {}

impl Shape for Types {
    type Value<'a> = AttributeTypes;

    fn length(value: &AttributeTypes) -> Result<usize, ValueError> {
        Ok(2 * usize::from(value.count))
    }

    fn encode(value: &AttributeTypes, _: TransactionId, out: &mut [u8]) {
        for (out, attribute_type) in out.chunks_exact_mut(2).zip(value.iter()) {
            out.copy_from_slice(&attribute_type.value().to_be_bytes());
        }
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<AttributeTypes, ValueError> {
        if !value.len().is_multiple_of(2) {
            return Err(ValueError::Length { length: value.len() });
        }
        let (pairs, _) = value.as_chunks::<2>();
        Ok(pairs.iter().map(|&pair| AttributeType::new(u16::from_be_bytes(pair))).collect())
    }
}

/// A number of 16 bits and two reserved bytes: CHANNEL-NUMBER (RFC 8656 §18.1). Whether the
/// number is one that a channel can have is for the machine to say, not for the codec.
#[derive(Debug)]
pub enum Channel {}

impl Shape for Channel {
    type Value<'a> = u16;

    fn length(_: &u16) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &u16, _: TransactionId, out: &mut [u8]) {
        let [a, b] = value.to_be_bytes();
        out.copy_from_slice(&[a, b, 0, 0]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<u16, ValueError> {
        exactly(value).map(|[a, b, _, _]| u16::from_be_bytes([a, b]))
    }
}

/// An IP protocol number and three reserved bytes: REQUESTED-TRANSPORT (RFC 8656 §18.8).
#[derive(Debug)]
pub enum ProtocolNumber {}

impl ProtocolNumber {
    /// TCP.
    pub const TCP: u8 = 6;
    /// UDP.
    pub const UDP: u8 = 17;
}

impl Shape for ProtocolNumber {
    type Value<'a> = u8;

    fn length(_: &u8) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &u8, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[*value, 0, 0, 0]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<u8, ValueError> {
        exactly(value).map(|[number, _, _, _]| number)
    }
}

/// The family of an IP address (RFC 8489 §14.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AddressFamily {
    /// IPv4, on the wire 1.
    V4,
    /// IPv6, on the wire 2.
    V6,
}

impl AddressFamily {
    /// The family of this address.
    #[must_use]
    pub const fn of(address: &SocketAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// An [`AddressFamily`] and three reserved bytes.
#[derive(Debug)]
pub enum Family {}

impl Shape for Family {
    type Value<'a> = AddressFamily;

    fn length(_: &AddressFamily) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &AddressFamily, _: TransactionId, out: &mut [u8]) {
        let family = match value {
            AddressFamily::V4 => 1,
            AddressFamily::V6 => 2,
        };
        out.copy_from_slice(&[family, 0, 0, 0]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<AddressFamily, ValueError> {
        match exactly(value)? {
            [1, _, _, _] => Ok(AddressFamily::V4),
            [2, _, _, _] => Ok(AddressFamily::V6),
            [family, _, _, _] => Err(ValueError::Family { family }),
        }
    }
}

/// One byte, of which the top bit says whether to reserve the next port too (RFC 8656 §18.7).
#[derive(Debug)]
pub enum EvenPort {}

impl Shape for EvenPort {
    type Value<'a> = bool;

    fn length(_: &bool) -> Result<usize, ValueError> {
        Ok(1)
    }

    fn encode(reserve_next: &bool, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[u8::from(*reserve_next) << 7]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<bool, ValueError> {
        exactly(value).map(|[bits]| bits & 0x80 != 0)
    }
}
