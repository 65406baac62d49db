use core::ops::RangeInclusive;
use core::time::Duration;

/// When a NAT uses an outer address again for a datagram from the same inner address (RFC 4787
/// §4.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Mapping {
    /// For every destination: one outer address for each inner one, as REQ-1 demands.
    EndpointIndependent,
    /// For the same destination IP address, whatever the port.
    AddressDependent,
    /// For the same destination IP address and port only.
    AddressAndPortDependent,
}

/// Whose datagrams a NAT lets in to a mapping (RFC 4787 §5).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Filtering {
    /// Everybody's.
    EndpointIndependent,
    /// Those from an IP address that was sent to through this mapping.
    AddressDependent,
    /// Those from an IP address and port that was sent to through this mapping.
    AddressAndPortDependent,
}

/// Which port a NAT takes for a new mapping (RFC 4787 §4.2).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum PortAllocation {
    /// The free port that follows the one taken last; easy to guess for a peer.
    Sequential,
    /// Any free port, drawn from the seed.
    Random,
}

/// How a [`Nat`](super::Nat) behaves. Start from one of the four constructors and change what the
/// test needs:
///
/// ```
/// use core::time::Duration;
/// use testkit::nat::NatConfig;
///
/// let impatient = NatConfig { timeout: Duration::from_secs(30), ..NatConfig::port_restricted() };
/// # assert_eq!(impatient.mapping, testkit::nat::Mapping::EndpointIndependent);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NatConfig {
    /// When an outer address is used again.
    pub mapping: Mapping,
    /// Who may send to it.
    pub filtering: Filtering,
    /// How long a mapping lives after the last datagram that refreshes it, and how long a
    /// remote may answer after the last datagram to it. REQ-5 wants at least 120 s and
    /// recommends 300 s, which is the default; real NATs are often less patient.
    pub timeout: Duration,
    /// Whether a datagram that is let in refreshes the mapping too (REQ-6a); off by default.
    /// One that goes out always does (REQ-6).
    pub inbound_refresh: bool,
    /// Which of the free ports a new mapping takes; sequential by default.
    pub allocation: PortAllocation,
    /// Whether the inner port is tried first (port preservation, §4.2.1); off by default.
    pub preserve_port: bool,
    /// The ports that mappings may take; 1024 to 65535 by default.
    pub ports: RangeInclusive<u16>,
    /// Whether two inner hosts reach each other by their outer addresses (REQ-9); on by default.
    /// The datagram then carries the sender's outer address (REQ-9a).
    pub hairpinning: bool,
    /// The most mappings at one time; 4096 by default. Beyond that a datagram that needs a new
    /// one is refused.
    pub max_mappings: usize,
    /// The most remotes that one mapping remembers for its filter; 1024 by default. Beyond
    /// that the one not sent to for the longest is forgotten.
    pub max_remotes: usize,
}

impl NatConfig {
    /// The two choices that matter most; the rest as the fields' docs say.
    #[must_use]
    pub const fn new(mapping: Mapping, filtering: Filtering) -> Self {
        Self {
            mapping,
            filtering,
            timeout: Duration::from_secs(300),
            inbound_refresh: false,
            allocation: PortAllocation::Sequential,
            preserve_port: false,
            ports: 1024..=u16::MAX,
            hairpinning: true,
            max_mappings: 4096,
            max_remotes: 1024,
        }
    }

    /// One outer address for all destinations; everybody may send to it.
    #[must_use]
    pub const fn full_cone() -> Self {
        Self::new(Mapping::EndpointIndependent, Filtering::EndpointIndependent)
    }

    /// One outer address for all destinations; IP addresses that were sent to may send to it.
    #[must_use]
    pub const fn address_restricted() -> Self {
        Self::new(Mapping::EndpointIndependent, Filtering::AddressDependent)
    }

    /// One outer address for all destinations; IP addresses and ports that were sent to may send to
    /// it.
    #[must_use]
    pub const fn port_restricted() -> Self {
        Self::new(Mapping::EndpointIndependent, Filtering::AddressAndPortDependent)
    }

    /// Another outer address for each destination, and only that destination may send to it.
    #[must_use]
    pub const fn symmetric() -> Self {
        Self::new(Mapping::AddressAndPortDependent, Filtering::AddressAndPortDependent)
    }
}
