use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::ops::RangeInclusive;
use core::time::Duration;

use stun_codec::auth::long_term::Keys;
use stun_codec::shape::PasswordAlgorithm;

use super::PeerPolicy;

/// What a [`Server`](super::Server) needs to know.
///
/// ```
/// use turn_proto::server::Config;
///
/// let listen: core::net::SocketAddr = "198.51.100.2:3478".parse()?;
/// let mut config = Config::new("example.org", listen, listen.ip());
/// config.add_user("alice", "wonderland");
/// config.relay_addresses.push("2001:db8::2".parse()?); // one of each family, or several
/// # Ok::<(), core::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    realm: String,
    /// The sockets on which clients are awaited: the `local` of what they send. Datagrams
    /// with another `local` that is no relayed address either are dropped.
    pub listen: Vec<SocketAddr>,
    /// Who may have allocations: usernames and their keys in the [realm](Self::realm).
    pub users: BTreeMap<String, Keys>,
    /// How the keys of users may be made, the best first (RFC 8489 §9.2). SHA-256 and MD5 by default;
    /// without MD5, clients from before RFC 8489 are shut out. An empty list offers no choice: MD5.
    pub password_algorithms: Vec<PasswordAlgorithm>,
    /// The IP addresses on which relayed addresses are made, none of them unspecified. A family
    /// without any is not served (440).
    pub relay_addresses: Vec<IpAddr>,
    /// The ports of relayed addresses: 49152 to 65535 by default (RFC 8656 §7.2). Port 0 is never
    /// used.
    pub relay_ports: RangeInclusive<u16>,
    /// The lifetime of an allocation for those who ask for no longer one. 600 s by default.
    pub default_lifetime: Duration,
    /// The longest lifetime that is granted. 3600 s by default.
    pub max_lifetime: Duration,
    /// How long a nonce is good for. 600 s by default; an hour at the most (RFC 8656 §5).
    pub nonce_lifetime: Duration,
    /// How many allocations there may be; further ones are answered with 508. No limit by
    /// default but for the ports.
    pub max_allocations: usize,
    /// How many allocations a user may have; further ones are answered with 486. 128 by default.
    pub max_allocations_per_user: usize,
    /// How many permissions an allocation may have; further ones are answered with 508. 256 by
    /// default.
    pub max_permissions: usize,
    /// How many channels an allocation may have; further ones are answered with 508. 256 by
    /// default.
    pub max_channels: usize,
    /// Whom clients may talk to.
    pub peer_policy: PeerPolicy,
    /// Let one client of this server reach another's relayed address: two peers that can only be
    /// reached through this server need it. `true` by default. It is the only way to reach the IP
    /// addresses of [`relay_addresses`](Self::relay_addresses) and [`listen`](Self::listen),
    /// unless the policy allows them by name; a listening socket cannot be reached at all.
    pub allow_hairpin: bool,
    /// What to call oneself in the answers to authenticated Allocate and Refresh requests
    /// (SOFTWARE); `None`, the default, says nothing. At most 763 bytes.
    pub software: Option<String>,
}

impl Config {
    /// A server of the realm `realm` (at most 763 bytes), with the default limits and no users.
    pub fn new(realm: impl Into<String>, listen: SocketAddr, relay_address: IpAddr) -> Self {
        Self {
            realm: realm.into(),
            listen: [listen].into(),
            users: BTreeMap::new(),
            password_algorithms: [PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5].into(),
            relay_addresses: [relay_address].into(),
            relay_ports: 49_152..=65_535,
            default_lifetime: Duration::from_secs(600),
            max_lifetime: Duration::from_secs(3600),
            nonce_lifetime: Duration::from_secs(600),
            max_allocations: usize::MAX,
            max_allocations_per_user: 128,
            max_permissions: 256,
            max_channels: 256,
            peer_policy: PeerPolicy::default(),
            allow_hairpin: true,
            software: None,
        }
    }

    /// The realm, which is part of every user's key.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Lets a user in by password; only the keys made of it are kept.
    pub fn add_user(&mut self, username: &str, password: &str) {
        let keys = Keys::new(username, &self.realm, password);
        self.users.insert(username.into(), keys);
    }
}
