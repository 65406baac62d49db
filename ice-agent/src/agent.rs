use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;

use bytes::Bytes;
use rand::rngs::ChaCha12Rng;
use rand::{Rng as _, SeedableRng as _};
use sansio::{FiveTuple, Timestamp, Transmit, Transport};
use stun_codec::transaction::{self, Transactions};
use stun_codec::{Class, Key, Message, Method, demux};

use crate::address::{is_usable, unscoped};
use crate::candidate::{Candidate, CandidateType};
use crate::candidates::{LocalCandidate, end_of};
use crate::check::Check;
use crate::checklist::Checklist;
use crate::conclude::{Nomination, Path, Rival};
use crate::config::Config;
use crate::consent::Consent;
use crate::credentials::Credentials;
use crate::event::{Event, SendError, Stats};
use crate::foundation::{Foundations, Origin};
use crate::gather::Gathering;
use crate::pair::{Pair, PairId};
use crate::relay::{RelayInput, Relays};
use crate::respond::EarlyCheck;
use crate::role::Role;

/// One agent of an ICE session: it learns at which addresses it may be reached, tries all paths
/// to the other agent, and keeps the best one (RFC 8445). One data stream of one component.
///
/// It is a machine: the caller owns the sockets and the time. After any call that takes `now`,
/// drain [`poll_transmit`](Self::poll_transmit), then [`poll_event`](Self::poll_event), then read
/// [`poll_timeout`](Self::poll_timeout). See the [crate's page](crate) for the whole loop.
#[derive(Debug)]
pub struct Agent {
    pub(crate) config: Config,
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
    /// How often the peer has made us switch roles.
    pub(crate) switches: u32,
    pub(crate) rng: ChaCha12Rng,
    pub(crate) local: Credentials,
    pub(crate) local_key: Key,
    pub(crate) remote: Option<(Credentials, Key)>,
    pub(crate) hosts: Vec<SocketAddr>,
    pub(crate) stun_servers: Vec<SocketAddr>,
    #[cfg(feature = "turn")]
    turn_servers: Vec<(SocketAddr, crate::relay::Credentials)>,
    pub(crate) locals: Vec<LocalCandidate>,
    pub(crate) foundations: Foundations,
    pub(crate) remotes: Vec<Candidate>,
    pub(crate) checklist: Checklist,
    pub(crate) checks: Transactions<Check>,
    pub(crate) gathering: Gathering,
    pub(crate) relays: Relays,
    pub(crate) early: VecDeque<EarlyCheck>,
    pub(crate) selected: Option<PairId>,
    /// The way that data takes, to be compared with each datagram.
    pub(crate) path: Option<Path>,
    /// The nomination that is under way.
    pub(crate) nominating: Option<Nomination>,
    pub(crate) rival: Option<Rival>,
    /// When the next pair is checked anew.
    pub(crate) check_anew_at: Option<Timestamp>,
    pub(crate) first_valid: Option<Timestamp>,
    pub(crate) nomination_deadline: Option<Timestamp>,
    pub(crate) consent: Option<Consent>,
    pub(crate) connect_deadline: Option<Timestamp>,
    remote_ended: bool,
    pub(crate) over: bool,
    /// When the next paced transaction may begin.
    pub(crate) next_turn: Timestamp,
    /// Whether one waits for its turn.
    pub(crate) turn_wanted: bool,
    pub(crate) transmits: VecDeque<Transmit<Bytes>>,
    pub(crate) events: VecDeque<Event>,
    pub(crate) stats: Stats,
}

impl Agent {
    /// An agent with no addresses yet. All that is random about it (credentials, transaction ids,
    /// the tie-breaker) comes from `seed`, which must be unpredictable.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed);
        let local = Credentials::random(&mut rng);
        let (rto, pace) = (config.least_rto(), config.pace());
        let checks = transaction::Config { rto, ..transaction::Config::default() };
        Self {
            role: config.role,
            tie_breaker: rng.next_u64(),
            switches: 0,
            local_key: local.key(),
            local,
            remote: None,
            hosts: Vec::new(),
            stun_servers: Vec::new(),
            #[cfg(feature = "turn")]
            turn_servers: Vec::new(),
            locals: Vec::new(),
            foundations: Foundations::default(),
            remotes: Vec::new(),
            checklist: Checklist::new(config.max_pairs),
            checks: Transactions::new(checks, random_seed(&mut rng)),
            gathering: Gathering::new(
                rto,
                pace,
                config.gathering_timeout,
                [random_seed(&mut rng), random_seed(&mut rng)],
            ),
            relays: Relays::default(),
            early: VecDeque::new(),
            selected: None,
            path: None,
            nominating: None,
            rival: None,
            check_anew_at: None,
            first_valid: None,
            nomination_deadline: None,
            consent: None,
            connect_deadline: None,
            remote_ended: false,
            over: false,
            next_turn: Timestamp::ZERO,
            turn_wanted: false,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            stats: Stats::default(),
            rng,
            config,
        }
    }

    /// The credentials of this agent: tell them to the peer.
    #[must_use]
    pub const fn credentials(&self) -> &Credentials {
        &self.local
    }

    /// The role that this agent has now.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// What it has seen so far.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// Adds a socket of the caller's, by the address that it is bound to. It becomes a host
    /// candidate, and all servers are asked through it. The one that is added first is liked
    /// best (RFC 8445 §5.1.2.1).
    ///
    /// An address that cannot be a candidate is counted in [`stats`](Self::stats) and otherwise
    /// ignored (RFC 8445 §5.1.1.1): 0.0.0.0 and `::` (a socket that is bound to all addresses is
    /// added once for each of them), an outdated form of IPv6 address, a loopback one unless
    /// [`allow_loopback`](Config::allow_loopback) is set.
    pub fn add_host(&mut self, now: Timestamp, socket: SocketAddr) {
        if self.over || !is_usable(socket, self.config.allow_loopback) {
            self.stats.candidates_ignored += 1;
            return;
        }
        if self.hosts.contains(&socket) {
            return;
        }
        let preference = u16::MAX - u16::try_from(self.hosts.len()).unwrap_or(u16::MAX);
        self.hosts.push(socket);
        let origin =
            Origin { candidate_type: CandidateType::Host, base: socket.ip(), server: None };
        self.add_local(socket, socket, None, preference, origin);
        if !self.is_concluded() {
            self.add_base(socket);
        }
        self.gathering.begin_at(now);
        for server in self.stun_servers.clone() {
            self.ask_stun(now, socket, server);
        }
        #[cfg(feature = "turn")]
        for (server, credentials) in self.turn_servers.clone() {
            self.ask_turn(now, socket, server, &credentials);
        }
        self.settle(now);
    }

    /// Adds a STUN server, which is asked through each socket of its address family for the address
    /// outside of the NAT: a server-reflexive candidate.
    pub fn add_stun_server(&mut self, now: Timestamp, server: SocketAddr) {
        if self.over || self.stun_servers.contains(&server) {
            return;
        }
        self.stun_servers.push(server);
        for socket in self.hosts.clone() {
            self.ask_stun(now, socket, server);
        }
        self.settle(now);
    }

    /// Adds a TURN server, which is asked through each socket of its address family for an address
    /// of its own: a relayed candidate. What is sent from there is wrapped by the agent.
    #[cfg(feature = "turn")]
    pub fn add_turn_server(
        &mut self,
        now: Timestamp,
        server: SocketAddr,
        credentials: crate::TurnCredentials,
    ) {
        if self.over || self.turn_servers.iter().any(|(held, _)| *held == server) {
            return;
        }
        for socket in self.hosts.clone() {
            self.ask_turn(now, socket, server, &credentials);
        }
        self.turn_servers.push((server, credentials));
        self.settle(now);
    }

    /// Takes the peer's credentials. Checks begin with them. The first ones count: others would mean
    /// another peer, or an ICE restart, and take a new agent.
    pub fn set_remote(&mut self, now: Timestamp, credentials: Credentials) {
        if self.remote.is_some() {
            return;
        }
        let key = credentials.key();
        self.remote = Some((credentials, key));
        self.connect_deadline = Some(now + self.config.connect_timeout);
        self.drop_outdated();
        self.replay_early_checks(now);
        self.settle(now);
    }

    /// Takes a candidate of the peer's. One that cannot be used is counted in
    /// [`stats`](Self::stats) and otherwise ignored: another component, TCP, port 0, an
    /// unspecified or multicast address, an IPv4 address dressed as IPv6, a loopback address unless
    /// [`allow_loopback`](Config::allow_loopback) is set, a `ufrag` that is not the peer's, one
    /// after the last, or one too many.
    pub fn add_remote_candidate(&mut self, now: Timestamp, mut candidate: Candidate) {
        if self.over || self.remote_ended || !self.is_wanted(&candidate) {
            self.stats.candidates_ignored += 1;
            return;
        }
        candidate.address = unscoped(candidate.address);
        let remote = end_of(&candidate);
        if let Some(held) = self.remotes.iter_mut().find(|held| held.address == candidate.address) {
            // What a check has taught is replaced by what the peer says of itself
            // (RFC 8445 §7.3.1.3); the pairs stay.
            if held.candidate_type == CandidateType::PeerReflexive {
                *held = candidate;
                self.checklist.update_remote(self.role, remote);
            }
        } else if self.remotes.len() < self.config.max_remote_candidates {
            self.remotes.push(candidate);
        } else {
            self.stats.candidates_ignored += 1;
            return;
        }
        // After a pair was selected no more are tried.
        if !self.is_concluded() {
            self.relays.permit(now, remote.address.ip());
            for base in self.bases() {
                self.add_pair(base, remote, false);
            }
        }
        self.settle(now);
    }

    /// Notes that the peer has told all its candidates: further ones are ignored (RFC 8838 §14).
    pub fn end_of_remote_candidates(&mut self, now: Timestamp) {
        self.remote_ended = true;
        self.settle(now);
    }

    /// Hands in what has arrived at a socket. The payload comes back when it is the peer's and
    /// came on a path that has been checked; checks, answers and a relay's messages are dealt
    /// with.
    #[must_use = "this is what the peer has sent"]
    pub fn handle_input<'a>(
        &mut self,
        now: Timestamp,
        input: Transmit<&'a [u8]>,
    ) -> Option<&'a [u8]> {
        // Data on the path in use takes no detour.
        if self.is_data(&input) {
            return Some(input.payload);
        }
        let input = match self.relays.handle_input(now, input) {
            RelayInput::Data { relayed, peer, payload } => {
                let input = Transmit::new(FiveTuple::udp(relayed, peer), payload);
                if self.is_data(&input) {
                    return Some(payload);
                }
                input
            }
            RelayInput::Handled => {
                self.settle(now);
                return None;
            }
            RelayInput::NotMine => input,
        };
        if demux::is_stun(input.payload) {
            self.handle_stun(now, input);
            self.settle(now);
            return None;
        }
        let FiveTuple { transport, local, remote } = input.five_tuple;
        let pair = self.checklist.find(local, remote);
        let checked = |pair: &Pair| pair.valid.is_some() || pair.heard;
        if pair.is_some_and(checked) && transport == Transport::Udp && !self.over {
            return Some(input.payload);
        }
        self.stats.datagrams_dropped += 1;
        None
    }

    fn is_data(&self, input: &Transmit<&[u8]>) -> bool {
        self.path.is_some_and(|path| path.five_tuple == input.five_tuple)
            && !demux::is_stun(input.payload)
    }

    fn handle_stun(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        let Ok(message) = Message::parse(input.payload) else {
            self.stats.datagrams_dropped += 1;
            return;
        };
        let five_tuple = input.five_tuple;
        // Only what was added is a socket of this agent's.
        if five_tuple.transport != Transport::Udp || self.base(five_tuple.local).is_none() {
            self.stats.datagrams_dropped += 1;
            return;
        }
        match (message.class(), message.method()) {
            (Class::Request, Method::BINDING) => self.handle_request(now, five_tuple, &message),
            (Class::Success | Class::Error, Method::BINDING)
                if !self.gathering.handle_message(now, five_tuple, &message) =>
            {
                self.handle_response(now, five_tuple, &message);
            }
            // An indication keeps a NAT open and says nothing.
            _ => {}
        }
    }

    /// Does what is due. Safe to call early or late.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.checks.handle_timeout(now);
        while let Some(timed_out) = self.checks.poll_event() {
            self.handle_check_timeout(timed_out.id, timed_out.context);
        }
        self.gathering.handle_timeout(now);
        if self.gathering.is_overdue(now) {
            self.gathering.give_up();
            self.relays.give_up(now);
        }
        self.relays.handle_timeout(now);
        self.check_consent(now);
        self.consider_rival(now);
        self.settle(now);
        if self.gathering.take_complete() {
            self.events.push_back(Event::GatheringComplete);
        }
    }

    /// Brings everything that follows from an input or from the time up to date.
    fn settle(&mut self, now: Timestamp) {
        self.collect_candidates(now);
        self.consider_nomination(now);
        self.check_anew(now);
        self.take_turns(now);
        self.check_anew_at = self.to_be_checked_anew().map(|(at, _)| at).min();
        self.consider_failure(now);
    }

    /// The next datagram to send. The answer may change after every call that takes `now`.
    #[must_use = "a datagram that is not sent is lost"]
    pub fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        loop {
            let queued = self.transmits.pop_front().or_else(|| self.checks.poll_transmit(now));
            let Some(transmit) = queued else {
                return self
                    .gathering
                    .poll_transmit(now)
                    .or_else(|| self.relays.poll_transmit(now));
            };
            if !self.relays.is_relayed(transmit.five_tuple.local) {
                return Some(transmit);
            }
            let mut buffer = [0; 1500];
            let Transmit { five_tuple, payload } = transmit;
            // Without a permission there is nothing to do: the check is sent again later.
            if let Ok(wrapped) = self.relays.send(now, five_tuple, &payload, &mut buffer) {
                return Some(wrapped.map(Bytes::copy_from_slice));
            }
        }
    }

    /// The next thing to tell. The answer may change after every call that takes `now`.
    #[must_use = "an event is told once"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. The answer may change after every
    /// other call. It takes one look at each timer and at each TURN server.
    #[must_use = "without the time-out nothing goes on"]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let connecting = !self.is_concluded();
        [
            self.turn_wanted.then_some(self.next_turn),
            self.checks.poll_timeout(),
            self.gathering.poll_timeout(),
            self.relays.poll_timeout(),
            self.nomination_deadline,
            self.rival.map(|rival| rival.deadline),
            self.check_anew_at,
            self.consent.as_ref().map(Consent::deadline),
            self.connect_deadline.filter(|_| connecting),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Wraps a payload for the path to the peer: the selected pair, and before there is one the best
    /// that works so far ([`Event::Connected`]). A relay's framing is written into `buffer`, which then
    /// must hold the payload and [`MAX_OVERHEAD`](crate::MAX_OVERHEAD) bytes more; on any other path
    /// the payload goes out as it is and `buffer` stays untouched.
    ///
    /// # Errors
    /// When there is no path, or the peer has not consented to be sent to for 30 s, or the buffer is
    /// too small.
    pub fn send<'b>(
        &mut self,
        now: Timestamp,
        payload: &'b [u8],
        buffer: &'b mut [u8],
    ) -> Result<Transmit<&'b [u8]>, SendError> {
        let path = self.path.filter(|path| now < path.good_until).ok_or(SendError::NotConnected)?;
        self.relays.send(now, path.five_tuple, payload, buffer)
    }
}

pub(crate) fn random_seed(rng: &mut ChaCha12Rng) -> [u8; 32] {
    let mut seed = [0; 32];
    rng.fill_bytes(&mut seed);
    seed
}
