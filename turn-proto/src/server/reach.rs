//! Which peers this server relays to: what the policy says, and what it cannot know, the
//! server's own addresses (RFC 8656 §21.1.7).

use core::net::{IpAddr, SocketAddr};

use super::sides::{PeerAddress, RelayAddress};
use super::{Config, Server};

impl Server {
    /// Whether a permission may be given for `ip`. A permission has no port, so on the server's own
    /// addresses there is more to check for each datagram; see [`reaches`](Self::reaches).
    pub(super) fn may_permit(&self, ip: IpAddr) -> bool {
        let policy = &self.config.peer_policy;
        if is_own(&self.config, ip) {
            let hairpin = self.config.allow_hairpin && self.config.relay_addresses.contains(&ip);
            return !policy.is_denied_by_name(ip) && (policy.is_allowed_by_name(ip) || hairpin);
        }
        policy.allows(ip)
    }

    /// Whether a datagram may go from `relay` to `peer`, for whose IP address a permission may be
    /// given: never to a listening socket, and on the server's own addresses, unless they are
    /// allowed by name, only to another client's relayed address.
    #[inline]
    pub(super) fn reaches(&self, relay: RelayAddress, peer: PeerAddress) -> bool {
        let address = peer.address();
        if address.port() == 0 || is_listening(&self.config, address) {
            return false;
        }
        if !is_own(&self.config, address.ip()) {
            return true;
        }
        let is_another_relay =
            address != relay.0 && self.table.of_relay(RelayAddress(address)).is_some();
        is_another_relay || self.config.peer_policy.is_allowed_by_name(address.ip())
    }
}

/// Whether this is the address of a listening socket.
#[inline]
pub(super) fn is_listening(config: &Config, address: SocketAddr) -> bool {
    config.listen.iter().any(|listen| {
        listen.port() == address.port()
            && (listen.ip() == address.ip()
                // A socket that listens everywhere.
                || listen.ip().is_unspecified()
                    && (address.ip().is_loopback() || is_own(config, address.ip())))
    })
}

#[inline]
fn is_own(config: &Config, ip: IpAddr) -> bool {
    config.relay_addresses.contains(&ip) || config.listen.iter().any(|listen| listen.ip() == ip)
}
