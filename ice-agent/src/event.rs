use core::net::SocketAddr;
use core::time::Duration;

use crate::candidate::Candidate;
use crate::pair::PairState;
use crate::role::Role;

/// What an agent has to tell.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// An address at which this agent may be reached: tell it to the peer.
    LocalCandidate(Candidate),
    /// A server gave no candidate; the others may.
    ServerFailed {
        /// The server.
        server: SocketAddr,
        /// Why.
        reason: ServerFailure,
    },
    /// All candidates that there are have been told: tell the peer that no more will come. When a
    /// socket or a server is added later this comes again; a peer that was told in between ignores
    /// what follows (RFC 8838 §14), and may still learn of it from checks.
    GatheringComplete,
    /// Both agents believed to have the same role, and this one has taken the other.
    RoleSwitched(Role),
    /// There is a path, and `send` may be used from now on, though the agents go on looking for a
    /// better one (RFC 8445 §12.1).
    Connected,
    /// Both agents use this path from now on. It comes again only when the peer nominates another
    /// one after it.
    Selected(SelectedPair),
    /// The peer has not confirmed for 30 s that it wants to be sent to (RFC 7675 §5.1). Nothing
    /// can be sent any more; start anew with a new agent and new credentials.
    ConsentExpired,
    /// There is no path, or the relay that it went through is gone. Start anew with a new agent, new credentials, and a TURN server if
    /// there was none.
    Failed,
}

/// Why a server gave no candidate.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerFailure {
    /// It did not answer in time.
    #[error("no answer")]
    NoAnswer,
    /// It answered with this error code.
    #[error("it answered with error {0}")]
    Refused(u16),
    /// It answered with something that makes no sense.
    #[error("its answer makes no sense")]
    Malformed,
}

/// The pair that `send` uses.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelectedPair {
    /// This end, as the peer sees it.
    pub local: Candidate,
    /// The peer's end.
    pub remote: Candidate,
    /// The socket (or the relayed address) that datagrams leave from.
    pub base: SocketAddr,
    /// The pair's priority (RFC 8445 §6.1.2.3).
    pub priority: u64,
    /// How long the last check took to be answered; `None` when it had to be sent again.
    pub round_trip_time: Option<Duration>,
}

/// What is known of a pair, for people and for logs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PairReport {
    /// The candidate that checks leave from; once one was answered, this end as the peer sees it.
    pub local: Candidate,
    /// The peer's end.
    pub remote: Candidate,
    /// The pair's priority (RFC 8445 §6.1.2.3).
    pub priority: u64,
    /// How far its checks have come.
    pub state: PairState,
    /// Whether it is the selected pair.
    pub selected: bool,
    /// How many checks were begun.
    pub checks_sent: u32,
    /// How long the last check took to be answered.
    pub round_trip_time: Option<Duration>,
}

/// Counters of what an agent saw.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Connectivity and consent checks begun.
    pub checks_sent: u64,
    /// Checks of the peer's that were answered with success.
    pub checks_answered: u64,
    /// Requests that did not authenticate.
    pub requests_refused: u64,
    /// Candidates that were not taken: too many, too late, or of no use.
    pub candidates_ignored: u64,
    /// Datagrams that were dropped: not from a path that has been checked, or malformed.
    pub datagrams_dropped: u64,
}

/// Why a payload cannot be sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// No path has been found, or consent has expired.
    #[error("there is no path to the peer")]
    NotConnected,
    /// The buffer is too small for the payload and what the relay needs before it.
    #[error("the buffer is too small for the payload and the relay's framing")]
    BufferTooSmall,
}
