//! Discovery of a NAT's behaviour, and servers that answer properly, wrongly, from elsewhere, or not.
//! A byte that says how it is set up, and then commands of six bytes.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::discovery::{Config, Discovery, Event, Responder};
use stun_codec::{ErrorCode, Header, Message, MessageBuilder, TransactionId, attr, transaction};

pub(crate) fn run(data: &[u8]) {
    let Some((&setup, data)) = data.split_first() else { return };
    let mut desk = Desk::new(setup);
    for command in data.chunks_exact(6).take(MOST_COMMANDS) {
        let Ok(command) = <[u8; 6]>::try_from(command) else { return };
        desk.obey(command);
        desk.settle();
    }
    // It takes longer than all the rest.
    if setup & 0xF0 == 0x80 {
        desk.wait_for_the_end();
    }
}

/// More teach nothing, and take their time.
const MOST_COMMANDS: usize = 24;

/// How many requests are kept for an answer.
const KEPT: usize = 8;

/// Two attempts at each of three servers, eight tests, and two requests for each round of the search.
const MOST_REQUESTS: usize = 2 * 3 + 8 + 2 * 10;

struct Desk {
    discovery: Discovery,
    now: Timestamp,
    asked: VecDeque<Transmit<Bytes>>,
    /// Requests that were sent for the first time.
    ids: Vec<TransactionId>,
    finished: bool,
}

fn address(number: u8) -> SocketAddr {
    let ports = [3478, 3479, 50_000, 0];
    let ip = match number >> 2 & 7 {
        0 => [198, 51, 100, 1],
        1 => [198, 51, 100, 2],
        2 => [10, 0, 0, 2],
        3 => [203, 0, 113, 1],
        4 => [198, 51, 100, 3],
        5 => [192, 168, 1, 1],
        6 => [224, 0, 0, 1],
        _ => return SocketAddr::new([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1].into(), 3478),
    };
    SocketAddr::new(ip.into(), ports[usize::from(number & 3)])
}

impl Desk {
    fn new(setup: u8) -> Self {
        let servers = [address(0), address(4), address(16)];
        let config = Config {
            second: (setup & 1 != 0).then(|| SocketAddr::new([10, 0, 0, 2].into(), 50_001)),
            transactions: transaction::Config { max_sends: 3, ..Default::default() },
            longest_lifetime: (setup & 2 != 0).then(|| Duration::from_secs(300)),
            ..Config::new(address(10), &servers[..usize::from(setup >> 2 & 3)])
        };
        let mut discovery = Discovery::new(config, [3; 32]);
        let now = Timestamp::ZERO;
        discovery.start(now);
        let (asked, ids) = (VecDeque::new(), Vec::new());
        let mut desk = Self { discovery, now, asked, ids, finished: false };
        desk.settle();
        desk
    }

    fn obey(&mut self, [what, a, b, c, d, e]: [u8; 6]) {
        if what & 7 == 0 {
            return self.wait(Duration::from_millis(10 * u64::from(u16::from_be_bytes([a, b]))));
        }
        let kept = if what & 8 == 0 { self.asked.back() } else { self.asked.front() };
        let Some(asked) = kept.cloned() else { return };
        let request = Message::parse(&asked.payload).expect("ours");
        let mut path = asked.five_tuple;
        if what & 16 != 0 {
            path.remote = address(a);
        }
        if what & 32 != 0 {
            path.local.set_port(if a & 128 == 0 { 50_000 } else { 50_001 });
        }
        let mut buffer = [0; 256];
        match what & 7 {
            1 | 2 => {
                let server = Responder::new(address(0)).with_alternate(address(5)).expect("unlike");
                let server = if what & 64 == 0 { server } else { server.sparing() };
                let server = if what & 128 == 0 { server } else { Responder::new(path.remote) };
                // As a NAT may have it: the server sees another address.
                let seen = FiveTuple::udp(asked.five_tuple.remote, address(b));
                let Some(answer) = server.answer(seen, &request, &mut buffer) else { return };
                let origin = answer.five_tuple.local;
                let path = FiveTuple { remote: origin, ..path };
                self.input(Transmit::new(path, answer.payload));
            }
            3 => {
                let answer = MessageBuilder::success(&request, &mut buffer)
                    .put_some(attr::XOR_MAPPED_ADDRESS, (e & 1 == 0).then(|| address(b)))
                    .put_some(attr::OTHER_ADDRESS, (e & 2 == 0).then(|| address(c)))
                    .put_some(attr::RESPONSE_ORIGIN, (e & 4 == 0).then(|| address(d)))
                    .put_some(attr::MAPPED_ADDRESS, (e & 8 == 0).then(|| address(d)))
                    .put_some(attr::PRIORITY, (e & 16 != 0).then_some(7));
                let Ok(answer) = answer.finish() else { return };
                self.input(Transmit::new(path, answer));
            }
            4 => {
                let code = ErrorCode::new(300 + u16::from(b), "").expect("in range");
                let answer = MessageBuilder::error(&request, code, &mut buffer);
                let Ok(answer) = answer.finish() else { return };
                self.input(Transmit::new(path, answer));
            }
            5 => self.input(Transmit::new(path, &asked.payload)),
            6 => {
                let mut bytes = asked.payload.to_vec();
                let at = usize::from(b) % bytes.len();
                bytes[0] |= c & 1;
                bytes[at] ^= d;
                self.input(Transmit::new(path, &bytes));
            }
            _ => self.discovery.start(self.now),
        }
    }

    fn input(&mut self, input: Transmit<&[u8]>) {
        let mine = self.discovery.handle_input(self.now, input);
        assert!(!mine || Message::parse(input.payload).is_ok());
    }

    fn wait(&mut self, length: Duration) {
        self.now += length;
        self.discovery.handle_timeout(self.now);
    }

    fn settle(&mut self) {
        while let Some(transmit) = self.discovery.poll_transmit(self.now) {
            assert!(transmit.payload.len() <= 28);
            let id = Header::parse(&transmit.payload).expect("ours").transaction_id;
            if !self.ids.contains(&id) {
                self.ids.push(id);
                assert!(self.ids.len() <= MOST_REQUESTS);
            }
            if self.asked.len() == KEPT {
                self.asked.pop_front();
            }
            self.asked.push_back(transmit);
        }
        while let Some(event) = self.discovery.poll_event() {
            assert!(!self.finished, "the end comes last, and once");
            self.finished = matches!(event, Event::Finished(_));
        }
        assert_eq!(self.finished, self.discovery.poll_timeout().is_none());
    }

    /// With nobody answering any more.
    fn wait_for_the_end(&mut self) {
        for _ in 0..1000 {
            let Some(next) = self.discovery.poll_timeout() else {
                return assert!(self.finished);
            };
            assert!(next > self.now);
            self.wait(next - self.now);
            self.settle();
        }
        panic!("it never ends");
    }
}
