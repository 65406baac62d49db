use core::fmt;

use super::{Shape, U32, exactly};
use crate::error::ValueError;
use crate::header::TransactionId;

/// From where the answer shall come: CHANGE-REQUEST (RFC 5780 §7.2).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ChangeRequest {
    /// From the server's other address.
    pub ip: bool,
    /// From the server's other port.
    pub port: bool,
}

impl Shape for ChangeRequest {
    type Value<'a> = Self;

    #[inline]
    fn length(_: &Self) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &Self, id: TransactionId, out: &mut [u8]) {
        U32::encode(&(u32::from(value.ip) << 2 | u32::from(value.port) << 1), id, out);
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<Self, ValueError> {
        let flags = U32::decode(value, id)?;
        Ok(Self { ip: flags & 4 != 0, port: flags & 2 != 0 })
    }

    fn print(value: &Self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (value.ip, value.port) {
            (true, true) => "change IP and port",
            (true, false) => "change IP",
            (false, true) => "change port",
            (false, false) => "change nothing",
        })
    }
}

/// A port: RESPONSE-PORT (RFC 5780 §7.5). Its two bytes of padding count towards its length in
/// what some write; both forms are read, the short one is written.
#[derive(Debug)]
pub enum Port {}

impl Shape for Port {
    type Value<'a> = u16;

    #[inline]
    fn length(_: &u16) -> Result<usize, ValueError> {
        Ok(2)
    }

    #[inline]
    fn encode(value: &u16, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&value.to_be_bytes());
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<u16, ValueError> {
        match *value {
            [a, b] | [a, b, _, _] => Ok(u16::from_be_bytes([a, b])),
            _ => Err(ValueError::Length { length: value.len() }),
        }
    }
}

/// Why a packet to a peer was lost: ICMP (RFC 8656 §18.13). What the numbers mean depends on
/// the family of the peer's address.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Icmp {
    /// The ICMP type, below 128.
    pub icmp_type: u8,
    /// The ICMP code, below 512.
    pub code: u16,
    /// The MTU of the next hop in bytes where the packet was too big, otherwise 0.
    pub error_data: u32,
}

impl Shape for Icmp {
    type Value<'a> = Self;

    #[inline]
    fn length(value: &Self) -> Result<usize, ValueError> {
        if value.icmp_type < 1 << 7 && value.code < 1 << 9 { Ok(8) } else { Err(ValueError::Range) }
    }

    #[inline]
    fn encode(value: &Self, _: TransactionId, out: &mut [u8]) {
        let packed = u32::from(value.icmp_type) << 9 | u32::from(value.code);
        out[..4].copy_from_slice(&packed.to_be_bytes());
        out[4..].copy_from_slice(&value.error_data.to_be_bytes());
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<Self, ValueError> {
        let [_, _, a, b, data @ ..] = exactly::<8>(value)?;
        let packed = u16::from_be_bytes([a, b]);
        Ok(Self {
            icmp_type: (packed >> 9) as u8,
            code: packed & 0x1FF,
            error_data: u32::from_be_bytes(data),
        })
    }

    fn print(value: &Self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { icmp_type, code, error_data } = value;
        write!(f, "type {icmp_type}, code {code}, data {error_data}")
    }
}

/// How many times a request, and its response, was sent: TRANSACTION_TRANSMIT_COUNTER
/// (RFC 7982 §3.1).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TransmitCounter {
    /// Which transmission of the request this is, or answers: the first is 1.
    pub request: u8,
    /// Which transmission of the response this is: 0 in a request.
    pub response: u8,
}

impl Shape for TransmitCounter {
    type Value<'a> = Self;

    #[inline]
    fn length(_: &Self) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &Self, _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(&[0, 0, value.request, value.response]);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<Self, ValueError> {
        exactly(value).map(|[_, _, request, response]| Self { request, response })
    }

    fn print(value: &Self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}, response {}", value.request, value.response)
    }
}

/// Over which network a check went: GOOG-NETWORK-INFO, as browsers send it.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NetworkInfo {
    /// The sender's number for its network interface.
    pub id: u16,
    /// What using it costs, 0 to 999: the less the better.
    pub cost: u16,
}

impl Shape for NetworkInfo {
    type Value<'a> = Self;

    #[inline]
    fn length(_: &Self) -> Result<usize, ValueError> {
        Ok(4)
    }

    #[inline]
    fn encode(value: &Self, id: TransactionId, out: &mut [u8]) {
        U32::encode(&(u32::from(value.id) << 16 | u32::from(value.cost)), id, out);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<Self, ValueError> {
        exactly(value).map(|[a, b, c, d]| Self {
            id: u16::from_be_bytes([a, b]),
            cost: u16::from_be_bytes([c, d]),
        })
    }

    fn print(value: &Self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "network {}, cost {}", value.id, value.cost)
    }
}
