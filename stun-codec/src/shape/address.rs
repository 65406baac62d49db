use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{Shape, exactly};
use crate::error::ValueError;
use crate::header::{MAGIC_COOKIE, TransactionId};

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
            out[1] = AddressFamily::V4 as u8;
            out[4..].copy_from_slice(&ip.octets());
        }
        IpAddr::V6(ip) => {
            out[1] = AddressFamily::V6 as u8;
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

/// The family of an IP address (RFC 8489 §14.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum AddressFamily {
    /// IPv4, on the wire 1.
    V4 = 1,
    /// IPv6, on the wire 2.
    V6 = 2,
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
        out.copy_from_slice(&[*value as u8, 0, 0, 0]);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<AddressFamily, ValueError> {
        match exactly(value)? {
            [1, _, _, _] => Ok(AddressFamily::V4),
            [2, _, _, _] => Ok(AddressFamily::V6),
            [family, _, _, _] => Err(ValueError::Family { family }),
        }
    }
}
