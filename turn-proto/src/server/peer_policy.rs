use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::prefix::Prefix;

/// Whom clients may talk to through the server: a relay must not be a way into the network that
/// it stands in (RFC 8656 §21.2, §21.4).
///
/// In this order:
/// 1. what [`deny`](Self::deny) names is denied;
/// 2. what [`allow`](Self::allow) names is allowed;
/// 3. what the special-purpose registries set aside is denied: this network, loopback,
///    link-local (cloud metadata lives there), shared address space, documentation, benchmarks,
///    6to4 relays, multicast, reserved, and their kin in IPv6;
/// 4. private networks (RFC 1918, and unique local addresses in IPv6) are denied unless
///    [`allow_private`](Self::allow_private);
/// 5. an IPv6 address that holds an IPv4 address is denied when it is of a kind that no IPv6
///    peer has (IPv4-mapped, IPv4-compatible), that leads into a tunnel (6to4, Teredo; RFC 8656
///    §21.4), or that only a local translator understands (64:ff9b:1::/48); in the other kinds
///    (64:ff9b::/96, ISATAP) what counts is the address inside;
/// 6. the rest, the public internet, is allowed.
///
/// The addresses of the server itself are no matter of this policy; see
/// [`Config::allow_hairpin`](super::Config::allow_hairpin).
///
/// ```
/// use turn_proto::server::PeerPolicy;
///
/// let mut policy = PeerPolicy::default();
/// assert!(policy.allows([8, 8, 8, 8].into()));
/// assert!(!policy.allows([169, 254, 169, 254].into()));
/// assert!(!policy.allows("::ffff:127.0.0.1".parse()?));
/// policy.allow.push("127.0.0.0/8".parse()?); // to try things out on one machine
/// assert!(policy.allows([127, 0, 0, 1].into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PeerPolicy {
    /// Allowed whatever the rules for special addresses say.
    pub allow: Vec<Prefix>,
    /// Denied whatever else is said: the server's own databases, say.
    pub deny: Vec<Prefix>,
    /// Let clients reach private networks: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and fc00::/7.
    /// `false` by default. A server inside a company, for peers inside that company, needs it.
    pub allow_private: bool,
}

impl PeerPolicy {
    /// Whether a client may talk to this address.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        if self.is_denied_by_name(ip) {
            return false;
        }
        if contains(&self.allow, ip) {
            return true;
        }
        match ip {
            IpAddr::V4(ip) => self.allows_v4(ip),
            IpAddr::V6(ip) => self.allows_v6(ip),
        }
    }

    /// Whether the list of denied prefixes names this address.
    pub(super) fn is_denied_by_name(&self, ip: IpAddr) -> bool {
        contains(&self.deny, ip)
    }

    /// Whether the list of allowed prefixes names this address, and that of denied ones does not.
    pub(super) fn is_allowed_by_name(&self, ip: IpAddr) -> bool {
        !self.is_denied_by_name(ip) && contains(&self.allow, ip)
    }

    fn allows_v4(&self, ip: Ipv4Addr) -> bool {
        let ip = IpAddr::V4(ip);
        !contains(&SPECIAL_V4, ip) && (self.allow_private || !contains(&PRIVATE_V4, ip))
    }

    fn allows_v6(&self, ip: Ipv6Addr) -> bool {
        if contains(&SPECIAL_V6, ip.into()) || !self.allow_private && PRIVATE_V6.contains(ip.into())
        {
            return false;
        }
        // An address inside passes the whole policy, lists included.
        embedded(ip).is_none_or(|inner| self.allows(inner.into()))
    }
}

/// Whether this is the address of a tunnel, from which no allocation may be asked for
/// (RFC 8656 §21.4).
pub(super) fn is_tunnel(ip: IpAddr) -> bool {
    SIX_TO_FOUR.contains(ip) || TEREDO.contains(ip)
}

fn contains(list: &[Prefix], ip: IpAddr) -> bool {
    list.iter().any(|prefix| prefix.contains(ip))
}

/// The IPv4 address inside an IPv6 address that a translator or a tunnel would turn into it.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = Ipv4Addr::from_bits(ip.to_bits() as u32);
    match ip.segments() {
        [0x64, 0xFF9B, 0, 0, 0, 0, ..] => Some(last),
        // ISATAP, RFC 5214 §6.1: the interface identifier names an IPv4 address.
        [_, _, _, _, 0 | 0x0200, 0x5EFE, ..] => Some(last),
        _ => None,
    }
}

const SIX_TO_FOUR: Prefix = Prefix::v6(0x2002, 0, 0, 16);
const TEREDO: Prefix = Prefix::v6(0x2001, 0, 0, 32);
const PRIVATE_V6: Prefix = Prefix::v6(0xFC00, 0, 0, 7);

const PRIVATE_V4: [Prefix; 3] =
    [Prefix::v4(10, 0, 0, 8), Prefix::v4(172, 16, 0, 12), Prefix::v4(192, 168, 0, 16)];

const SPECIAL_V4: [Prefix; 11] = [
    Prefix::v4(0, 0, 0, 8),       // this network
    Prefix::v4(100, 64, 0, 10),   // shared address space
    Prefix::v4(127, 0, 0, 8),     // loopback
    Prefix::v4(169, 254, 0, 16),  // link-local
    Prefix::v4(192, 0, 0, 24),    // protocol assignments
    Prefix::v4(192, 0, 2, 24),    // documentation
    Prefix::v4(192, 88, 99, 24),  // 6to4 relays
    Prefix::v4(198, 18, 0, 15),   // benchmarks
    Prefix::v4(198, 51, 100, 24), // documentation
    Prefix::v4(203, 0, 113, 24),  // documentation
    Prefix::v4(224, 0, 0, 3),     // multicast, reserved, broadcast
];

const SPECIAL_V6: [Prefix; 11] = [
    Prefix::v6(0, 0, 0, 64), // unspecified, loopback, IPv4-mapped and -compatible
    Prefix::v6(0x64, 0xFF9B, 1, 48), // translation of local use
    Prefix::v6(0x100, 0, 0, 48), // discard, and the dummy prefix beside it
    Prefix::v6(0x2001, 0, 0, 23), // protocol assignments, Teredo among them
    Prefix::v6(0x2001, 0xDB8, 0, 32), // documentation
    SIX_TO_FOUR,             // tunnels
    Prefix::v6(0x3FFF, 0, 0, 20), // documentation
    Prefix::v6(0x5F00, 0, 0, 16), // segment routing
    Prefix::v6(0xFE80, 0, 0, 10), // link-local
    Prefix::v6(0xFEC0, 0, 0, 10), // site-local
    Prefix::v6(0xFF00, 0, 0, 8), // multicast
];

#[cfg(test)]
mod tests;
