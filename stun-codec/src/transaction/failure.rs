use core::net::SocketAddr;

use crate::header::TransactionId;
use crate::shape::Icmp;

/// A request that got no answer that the caller accepts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Failed<T> {
    /// The transaction.
    pub id: TransactionId,
    /// What the caller tied to it.
    pub context: T,
    /// Why.
    pub reason: FailureReason,
}

/// Why a transaction has failed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FailureReason {
    /// No answer came in all its time (RFC 8489 §6.2.1, §6.2.2).
    TimedOut,
    /// Answers did come, and were all turned down: the integrity protection was violated (RFC 8489
    /// §9.1.4, §9.2.5). Over UDP that is told when the time is over; on a reliable transport the
    /// first such answer ends the transaction.
    IntegrityViolated,
    /// Nobody is there to answer: [`Transactions::handle_unreachable`](super::Transactions::handle_unreachable).
    Unreachable,
}

/// What came back instead of an answer.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PathError {
    /// What an operating system makes of it: ECONNREFUSED or the like on a socket that is connected to
    /// the server, a stream that cannot be opened, or was closed or reset. It is final.
    Broken,
    /// An ICMP message, or one of ICMPv6 when the server's address is an IPv6 one.
    Icmp(Icmp),
}

impl PathError {
    /// Whether there is no point in trying again: a hard error. For ICMP these are "protocol
    /// unreachable", "port unreachable" and "fragmentation needed and DF set" (RFC 1122 §4.2.3.9);
    /// for ICMPv6 "administratively prohibited", "port unreachable" and "unrecognized next header"
    /// (RFC 5461). Anything else may pass.
    #[must_use]
    pub const fn is_hard(&self, server: &SocketAddr) -> bool {
        match *self {
            Self::Broken => true,
            Self::Icmp(Icmp { icmp_type, code, .. }) => match server {
                SocketAddr::V4(_) => matches!((icmp_type, code), (3, 2..=4)),
                SocketAddr::V6(_) => matches!((icmp_type, code), (1, 1 | 4) | (4, 1)),
            },
        }
    }
}
