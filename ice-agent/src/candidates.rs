//! The candidates of both agents, and the pairs that follow from them (RFC 8445 §5.1, §6.1.2, §7.2.5.3.1,
//! §7.3.1.3).

use alloc::vec::Vec;
use core::net::SocketAddr;

use rand::Rng as _;
use sansio::{FiveTuple, Timestamp, Transport};

use crate::address::{is_link_local, is_usable, scoped, unscoped};
use crate::agent::Agent;
use crate::candidate::{Candidate, CandidateType, ComponentId, Foundation};
use crate::event::{Event, ServerFailure};
use crate::foundation::Origin;
use crate::gather::{Gathered, Task};
use crate::pair::{End, PairId};
use crate::priority::candidate_priority;
use crate::relay::{RelayEvent, RelayId, Relays};

/// How many candidates of its own an agent keeps: each answer of the peer's can teach one.
const MAX_LOCAL_CANDIDATES: usize = 100;

/// A candidate of this agent's, and the base that is used for it.
#[derive(Debug)]
pub(crate) struct LocalCandidate {
    pub(crate) candidate: Candidate,
    pub(crate) base: SocketAddr,
    /// Tells candidates of one type apart; reflexive ones take it from their base.
    pub(crate) preference: u16,
}

impl Agent {
    pub(crate) fn ask_stun(&mut self, now: Timestamp, socket: SocketAddr, server: SocketAddr) {
        if socket.is_ipv4() == server.is_ipv4() {
            self.gathering.add(now, Task::Stun(FiveTuple::udp(socket, server)));
        }
    }

    #[cfg(feature = "turn")]
    pub(crate) fn ask_turn(
        &mut self,
        now: Timestamp,
        socket: SocketAddr,
        server: SocketAddr,
        credentials: &crate::TurnCredentials,
    ) {
        if socket.is_ipv4() == server.is_ipv4() {
            let seed = crate::agent::random_seed(&mut self.rng);
            let five_tuple = FiveTuple::udp(socket, server);
            let relay = self.relays.add(five_tuple, credentials.clone(), seed);
            for peer in self.remotes.iter().map(|remote| remote.address.ip()).collect::<Vec<_>>() {
                self.relays.permit(now, peer);
            }
            self.gathering.add(now, Task::Turn(relay));
        }
    }

    /// Whether a remote candidate is of use: for this component and generation, over UDP, and at an
    /// address that can be reached.
    pub(crate) fn is_wanted(&self, candidate: &Candidate) -> bool {
        let is_current =
            self.remote.as_ref().is_none_or(|(remote, _)| is_of(candidate, remote.ufrag()));
        candidate.transport == Transport::Udp
            && candidate.component == ComponentId::FIRST
            && is_usable(candidate.address, self.config.allow_loopback)
            && is_current
    }

    /// Drops the remote candidates that turn out to be of another generation (RFC 8838 §9).
    pub(crate) fn drop_outdated(&mut self) {
        let Some((remote, _)) = &self.remote else { return };
        let held = self.remotes.len();
        self.remotes.retain(|candidate| is_of(candidate, remote.ufrag()));
        self.stats.candidates_ignored += (held - self.remotes.len()) as u64;
        let remotes = &self.remotes;
        self.checklist.retain_remotes(|address| remotes.iter().any(|held| held.address == address));
    }

    pub(crate) fn collect_candidates(&mut self, now: Timestamp) {
        while let Some(gathered) = self.gathering.poll_event() {
            match gathered {
                Gathered::Reflexive { five_tuple, mapped } => {
                    self.add_reflexive(now, five_tuple, mapped);
                }
                Gathered::Failed { server, reason } => {
                    self.events.push_back(Event::ServerFailed { server, reason });
                }
            }
        }
        while let Some(event) = self.relays.poll_event() {
            match event {
                RelayEvent::Allocated { relay, five_tuple, relayed, mapped } => {
                    self.gathering.relay_done();
                    if self.is_concluded() {
                        self.relays.discard(now, relay);
                        continue;
                    }
                    self.add_reflexive(now, five_tuple, mapped);
                    self.add_relayed(now, relay, five_tuple.remote, relayed, mapped);
                }
                RelayEvent::Failed { five_tuple, reason } => {
                    self.gathering.relay_done();
                    let server = five_tuple.remote;
                    self.events.push_back(Event::ServerFailed { server, reason });
                    // It will not relay, and may still say where we are (RFC 8445 §5.1.1.2).
                    if matches!(reason, ServerFailure::Refused(_))
                        && !self.stun_servers.contains(&server)
                        && !self.is_concluded()
                    {
                        self.gathering.add(now, Task::Stun(five_tuple));
                    }
                }
                RelayEvent::Refused { relayed, peer } => self.fail_pairs(|pair| {
                    pair.base.address == relayed && pair.remote.address.ip() == peer
                }),
                RelayEvent::Lost { relayed } => {
                    self.fail_pairs(|pair| pair.base.address == relayed);
                    if self.selected_base() == Some(relayed) {
                        self.end(now, Event::Failed);
                    }
                }
            }
        }
    }

    fn add_reflexive(&mut self, now: Timestamp, five_tuple: FiveTuple, mapped: SocketAddr) {
        let FiveTuple { local: base, remote: server, .. } = five_tuple;
        if !is_usable(mapped, self.config.allow_loopback) {
            let reason = ServerFailure::Malformed;
            self.events.push_back(Event::ServerFailed { server, reason });
            return;
        }
        let preference = self.preference_of(base);
        let origin = Origin {
            candidate_type: CandidateType::ServerReflexive,
            base: base.ip(),
            server: Some(server.ip()),
        };
        self.add_local(mapped, base, Some(unscoped(base)), preference, origin);
        self.gathering.keep_alive(now, five_tuple);
    }

    fn add_relayed(
        &mut self,
        now: Timestamp,
        relay: RelayId,
        server: SocketAddr,
        relayed: SocketAddr,
        mapped: SocketAddr,
    ) {
        let preference = u16::MAX - Relays::rank(relay);
        let origin = Origin {
            candidate_type: CandidateType::Relayed,
            base: relayed.ip(),
            server: Some(server.ip()),
        };
        if self.add_local(relayed, relayed, Some(mapped), preference, origin) {
            self.add_base(relayed);
        } else {
            // The same as one of ours (RFC 8445 §5.1.1.2): what we send from there must not go
            // through the server.
            self.relays.discard(now, relay);
        }
    }

    /// Adds a candidate of our own and tells it, unless there is one of the same address and base
    /// (RFC 8445 §5.1.3).
    pub(crate) fn add_local(
        &mut self,
        address: SocketAddr,
        base: SocketAddr,
        related_address: Option<SocketAddr>,
        mut preference: u16,
        origin: Origin,
    ) -> bool {
        let address = unscoped(address);
        if self.locals.iter().any(|held| held.candidate.address == address && held.base == base) {
            return false;
        }
        let candidate_type = origin.candidate_type;
        let component = ComponentId::FIRST;
        let mut priority = candidate_priority(candidate_type, preference, component);
        // Each has a priority of its own (RFC 8445 §5.1.2).
        while preference > 0 && self.locals.iter().any(|held| held.candidate.priority == priority) {
            preference -= 1;
            priority = candidate_priority(candidate_type, preference, component);
        }
        let candidate = Candidate {
            foundation: self.foundations.of(origin),
            component,
            transport: Transport::Udp,
            priority,
            address,
            candidate_type,
            related_address,
            extensions: Vec::new(),
        };
        self.events.push_back(Event::LocalCandidate(candidate.clone()));
        self.locals.push(LocalCandidate { candidate, base, preference });
        true
    }

    pub(crate) fn preference_of(&self, base: SocketAddr) -> u16 {
        self.base(base).map_or(0, |local| local.preference)
    }

    /// The candidate that is its own base: a host's, or a relayed one.
    pub(crate) fn base(&self, base: SocketAddr) -> Option<&LocalCandidate> {
        self.locals.iter().find(|local| local.base == base && local.is_base())
    }

    pub(crate) fn bases(&self) -> Vec<End> {
        self.locals.iter().filter(|local| local.is_base()).map(LocalCandidate::end).collect()
    }

    /// Pairs a base with all remote candidates.
    pub(crate) fn add_base(&mut self, base: SocketAddr) {
        let Some(base) = self.base(base).map(LocalCandidate::end) else { return };
        for remote in self.remotes.iter().map(end_of).collect::<Vec<_>>() {
            self.add_pair(base, remote, false);
        }
    }

    /// Pairs two ends of one family and scope (RFC 8445 §6.1.2.2); `heard` says that the peer has
    /// sent a check this way.
    pub(crate) fn add_pair(&mut self, base: End, remote: End, heard: bool) -> Option<PairId> {
        if base.address.is_ipv4() != remote.address.is_ipv4()
            || is_link_local(base.address) != is_link_local(remote.address)
            || self.relays.is_lost(base.address)
        {
            return None;
        }
        let remote = End { address: scoped(remote.address, base.address), ..remote };
        self.checklist.insert(self.role, base, remote, heard)
    }

    /// Adds a remote candidate that a check has taught us.
    pub(crate) fn learn_remote(
        &mut self,
        now: Timestamp,
        address: SocketAddr,
        priority: u32,
    ) -> Option<End> {
        let address = unscoped(address);
        if let Some(held) = self.remotes.iter().find(|held| held.address == address) {
            return Some(end_of(held));
        }
        if self.remotes.len() >= self.config.max_remote_candidates {
            self.stats.candidates_ignored += 1;
            return None;
        }
        let candidate = Candidate {
            foundation: self.fresh_foundation(),
            component: ComponentId::FIRST,
            transport: Transport::Udp,
            priority,
            address,
            candidate_type: CandidateType::PeerReflexive,
            related_address: None,
            extensions: Vec::new(),
        };
        self.relays.permit(now, address.ip());
        let end = end_of(&candidate);
        self.remotes.push(candidate);
        Some(end)
    }

    /// A foundation that no remote candidate has (RFC 8445 §7.3.1.3).
    fn fresh_foundation(&mut self) -> Foundation {
        loop {
            let foundation = Foundation::of_number(self.rng.next_u32());
            if self.remotes.iter().all(|remote| remote.foundation != foundation) {
                return foundation;
            }
        }
    }

    /// Adds a candidate of our own that an answer has taught us (RFC 8445 §7.2.5.3.1). It is not told:
    /// the peer has learned it from our check.
    pub(crate) fn learn_local(
        &mut self,
        mapped: SocketAddr,
        base: SocketAddr,
    ) -> (CandidateType, u32) {
        let held = self
            .locals
            .iter()
            .find(|local| local.base == base && local.candidate.address == mapped);
        if let Some(LocalCandidate { candidate, .. }) = held {
            return (candidate.candidate_type, candidate.priority);
        }
        let preference = self.preference_of(base);
        let candidate_type = CandidateType::PeerReflexive;
        let origin = Origin { candidate_type, base: base.ip(), server: None };
        let priority = candidate_priority(candidate_type, preference, ComponentId::FIRST);
        let candidate = Candidate {
            foundation: self.foundations.of(origin),
            component: ComponentId::FIRST,
            transport: Transport::Udp,
            priority,
            address: mapped,
            candidate_type,
            related_address: Some(unscoped(base)),
            extensions: Vec::new(),
        };
        if self.locals.len() < MAX_LOCAL_CANDIDATES {
            self.locals.push(LocalCandidate { candidate, base, preference });
        }
        (candidate_type, priority)
    }
}

impl LocalCandidate {
    /// Whether it is its own base.
    fn is_base(&self) -> bool {
        self.candidate.address == unscoped(self.base)
    }

    pub(crate) fn end(&self) -> End {
        End { address: self.base, ..end_of(&self.candidate) }
    }
}

/// Whether a remote candidate is of the generation of this ufrag, or does not say.
fn is_of(candidate: &Candidate, ufrag: &str) -> bool {
    candidate.extensions.iter().all(|(name, value)| name != "ufrag" || value == ufrag)
}

/// What a pair needs to know of a candidate.
pub(crate) fn end_of(candidate: &Candidate) -> End {
    End {
        address: candidate.address,
        candidate_type: candidate.candidate_type,
        priority: candidate.priority,
        foundation: candidate.foundation,
    }
}
