//! A peer of one agent, made by hand: it sends and answers what each test wants.

use core::net::SocketAddr;

use bytes::Bytes;
use ice_agent::{Agent, Candidate, Config, Credentials, Event, Role};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{Class, ErrorCode, Key, Message, MessageBuilder, Method, TransactionId, attr};

pub(crate) const HOST: ([u8; 4], u16) = ([192, 0, 2, 1], 5000);
pub(crate) const PEER: ([u8; 4], u16) = ([192, 0, 2, 9], 6000);
pub(crate) const PEER_PASSWORD: &str = "peerpeerpeerpeerpeerpeer";

pub(crate) fn host() -> SocketAddr {
    HOST.into()
}

pub(crate) fn peer() -> SocketAddr {
    PEER.into()
}

/// A controlled agent with one socket, which knows its peer.
pub(crate) fn agent(role: Role) -> Agent {
    let mut agent = Agent::new(Config::new(role), [1; 32]);
    let now = Timestamp::ZERO;
    agent.add_host(now, host());
    agent.set_remote(now, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent
}

pub(crate) fn candidate(address: &str) -> Candidate {
    let (ip, port) = address.rsplit_once(' ').unwrap();
    format!("candidate:1 1 udp 2130706431 {ip} {port} typ host").parse().unwrap()
}

/// What a check of the peer's is made of; each test changes what it is about.
pub(crate) struct Check<'a> {
    pub(crate) username: Option<String>,
    pub(crate) password: &'a str,
    pub(crate) nominates: bool,
    pub(crate) role: Role,
    pub(crate) tie_breaker: u64,
    pub(crate) fingerprint: bool,
    pub(crate) priority: u32,
}

impl Check<'_> {
    pub(crate) fn proper(agent: &Agent) -> Check<'_> {
        Check {
            username: Some(format!("{}:peer", agent.credentials().ufrag())),
            password: agent.credentials().password(),
            nominates: false,
            role: agent.role().reversed(),
            tie_breaker: 7,
            fingerprint: true,
            priority: 1_845_501_695,
        }
    }

    pub(crate) fn bytes(&self, id: u8) -> Vec<u8> {
        let mut buffer = [0; 512];
        let id = TransactionId::new([id; 12]);
        let mut request = MessageBuilder::request(Method::BINDING, id, &mut buffer)
            .put_some(attr::USERNAME, self.username.as_deref())
            .put(attr::PRIORITY, self.priority);
        request = match self.role {
            Role::Controlling => request.put(attr::ICE_CONTROLLING, self.tie_breaker),
            Role::Controlled => request.put(attr::ICE_CONTROLLED, self.tie_breaker),
        };
        if self.nominates {
            request = request.put(attr::USE_CANDIDATE, ());
        }
        let request = request.sign(&Key::short_term(self.password));
        let bytes =
            if self.fingerprint { request.fingerprint().finish() } else { request.finish() };
        bytes.unwrap().to_vec()
    }
}

pub(crate) fn hand_in(agent: &mut Agent, now: Timestamp, from: SocketAddr, bytes: &[u8]) -> bool {
    agent.handle_input(now, Transmit::new(FiveTuple::udp(host(), from), bytes)).is_some()
}

pub(crate) fn drain(agent: &mut Agent, now: Timestamp) -> Vec<Transmit<Bytes>> {
    core::iter::from_fn(|| agent.poll_transmit(now)).collect()
}

pub(crate) fn events(agent: &mut Agent) -> Vec<Event> {
    core::iter::from_fn(|| agent.poll_event()).collect()
}

pub(crate) fn class_of(transmit: &Transmit<Bytes>) -> Class {
    Message::parse(&transmit.payload).unwrap().class()
}

/// Answers a check of the agent's as the peer would.
pub(crate) fn answer(check: &Transmit<Bytes>, mapped: SocketAddr, password: &str) -> Vec<u8> {
    let request = Message::parse(&check.payload).unwrap();
    let mut buffer = [0; 256];
    MessageBuilder::success(&request, &mut buffer)
        .put(attr::XOR_MAPPED_ADDRESS, mapped)
        .sign(&Key::short_term(password))
        .fingerprint()
        .finish()
        .unwrap()
        .to_vec()
}

/// Lets time go by, and hands every request to `peer`, until nothing is due before `until`.
pub(crate) fn run(
    agent: &mut Agent,
    mut now: Timestamp,
    until: Timestamp,
    mut peer: impl FnMut(&mut Agent, Timestamp, Transmit<Bytes>),
) {
    loop {
        for transmit in drain(agent, now) {
            peer(agent, now, transmit);
        }
        match agent.poll_timeout() {
            Some(timeout) if timeout <= until => now = timeout.max(now),
            _ => return,
        }
        agent.handle_timeout(now);
    }
}

/// A peer that answers every check with success.
pub(crate) fn friendly(agent: &mut Agent, now: Timestamp, transmit: Transmit<Bytes>) {
    if class_of(&transmit) == Class::Request {
        let bytes = answer(&transmit, transmit.five_tuple.local, PEER_PASSWORD);
        hand_in(agent, now, transmit.five_tuple.remote, &bytes);
    }
}

/// A controlling agent that has selected its one pair, at about 50 ms.
pub(crate) fn connected() -> Agent {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(200), friendly);
    assert!(agent.selected_pair().is_some());
    agent
}

/// Refuses a check of the agent's as the peer would.
pub(crate) fn refusal(check: &Transmit<Bytes>, code: ErrorCode<'_>) -> Vec<u8> {
    let request = Message::parse(&check.payload).unwrap();
    let mut buffer = [0; 256];
    MessageBuilder::error(&request, code, &mut buffer)
        .sign(&Key::short_term(PEER_PASSWORD))
        .fingerprint()
        .finish()
        .unwrap()
        .to_vec()
}

/// The checks among what an agent sends, and whether each nominates.
pub(crate) fn checks(transmits: &[Transmit<Bytes>]) -> Vec<(FiveTuple, bool)> {
    transmits
        .iter()
        .filter_map(|transmit| {
            let message = Message::parse(&transmit.payload).unwrap();
            let nominates = message.contains(attr::USE_CANDIDATE);
            (message.class() == Class::Request).then_some((transmit.five_tuple, nominates))
        })
        .collect()
}
