use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::TransactionId;

use crate::candidate::{CandidateType, Foundation};
use crate::priority::pair_priority;
use crate::role::Role;

/// How far the checks of a pair have come (RFC 8445 §6.1.2.6).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PairState {
    /// Held back until a pair of the same foundation has been tried.
    Frozen,
    /// To be checked when its turn comes.
    Waiting,
    /// A check is on its way.
    InProgress,
    /// A check was answered.
    Succeeded,
    /// No check was answered in its time, or the answer ruled the pair out.
    Failed,
}

impl fmt::Display for PairState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frozen => "frozen",
            Self::Waiting => "waiting",
            Self::InProgress => "in progress",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        })
    }
}

/// Names a pair for as long as the agent lives.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct PairId(pub(crate) u32);

/// One end of a pair.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct End {
    pub(crate) address: SocketAddr,
    pub(crate) candidate_type: CandidateType,
    pub(crate) priority: u32,
    pub(crate) foundation: Foundation,
}

/// A path that may work: a base of ours (a host's socket, or a relayed address) and a candidate
/// of the peer's. Reflexive candidates of ours are not paired: what is sent from one leaves from
/// its base (RFC 8445 §6.1.2.4).
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) id: PairId,
    pub(crate) base: End,
    pub(crate) remote: End,
    pub(crate) priority: u64,
    pub(crate) state: PairState,
    /// The check that is under way.
    pub(crate) check: Option<TransactionId>,
    /// What the peer sees of us on this path, once a check has been answered: the local candidate
    /// of the valid pair (RFC 8445 §7.2.5.3.2), and its priority.
    pub(crate) valid: Option<Valid>,
    /// The peer has nominated the pair, and our own check has yet to be answered.
    pub(crate) nominated_by_peer: bool,
    /// A check of the peer's has come this way and was authentic.
    pub(crate) heard: bool,
    pub(crate) checks_sent: u32,
    /// When the first check went out, and the last one.
    pub(crate) first_check: Option<Timestamp>,
    pub(crate) last_check: Timestamp,
    pub(crate) round_trip_time: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Valid {
    pub(crate) mapped: SocketAddr,
    pub(crate) candidate_type: CandidateType,
    /// The priority of that local candidate.
    pub(crate) local_priority: u32,
    /// The priority of the valid pair.
    pub(crate) priority: u64,
    /// When a check was last answered.
    pub(crate) answered: Timestamp,
}

impl Pair {
    pub(crate) fn new(id: PairId, role: Role, base: End, remote: End) -> Self {
        Self {
            id,
            base,
            remote,
            priority: pair_priority(role, base.priority, remote.priority),
            state: PairState::Frozen,
            check: None,
            valid: None,
            nominated_by_peer: false,
            heard: false,
            checks_sent: 0,
            first_check: None,
            last_check: Timestamp::ZERO,
            round_trip_time: None,
        }
    }

    /// The way that its datagrams take.
    pub(crate) const fn path(&self) -> FiveTuple {
        FiveTuple::udp(self.base.address, self.remote.address)
    }

    /// Computes its priorities for this role, and for what is known of its ends by now.
    pub(crate) fn prioritize(&mut self, role: Role) {
        self.priority = pair_priority(role, self.base.priority, self.remote.priority);
        if let Some(valid) = &mut self.valid {
            valid.priority = pair_priority(role, valid.local_priority, self.remote.priority);
        }
    }

    /// Foundations of both ends; pairs of one foundation tend to work, or not, together.
    pub(crate) const fn foundation(&self) -> (Foundation, Foundation) {
        (self.base.foundation, self.remote.foundation)
    }

    /// Whether checks are still to come or to be answered.
    pub(crate) const fn is_undecided(&self) -> bool {
        matches!(self.state, PairState::Frozen | PairState::Waiting | PairState::InProgress)
    }

    /// The less direct end decides how direct the path is.
    pub(crate) fn directness(&self) -> CandidateType {
        let local = self.valid.map_or(self.base.candidate_type, |valid| valid.candidate_type);
        local.max(self.remote.candidate_type)
    }
}
