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

mod access_token;
mod address;
mod attribute_types;
mod error_code;
mod packed;
mod password_algorithm;
mod text;
mod user_hash;

use core::fmt;
use core::time::Duration;

use crate::error::ValueError;
use crate::header::TransactionId;

pub use access_token::AccessToken;
pub(crate) use address::mask;
pub use address::{Address, AddressFamily, Family, XorAddress};
pub use attribute_types::{AttributeTypes, Types};
pub use error_code::{AddressError, Error, ErrorCode};
pub use packed::{ChangeRequest, Icmp, NetworkInfo, Port, TransmitCounter};
pub use password_algorithm::{
    Algorithm, AlgorithmList, Algorithms, NamedAlgorithm, PasswordAlgorithm,
};
pub use text::{Phrase, Text};
pub use user_hash::UserHash;

/// How the value of an attribute is written and read.
pub trait Shape {
    /// The Rust value; it may borrow from the message.
    type Value<'a>: fmt::Debug;

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

    /// Prints `value` for people, on one line, as a dissector does.
    ///
    /// # Errors
    /// Those of the formatter.
    fn print(value: &Self::Value<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(value, f)
    }
}

#[inline]
fn exactly<const N: usize>(value: &[u8]) -> Result<[u8; N], ValueError> {
    value.try_into().map_err(|_| ValueError::Length { length: value.len() })
}

/// Copies `value` to `out`, which has its length. Most texts are short: two moves of 8 or 16 bytes that may
/// overlap take less time than the call of a function that knows all lengths.
#[inline]
fn copy(value: &[u8], out: &mut [u8]) {
    match value.len() {
        8..=16 => copy_ends::<8>(value, out),
        17..=32 => copy_ends::<16>(value, out),
        _ => out.copy_from_slice(value),
    }
}

#[inline]
fn copy_ends<const N: usize>(value: &[u8], out: &mut [u8]) {
    if let (Some(first), Some(last)) = (value.first_chunk::<N>(), value.last_chunk::<N>()) {
        if let Some(out) = out.first_chunk_mut() {
            *out = *first;
        }
        if let Some(out) = out.last_chunk_mut() {
            *out = *last;
        }
    }
}

/// The bytes in hexadecimal; of many only the first, and how many there are.
pub(crate) fn print_bytes(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const PRINTED: usize = 32;
    bytes.iter().take(PRINTED).try_for_each(|byte| write!(f, "{byte:02x}"))?;
    if bytes.len() > PRINTED { write!(f, "... ({} bytes)", bytes.len()) } else { Ok(()) }
}

/// No bytes: that it is there says it all.
#[derive(Debug)]
pub enum Flag {}

impl Shape for Flag {
    type Value<'a> = ();

    #[inline]
    fn length((): &()) -> Result<usize, ValueError> {
        Ok(0)
    }

    #[inline]
    fn encode((): &(), _: TransactionId, _: &mut [u8]) {}

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<(), ValueError> {
        exactly::<0>(value).map(|_| ())
    }

    fn print((): &(), _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// A 32-bit number.
#[derive(Debug)]
pub enum U32 {}

impl Shape for U32 {
    type Value<'a> = u32;

    #[inline]
    fn length(_: &u32) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &u32, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<u32, ValueError> {
        exactly(value).map(u32::from_be_bytes)
    }
}

/// A 64-bit number.
#[derive(Debug)]
pub enum U64 {}

impl Shape for U64 {
    type Value<'a> = u64;

    #[inline]
    fn length(_: &u64) -> Result<usize, ValueError> {
        Ok(8)
    }

    #[inline]
    fn encode(value: &u64, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<u64, ValueError> {
        exactly(value).map(u64::from_be_bytes)
    }

    fn print(value: &u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{value:016x}")
    }
}

/// A length of time in whole seconds, up to `u32::MAX`; fractions are cut off in writing,
/// more saturates.
#[derive(Debug)]
pub enum Seconds {}

impl Shape for Seconds {
    type Value<'a> = Duration;

    #[inline]
    fn length(_: &Duration) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &Duration, id: TransactionId, out: &mut [u8]) {
        U32::encode(&u32::try_from(value.as_secs()).unwrap_or(u32::MAX), id, out);
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<Duration, ValueError> {
        U32::decode(value, id).map(|seconds| Duration::from_secs(seconds.into()))
    }
}

/// Bytes that mean something to somebody else.
#[derive(Debug)]
pub enum Opaque {}

impl Shape for Opaque {
    type Value<'a> = &'a [u8];

    #[inline]
    fn length(value: &&[u8]) -> Result<usize, ValueError> {
        Ok(value.len())
    }

    #[inline]
    fn encode(value: &&[u8], _: TransactionId, out: &mut [u8]) {
        copy(value, out);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<&[u8], ValueError> {
        Ok(value)
    }

    fn print(value: &&[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_bytes(value, f)
    }
}

/// `N` bytes that nobody can guess.
#[derive(Debug)]
pub enum Token<const N: usize = 8> {}

impl<const N: usize> Shape for Token<N> {
    type Value<'a> = [u8; N];

    fn length(_: &[u8; N]) -> Result<usize, ValueError> {
        Ok(N)
    }

    fn encode(value: &[u8; N], _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<[u8; N], ValueError> {
        exactly(value)
    }

    fn print(value: &[u8; N], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_bytes(value, f)
    }
}

/// A number of 16 bits and two reserved bytes: CHANNEL-NUMBER (RFC 8656 §18.1). Whether the
/// number is one that a channel can have is for the machine to say, not for the codec.
#[derive(Debug)]
pub enum Channel {}

impl Shape for Channel {
    type Value<'a> = u16;

    #[inline]
    fn length(_: &u16) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &u16, _: TransactionId, out: &mut [u8]) {
        let [a, b] = value.to_be_bytes();
        out.copy_from_slice(&[a, b, 0, 0]);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<u16, ValueError> {
        exactly(value).map(|[a, b, _, _]| u16::from_be_bytes([a, b]))
    }

    fn print(value: &u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{value:04x}")
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

    #[inline]
    fn length(_: &u8) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &u8, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[*value, 0, 0, 0]);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<u8, ValueError> {
        exactly(value).map(|[number, _, _, _]| number)
    }

    fn print(value: &u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *value {
            Self::TCP => f.write_str("TCP"),
            Self::UDP => f.write_str("UDP"),
            number => write!(f, "IP protocol {number}"),
        }
    }
}

/// One byte, of which the top bit says whether to reserve the next port too (RFC 8656 §18.7).
#[derive(Debug)]
pub enum EvenPort {}

impl Shape for EvenPort {
    type Value<'a> = bool;

    #[inline]
    fn length(_: &bool) -> Result<usize, ValueError> {
        Ok(1)
    }

    #[inline]
    fn encode(reserve_next: &bool, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[u8::from(*reserve_next) << 7]);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<bool, ValueError> {
        exactly(value).map(|[bits]| bits & 0x80 != 0)
    }

    fn print(reserve_next: &bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *reserve_next { "even, and the next one reserved" } else { "even" })
    }
}
