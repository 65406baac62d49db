use core::net::{IpAddr, SocketAddr};
use std::io;

use crate::Subnet;
use crate::nat::NatConfig;

/// Where a [`NatBox`](super::NatBox) is, and how it behaves.
#[derive(Clone, Debug)]
pub struct NatBoxConfig {
    /// The private network behind it: only peers with an address of it are served.
    pub subnet: Subnet,
    /// The gateway's address, in `subnet`; with port 0 the system chooses one.
    pub gateway: SocketAddr,
    /// The outer IP address, outside of `subnet` and within `public`.
    pub outer: IpAddr,
    /// What counts as the internet. A datagram to any other address is dropped, so that the private
    /// networks of other boxes can't be reached.
    pub public: Vec<Subnet>,
    /// The NAT's rules.
    pub nat: NatConfig,
    /// Where random ports come from.
    pub seed: [u8; 32],
}

/// Why a [`NatBox`](super::NatBox) could not start.
#[derive(Debug, thiserror::Error)]
pub enum NatBoxError {
    /// The peers could not reach the gateway.
    #[error("the gateway {gateway} is outside of {subnet}, the subnet of its peers")]
    GatewayOutsideSubnet {
        /// The gateway's address.
        gateway: SocketAddr,
        /// The peers' subnet.
        subnet: Subnet,
    },
    /// The outer address is private: not in `public`, or in the peers' subnet.
    #[error("the outer address {outer} is not a public one")]
    OuterNotPublic {
        /// The outer address.
        outer: IpAddr,
    },
    /// The system refuses an address.
    #[error("can't bind the {what} address {address}: {source}")]
    Bind {
        /// `gateway` or `outer`.
        what: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}
