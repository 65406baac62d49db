//! A TURN client and what can happen to it: the caller's orders, the server's answers, right ones
//! and odd ones, raw datagrams, and time.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::{Class, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr};
use turn_proto::Credentials;
use turn_proto::client::{Client, Config, Input, MAX_OVERHEAD, SendError};

use super::attributes::{peer, put_all};
use super::commands::commands;

pub(crate) fn run(data: &[u8]) {
    let mut desk = Desk::new();
    for (command, body) in commands(data) {
        let first = body.first().copied().unwrap_or_default();
        match command % 8 {
            0 => desk.wait(body),
            1 => desk.input(desk.client.five_tuple().remote, body),
            2 => desk.input(peer(command >> 4), body),
            3 => desk.answer(body),
            4 => desk.data_indication(body),
            5 => {
                let Some((number, payload)) = body.split_first() else { continue };
                let header = [0x40, *number, 0, payload.len() as u8];
                let datagram = [&header, payload].concat();
                desk.input(desk.client.five_tuple().remote, &datagram);
            }
            6 => match command >> 4 {
                0..=3 => desk.client.allocate(desk.now),
                4..=7 => desk.client.create_permission(desk.now, peer(first).ip()),
                8..=13 => desk.client.bind_channel(desk.now, peer(first)),
                _ => desk.client.close(desk.now),
            },
            _ => desk.send(command >> 4, body),
        }
        desk.settle();
    }
}

/// How many requests are kept for an answer.
const KEPT: usize = 16;

struct Desk {
    client: Client,
    now: Timestamp,
    /// What waits for an answer.
    asked: VecDeque<Transmit<Bytes>>,
}

impl Desk {
    fn new() -> Self {
        let path = FiveTuple::udp(([6, 6, 6, 1], 5000).into(), ([5, 5, 5, 1], 3478).into());
        let config = Config::new(path, Credentials::new("alice", "wonderland"));
        let client = Client::new(config, [3; 32]);
        Self { client, now: Timestamp::ZERO, asked: VecDeque::new() }
    }

    /// A number of hundredths of a second, up to 11 minutes.
    fn wait(&mut self, body: &[u8]) {
        let hundredths = body.first_chunk().map_or(1, |bytes| u16::from_be_bytes(*bytes));
        self.now += Duration::from_millis(10 * u64::from(hundredths));
        self.client.handle_timeout(self.now);
        self.settle();
        assert!(self.client.poll_timeout().is_none_or(|deadline| deadline > self.now));
    }

    /// A response to the oldest request or to the latest one: how, then attributes.
    fn answer(&mut self, body: &[u8]) {
        let Some((&how, attributes)) = body.split_first() else { return };
        let kept = if how & 1 == 0 { self.asked.pop_front() } else { self.asked.pop_back() };
        let Some(asked) = kept else { return };
        let request = Message::parse(&asked.payload).expect("ours");
        let class = if how & 2 == 0 { Class::Success } else { Class::Error };
        let message_type = MessageType::new(class, request.method());
        let mut buffer = [0; 2048];
        let response = MessageBuilder::new(message_type, request.transaction_id(), &mut buffer);
        let response = put_all(response, attributes);
        let key = Key::long_term("alice", "example.org", "wonderland");
        let written = if how & 4 == 0 { response.sign(&key).finish() } else { response.finish() };
        if let Ok(response) = written {
            self.input(asked.five_tuple.remote, response);
        }
    }

    fn data_indication(&mut self, body: &[u8]) {
        let mut buffer = [0; 2048];
        let id = TransactionId::new([8; 12]);
        let indication = MessageBuilder::indication(Method::DATA, id, &mut buffer);
        if let Ok(indication) = put_all(indication, body).finish() {
            self.input(self.client.five_tuple().remote, indication);
        }
    }

    fn send(&mut self, to: u8, payload: &[u8]) {
        let mut buffer = vec![0; payload.len() + MAX_OVERHEAD];
        let path = self.client.five_tuple();
        match self.client.send(self.now, peer(to), payload, &mut buffer) {
            Ok(transmit) => {
                assert_eq!(transmit.five_tuple, path);
                assert!(transmit.payload.len() >= payload.len() + 4);
            }
            Err(error) => {
                assert!(matches!(error, SendError::NotAllocated | SendError::NoPermission));
            }
        }
    }

    fn input(&mut self, from: SocketAddr, datagram: &[u8]) {
        let path = FiveTuple::udp(self.client.five_tuple().local, from);
        let input = self.client.handle_input(self.now, Transmit::new(path, datagram));
        if let Input::Data { peer: _, payload } = input {
            let (payload, whole) = (payload.as_ptr_range(), datagram.as_ptr_range());
            assert!(whole.start <= payload.start && payload.end <= whole.end);
            assert_eq!(from, self.client.five_tuple().remote);
            assert!(self.client.relayed().is_some());
        }
    }

    fn settle(&mut self) {
        while let Some(transmit) = self.client.poll_transmit(self.now) {
            let request = Message::parse(&transmit.payload).expect("ours");
            assert_eq!(request.class(), Class::Request);
            assert_eq!(request.get(attr::DATA), Ok(None));
            self.asked.push_back(transmit);
            if self.asked.len() > KEPT {
                self.asked.pop_front();
            }
        }
        while self.client.poll_event().is_some() {}
        assert_eq!(self.client.relayed().is_some(), self.client.mapped().is_some());
    }
}
