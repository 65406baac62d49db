use alloc::sync::Arc;
use core::net::SocketAddr;

use sansio::FiveTuple;

/// What the caller has to do, and what it may want to write into its log.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Bind a UDP socket to this address, then call
    /// [`Server::relay_opened`](super::Server::relay_opened). What arrives there goes to
    /// [`Server::handle_input`](super::Server::handle_input) with this address as `local`.
    OpenRelay {
        /// The address.
        relay: SocketAddr,
    },
    /// Close the socket of this relayed address, if it is open.
    CloseRelay {
        /// The address.
        relay: SocketAddr,
    },
    /// An allocation is there, and the client is told.
    AllocationCreated {
        /// From the listening socket to the client.
        client: FiveTuple,
        /// The relayed address.
        relay: SocketAddr,
        /// Whose it is.
        username: Arc<str>,
    },
    /// An allocation is gone.
    AllocationEnded {
        /// From the listening socket to the client.
        client: FiveTuple,
        /// The relayed address, which is free again.
        relay: SocketAddr,
        /// Whose it was.
        username: Arc<str>,
        /// Why.
        reason: EndReason,
    },
}

/// Why an allocation has ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EndReason {
    /// The client gave it back (Refresh with LIFETIME 0).
    Released,
    /// Its lifetime was over.
    Expired,
    /// The caller said that its socket does not work (any more).
    RelayFailed,
}
