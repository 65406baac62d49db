//! A client behind something, and a server with two addresses, in a virtual network.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sansio::{Timestamp, Transmit};
use stun_codec::Message;
use stun_codec::discovery::{Config, Discovery, Event, Report, Responder};
use testkit::nat::NatConfig;
use testkit::{Link, Network, Node, NodeId, Place, World};

pub(crate) const PRIMARY: &str = "198.51.100.1:3478";
pub(crate) const ALTERNATE: &str = "198.51.100.2:3479";
pub(crate) const SECOND_SERVER: &str = "198.51.100.9:3478";
pub(crate) const OUTER: [u8; 4] = [203, 0, 113, 1];
pub(crate) const LOCAL: &str = "10.0.0.2:50000";
pub(crate) const SECOND: &str = "10.0.0.2:50001";

pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

pub(crate) fn full_server() -> Responder {
    Responder::new(at(PRIMARY)).with_alternate(at(ALTERNATE)).unwrap()
}

/// Answers as it is told to: nothing, something, or too much.
type Answer = Box<dyn FnMut(Transmit<&[u8]>) -> Vec<Transmit<Vec<u8>>>>;

pub(crate) struct Server {
    answer: Answer,
    out: VecDeque<Transmit<Bytes>>,
}

impl Server {
    pub(crate) fn new(
        answer: impl FnMut(Transmit<&[u8]>) -> Vec<Transmit<Vec<u8>>> + 'static,
    ) -> Self {
        Self { answer: Box::new(answer), out: VecDeque::new() }
    }

    pub(crate) fn proper(responder: Responder) -> Self {
        Self::new(move |input| respond(&responder, input).into_iter().collect())
    }
}

pub(crate) fn respond(responder: &Responder, input: Transmit<&[u8]>) -> Option<Transmit<Vec<u8>>> {
    if !responder.sockets().any(|socket| socket == input.five_tuple.local) {
        return None;
    }
    let request = Message::parse(input.payload).ok()?;
    let mut buffer = [0; 512];
    let answer = responder.answer(input.five_tuple, &request, &mut buffer)?;
    Some(answer.map(<[u8]>::to_vec))
}

impl Node for Server {
    fn handle_input(&mut self, _: Timestamp, input: Transmit<&[u8]>) {
        self.out.extend((self.answer)(input).into_iter().map(|answer| answer.map(Bytes::from)));
    }

    fn handle_timeout(&mut self, _: Timestamp) {}

    fn poll_transmit(&mut self, _: Timestamp) -> Option<Transmit<Bytes>> {
        self.out.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        None
    }
}

pub(crate) struct Client {
    pub(crate) discovery: Discovery,
    /// What it has sent, and when.
    pub(crate) sent: Vec<(Timestamp, Transmit<Bytes>)>,
}

impl Node for Client {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        self.discovery.handle_input(now, input);
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.discovery.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        let transmit = self.discovery.poll_transmit(now)?;
        self.sent.push((now, transmit.clone()));
        Some(transmit)
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.discovery.poll_timeout()
    }
}

/// A client at 10.0.0.2 behind a NAT, or on the Internet at the same address; one server with both
/// addresses, another one with one.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) client: NodeId<Client>,
    pub(crate) events: Vec<Event>,
}

impl Stage {
    pub(crate) fn new(nat: Option<NatConfig>, config: Config, server: Server) -> Self {
        Self::with_loss(nat, config, server, 0.0, 7)
    }

    /// `loss` is that of the client's own link, both ways.
    pub(crate) fn with_loss(
        nat: Option<NatConfig>,
        config: Config,
        server: Server,
        loss: f64,
        seed: u8,
    ) -> Self {
        let mut network = Network::new([seed; 32]);
        let place = match nat {
            Some(nat) => {
                let subnet = "10.0.0.0/24".parse().unwrap();
                network.add_nat(Place::INTERNET, OUTER, subnet, nat).unwrap()
            }
            None => Place::INTERNET,
        };
        let host = network.add_host(place, [10, 0, 0, 2]).unwrap();
        network.set_link(host, Link { loss, ..Link::default() });
        let one = network.add_host(Place::INTERNET, at(PRIMARY).ip()).unwrap();
        network.add_address(one, Place::INTERNET, at(ALTERNATE).ip()).unwrap();
        let plain = network.add_host(Place::INTERNET, at(SECOND_SERVER).ip()).unwrap();
        let mut world = World::new(network);
        world.add(one, server);
        world.add(plain, Server::proper(Responder::new(at(SECOND_SERVER))));
        let discovery = Discovery::new(config, [seed; 32]);
        let client = world.add(host, Client { discovery, sent: Vec::new() });
        Self { world, client, events: Vec::new() }
    }

    /// From start to end, with nothing more to come after it.
    pub(crate) fn run(&mut self) -> Report {
        let Self { world, client, events, .. } = self;
        let (client, now) = (*client, world.now());
        world[client].discovery.start(now);
        let limit = Timestamp::from_secs(24 * 3600);
        world
            .run_until(limit, |world| {
                events.extend(core::iter::from_fn(|| world[client].discovery.poll_event()));
                matches!(events.last(), Some(Event::Finished(_)))
            })
            .expect("it comes to an end");
        assert_eq!(world[client].discovery.poll_timeout(), None);
        let sent = world[client].sent.len();
        world.run_for(Duration::from_secs(100)).unwrap();
        assert_eq!(world[client].discovery.poll_event(), None);
        assert_eq!(world[client].sent.len(), sent);
        match events.last() {
            Some(Event::Finished(report)) => *report,
            _ => unreachable!(),
        }
    }

    /// Where the client has sent to, each address once.
    pub(crate) fn destinations(&self) -> Vec<SocketAddr> {
        let sent = &self.world[self.client].sent;
        let mut all: Vec<_> = sent.iter().map(|(_, transmit)| transmit.five_tuple.remote).collect();
        all.sort();
        all.dedup();
        all
    }
}

pub(crate) fn config() -> Config {
    Config::new(at(LOCAL), [at(PRIMARY)])
}
