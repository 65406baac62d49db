//! The server's side of RFC 5780, and of a plain Binding server.

use core::net::{IpAddr, SocketAddr};

use sansio::{FiveTuple, Transmit, Transport};

use crate::attr::{self, AttributeType};
use crate::build::MessageBuilder;
use crate::header::{Class, Method};
use crate::message::Message;
use crate::shape::{ChangeRequest, ErrorCode};

/// Answers Binding requests: what goes back, and from which of the server's sockets. It has no state.
///
/// With one address it is a plain server (RFC 8489 §12). The answer to a request without attributes is
/// 32 bytes long for IPv4, 44 for IPv6: it holds XOR-MAPPED-ADDRESS and no more, since whoever asks
/// may have forged the source address, and the answer may go to a victim.
///
/// With two (RFC 5780 §6.1), every answer has MAPPED-ADDRESS, RESPONSE-ORIGIN and OTHER-ADDRESS as
/// well: 68 bytes for IPv4, 116 for IPv6. That is what its clients look for. Where it is too much for
/// strangers, a [sparing](Self::sparing) server gives these only to requests that carry one of the
/// attributes of RFC 5780, CHANGE-REQUEST without flags for one: our own client does so when it
/// hears of no other address, others do not.
///
/// A request of an unknown attribute gets 420; so does CHANGE-REQUEST at a server with one address. No
/// error response has words in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Responder {
    primary: SocketAddr,
    alternate: Option<SocketAddr>,
    is_sparing: bool,
}

/// Why two addresses make no server of RFC 5780 (§6).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlternateError {
    /// One is an IPv4 address and the other an IPv6 one.
    #[error("the two addresses are of different families")]
    Family,
    /// The IP addresses are the same.
    #[error("the two IP addresses are the same")]
    SameIp,
    /// The ports are the same.
    #[error("the two ports are the same")]
    SamePort,
    /// One of them is "any": clients could not be told.
    #[error("an address or a port is unspecified")]
    Unspecified,
}

impl Responder {
    /// The length of the longest answer to a request without PADDING; with it, the request's length
    /// may come on top.
    pub const MAX_LENGTH: usize = 128;

    /// A server with one address.
    #[must_use]
    pub const fn new(primary: SocketAddr) -> Self {
        Self { primary, alternate: None, is_sparing: false }
    }

    /// The same with another IP address and another port, each of which goes with each: it listens on
    /// [four sockets](Self::sockets).
    ///
    /// # Errors
    /// When the two are not wholly different.
    pub fn with_alternate(self, alternate: SocketAddr) -> Result<Self, AlternateError> {
        let primary = self.primary;
        if alternate.is_ipv4() != primary.is_ipv4() {
            return Err(AlternateError::Family);
        }
        let is_any = |address: SocketAddr| address.ip().is_unspecified() || address.port() == 0;
        if is_any(primary) || is_any(alternate) {
            return Err(AlternateError::Unspecified);
        }
        if alternate.ip() == primary.ip() {
            return Err(AlternateError::SameIp);
        }
        if alternate.port() == primary.port() {
            return Err(AlternateError::SamePort);
        }
        Ok(Self { alternate: Some(alternate), ..self })
    }

    /// The same, but requests without any attribute of RFC 5780 are answered as by a plain server.
    /// That is less than §6.1 demands.
    #[must_use]
    pub const fn sparing(self) -> Self {
        Self { is_sparing: true, ..self }
    }

    /// The first address.
    #[must_use]
    pub const fn primary(&self) -> SocketAddr {
        self.primary
    }

    /// Where it listens: on one socket or on four.
    pub fn sockets(&self) -> impl Iterator<Item = SocketAddr> + use<> {
        let Self { primary, alternate, .. } = *self;
        let others = alternate.map(|alternate| {
            [
                SocketAddr::new(primary.ip(), alternate.port()),
                SocketAddr::new(alternate.ip(), primary.port()),
                alternate,
            ]
        });
        core::iter::once(primary).chain(others.into_iter().flatten())
    }

    /// The answer to `request`, which has come in on `path`, and the path that it takes back: from
    /// another socket, or to another port, if the request says so. `None` when it gets none: it is
    /// no Binding request, has a wrong FINGERPRINT, came in on none of the sockets, or the buffer is
    /// too small.
    pub fn answer<'b>(
        &self,
        path: FiveTuple,
        request: &Message<'_>,
        buffer: &'b mut [u8],
    ) -> Option<Transmit<&'b [u8]>> {
        if request.class() != Class::Request
            || request.method() != Method::BINDING
            || request.verify_fingerprint().is_err()
        {
            return None;
        }
        // A stream has one path, and no fragments.
        let is_udp = path.transport == Transport::Udp;
        let other = match self.alternate {
            Some(_) => Some(self.other_than(path.local)?),
            None => None,
        };
        let knows = |wanted| is_known(wanted, is_udp, other.is_some());
        if !request.unknown_required(knows).is_empty() {
            let refusal = request.refuse_unknown(knows, buffer)?.finish().ok()?;
            return Some(Transmit::new(path, refusal));
        }
        let Ok(wish) = Wish::of(request) else {
            let code = ErrorCode::BAD_REQUEST.without_reason();
            let refusal = MessageBuilder::error(request, code, buffer).finish().ok()?;
            return Some(Transmit::new(path, refusal));
        };
        let local = wish.origin(path.local, other);
        let answer = MessageBuilder::success(request, buffer)
            .put(attr::XOR_MAPPED_ADDRESS, canonical(path.remote));
        let answer = if !wish.is_plain || other.is_some() && !self.is_sparing {
            answer
                .put(attr::MAPPED_ADDRESS, canonical(path.remote))
                .put(attr::RESPONSE_ORIGIN, local)
                .put_some(attr::OTHER_ADDRESS, other)
                .put_some(attr::PADDING, wish.padding)
        } else {
            answer
        };
        let port = wish.response_port.unwrap_or_else(|| path.remote.port());
        let remote = SocketAddr::new(path.remote.ip(), port);
        Some(Transmit::new(FiveTuple { local, remote, ..path }, answer.finish().ok()?))
    }

    /// Ca and Cp of RFC 5780 §6.1; `None` when `local` is no socket of the server.
    fn other_than(&self, local: SocketAddr) -> Option<SocketAddr> {
        let (primary, alternate) = (self.primary, self.alternate?);
        let ip = other_one(local.ip(), primary.ip(), alternate.ip())?;
        let port = other_one(local.port(), primary.port(), alternate.port())?;
        Some(SocketAddr::new(ip, port))
    }
}

fn other_one<T: Eq>(this: T, one: T, two: T) -> Option<T> {
    if this == one {
        Some(two)
    } else if this == two {
        Some(one)
    } else {
        None
    }
}

/// An IPv4 client of a socket for both families is told its IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(_) => address,
        IpAddr::V6(ip) => SocketAddr::new(ip.to_canonical(), address.port()),
    }
}

/// What the request asks for, beyond an answer.
struct Wish<'a> {
    change: ChangeRequest,
    response_port: Option<u16>,
    padding: Option<&'a [u8]>,
    is_plain: bool,
}

struct BadRequest;

impl<'a> Wish<'a> {
    fn of(request: &Message<'a>) -> Result<Self, BadRequest> {
        let change = request.get(attr::CHANGE_REQUEST).map_err(|_| BadRequest)?;
        let response_port = request.get(attr::RESPONSE_PORT).map_err(|_| BadRequest)?;
        let padding = request.get(attr::PADDING).map_err(|_| BadRequest)?;
        // A long answer to where nobody has asked (RFC 5780 §6.1, §10); and to no port at all.
        if response_port.is_some() && padding.is_some() || response_port == Some(0) {
            return Err(BadRequest);
        }
        let is_plain = change.is_none() && response_port.is_none() && padding.is_none();
        Ok(Self { change: change.unwrap_or_default(), response_port, padding, is_plain })
    }

    /// The table of RFC 5780 §6.1.
    fn origin(&self, local: SocketAddr, other: Option<SocketAddr>) -> SocketAddr {
        let Some(other) = other else { return local };
        let ip = if self.change.ip { other.ip() } else { local.ip() };
        let port = if self.change.port { other.port() } else { local.port() };
        SocketAddr::new(ip, port)
    }
}

fn is_known(wanted: AttributeType, is_udp: bool, has_other: bool) -> bool {
    let is = |known: AttributeType| known == wanted;
    is(attr::CHANGE_REQUEST.attribute_type()) && is_udp && has_other
        || is(attr::RESPONSE_PORT.attribute_type()) && is_udp
        || is(attr::PADDING.attribute_type()) && is_udp
        // Credentials, which nobody asks for here.
        || is(attr::USERNAME.attribute_type())
        || is(attr::USERHASH.attribute_type())
        || is(attr::REALM.attribute_type())
        || is(attr::NONCE.attribute_type())
        || is(attr::PASSWORD_ALGORITHM.attribute_type())
}
