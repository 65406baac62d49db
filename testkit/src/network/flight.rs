use core::fmt;
use core::net::SocketAddr;

use bytes::Bytes;
use sansio::Timestamp;

use super::{HostId, Place};

/// A datagram under way.
#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) origin: Origin,
    pub(super) at: Position,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) payload: Bytes,
}

/// What it was when it was sent, for the trace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) sender: Sender,
    pub(super) at: Timestamp,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Sender {
    Host(HostId),
    Stranger,
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(host) => host.fmt(f),
            Self::Stranger => f.write_str("stranger"),
        }
    }
}

/// What a flight comes to next.
#[derive(Clone, Copy, Debug)]
pub(super) enum Position {
    /// The router of that place.
    Router(Place),
    /// The outer side of the NAT of that place.
    Outside(Place),
    /// That host, in that place.
    Host(HostId, Place),
}
