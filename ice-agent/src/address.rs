//! What of a transport address matters to candidates (RFC 8445 §5.1.1.1, §6.1.2.2).

use core::net::{IpAddr, SocketAddr, SocketAddrV6};

/// Whether a candidate may have this address: not one that nobody can be reached at, nor an IPv4
/// address dressed as IPv6, nor a site-local one, nor loopback unless that is wanted.
pub(crate) fn is_usable(address: SocketAddr, allow_loopback: bool) -> bool {
    let ip = address.ip();
    let outdated = match ip {
        IpAddr::V4(_) => false,
        // The first covers ::ffff:a.b.c.d and ::a.b.c.d, and by its form ::1 too.
        IpAddr::V6(ip) => {
            ip.to_ipv4().is_some() && !ip.is_loopback() || ip.segments()[0] & 0xFFC0 == 0xFEC0
        }
    };
    address.port() != 0
        && !ip.is_unspecified()
        && !ip.is_multicast()
        && !outdated
        && (allow_loopback || !ip.is_loopback())
}

/// Whether this is an IPv6 link-local address.
pub(crate) fn is_link_local(address: SocketAddr) -> bool {
    matches!(address.ip(), IpAddr::V6(ip) if ip.is_unicast_link_local())
}

/// The address as it is told to others: which of our interfaces it is on says nothing to them.
pub(crate) fn unscoped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// `remote` as it is reached from `base`: a link-local address is one of the same link.
pub(crate) fn scoped(remote: SocketAddr, base: SocketAddr) -> SocketAddr {
    match (remote, base) {
        (SocketAddr::V6(remote), SocketAddr::V6(base)) if remote.ip().is_unicast_link_local() => {
            SocketAddrV6::new(*remote.ip(), remote.port(), 0, base.scope_id()).into()
        }
        _ => remote,
    }
}
