//! The URIs that name servers: `stun:` and `stuns:` (RFC 7064), `turn:` and `turns:` with their
//! `?transport=` (RFC 7065).
//!
//! ```
//! use sansio::Transport;
//! use stun_codec::uri::{Host, Scheme, Uri};
//!
//! let uri = Uri::parse("turns:relay.example.org?transport=tcp")?;
//! assert_eq!(uri.scheme(), Scheme::Turns);
//! assert!(matches!(uri.host(), Host::Name(name) if name.as_str() == "relay.example.org"));
//! assert_eq!((uri.port(), uri.port_or_default()), (None, 5349));
//! assert_eq!(uri.transport(), Some(Transport::Tcp));
//! let srv = uri.srv_name(Transport::Tcp).ok_or("an address, or a port of its own")?;
//! assert_eq!(srv.to_string(), "_turns._tcp.relay.example.org");
//!
//! let uri = Uri::parse("STUN:[2001:DB8:0::1]:03478")?;
//! assert_eq!(uri.to_string(), "stun:[2001:db8::1]:3478");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Scheme, host and transport are the same in upper and lower case. What these URIs do not have
//! is an error, where other parsers of URIs let it pass: `//`, a user, a path, a fragment, and for
//! `stun` and `stuns` a query.
//!
//! Finding a server's address is the caller's part. The first step for a host that is a name, when
//! there is no port, is to look up the [`srv_name`](Uri::srv_name) (RFC 8489 §8.1); for `turn` and
//! `turns` without a transport, NAPTR records come before that (RFC 5928 §3).

mod host;

use core::fmt;

use sansio::Transport;

pub use host::{Host, Name};

/// Where a server is, and how it wants to be spoken to. It borrows the text that it was read from.
///
/// Two are equal when they name the same: case, leading zeros of a port, and how an IPv6 address
/// is written make no difference. A port that is the default one does, since it is not looked up.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Uri<'a> {
    scheme: Scheme,
    host: Host<'a>,
    port: Option<u16>,
    transport: Option<Transport>,
}

impl<'a> Uri<'a> {
    /// Reads one; nothing may stand before or after it.
    ///
    /// # Errors
    /// When it is not one, with the offset of what is wrong.
    pub fn parse(text: &'a str) -> Result<Self, UriError> {
        let (scheme, start) = Scheme::read(text).ok_or(UriError::Scheme)?;
        let (host, end) = host::read(text, start)?;
        if scheme == Scheme::Stuns && !matches!(host, Host::Name(_)) {
            return Err(UriError::StunsAddress { offset: start });
        }
        let (port, end) = read_port(text, end)?;
        let transport = match text.split_at_checked(end) {
            Some((_, query)) if !query.is_empty() => Some(read_transport(scheme, query, end)?),
            _ => None,
        };
        Ok(Self { scheme, host, port, transport })
    }

    /// The URI of these parts. `None` when there is no such URI: port zero, `stun` or `stuns` with a
    /// transport, `stuns` with an address (RFC 8489 §8.1).
    #[must_use]
    pub fn new(
        scheme: Scheme,
        host: Host<'a>,
        port: Option<u16>,
        transport: Option<Transport>,
    ) -> Option<Self> {
        let is_one = port != Some(0)
            && (scheme.is_turn() || transport.is_none())
            && (scheme != Scheme::Stuns || matches!(host, Host::Name(_)));
        is_one.then_some(Self { scheme, host, port, transport })
    }

    /// What kind of server it names.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the server is spoken to over TLS, or over DTLS: `stuns` and `turns`.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.scheme.is_secure()
    }

    /// The server's name or address.
    #[must_use]
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The port that it names; never zero.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// The port that it names, or else the one of its scheme.
    #[must_use]
    pub fn port_or_default(&self) -> u16 {
        self.port.unwrap_or_else(|| self.scheme.default_port())
    }

    /// The transport that it names. With `turns`, TCP means TLS and UDP means DTLS (RFC 7350 §4.6.2).
    #[must_use]
    pub const fn transport(&self) -> Option<Transport> {
        self.transport
    }

    /// The transport that it names, or else the one of its scheme.
    #[must_use]
    pub fn transport_or_default(&self) -> Transport {
        self.transport.unwrap_or_else(|| self.scheme.default_transport())
    }

    /// The name whose SRV records tell the server's addresses and ports for `transport`: the one
    /// that the client will use, which is [`transport_or_default`](Self::transport_or_default)
    /// unless it has reasons (RFC 8489 §8.1, RFC 5928 §3).
    ///
    /// `None` when nothing is to be looked up: the host is an address, or the port is named.
    #[must_use]
    pub fn srv_name(&self, transport: Transport) -> Option<SrvName<'a>> {
        match self.host {
            Host::Name(name) if self.port.is_none() => {
                Some(SrvName { scheme: self.scheme, transport, name })
            }
            _ => None,
        }
    }
}

impl<'a> TryFrom<&'a str> for Uri<'a> {
    type Error = UriError;

    fn try_from(text: &'a str) -> Result<Self, UriError> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri<'_> {
    /// Its canonical form, which reads as the same URI: in lower case, with what it names and
    /// nothing that it does not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match self.transport {
            Some(transport) => write!(f, "?transport={transport}"),
            None => Ok(()),
        }
    }
}

/// What kind of server a URI names, and whether it is spoken to in secret.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Scheme {
    /// `stun`: a STUN server, over UDP or TCP.
    Stun,
    /// `stuns`: a STUN server, over TLS or DTLS.
    Stuns,
    /// `turn`: a TURN server, over UDP or TCP.
    Turn,
    /// `turns`: a TURN server, over TLS or DTLS.
    Turns,
}

impl Scheme {
    const ALL: [Self; 4] = [Self::Stun, Self::Stuns, Self::Turn, Self::Turns];

    /// `stun`, `stuns`, `turn` or `turns`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stun => "stun",
            Self::Stuns => "stuns",
            Self::Turn => "turn",
            Self::Turns => "turns",
        }
    }

    /// Whether it is `turn` or `turns`.
    #[must_use]
    pub const fn is_turn(self) -> bool {
        matches!(self, Self::Turn | Self::Turns)
    }

    /// Whether it is `stuns` or `turns`.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Stuns | Self::Turns)
    }

    /// 3478, or 5349 for `stuns` and `turns` (RFC 7064 §3.2, RFC 7065 §3.2).
    #[must_use]
    pub const fn default_port(self) -> u16 {
        if self.is_secure() { 5349 } else { 3478 }
    }

    /// UDP, or TCP for `stuns` and `turns` (RFC 7064 §3.2).
    #[must_use]
    pub const fn default_transport(self) -> Transport {
        if self.is_secure() { Transport::Tcp } else { Transport::Udp }
    }

    /// The scheme of `text`, and where it goes on behind the colon.
    fn read(text: &str) -> Option<(Self, usize)> {
        let (name, _) = text.split_once(':')?;
        let scheme =
            Self::ALL.into_iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name))?;
        Some((scheme, name.len() + 1))
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of SRV records, as `_turns._tcp.example.org` (RFC 2782, RFC 8489 §8.1).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SrvName<'a> {
    scheme: Scheme,
    transport: Transport,
    name: Name<'a>,
}

impl fmt::Display for SrvName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "_{}._{}.{}", self.scheme, self.transport, self.name)
    }
}

/// Why a text is not one of these URIs. Offsets are in bytes, from the start of the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UriError {
    /// It does not begin with `stun:`, `stuns:`, `turn:` or `turns:`.
    #[error("the scheme is none of stun, stuns, turn, turns")]
    Scheme,
    /// Nothing stands where the host should be.
    #[error("no host at offset {offset}")]
    NoHost {
        /// Where it should start.
        offset: usize,
    },
    /// A character that a host's name cannot have, or a `%` without two hexadecimal digits
    /// (RFC 3986 §3.2.2).
    #[error("no host can have the character at offset {offset}")]
    HostCharacter {
        /// Where the character is.
        offset: usize,
    },
    /// Brackets that do not hold an IPv6 address, or do not close. Neither a zone nor an address of
    /// a version to come is taken.
    #[error("no IPv6 address in the brackets at offset {offset}")]
    Ipv6 {
        /// Where the bracket opens.
        offset: usize,
    },
    /// `stuns` with an address: TLS has nothing to check it against (RFC 8489 §8.1).
    #[error("stuns wants a name, and an address is at offset {offset}")]
    StunsAddress {
        /// Where the address starts.
        offset: usize,
    },
    /// A port that is zero, or above 65,535.
    #[error("no port has the number at offset {offset}")]
    Port {
        /// Where the number starts.
        offset: usize,
    },
    /// A well-formed transport other than `udp` and `tcp`; nobody could reach such a server
    /// (RFC 5928 §3).
    #[error("the transport at offset {offset} is neither udp nor tcp")]
    UnknownTransport {
        /// Where its name starts.
        offset: usize,
    },
    /// Something that cannot stand there, or an end that came too early.
    #[error("unexpected at offset {offset}")]
    Unexpected {
        /// Where it stands.
        offset: usize,
    },
}

impl UriError {
    /// Where it went wrong.
    #[must_use]
    pub const fn offset(&self) -> usize {
        match *self {
            Self::Scheme => 0,
            Self::NoHost { offset }
            | Self::HostCharacter { offset }
            | Self::Ipv6 { offset }
            | Self::StunsAddress { offset }
            | Self::Port { offset }
            | Self::UnknownTransport { offset }
            | Self::Unexpected { offset } => offset,
        }
    }
}

/// The port behind a host that ends at `offset`, and where the text goes on behind it. A colon
/// without digits is allowed, and no port (RFC 3986 §3.2.3).
fn read_port(text: &str, offset: usize) -> Result<(Option<u16>, usize), UriError> {
    let Some(rest) = text.get(offset..).and_then(|rest| rest.strip_prefix(':')) else {
        return Ok((None, offset));
    };
    let offset = offset + 1;
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let number = rest.bytes().take(length).fold(0_u32, |number, digit| {
        number.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
    });
    match u16::try_from(number) {
        _ if length == 0 => Ok((None, offset)),
        Ok(port @ 1..) => Ok((Some(port), offset + length)),
        _ => Err(UriError::Port { offset }),
    }
}

/// The transport that `query` names, which is the rest of the text from `offset`.
fn read_transport(scheme: Scheme, query: &str, offset: usize) -> Result<Transport, UriError> {
    const KEY: &str = "?transport=";
    let value = match query.split_at_checked(KEY.len()) {
        Some((key, value)) if scheme.is_turn() && key.eq_ignore_ascii_case(KEY) => value,
        _ => return Err(UriError::Unexpected { offset }),
    };
    let offset = offset + KEY.len();
    let known = [Transport::Udp, Transport::Tcp];
    let names = ["udp", "tcp"];
    let found = known.into_iter().zip(names).find(|(_, name)| name.eq_ignore_ascii_case(value));
    match (found, value.bytes().position(|byte| !host::is_unreserved(byte))) {
        (Some((transport, _)), _) => Ok(transport),
        (None, Some(at)) => Err(UriError::Unexpected { offset: offset + at }),
        (None, None) if value.is_empty() => Err(UriError::Unexpected { offset }),
        (None, None) => Err(UriError::UnknownTransport { offset }),
    }
}
