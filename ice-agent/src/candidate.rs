//! Candidates: the addresses at which an agent may be reached (RFC 8445 §5.1).
//!
//! ```
//! use ice_agent::candidate::{Candidate, CandidateType};
//!
//! let line = "candidate:1 1 udp 1694498815 198.51.100.7 4000 typ srflx raddr 10.0.0.2 rport 5000";
//! let candidate: Candidate = line.parse()?;
//! assert_eq!(candidate.candidate_type, CandidateType::ServerReflexive);
//! assert_eq!(candidate.address.port(), 4000);
//! assert_eq!(candidate.to_string(), line);
//! # Ok::<(), ice_agent::sdp::CandidateError>(())
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::net::SocketAddr;

use sansio::Transport;

/// How an address was come by (RFC 8445 §5.1.1). Ordered from the most direct to the least.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum CandidateType {
    /// The address of a socket of the agent's own.
    Host,
    /// Where a peer saw a check come from.
    PeerReflexive,
    /// Where a STUN or TURN server saw a request come from: the outer side of a NAT.
    ServerReflexive,
    /// An address at a TURN server.
    Relayed,
}

impl CandidateType {
    /// The name in a candidate line (RFC 8839 §5.1): `host`, `srflx`, `prflx` or `relay`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::PeerReflexive => "prflx",
            Self::ServerReflexive => "srflx",
            Self::Relayed => "relay",
        }
    }
}

impl fmt::Display for CandidateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which part of a data stream a candidate belongs to: 1 to 256 (RFC 8445 §5.1.1.1, RFC 8839 §5.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ComponentId(u16);

impl ComponentId {
    /// The only one, or the one for RTP.
    pub const FIRST: Self = Self(1);

    /// The component of this number; `None` outside 1 to 256.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 1 && number <= 256 { Some(Self(number)) } else { None }
    }

    /// Its number.
    #[must_use]
    pub const fn value(self) -> u16 {
        self.0
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is the same for candidates that were come by in the same way: 1 to 32 characters out of
/// letters, digits, `+` and `/` (RFC 8445 §5.1.1.3, RFC 8839 §5.1).
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Foundation {
    text: [u8; 32],
    length: u8,
}

impl Foundation {
    /// The foundation of this text; `None` when it is empty, too long, or has other characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let mut foundation = Self { text: [0; 32], length: u8::try_from(text.len()).ok()? };
        if text.is_empty() || !text.bytes().all(is_ice_char) {
            return None;
        }
        foundation.text.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(foundation)
    }

    /// The foundation that is a number.
    #[must_use]
    pub(crate) fn of_number(number: u32) -> Self {
        let mut foundation = Self { text: [0; 32], length: 0 };
        let mut divisor = 1_000_000_000;
        while divisor > 0 {
            let digit = (number / divisor % 10) as u8;
            if digit != 0 || foundation.length > 0 || divisor == 1 {
                foundation.text[usize::from(foundation.length)] = b'0' + digit;
                foundation.length += 1;
            }
            divisor /= 10;
        }
        foundation
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ice-chars, which are ASCII, get in.
        core::str::from_utf8(&self.text[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl fmt::Display for Foundation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Foundation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// Whether this is an ice-char (RFC 8839 §5.1).
pub(crate) const fn is_ice_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/'
}

/// An address at which an agent may be reached, as it is told to the other agent. Its text form
/// is the candidate line of RFC 8839 §5.1; see [`sdp`](crate::sdp).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Candidate {
    /// The same for candidates that were come by in the same way.
    pub foundation: Foundation,
    /// The part of the data stream.
    pub component: ComponentId,
    /// How to send to it.
    pub transport: Transport,
    /// 1 to 2³¹ − 1; higher is better (RFC 8445 §5.1.2).
    pub priority: u32,
    /// Where to send to.
    pub address: SocketAddr,
    /// How it was come by.
    pub candidate_type: CandidateType,
    /// The base of a reflexive candidate, the mapped address of a relayed one: for diagnosis only.
    pub related_address: Option<SocketAddr>,
    /// Names and values that follow in the line, kept and not understood (RFC 8839 §5.1).
    pub extensions: Vec<(String, String)>,
}
