//! A TURN server and what can happen to it: requests of users who know their password, raw
//! datagrams, peers' data, relays that open or do not, and time.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId, attr};
use turn_proto::server::{Config, Event, Server};

use super::attributes::{peer, put_all};
use super::commands::commands;

pub(crate) fn run(data: &[u8]) {
    let mut desk = Desk::new();
    for (command, body) in commands(data) {
        let client = client(command >> 4);
        match command % 8 {
            0 => desk.wait(body),
            1 => desk.input(desk.listen(client), body),
            2 => desk.request(client, body, true),
            3 => desk.request(client, body, false),
            4 => desk.send_indication(client, body),
            5 => {
                let Some((number, payload)) = body.split_first() else { continue };
                let header = [0x40, *number, 0, payload.len() as u8];
                desk.input(desk.listen(client), &[&header, payload].concat());
            }
            6 => {
                let Some((&number, payload)) = body.split_first() else { continue };
                let relay = desk.relays.get(usize::from(number >> 4)).copied();
                let relay = relay.unwrap_or_else(|| peer(0));
                desk.input(FiveTuple::udp(relay, peer(number & 15)), payload);
            }
            _ => {
                let Some(relay) = desk.opening.pop_front() else { continue };
                let opened = body.first().is_none_or(|byte| byte & 1 == 0);
                desk.server.relay_opened(desk.now, relay, opened);
                if opened {
                    desk.relays.push(relay);
                }
            }
        }
        desk.settle();
    }
}

const CLIENTS: u8 = 4;
const MAX_ALLOCATIONS: usize = 3;

fn client(number: u8) -> SocketAddr {
    ([6, 6, 6, number % CLIENTS], 5000).into()
}

struct Desk {
    server: Server,
    now: Timestamp,
    /// The latest nonce of each client.
    nonces: BTreeMap<SocketAddr, String>,
    opening: VecDeque<SocketAddr>,
    relays: Vec<SocketAddr>,
    requests: u32,
}

impl Desk {
    fn new() -> Self {
        let mut config = Config::new("example.org", LISTEN.into(), LISTEN.0.into());
        config.add_user("alice", "wonderland");
        config.add_user("bob", "builder");
        config.max_allocations = MAX_ALLOCATIONS;
        config.max_allocations_per_user = 2;
        config.max_permissions = 4;
        config.max_channels = 4;
        config.relay_ports = 50_000..=50_007;
        Self {
            server: Server::new(config, [2; 32]),
            now: Timestamp::ZERO,
            nonces: BTreeMap::new(),
            opening: VecDeque::new(),
            relays: Vec::new(),
            requests: 0,
        }
    }

    fn listen(&self, client: SocketAddr) -> FiveTuple {
        FiveTuple::udp(LISTEN.into(), client)
    }

    /// A number of tenths of a second, up to 109 minutes.
    fn wait(&mut self, body: &[u8]) {
        let tenths = body.first_chunk().map_or(1, |bytes| u16::from_be_bytes(*bytes));
        self.now += Duration::from_millis(100 * u64::from(tenths));
        self.server.handle_timeout(self.now);
        assert!(self.server.poll_timeout().is_none_or(|deadline| deadline > self.now));
    }

    fn request(&mut self, client: SocketAddr, body: &[u8], signed: bool) {
        let Some((&method, attributes)) = body.split_first() else { return };
        let method = match method % 6 {
            0 => Method::ALLOCATE,
            1 => Method::REFRESH,
            2 => Method::CREATE_PERMISSION,
            3 => Method::CHANNEL_BIND,
            4 => Method::BINDING,
            _ => Method::new(u16::from(method)).unwrap_or(Method::SEND),
        };
        // One request in eight is sent again.
        self.requests += u32::from(!body.len().is_multiple_of(8));
        let mut id = [9; 12];
        id[..4].copy_from_slice(&self.requests.to_be_bytes());
        let mut buffer = [0; 2048];
        let request = MessageBuilder::request(method, TransactionId::new(id), &mut buffer);
        let request = put_all(request, attributes);
        let is_bob = client == self::client(3);
        let (user, password) = if is_bob { ("bob", "builder") } else { ("alice", "wonderland") };
        let written = match self.nonces.get(&client).filter(|_| signed) {
            Some(nonce) => request
                .put(attr::USERNAME, user)
                .put(attr::REALM, "example.org")
                .put(attr::NONCE, nonce.as_str())
                .sign(&Key::long_term(user, "example.org", password))
                .finish(),
            None => request.finish(),
        };
        if let Ok(request) = written {
            self.input(self.listen(client), request);
        }
    }

    fn send_indication(&mut self, client: SocketAddr, body: &[u8]) {
        let mut buffer = [0; 2048];
        let id = TransactionId::new([8; 12]);
        let indication = MessageBuilder::indication(Method::SEND, id, &mut buffer);
        if let Ok(indication) = put_all(indication, body).finish() {
            self.input(self.listen(client), indication);
        }
    }

    fn input(&mut self, path: FiveTuple, datagram: &[u8]) {
        let Some(relayed) = self.server.handle_input(self.now, Transmit::new(path, datagram))
        else {
            return;
        };
        // Borrowed from the input, and told in one length.
        let payload = relayed.payload().as_ptr_range();
        let whole = datagram.as_ptr_range();
        assert!(whole.start <= payload.start && payload.end <= whole.end);
        let mut buffer = vec![0; relayed.len()];
        let written = relayed.write(&mut buffer).expect("as long as it says");
        assert_eq!(written, relayed.parts().concat());
        if path.local == LISTEN.into() {
            assert!(self.relays.contains(&relayed.five_tuple.local));
            assert_eq!(written, relayed.payload());
        } else {
            assert_eq!(relayed.five_tuple.local, LISTEN.into());
        }
    }

    fn settle(&mut self) {
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::OpenRelay { relay } => self.opening.push_back(relay),
                Event::CloseRelay { relay } => {
                    self.relays.retain(|held| *held != relay);
                    self.opening.retain(|held| *held != relay);
                }
                _ => {}
            }
        }
        while let Some(answer) = self.server.poll_transmit(self.now) {
            assert_eq!(answer.five_tuple.local, LISTEN.into());
            let message = Message::parse(&answer.payload).expect("ours");
            if let Ok(Some(nonce)) = message.get(attr::NONCE) {
                self.nonces.insert(answer.five_tuple.remote, nonce.into());
            }
        }
        assert!(self.server.allocations() <= MAX_ALLOCATIONS);
        assert!(self.relays.len() <= MAX_ALLOCATIONS);
        assert_eq!(self.server.poll_timeout().is_some(), self.server.allocations() > 0);
    }
}

const LISTEN: ([u8; 4], u16) = ([5, 5, 5, 1], 3478);
