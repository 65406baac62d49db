use core::fmt;
use core::net::{IpAddr, SocketAddr};

use sansio::FiveTuple;

/// The client's side of an allocation: from a listening socket to the client. It names the
/// allocation to the client (RFC 8656 §5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ClientPath(pub(super) FiveTuple);

/// The relay's side of an allocation: the relayed transport address. It names the allocation to
/// the peers (RFC 8656 §6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RelayAddress(pub(super) SocketAddr);

/// Whom the client talks to through the relay.
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct PeerAddress(SocketAddr);

impl PeerAddress {
    /// The peer at `address`. Flow label and scope do not travel in XOR-PEER-ADDRESS, so they must
    /// not tell apart what is the same.
    pub(super) fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip(), address.port()))
    }

    pub(super) const fn address(self) -> SocketAddr {
        self.0
    }

    pub(super) const fn ip(self) -> IpAddr {
        self.0.ip()
    }
}

impl fmt::Debug for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// What tells clients apart, as numbers: every datagram is looked up by it, and numbers compare
/// faster than addresses do. A socket has one address family, so an IPv4 address and the IPv6
/// address that holds it do not meet.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct ClientKey {
    remote: u128,
    /// The scope of a link-local client, and the ports of both ends.
    scope_and_ports: u64,
    local: u128,
}

/// As [`ClientKey`], for relayed addresses.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct RelayKey {
    ip: u128,
    pub(super) port: u16,
}

impl RelayKey {
    pub(super) fn new(ip: IpAddr, port: u16) -> Self {
        Self { ip: bits(ip), port }
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 0xFFFF_0000_0000 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

impl ClientPath {
    #[inline]
    pub(super) fn key(self) -> ClientKey {
        let FiveTuple { local, remote, .. } = self.0;
        let scope = match remote {
            SocketAddr::V4(_) => 0,
            SocketAddr::V6(remote) => remote.scope_id(),
        };
        let ports = u64::from(remote.port()) << 16 | u64::from(local.port());
        ClientKey {
            remote: bits(remote.ip()),
            scope_and_ports: u64::from(scope) << 32 | ports,
            local: bits(local.ip()),
        }
    }

    /// The client's address as it is told to the client: an IPv4 address that came through an IPv6
    /// socket is an IPv4 address.
    pub(super) fn mapped(self) -> SocketAddr {
        let remote = self.0.remote;
        SocketAddr::new(remote.ip().to_canonical(), remote.port())
    }
}

impl RelayAddress {
    #[inline]
    pub(super) fn key(self) -> RelayKey {
        RelayKey::new(self.0.ip(), self.0.port())
    }

    /// Whether datagrams can go from here to `ip` at all (RFC 8656 §10.2, §12.2).
    pub(super) const fn has_family_of(self, ip: IpAddr) -> bool {
        self.0.is_ipv4() == ip.is_ipv4()
    }
}
