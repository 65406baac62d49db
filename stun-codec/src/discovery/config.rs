use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use crate::transaction;

/// What to find out, and by whom.
#[derive(Clone, Debug)]
pub struct Config {
    /// The socket that is asked about. For the best answer nothing was sent from its port in the
    /// last 15 minutes (RFC 5780 §4.1): a fresh random port above 32767 will do. Its IP address must
    /// be the one that it sends from, and not "any", or no NAT looks like one.
    pub local: SocketAddr,
    /// Another fresh socket of the same host. With it, hairpinning is tested, and the lifetime.
    pub second: Option<SocketAddr>,
    /// Whom to ask: the first one that answers, and has two addresses. No more than
    /// [`MAX_SERVERS`](Self::MAX_SERVERS) are asked.
    pub servers: Vec<SocketAddr>,
    /// Whether to find out how long an outer address is kept, by trying times up to this. It takes
    /// some times as long, and the second socket. `None`, the default, leaves it out.
    pub longest_lifetime: Option<Duration>,
    /// The times of retransmission. That nobody answers is an answer here, and takes the time of a
    /// whole transaction: 39.5 s by default, with which 3 in 10 datagrams may be lost. Fewer
    /// sendings are quicker, and easier to mislead.
    pub transactions: transaction::Config,
}

impl Config {
    /// How many servers are asked at the most.
    pub const MAX_SERVERS: usize = 8;

    /// The defaults: mapping and filtering, as seen from the socket `local`.
    #[must_use]
    pub fn new(local: SocketAddr, servers: impl Into<Vec<SocketAddr>>) -> Self {
        Self {
            local,
            second: None,
            servers: servers.into(),
            longest_lifetime: None,
            transactions: transaction::Config::default(),
        }
    }
}
