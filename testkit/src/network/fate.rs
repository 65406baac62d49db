use core::fmt;
use core::net::SocketAddr;

use super::{HostId, Place};
use crate::nat::Refusal;

/// How many datagrams met which end. Each one that was sent, and each second copy that a link
/// made, has one of the ends or is [in flight](super::Network::in_flight).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Counters {
    /// Given to the network, by a host or by a stranger.
    pub sent: u64,
    /// Second copies that a link made.
    pub duplicated: u64,
    /// Handed to a host.
    pub delivered: u64,
    /// Lost on a link.
    pub lost: u64,
    /// Stopped by a NAT's filter.
    pub filtered: u64,
    /// Sent to a port of a NAT to which nothing is mapped.
    pub unmapped: u64,
    /// Not let out, as the NAT could not or would not: no room, no port, no hairpinning.
    pub refused: u64,
    /// Sent to an address that nobody has who can be reached from there.
    pub unreachable: u64,
}

/// How a datagram ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Delivered { host: HostId, source: SocketAddr },
    LostOnLinkOf(Hop),
    Refused { place: Place, refusal: Refusal },
    Unreachable { place: Place },
}

/// Whose link it was on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Hop {
    Host(HostId),
    Nat(Place),
}

impl Counters {
    pub(super) const fn count(&mut self, fate: &Fate) {
        let counter = match fate {
            Fate::Delivered { .. } => &mut self.delivered,
            Fate::LostOnLinkOf(_) => &mut self.lost,
            Fate::Unreachable { .. } => &mut self.unreachable,
            Fate::Refused { refusal, .. } => match refusal {
                Refusal::Filtered => &mut self.filtered,
                Refusal::NoMapping => &mut self.unmapped,
                Refusal::TableFull | Refusal::NoFreePort | Refusal::NoHairpin => &mut self.refused,
            },
        };
        *counter += 1;
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered { host, source } => write!(f, "delivered to {host} as from {source}"),
            Self::LostOnLinkOf(Hop::Host(host)) => write!(f, "lost on the link of {host}"),
            Self::LostOnLinkOf(Hop::Nat(place)) => write!(f, "lost on the link of {place}'s NAT"),
            Self::Refused { place, refusal } => write!(f, "refused at {place}: {refusal}"),
            Self::Unreachable { place } => write!(f, "unreachable from {place}"),
        }
    }
}
