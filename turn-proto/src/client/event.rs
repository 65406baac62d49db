use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use stun_codec::BuildError;
use stun_codec::auth::long_term::SessionError;
use stun_codec::channel_data::ChannelNumber;

/// What has become of something that the caller asked a [`Client`](super::Client) for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// The server relays for us.
    Allocated {
        /// Our address at the server: what peers send to.
        relayed: SocketAddr,
        /// Our address as the server sees it.
        mapped: SocketAddr,
        /// How long the allocation would last without the refreshes that the client sends.
        lifetime: Duration,
    },
    /// There will be no allocation, unless `allocate` is called again.
    AllocationFailed(Failure),
    /// Datagrams may go to and come from this address. Told when a permission comes into being,
    /// be it by `create_permission` or by `bind_channel`; not when it is refreshed.
    PermissionCreated {
        /// The peer's address; its port does not matter.
        peer: IpAddr,
    },
    /// There is no permission for this address, or none any more. `create_permission` may be
    /// called again.
    PermissionFailed {
        /// The peer's address.
        peer: IpAddr,
        /// Why.
        reason: Failure,
    },
    /// What is sent to this peer now travels with 4 bytes of overhead.
    ChannelBound {
        /// The peer.
        peer: SocketAddr,
        /// The channel.
        channel: ChannelNumber,
    },
    /// There is no channel to this peer, or none any more; Send indications still carry data
    /// while there is a permission. `bind_channel` may be called again.
    ChannelFailed {
        /// The peer.
        peer: SocketAddr,
        /// Why.
        reason: Failure,
    },
    /// The allocation is gone, and all permissions and channels with it.
    AllocationLost(Failure),
    /// What `close` began is done.
    Closed,
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server did not answer in all the time that a transaction has.
    #[error("the server does not answer")]
    TimedOut,
    /// Answers came, and none of them was signed with the user's key, in all the time that a
    /// transaction has (RFC 8489 §9.2.5): forgeries, or a server that errs.
    #[error("the server's answers are not authentic")]
    IntegrityViolated,
    /// The server answered with this error code (RFC 8489 §14.8, RFC 8656 §19). After 437 try
    /// another local port; after 486 and 508 wait at least a minute (RFC 8656 §7.4).
    #[error("the server answered {0}")]
    Rejected(u16),
    /// The server does not take the credentials.
    #[error("{0}")]
    Credentials(SessionError),
    /// The server named another server that will not do: one that was tried before, one too
    /// many, or one of another address family.
    #[error("the server points to another server that cannot be used")]
    Redirect,
    /// The response lacks what it must hold, or holds what nobody here understands.
    #[error("the server's response is malformed")]
    MalformedResponse,
    /// The relayed address is not of the family that was asked for, or the peer's is not of the
    /// family of the relayed address.
    #[error("the address family does not fit")]
    AddressFamily,
    /// All 4096 channels have been given to peers.
    #[error("no channel number is left")]
    ChannelsExhausted,
    /// No refresh came through before the lifetime was over.
    #[error("the allocation has expired")]
    Expired,
    /// The request cannot be written: the username or the software's name is too long.
    #[error("{0}")]
    Unwritable(BuildError),
}

/// Why [`Client::send`](super::Client::send) wrote no datagram.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no allocation, or not yet.
    #[error("no allocation")]
    NotAllocated,
    /// There is no permission for the peer's address, or not yet.
    #[error("no permission for the peer")]
    NoPermission,
    /// The buffer is too small.
    #[error("a buffer of {needed} bytes is needed")]
    BufferTooSmall {
        /// How many bytes would do.
        needed: usize,
    },
    /// The payload is longer than any datagram.
    #[error("a payload of {length} bytes does not fit into a datagram")]
    PayloadTooLong {
        /// Its length.
        length: usize,
    },
}
