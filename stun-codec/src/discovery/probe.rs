//! The questions, and what their answers say.

use core::net::{IpAddr, SocketAddr};

use sansio::FiveTuple;

use super::report::Unknown;
use crate::attr::{self, AttributeType};
use crate::header::Class;
use crate::legacy;
use crate::message::Message;
use crate::shape::ChangeRequest;

/// A question. The order is that in which they are asked, more or less.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Probe {
    /// Test I of RFC 5780 §4.3 and §4.4: who am I, and what is your other address?
    Reach,
    /// The same, for a server that tells its other address only to who shows what it is for.
    ReachAgain,
    /// Test II of §4.4: answer from your other address and port.
    FilterBoth,
    /// Test III of §4.4: answer from your other port.
    FilterPort,
    /// Test I of §4.3 once more: time has gone by.
    MapFirst,
    /// Test II of §4.3: the other address, and the same port.
    MapAddress,
    /// Test III of §4.3: the other address and port.
    MapBoth,
    /// The second socket's own address (§3.4, §4.6).
    Second,
    /// From the second socket to the first one's outer address (§3.4).
    HairpinIn,
    /// And the other way round: each opens the NAT's filter for the other.
    HairpinOut,
    /// From the first socket: answer to the second one's port (§4.6).
    Lifetime,
}

impl Probe {
    pub(super) const fn change_request(self) -> Option<ChangeRequest> {
        match self {
            Self::ReachAgain => Some(ChangeRequest { ip: false, port: false }),
            Self::FilterBoth => Some(ChangeRequest { ip: true, port: true }),
            Self::FilterPort => Some(ChangeRequest { ip: false, port: true }),
            _ => None,
        }
    }

    pub(super) const fn is_hairpin(self) -> bool {
        matches!(self, Self::HairpinIn | Self::HairpinOut)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    Answered(Answered),
    /// One's own request has come in.
    Returned,
    Refused(u16),
    /// Success, and yet no answer to the question.
    Senseless,
    Silent,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Answered {
    pub(super) mapped: SocketAddr,
    pub(super) other: Option<SocketAddr>,
    /// It came on the path that the request went, and not on the other one.
    pub(super) on_own_path: bool,
    pub(super) rewritten: bool,
    pub(super) origin_differs: bool,
}

impl Outcome {
    /// What a response says that came on `path`, where the request went on `sent_on`. `None` when it
    /// is not to be believed.
    pub(super) fn of(message: &Message<'_>, path: FiveTuple, sent_on: FiveTuple) -> Option<Self> {
        message.verify_fingerprint().ok()?;
        if message.class() == Class::Error {
            let code = message.get(attr::ERROR_CODE).ok().flatten();
            return Some(code.map_or(Self::Senseless, |code| Self::Refused(code.code())));
        }
        if !message.unknown_required(is_known).is_empty() {
            return Some(Self::Senseless);
        }
        let plain = message.get(attr::MAPPED_ADDRESS).ok().flatten();
        let masked = message.get(attr::XOR_MAPPED_ADDRESS).ok().flatten();
        let Some(mapped) = masked.or(plain) else { return Some(Self::Senseless) };
        let origin = message.get(attr::RESPONSE_ORIGIN).ok().flatten();
        Some(Self::Answered(Answered {
            mapped,
            other: message.get(attr::OTHER_ADDRESS).ok().flatten(),
            on_own_path: path == sent_on,
            rewritten: plain.is_some_and(|plain| plain != mapped),
            origin_differs: origin.is_some_and(|origin| origin != path.remote),
        }))
    }

    pub(super) const fn unknown(self) -> Unknown {
        match self {
            Self::Refused(code) => Unknown::Refused(code),
            Self::Silent => Unknown::NoAnswer,
            Self::Answered(_) | Self::Returned | Self::Senseless => Unknown::Contradiction,
        }
    }
}

/// What may stand in an answer: RFC 5780 puts nothing else there that must be understood.
fn is_known(attribute: AttributeType) -> bool {
    [
        attr::MAPPED_ADDRESS.attribute_type(),
        attr::XOR_MAPPED_ADDRESS.attribute_type(),
        attr::PADDING.attribute_type(),
    ]
    .contains(&attribute)
        || legacy::is_ignored_in_responses(attribute)
}

/// Whether `other` can be the other address of a server at `server` (RFC 5780 §6.1). A server may send
/// a client to any address that it names, so one on the Internet must not name one within
/// somebody's own network.
pub(super) fn is_other_address(server: SocketAddr, other: SocketAddr) -> bool {
    let is_broadcast = matches!(other.ip(), IpAddr::V4(ip) if ip.is_broadcast());
    other.is_ipv4() == server.is_ipv4()
        && other.ip() != server.ip()
        && other.port() != server.port()
        && is_destination(other)
        && !is_broadcast
        && (!is_inner(other.ip()) || is_inner(server.ip()))
}

/// Whether a datagram can be sent to it at all.
pub(super) fn is_destination(address: SocketAddr) -> bool {
    let ip = address.ip();
    address.port() != 0 && !ip.is_unspecified() && !ip.is_multicast()
}

/// An address that means another host in each network.
fn is_inner(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let is_shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xC0 == 64;
            let is_this_network = ip.octets()[0] == 0;
            let is_private = ip.is_private() || ip.is_loopback() || ip.is_link_local();
            is_private || is_shared || is_this_network
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
