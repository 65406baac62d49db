/// What a [`Server`](super::Server) has done since it began: how many datagrams met which end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Datagrams relayed from clients to peers.
    pub relayed_to_peers: u64,
    /// Datagrams relayed from peers to clients.
    pub relayed_to_clients: u64,
    /// Binding requests answered.
    pub bindings: u64,
    /// Requests answered with 401: without credentials, or with wrong ones.
    pub unauthenticated: u64,
    /// Requests answered with 438: the nonce was too old, or not made for that client.
    pub stale_nonces: u64,
    /// Requests answered with 403: the peer is one that nobody may talk to.
    pub forbidden: u64,
    /// Requests answered with 486 or 508: a limit was reached.
    pub over_limit: u64,
    /// Requests answered with another error.
    pub rejected: u64,
    /// Authenticated requests answered with success, without Binding.
    pub granted: u64,
    /// Dropped: neither STUN that makes sense nor ChannelData.
    pub malformed: u64,
    /// Dropped: a response, or an indication or a method that is none of ours.
    pub unexpected: u64,
    /// Dropped: it came in on a socket that is neither a listening one nor a relayed address.
    pub unknown_socket: u64,
    /// Dropped: data from a client without an allocation, or on a channel that is not bound.
    pub unbound: u64,
    /// Dropped: data to or from a peer without a permission.
    pub not_permitted: u64,
    /// Dropped: with what the relay has to add it would not fit into a datagram.
    pub too_long: u64,
}
