//! What travels between a peer and the gateway of its [`NatBox`](super::NatBox): a datagram behind
//! a header that names its far end. On the way out that is where it goes to, on the way in where it
//! came from.
//!
//! The header is the address family (one byte: 4 or 6), the port (two bytes, the high one first)
//! and the address (4 or 16 bytes).
//!
//! ```
//! use testkit::natbox::frame;
//!
//! let far = ([192, 0, 2, 1], 3478).into();
//! let mut buf = [0; 64];
//! let framed = frame::encode(far, b"hi", &mut buf)?;
//! assert_eq!(frame::decode(framed), Ok((far, b"hi".as_slice())));
//! # Ok::<(), frame::FrameError>(())
//! ```

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The length of the longest header.
pub const MAX_HEADER: usize = 3 + 16;

/// Writes the header for `far` and then `payload` into `buf`; returns what was written. A flow
/// label or scope of an IPv6 address is not kept.
///
/// # Errors
///
/// [`FrameError::BufferTooSmall`] when `buf` is shorter than both together.
pub fn encode<'b>(
    far: SocketAddr,
    payload: &[u8],
    buf: &'b mut [u8],
) -> Result<&'b [u8], FrameError> {
    let (header, header_length) = header(far);
    let needed = header_length + payload.len();
    let available = buf.len();
    let written = buf.get_mut(..needed).ok_or(FrameError::BufferTooSmall { needed, available })?;
    let (head, body) = written.split_at_mut(header_length);
    head.copy_from_slice(&header[..header_length]);
    body.copy_from_slice(payload);
    Ok(written)
}

/// As [`encode`], for a payload that stands in `buf` already, behind room for the longest header.
pub(super) fn encode_in_place(far: SocketAddr, buf: &mut [u8]) -> Result<&[u8], FrameError> {
    let (header, header_length) = header(far);
    let start = MAX_HEADER - header_length;
    let available = buf.len();
    let place = buf
        .get_mut(start..MAX_HEADER)
        .ok_or(FrameError::BufferTooSmall { needed: MAX_HEADER, available })?;
    place.copy_from_slice(&header[..header_length]);
    Ok(&buf[start..])
}

/// The far end that the header names, and the payload behind it.
///
/// # Errors
///
/// [`FrameError::Truncated`] and [`FrameError::Family`] when it is not what [`encode`] writes.
pub fn decode(framed: &[u8]) -> Result<(SocketAddr, &[u8]), FrameError> {
    let (&[family, high, low], rest) = framed.split_first_chunk().ok_or(FrameError::Truncated)?;
    let port = u16::from_be_bytes([high, low]);
    match family {
        4 => {
            let (address, payload) = rest.split_first_chunk().ok_or(FrameError::Truncated)?;
            Ok((SocketAddr::new(Ipv4Addr::from(*address).into(), port), payload))
        }
        6 => {
            let (address, payload) = rest.split_first_chunk().ok_or(FrameError::Truncated)?;
            Ok((SocketAddr::new(Ipv6Addr::from(*address).into(), port), payload))
        }
        family => Err(FrameError::Family { family }),
    }
}

fn header(far: SocketAddr) -> ([u8; MAX_HEADER], usize) {
    let mut header = [0; MAX_HEADER];
    header[1..3].copy_from_slice(&far.port().to_be_bytes());
    match far.ip() {
        IpAddr::V4(address) => {
            header[0] = 4;
            header[3..7].copy_from_slice(&address.octets());
            (header, 7)
        }
        IpAddr::V6(address) => {
            header[0] = 6;
            header[3..].copy_from_slice(&address.octets());
            (header, MAX_HEADER)
        }
    }
}

/// Why a frame can't be written or read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// Header and payload don't fit into the buffer.
    #[error("a frame of {needed} bytes does not fit into {available}")]
    BufferTooSmall {
        /// How many bytes the frame has.
        needed: usize,
        /// How many there are.
        available: usize,
    },
    /// It ends within the header.
    #[error("the frame ends within its header")]
    Truncated,
    /// The first byte is neither 4 nor 6.
    #[error("address family {family} is neither 4 nor 6")]
    Family {
        /// The first byte.
        family: u8,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mutator;

    #[test]
    fn both_families_come_back() {
        let mut buf = [0; 100];
        for far in ["192.0.2.1:3478", "[2001:db8::1]:65535"] {
            let far: SocketAddr = far.parse().unwrap();
            for payload in [b"".as_slice(), b"payload"] {
                let framed = encode(far, payload, &mut buf).unwrap();
                assert_eq!(decode(framed), Ok((far, payload)));
            }
        }
    }

    #[test]
    fn in_place_gives_the_same_bytes() {
        let mut buf = [0; 100];
        for far in ["192.0.2.1:3478", "[2001:db8::1]:65535"] {
            let far: SocketAddr = far.parse().unwrap();
            let mut with_room = [0; MAX_HEADER + 2];
            with_room[MAX_HEADER..].copy_from_slice(b"ab");
            let framed = encode_in_place(far, &mut with_room);
            assert_eq!(framed, encode(far, b"ab", &mut buf));
        }
        let error = FrameError::BufferTooSmall { needed: MAX_HEADER, available: 3 };
        assert_eq!(encode_in_place(([192, 0, 2, 1], 1).into(), &mut [0; 3]), Err(error));
    }

    #[test]
    fn the_bytes_are_as_documented() {
        let mut buf = [0; 16];
        let framed = encode(([192, 0, 2, 1], 0x1234).into(), b"ab", &mut buf).unwrap();
        assert_eq!(framed, [4, 0x12, 0x34, 192, 0, 2, 1, b'a', b'b']);
    }

    #[test]
    fn every_truncated_header_is_an_error() {
        let mut buf = [0; 100];
        for far in ["192.0.2.1:3478", "[2001:db8::1]:65535"] {
            let framed = encode(far.parse().unwrap(), b"", &mut buf).unwrap();
            for end in 0..framed.len() {
                assert_eq!(decode(&framed[..end]), Err(FrameError::Truncated));
            }
        }
        assert_eq!(decode(&[5; 20]), Err(FrameError::Family { family: 5 }));
    }

    #[test]
    fn a_small_buffer_is_an_error() {
        let far = ([192, 0, 2, 1], 1).into();
        let error = FrameError::BufferTooSmall { needed: 9, available: 8 };
        assert_eq!(encode(far, b"ab", &mut [0; 8]), Err(error));
        assert!(encode(far, b"ab", &mut [0; 9]).is_ok());
    }

    #[test]
    fn mutated_frames_never_panic_and_what_decodes_encodes_again() {
        let mut buf = [0; Mutator::MAX_LENGTH];
        let seeds: [&[u8]; 2] = [&[4, 1, 2, 192, 0, 2, 1, 9, 9], &[6; 30]];
        let mut mutator = Mutator::new([3; 32], &seeds);
        let mut decoded = 0;
        for _ in 0..100_000 {
            let datagram = mutator.next_datagram();
            if let Ok((far, payload)) = decode(datagram) {
                assert_eq!(encode(far, payload, &mut buf), Ok(datagram));
                decoded += 1;
            }
        }
        assert!(decoded > 10_000, "{decoded}");
    }
}
