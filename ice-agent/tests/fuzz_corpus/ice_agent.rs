//! An ICE agent and what can happen to it: checks of a peer who knows the password, answers of the
//! peer's and the servers', raw datagrams, candidates, the caller's orders, and time.
//!
//! The bytes are commands: a number, a length, and so many bytes, again and again.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use ice_agent::{Agent, Config, Credentials, Event, MAX_OVERHEAD, Role, TurnCredentials};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{
    Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr,
};

pub(crate) fn run(data: &[u8]) {
    let Some((&first, commands)) = data.split_first() else { return };
    let mut desk = Desk::new(first);
    let mut rest = commands;
    while let Some((&[command, length], tail)) = rest.split_first_chunk() {
        let (body, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        match command % 8 {
            0 => desk.wait(body),
            1 => desk.input(FiveTuple::udp(host(command >> 7), remote(command >> 4)), body),
            2 => desk.check(command >> 4, body),
            3 => desk.answer(body),
            4 => desk.add_candidate(command >> 4, body),
            5 => desk.send(body),
            6 => desk.relayed_input(remote(command >> 4), body),
            _ => desk.order(command >> 4),
        }
        desk.settle();
    }
}

const PASSWORD: &str = "peerpeerpeerpeerpeerpeer";
const MAX_PAIRS: usize = 12;
const MAX_REMOTES: usize = 8;
/// How many requests are kept for an answer.
const KEPT: usize = 16;

fn host(number: u8) -> SocketAddr {
    ([192, 0, 2, 1], 5000 + u16::from(number & 1)).into()
}

/// The servers, and a few addresses that the peer has or does not have.
fn remote(number: u8) -> SocketAddr {
    match number % 8 {
        0 => STUN_SERVER.into(),
        1 => TURN_SERVER.into(),
        2 => RELAYED.into(),
        3 => ([127, 0, 0, 1], 7000).into(),
        number => ([203, 0, 113, number], 6000).into(),
    }
}

const STUN_SERVER: ([u8; 4], u16) = ([198, 51, 100, 1], 3478);
const TURN_SERVER: ([u8; 4], u16) = ([198, 51, 100, 2], 3478);
const RELAYED: ([u8; 4], u16) = ([198, 51, 100, 2], 50_000);

struct Desk {
    agent: Agent,
    now: Timestamp,
    /// What waits for an answer.
    asked: VecDeque<Transmit<Bytes>>,
    /// The agent has told that there is a path.
    connected: bool,
    checks: u32,
}

impl Desk {
    fn new(first: u8) -> Self {
        let role = if first & 1 == 0 { Role::Controlling } else { Role::Controlled };
        let mut config = Config::new(role);
        config.max_pairs = MAX_PAIRS;
        config.max_remote_candidates = MAX_REMOTES;
        config.allow_loopback = first & 2 != 0;
        let mut agent = Agent::new(config, [1; 32]);
        let now = Timestamp::ZERO;
        agent.add_host(now, host(0));
        if first & 4 != 0 {
            agent.add_stun_server(now, STUN_SERVER.into());
        }
        if first & 8 != 0 {
            agent.add_turn_server(now, TURN_SERVER.into(), turn_credentials());
        }
        if first & 16 == 0 {
            agent.set_remote(now, Credentials::new("peer", PASSWORD).expect("proper"));
        }
        let mut desk = Self { agent, now, asked: VecDeque::new(), connected: false, checks: 0 };
        desk.settle();
        desk
    }

    /// A number of milliseconds, up to a minute.
    fn wait(&mut self, body: &[u8]) {
        let millis = body.first_chunk().map_or(50, |bytes| u16::from_be_bytes(*bytes));
        self.now += Duration::from_millis(millis.into());
        // What is due may make something else due at once, but not without end.
        for _ in 0..100 {
            self.agent.handle_timeout(self.now);
            self.settle();
            if self.agent.poll_timeout().is_none_or(|deadline| deadline > self.now) {
                return;
            }
        }
        panic!("at {} it still wants {:?}", self.now, self.agent.poll_timeout());
    }

    fn input(&mut self, path: FiveTuple, datagram: &[u8]) {
        let input = Transmit::new(path, datagram);
        if let Some(payload) = self.agent.handle_input(self.now, input) {
            let (payload, whole) = (payload.as_ptr_range(), datagram.as_ptr_range());
            assert!(whole.start <= payload.start && payload.end <= whole.end);
        }
    }

    /// A check of the peer's: how, the tie-breaker's first byte, and the priority.
    fn check(&mut self, from: u8, body: &[u8]) {
        let Some((&[how, tie_breaker, p0, p1, p2, p3], _)) = body.split_first_chunk() else {
            return;
        };
        // One in four is sent again.
        self.checks += u32::from(how >> 6 != 0);
        let mut id = [9; 12];
        id[..4].copy_from_slice(&self.checks.to_be_bytes());
        let username = format!("{}:peer", self.agent.credentials().ufrag());
        let tie_breaker = u64::from_be_bytes([tie_breaker; 8]);
        let mut buffer = [0; 512];
        let check = MessageBuilder::request(Method::BINDING, TransactionId::new(id), &mut buffer)
            .put(attr::USERNAME, &username)
            .put(attr::PRIORITY, u32::from_be_bytes([p0, p1, p2, p3]))
            .put_some(attr::USE_CANDIDATE, (how & 1 != 0).then_some(()))
            .put_some(attr::ICE_CONTROLLING, (how & 2 == 0).then_some(tie_breaker))
            .put_some(attr::ICE_CONTROLLED, (how & 2 != 0).then_some(tie_breaker))
            .sign(&Key::short_term(self.agent.credentials().password()))
            .fingerprint()
            .finish()
            .expect("room enough");
        let check = check.to_vec();
        if how & 4 == 0 {
            self.input(FiveTuple::udp(host(how >> 3), remote(from)), &check);
        } else {
            self.relayed_input(remote(from), &check);
        }
    }

    /// What a peer sends to our relayed address, as the TURN server hands it on.
    fn relayed_input(&mut self, from: SocketAddr, payload: &[u8]) {
        let mut buffer = [0; 1024];
        let id = TransactionId::new([8; 12]);
        let indication = MessageBuilder::indication(Method::DATA, id, &mut buffer)
            .put(attr::XOR_PEER_ADDRESS, from)
            .put(attr::DATA, payload)
            .finish()
            .expect("room enough");
        self.input(FiveTuple::udp(host(0), TURN_SERVER.into()), indication);
    }

    /// A response to the oldest request or to the latest one: how, and the mapped address.
    fn answer(&mut self, body: &[u8]) {
        let Some((&[how, mapped], _)) = body.split_first_chunk() else { return };
        let kept = if how & 1 == 0 { self.asked.pop_front() } else { self.asked.pop_back() };
        let Some(asked) = kept else { return };
        let request = Message::parse(&asked.payload).expect("ours");
        let is_error = how & 2 != 0;
        let class = if is_error { Class::Error } else { Class::Success };
        let message_type = MessageType::new(class, request.method());
        let mut buffer = [0; 512];
        let mapped = if mapped & 8 == 0 { asked.five_tuple.local } else { remote(mapped) };
        let error = match how >> 4 {
            0..=3 => ErrorCode::ROLE_CONFLICT,
            4..=7 => ErrorCode::UNAUTHENTICATED,
            8..=11 => ErrorCode::STALE_NONCE,
            _ => ErrorCode::BAD_REQUEST,
        };
        let is_turn = asked.five_tuple.remote == TURN_SERVER.into();
        let is_challenge = is_turn && is_error;
        let allocates = request.method() == Method::ALLOCATE && !is_error;
        let response = MessageBuilder::new(message_type, request.transaction_id(), &mut buffer)
            .put_some(attr::ERROR_CODE, is_error.then_some(error))
            .put_some(attr::REALM, is_challenge.then_some("example.org"))
            .put_some(attr::NONCE, is_challenge.then_some("nonce"))
            .put_some(attr::XOR_RELAYED_ADDRESS, allocates.then(|| RELAYED.into()))
            .put_some(attr::LIFETIME, is_turn.then_some(Duration::from_secs(600)))
            .put(attr::XOR_MAPPED_ADDRESS, mapped);
        let key = match is_turn {
            true => Key::long_term("alice", "example.org", "wonderland"),
            false => Key::short_term(PASSWORD),
        };
        let written = match how & 4 == 0 {
            true => response.sign(&key).fingerprint().finish(),
            false => response.fingerprint().finish(),
        };
        let response = written.expect("room enough");
        if asked.five_tuple.local == RELAYED.into() {
            self.relayed_input(asked.five_tuple.remote, response);
        } else {
            self.input(asked.five_tuple, response);
        }
    }

    fn add_candidate(&mut self, number: u8, body: &[u8]) {
        let line = match core::str::from_utf8(body) {
            Ok(line) if number & 8 == 0 => line.into(),
            _ => {
                let address = remote(number);
                let candidate_type = if number & 1 == 0 { "host" } else { "srflx" };
                let priority = body.iter().fold(0_u32, |sum, byte| sum << 7 | u32::from(*byte));
                let priority = (priority & 0x7FFF_FFFF).max(1);
                format!(
                    "candidate:1 1 udp {priority} {} {} typ {candidate_type}",
                    address.ip(),
                    address.port()
                )
            }
        };
        if let Ok(candidate) = line.parse() {
            self.agent.add_remote_candidate(self.now, candidate);
        }
    }

    fn send(&mut self, payload: &[u8]) {
        let mut buffer = vec![0; payload.len() + MAX_OVERHEAD];
        let sent = self.agent.send(self.now, payload, &mut buffer);
        assert!(sent.is_err() || self.connected, "nobody has said that there is a path");
    }

    fn order(&mut self, number: u8) {
        match number % 6 {
            0 => self.agent.end_of_remote_candidates(self.now),
            1 => self.agent.add_host(self.now, host(1)),
            2 => self.agent.add_stun_server(self.now, STUN_SERVER.into()),
            3 => self.agent.add_turn_server(self.now, TURN_SERVER.into(), turn_credentials()),
            4 => {
                let credentials = Credentials::new("peer", PASSWORD).expect("proper");
                self.agent.set_remote(self.now, credentials);
            }
            _ => self.agent.handle_timeout(self.now),
        }
    }

    fn settle(&mut self) {
        let mut sent = 0;
        while let Some(transmit) = self.agent.poll_transmit(self.now) {
            sent += 1;
            assert!(sent <= 100, "it sends without end");
            assert!([host(0), host(1)].contains(&transmit.five_tuple.local));
            self.asked.extend(request_in(transmit));
            if self.asked.len() > KEPT {
                self.asked.pop_front();
            }
        }
        while let Some(event) = self.agent.poll_event() {
            match event {
                Event::Connected | Event::Selected(_) => self.connected = true,
                Event::ConsentExpired | Event::Failed => self.connected = false,
                _ => {}
            }
        }
        assert!(self.agent.pairs().count() <= MAX_PAIRS);
    }
}

/// The request in what the agent sends; a check that goes through the relay is taken out of the
/// indication, as the peer will see it.
fn request_in(transmit: Transmit<Bytes>) -> Option<Transmit<Bytes>> {
    let message = Message::parse(&transmit.payload).ok()?;
    match message.class() {
        Class::Request => Some(transmit),
        _ => {
            let peer = message.get(attr::XOR_PEER_ADDRESS).expect("ours")?;
            let data = message.get(attr::DATA).expect("ours")?;
            let path = FiveTuple::udp(RELAYED.into(), peer);
            let is_request =
                Message::parse(data).is_ok_and(|inner| inner.class() == Class::Request);
            is_request.then(|| Transmit::new(path, Bytes::copy_from_slice(data)))
        }
    }
}

fn turn_credentials() -> TurnCredentials {
    TurnCredentials::new("alice", "wonderland")
}
