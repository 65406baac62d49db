use core::time::Duration;

use crate::candidate::CandidateType;
use crate::role::Role;

/// How an agent behaves. The defaults are those of the RFCs; change the fields that you need to.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which agent chooses the pair.
    pub role: Role,
    /// The time between two checks, and between two requests of gathering (Ta, RFC 8445 §14.2).
    /// 50 ms by default; less than 5 ms is taken as 5 ms. Another value must be agreed on with the
    /// peer, and all agents of a program together must keep 5 ms; both are the caller's business.
    pub ta: Duration,
    /// The time to the first retransmission at the least (RFC 8445 §14.3). 500 ms by default, and
    /// not less.
    pub rto: Duration,
    /// How many pairs are kept (RFC 8445 §6.1.2.5). 100 by default.
    pub max_pairs: usize,
    /// How many remote candidates are kept, those that are learned from checks included.
    /// 100 by default.
    pub max_remote_candidates: usize,
    /// How long a controlling agent that has found a path waits for a better one.
    pub nomination_wait: NominationWait,
    /// How long the servers may take to give candidates. 10 s by default.
    pub gathering_timeout: Duration,
    /// How long to look for a path, from when the peer's credentials are known, before giving up; not
    /// sooner even when all pairs have failed (RFC 8863 §4). 39.5 s by default. A path that works
    /// is given 30 s to be nominated.
    pub connect_timeout: Duration,
    /// Take remote candidates on the loopback interface. No by default (RFC 8445 §5.1.1.1); for
    /// tests and demonstrations on one machine.
    pub allow_loopback: bool,
}

/// How long to wait for a better path, by how direct the best one so far is: counted from when the
/// better path's first check went out, and at the most from when the first path was found. A path is
/// nominated at once when no better one is left to hope for. Data may flow in the meantime.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NominationWait {
    /// Host to host. Not at all by default.
    pub host: Duration,
    /// Through a NAT. 150 ms by default.
    pub reflexive: Duration,
    /// Through a relay. 500 ms by default.
    pub relayed: Duration,
}

impl NominationWait {
    pub(crate) const fn of(&self, directness: CandidateType) -> Duration {
        match directness {
            CandidateType::Host => self.host,
            CandidateType::PeerReflexive | CandidateType::ServerReflexive => self.reflexive,
            CandidateType::Relayed => self.relayed,
        }
    }
}

impl Default for NominationWait {
    fn default() -> Self {
        Self {
            host: Duration::ZERO,
            reflexive: Duration::from_millis(150),
            relayed: Duration::from_millis(500),
        }
    }
}

impl Config {
    /// The defaults, for an agent of this role.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            role,
            ta: Duration::from_millis(50),
            rto: Duration::from_millis(500),
            max_pairs: 100,
            max_remote_candidates: 100,
            nomination_wait: NominationWait::default(),
            gathering_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_millis(39_500),
            allow_loopback: false,
        }
    }

    /// The time to the first retransmission, not below the floor of RFC 8445 §14.3.
    pub(crate) fn least_rto(&self) -> Duration {
        self.rto.max(Duration::from_millis(500))
    }

    /// Ta, not below the floor of RFC 8445 §14.2.
    pub(crate) fn pace(&self) -> Duration {
        self.ta.max(Duration::from_millis(5))
    }
}
