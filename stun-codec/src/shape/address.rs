use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Shape, exactly};
use crate::error::ValueError;
use crate::header::{MAGIC_COOKIE, TransactionId};

/// An address and a port, in clear (RFC 8489 §14.1).
#[derive(Debug)]
pub enum Address {}

impl Shape for Address {
    type Value<'a> = SocketAddr;

    #[inline]
    fn length(value: &SocketAddr) -> Result<usize, ValueError> {
        Ok(if value.is_ipv4() { 8 } else { 20 })
    }

    #[inline]
    fn encode(value: &SocketAddr, _: TransactionId, out: &mut [u8]) {
        encode_address(*value, out);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<SocketAddr, ValueError> {
        decode_address(value, 0, TransactionId::new([0; 12]))
    }
}

/// An address and a port, masked with the magic cookie and the transaction id (RFC 8489 §14.2).
#[derive(Debug)]
pub enum XorAddress {}

impl Shape for XorAddress {
    type Value<'a> = SocketAddr;

    #[inline]
    fn length(value: &SocketAddr) -> Result<usize, ValueError> {
        Address::length(value)
    }

    #[inline]
    fn encode(value: &SocketAddr, id: TransactionId, out: &mut [u8]) {
        encode_address(mask(*value, MAGIC_COOKIE, id), out);
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<SocketAddr, ValueError> {
        decode_address(value, MAGIC_COOKIE, id)
    }
}

/// Masks an address, or takes its mask off: `cookie` is what stands where the magic cookie does.
#[inline]
pub(crate) fn mask(address: SocketAddr, cookie: u32, id: TransactionId) -> SocketAddr {
    let port = address.port() ^ (cookie >> 16) as u16;
    match address {
        SocketAddr::V4(address) => {
            SocketAddr::new(Ipv4Addr::from_bits(address.ip().to_bits() ^ cookie).into(), port)
        }
        SocketAddr::V6(address) => {
            let bits = address.ip().to_bits() ^ mask_of_v6(cookie, id);
            SocketAddr::new(Ipv6Addr::from_bits(bits).into(), port)
        }
    }
}

#[inline]
fn mask_of_v6(cookie: u32, id: TransactionId) -> u128 {
    let mut mask = [0; 16];
    mask[..4].copy_from_slice(&cookie.to_be_bytes());
    mask[4..].copy_from_slice(id.as_bytes());
    u128::from_be_bytes(mask)
}

#[inline]
fn encode_address(address: SocketAddr, out: &mut [u8]) {
    let [p, q] = address.port().to_be_bytes();
    match address {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            out.copy_from_slice(&[0, AddressFamily::V4 as u8, p, q, a, b, c, d]);
        }
        SocketAddr::V6(address) => {
            let (head, ip) = out.split_at_mut(4);
            head.copy_from_slice(&[0, AddressFamily::V6 as u8, p, q]);
            ip.copy_from_slice(&address.ip().octets());
        }
    }
}

/// Reads an address that was masked with `cookie` and `id`; with zeros when it stands in clear.
#[inline]
fn decode_address(value: &[u8], cookie: u32, id: TransactionId) -> Result<SocketAddr, ValueError> {
    let port = |p, q| u16::from_be_bytes([p, q]) ^ (cookie >> 16) as u16;
    // The first byte must be ignored (RFC 8489 §14.1).
    match *value {
        [_, 1, p, q, a, b, c, d] => {
            let bits = u32::from_be_bytes([a, b, c, d]) ^ cookie;
            Ok(SocketAddr::new(Ipv4Addr::from_bits(bits).into(), port(p, q)))
        }
        [_, 2, p, q, ref ip @ ..] if ip.len() == 16 => {
            let bits = u128::from_be_bytes(exactly(ip)?) ^ mask_of_v6(cookie, id);
            Ok(SocketAddr::new(Ipv6Addr::from_bits(bits).into(), port(p, q)))
        }
        [_, 1 | 2, ..] | [] | [_] => Err(ValueError::Length { length: value.len() }),
        [_, family, ..] => Err(ValueError::Family { family }),
    }
}

/// The family of an IP address (RFC 8489 §14.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AddressFamily {
    /// IPv4, on the wire 1.
    #[cfg_attr(feature = "serde", serde(rename = "ipv4"))]
    V4 = 1,
    /// IPv6, on the wire 2.
    #[cfg_attr(feature = "serde", serde(rename = "ipv6"))]
    V6 = 2,
}

impl AddressFamily {
    /// The family of this number on the wire, if it is one.
    #[must_use]
    pub const fn from_value(value: u8) -> Option<Self> {
        match value {
            1 => Some(Self::V4),
            2 => Some(Self::V6),
            _ => None,
        }
    }

    /// The family of this address.
    #[must_use]
    pub const fn of(address: &SocketAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// An [`AddressFamily`] and three reserved bytes.
#[derive(Debug)]
pub enum Family {}

impl Shape for Family {
    type Value<'a> = AddressFamily;

    #[inline]
    fn length(_: &AddressFamily) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &AddressFamily, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[*value as u8, 0, 0, 0]);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<AddressFamily, ValueError> {
        let [family, _, _, _] = exactly(value)?;
        AddressFamily::from_value(family).ok_or(ValueError::Family { family })
    }

    fn print(value: &AddressFamily, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(value, f)
    }
}
