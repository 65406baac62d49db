//! Which protocol does a datagram belong to, when several share a port? The first byte tells
//! (RFC 7983 §7, RFC 9443 §2).
//!
//! ```
//! use stun_codec::demux::{protocol, Protocol};
//!
//! assert_eq!(protocol(b"\x00\x01\x00\x00"), Some(Protocol::Stun));
//! assert_eq!(protocol(b"\x80\x60"), Some(Protocol::Rtp));
//! assert_eq!(protocol(b""), None);
//! ```

use crate::header::MAGIC_COOKIE;

/// A protocol that can share a port with STUN.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Protocol {
    /// STUN: first byte 0 to 3.
    Stun,
    /// ZRTP: 16 to 19.
    Zrtp,
    /// DTLS: 20 to 63.
    Dtls,
    /// TURN's ChannelData, 64 to 79, but only in what comes from a TURN server that the
    /// receiver uses; from anybody else it is [`Quic`](Self::Quic).
    ChannelData,
    /// QUIC: 80 to 127 and 192 to 255.
    Quic,
    /// RTP and RTCP: 128 to 191.
    Rtp,
}

/// The protocol of this datagram by its first byte; `None` for an empty one and for the
/// values that belong to nobody.
#[inline]
#[must_use]
pub const fn protocol(datagram: &[u8]) -> Option<Protocol> {
    match datagram.first() {
        Some(first) => BY_FIRST_BYTE[*first as usize],
        None => None,
    }
}

/// One load takes less time than the comparisons.
static BY_FIRST_BYTE: [Option<Protocol>; 256] = {
    let mut protocols = [None; 256];
    let mut first = 0;
    while first < 256 {
        protocols[first] = match first {
            0..=3 => Some(Protocol::Stun),
            16..=19 => Some(Protocol::Zrtp),
            20..=63 => Some(Protocol::Dtls),
            64..=79 => Some(Protocol::ChannelData),
            80..=127 | 192..=255 => Some(Protocol::Quic),
            128..=191 => Some(Protocol::Rtp),
            _ => None,
        };
        first += 1;
    }
    protocols
};

/// Whether this is STUN by all that can be seen without walking it: the top two bits, the magic
/// cookie, and a length in steps of 4 (RFC 8489 §5).
#[inline]
#[must_use]
pub fn is_stun(datagram: &[u8]) -> bool {
    match datagram.first_chunk::<8>() {
        Some(&[t0, _, _, l1, c0, c1, c2, c3]) => {
            t0 & 0xC0 == 0
                && l1 & 3 == 0
                && u32::from_be_bytes([c0, c1, c2, c3]) == MAGIC_COOKIE
                && datagram.len() >= crate::header::HEADER_LENGTH
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_first_byte_as_rfc_9443_draws_it() {
        for first in 0..=255_u8 {
            let expected = match first {
                0..=3 => Some(Protocol::Stun),
                4..=15 => None,
                16..=19 => Some(Protocol::Zrtp),
                20..=63 => Some(Protocol::Dtls),
                64..=79 => Some(Protocol::ChannelData),
                80..=127 => Some(Protocol::Quic),
                128..=191 => Some(Protocol::Rtp),
                192..=255 => Some(Protocol::Quic),
            };
            assert_eq!(protocol(&[first]), expected, "{first}");
        }
    }

    #[test]
    fn stun_has_its_cookie_and_an_aligned_length() {
        let mut message = *b"\0\x01\0\0\x21\x12\xA4\x42abcdefghijkl";
        assert!(is_stun(&message));
        assert!(!is_stun(&message[..19]));
        message[3] = 2;
        assert!(!is_stun(&message));
        message[3] = 0;
        message[4] = 0;
        assert!(!is_stun(&message));
    }
}
