//! Being sent to another server: ALTERNATE-SERVER (RFC 8489 §10).
//!
//! [`Redirections`] remembers which servers were asked, and says of each 300 (Try Alternate) whether to
//! follow it: not in circles, not without end, and not where no server can be. A usage says whether
//! redirections are followed at all; where the response is not authenticated, whoever can forge one
//! sends the client anywhere (§16.1.2).
//!
//! ```
//! use sansio::{FiveTuple, Timestamp};
//! use stun_codec::redirection::{RedirectError, Redirections};
//! use stun_codec::{attr, ErrorCode, Message, MessageBuilder, Method, TransactionId};
//!
//! let (local, first) = ("192.0.2.1:5000".parse()?, "198.51.100.2:3478".parse()?);
//! let mut redirections = Redirections::new(3);
//! let path = FiveTuple::udp(local, first);
//! let now = Timestamp::ZERO;
//! redirections.asked(now, path.remote);
//!
//! # let mut buffer = [0; 64];
//! # let id = TransactionId::new([7; 12]);
//! # let request = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer).finish()?;
//! # let request = Message::parse(request)?;
//! # let answer_of = |server: core::net::SocketAddr| {
//! #     let mut buffer = [0; 128];
//! #     MessageBuilder::error(&request, ErrorCode::TRY_ALTERNATE, &mut buffer)
//! #         .put(attr::ALTERNATE_SERVER, server)
//! #         .finish()
//! #         .map(<[u8]>::to_vec)
//! # };
//! # let (answer, back) = (answer_of("198.51.100.3:3478".parse()?)?, answer_of(first)?);
//! let answer = Message::parse(&answer)?; // the error response, and authenticated if it can be
//! let alternate = redirections.follow(now, path, &answer)?;
//! assert_eq!(alternate.server, "198.51.100.3:3478".parse()?);
//!
//! let path = FiveTuple::udp(local, alternate.server); // ask there; and if that one sends us back …
//! let answer = Message::parse(&back)?;
//! assert_eq!(redirections.follow(now, path, &answer), Err(RedirectError::Loop));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use sansio::{FiveTuple, Timestamp};

use crate::attr::{self, Attribute};
use crate::message::Message;
use crate::shape::Shape;

/// The servers that one request was sent to. Its memory is bounded by the number of redirections that
/// it follows.
#[derive(Clone, Debug)]
pub struct Redirections {
    max: usize,
    followed: usize,
    tried: Vec<(SocketAddr, Timestamp)>,
}

/// For how long a server is not asked again by way of a redirection (RFC 8489 §10).
const TRIED_FOR: Duration = Duration::from_secs(5 * 60);

impl Redirections {
    /// Nothing was asked yet, and no more than `max` redirections will be followed.
    #[must_use]
    pub const fn new(max: usize) -> Self {
        Self { max, followed: 0, tried: Vec::new() }
    }

    /// Notes that the request is sent to this server, not by way of a redirection.
    pub fn asked(&mut self, now: Timestamp, server: SocketAddr) {
        self.tried.retain(|&(tried, at)| tried != server && now - at <= TRIED_FOR);
        // As many as the caller names by itself: the eldest has to go.
        if self.tried.len() > self.max {
            self.tried.remove(0);
        }
        self.tried.push((server, now));
    }

    /// Where this 300 (Try Alternate) sends the request that went out on `path`, over the same
    /// transport; that the request is sent there is noted.
    ///
    /// # Errors
    /// When it should not go there: the transaction has failed.
    pub fn follow<'a>(
        &mut self,
        now: Timestamp,
        path: FiveTuple,
        response: &Message<'a>,
    ) -> Result<Alternate<'a>, RedirectError> {
        let code = response.get(attr::ERROR_CODE).ok().flatten().map(|error| error.code());
        if code != Some(300) {
            return Err(RedirectError::NoRedirection);
        }
        let server = alternate_server(response, path.remote)?;
        let domain = match response.get(attr::ALTERNATE_DOMAIN) {
            Ok(Some(domain)) if is_dns_name(domain) => Some(domain),
            Ok(None) => None,
            Ok(Some(_)) | Err(_) => return Err(RedirectError::Malformed),
        };
        let was_tried =
            |&(tried, at): &(SocketAddr, Timestamp)| tried == server && now - at <= TRIED_FOR;
        if server == path.remote || self.tried.iter().any(was_tried) {
            return Err(RedirectError::Loop);
        }
        if self.followed >= self.max {
            return Err(RedirectError::TooMany);
        }
        self.followed += 1;
        self.asked(now, server);
        Ok(Alternate { server, domain })
    }
}

/// Where to ask instead.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Alternate<'a> {
    /// The server, of the same address family as the one that was asked. Ask it over the same
    /// transport, and with the same credentials; realm and nonce are its own.
    pub server: SocketAddr,
    /// Over TLS or DTLS, the name that the server's certificate must have, as a DNS-ID or CN-ID;
    /// with `None` that is the name that the first server's had to have. Its address proves
    /// nothing. Over other transports it means nothing.
    pub domain: Option<&'a str>,
}

impl<'a> Alternate<'a> {
    /// The name that the certificate must have, when the first server's had to have `original`.
    #[must_use]
    pub const fn authentication_domain(&self, original: &'a str) -> &'a str {
        match self.domain {
            Some(domain) => domain,
            None => original,
        }
    }
}

/// Why a redirection is not followed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RedirectError {
    /// It is none: another error, or no ALTERNATE-SERVER.
    #[error("the response names no alternate server")]
    NoRedirection,
    /// ALTERNATE-SERVER or ALTERNATE-DOMAIN cannot be read.
    #[error("the alternate server or its domain is malformed")]
    Malformed,
    /// The alternate server's address is of the other family.
    #[error("the alternate server is of another address family")]
    AddressFamily,
    /// No server can have that address: unspecified, multicast, broadcast, or port 0.
    #[error("no server can have the address of the alternate server")]
    Unusable,
    /// That server was asked in the last five minutes.
    #[error("the alternate server was asked already")]
    Loop,
    /// As many redirections as may be were followed.
    #[error("one redirection too many")]
    TooMany,
}

/// The first one of the right family: a server may name one of each (RFC 8489 §10).
fn alternate_server(
    response: &Message<'_>,
    asked: SocketAddr,
) -> Result<SocketAddr, RedirectError> {
    let mut error = RedirectError::NoRedirection;
    let wanted = attr::ALTERNATE_SERVER.attribute_type();
    for raw in response.attributes().filter(|raw| raw.attribute_type == wanted).take(2) {
        match decode(attr::ALTERNATE_SERVER, raw.value, response) {
            Some(server) if server.is_ipv4() != asked.is_ipv4() => {
                error = RedirectError::AddressFamily;
            }
            Some(server) if is_usable(server) => return Ok(server),
            Some(_) => return Err(RedirectError::Unusable),
            None => return Err(RedirectError::Malformed),
        }
    }
    Err(error)
}

fn decode<'a, S: Shape>(
    _: Attribute<S>,
    value: &'a [u8],
    message: &Message<'_>,
) -> Option<S::Value<'a>> {
    S::decode(value, message.transaction_id()).ok()
}

fn is_usable(server: SocketAddr) -> bool {
    let ip = server.ip();
    let is_broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    server.port() != 0 && !ip.is_unspecified() && !ip.is_multicast() && !is_broadcast
}

/// RFC 1123 §2.1: labels of letters, digits and inner hyphens.
fn is_dns_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.len() <= 255 && name.strip_suffix('.').unwrap_or(name).split('.').all(is_label)
}
