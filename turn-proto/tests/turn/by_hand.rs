//! Requests written by hand, one at a time, so that a test can break every rule.

use std::net::SocketAddr;

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::auth::long_term::Session;
use stun_codec::build::Open;
use stun_codec::shape::ProtocolNumber;
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId, attr};
use turn_proto::Credentials;
use turn_proto::server::{Config, Event, Server};

use crate::nodes::{ALICE, SERVER, at, server_config};

/// A server whose sockets open at once, and what it has answered.
pub(crate) struct Desk {
    pub(crate) server: Server,
    pub(crate) now: Timestamp,
    pub(crate) events: Vec<Event>,
    /// Whether relay sockets open.
    pub(crate) opens: bool,
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Reply(pub(crate) Vec<u8>);

impl Reply {
    pub(crate) fn message(&self) -> Message<'_> {
        Message::parse(&self.0).unwrap()
    }

    /// The error's code, or 0 for success.
    pub(crate) fn code(&self) -> u16 {
        match self.message().class() {
            Class::Success => 0,
            Class::Error => self.message().get(attr::ERROR_CODE).unwrap().unwrap().code(),
            other => panic!("a server answers with no {other:?}"),
        }
    }

    pub(crate) fn lifetime(&self) -> u64 {
        self.message().get(attr::LIFETIME).unwrap().unwrap().as_secs()
    }

    pub(crate) fn relayed(&self) -> SocketAddr {
        self.message().get(attr::XOR_RELAYED_ADDRESS).unwrap().unwrap()
    }
}

/// Somebody with credentials at an address.
pub(crate) struct Caller {
    /// As the server sees it.
    pub(crate) path: FiveTuple,
    pub(crate) session: Session,
    last_id: u64,
}

impl Caller {
    pub(crate) fn new(address: &str, username: &str, password: &str) -> Self {
        Self {
            path: FiveTuple::udp(at(SERVER), at(address)),
            session: Session::new(Credentials::new(username, password)),
            last_id: 0,
        }
    }

    pub(crate) fn alice() -> Self {
        Self::new(ALICE, "alice", "wonderland")
    }

    pub(crate) fn next_id(&mut self) -> TransactionId {
        self.last_id += 1;
        let mut id = [0; 12];
        id[..8].copy_from_slice(&self.last_id.to_be_bytes());
        TransactionId::new(id)
    }

    /// A signed request with the attributes that `fill` puts.
    pub(crate) fn request(
        &mut self,
        method: Method,
        fill: impl Fn(MessageBuilder<'_, Open>) -> MessageBuilder<'_, Open>,
    ) -> Vec<u8> {
        let mut buffer = [0; 4096];
        let builder = fill(MessageBuilder::request(method, self.next_id(), &mut buffer));
        self.session.sign(builder).finish().unwrap().to_vec()
    }
}

impl Desk {
    pub(crate) fn new(config: Config) -> Self {
        let now = Timestamp::from_secs(1000);
        Self { server: Server::new(config, [9; 32]), now, events: vec![], opens: true }
    }

    pub(crate) fn standard() -> Self {
        Self::new(server_config())
    }

    /// Hands a datagram in and takes what the server answers; what is to be relayed is returned
    /// as it would be sent.
    pub(crate) fn input(
        &mut self,
        path: FiveTuple,
        datagram: &[u8],
    ) -> Option<(FiveTuple, Vec<u8>)> {
        let relayed = self.server.handle_input(self.now, Transmit::new(path, datagram));
        let relayed = relayed.map(|relayed| (relayed.five_tuple, relayed.parts().concat()));
        self.serve();
        relayed
    }

    pub(crate) fn serve(&mut self) {
        while let Some(event) = self.server.poll_event() {
            if let Event::OpenRelay { relay } = event
                && self.opens
            {
                self.server.relay_opened(self.now, relay, true);
            }
            self.events.push(event);
        }
    }

    /// The one answer to `request`, if there is one.
    pub(crate) fn answer(&mut self, caller: &Caller, request: &[u8]) -> Option<Reply> {
        assert!(self.input(caller.path, request).is_none(), "a request is never relayed");
        let answer = self.server.poll_transmit(self.now)?;
        assert_eq!(answer.five_tuple, caller.path);
        assert_eq!(self.server.poll_transmit(self.now), None, "one request, one answer");
        Some(Reply(answer.payload.to_vec()))
    }

    /// Sends a request, again with fresh credentials when the server wants that, and returns the
    /// answer, which must be authentic.
    pub(crate) fn ask(
        &mut self,
        caller: &mut Caller,
        method: Method,
        fill: impl Fn(MessageBuilder<'_, Open>) -> MessageBuilder<'_, Open>,
    ) -> Reply {
        loop {
            let request = caller.request(method, &fill);
            let reply = self.answer(caller, &request).expect("an answer");
            if matches!(reply.code(), 401 | 438)
                && caller.session.handle_error(&reply.message()).is_ok()
            {
                continue;
            }
            assert!(caller.session.accepts(&reply.message()), "every answer is signed");
            if reply.code() == 0 {
                caller.session.handle_success();
            }
            return reply;
        }
    }

    /// An allocation for `caller`; its relayed address.
    pub(crate) fn allocate(&mut self, caller: &mut Caller) -> SocketAddr {
        let reply = self.ask(caller, Method::ALLOCATE, udp);
        assert_eq!(reply.code(), 0);
        reply.relayed()
    }

    pub(crate) fn permit(&mut self, caller: &mut Caller, peer: &str) -> u16 {
        let peer = at(peer);
        self.ask(caller, Method::CREATE_PERMISSION, |builder| {
            builder.put(attr::XOR_PEER_ADDRESS, peer)
        })
        .code()
    }

    pub(crate) fn bind(&mut self, caller: &mut Caller, channel: u16, peer: &str) -> u16 {
        let peer = at(peer);
        self.ask(caller, Method::CHANNEL_BIND, |builder| {
            builder.put(attr::CHANNEL_NUMBER, channel).put(attr::XOR_PEER_ADDRESS, peer)
        })
        .code()
    }

    pub(crate) fn refresh(&mut self, caller: &mut Caller, lifetime: Option<u32>) -> Reply {
        let lifetime = lifetime.map(|seconds| std::time::Duration::from_secs(seconds.into()));
        self.ask(caller, Method::REFRESH, |builder| builder.put_some(attr::LIFETIME, lifetime))
    }

    /// What comes out when the caller sends `payload` to `peer` in a Send indication.
    pub(crate) fn send(
        &mut self,
        caller: &mut Caller,
        peer: &str,
        payload: &[u8],
    ) -> Option<(FiveTuple, Vec<u8>)> {
        let mut buffer = vec![0; payload.len() + 100];
        let indication = MessageBuilder::indication(Method::SEND, caller.next_id(), &mut buffer)
            .put(attr::XOR_PEER_ADDRESS, at(peer))
            .put(attr::DATA, payload)
            .finish()
            .unwrap();
        self.input(caller.path, indication)
    }

    /// What comes out when `peer` sends `payload` to `relay`.
    pub(crate) fn peer_sends(
        &mut self,
        relay: SocketAddr,
        peer: &str,
        payload: &[u8],
    ) -> Option<(FiveTuple, Vec<u8>)> {
        self.input(FiveTuple::udp(relay, at(peer)), payload)
    }
}

/// What every Allocate request needs.
pub(crate) fn udp(builder: MessageBuilder<'_, Open>) -> MessageBuilder<'_, Open> {
    builder.put(attr::REQUESTED_TRANSPORT, ProtocolNumber::UDP)
}
