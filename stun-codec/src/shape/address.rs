use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
        encode_address(value.ip(), value.port(), out);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<SocketAddr, ValueError> {
        decode_address(value)
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
        let (ip, port) = mask(value.ip(), value.port(), MAGIC_COOKIE, id);
        encode_address(ip, port, out);
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<SocketAddr, ValueError> {
        let masked = decode_address(value)?;
        let (ip, port) = mask(masked.ip(), masked.port(), MAGIC_COOKIE, id);
        Ok(SocketAddr::new(ip, port))
    }
}

/// Masks an address, or takes its mask off: `cookie` is what stands where the magic cookie does.
#[inline]
pub(crate) fn mask(ip: IpAddr, port: u16, cookie: u32, id: TransactionId) -> (IpAddr, u16) {
    let ip = match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() ^ cookie).into(),
        IpAddr::V6(ip) => {
            let mut mask = [0; 16];
            mask[..4].copy_from_slice(&cookie.to_be_bytes());
            mask[4..].copy_from_slice(id.as_bytes());
            Ipv6Addr::from_bits(ip.to_bits() ^ u128::from_be_bytes(mask)).into()
        }
    };
    (ip, port ^ (cookie >> 16) as u16)
}

#[inline]
fn encode_address(ip: IpAddr, port: u16, out: &mut [u8]) {
    out[0] = 0;
    out[2..4].copy_from_slice(&port.to_be_bytes());
    match ip {
        IpAddr::V4(ip) => {
            out[1] = AddressFamily::V4 as u8;
            out[4..].copy_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out[1] = AddressFamily::V6 as u8;
            out[4..].copy_from_slice(&ip.octets());
        }
    }
}

#[inline]
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

    fn length(_: &AddressFamily) -> Result<usize, ValueError> {
        Ok(4)
    }

    fn encode(value: &AddressFamily, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[*value as u8, 0, 0, 0]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<AddressFamily, ValueError> {
        let [family, _, _, _] = exactly(value)?;
        AddressFamily::from_value(family).ok_or(ValueError::Family { family })
    }

    fn print(value: &AddressFamily, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(value, f)
    }
}
