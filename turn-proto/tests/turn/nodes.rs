//! What stands on the hosts of the virtual network.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use testkit::{HostId, Link, Network, Node, NodeId, Place, World};
use turn_proto::client::{self, Client, Input};
use turn_proto::server::{self, Server};
use turn_proto::{AddressFamily, Credentials};

/// A TURN server with the sockets that it asks for.
pub(crate) struct Relay {
    pub(crate) server: Server,
    pub(crate) events: Vec<server::Event>,
    /// How many of the next sockets cannot be opened.
    pub(crate) refusals: usize,
    out: VecDeque<Transmit<Bytes>>,
}

impl Relay {
    pub(crate) fn new(server: Server) -> Self {
        Self { server, events: vec![], refusals: 0, out: VecDeque::new() }
    }

    fn serve(&mut self, now: Timestamp) {
        while let Some(event) = self.server.poll_event() {
            if let server::Event::OpenRelay { relay } = event {
                let ok = self.refusals == 0;
                self.refusals = self.refusals.saturating_sub(1);
                self.server.relay_opened(now, relay, ok);
            }
            self.events.push(event);
        }
    }

    pub(crate) fn ended(&self) -> Vec<server::EndReason> {
        let reasons = self.events.iter().filter_map(|event| match event {
            server::Event::AllocationEnded { reason, .. } => Some(*reason),
            _ => None,
        });
        reasons.collect()
    }
}

impl Node for Relay {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        if let Some(relayed) = self.server.handle_input(now, input) {
            let datagram = Bytes::from(relayed.parts().concat());
            self.out.push_back(Transmit::new(relayed.five_tuple, datagram));
        }
        self.serve(now);
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.server.handle_timeout(now);
        self.serve(now);
    }

    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.out.pop_front().or_else(|| self.server.poll_transmit(now))
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.server.poll_timeout()
    }
}

/// A TURN client, what it was told and what it was sent.
pub(crate) struct Talker {
    pub(crate) client: Client,
    pub(crate) events: Vec<client::Event>,
    pub(crate) heard: Vec<(SocketAddr, Vec<u8>)>,
    out: VecDeque<Transmit<Bytes>>,
}

impl Talker {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, events: vec![], heard: vec![], out: VecDeque::new() }
    }

    pub(crate) fn say(&mut self, now: Timestamp, peer: SocketAddr, words: &[u8]) {
        let mut buffer = [0; 2000];
        let transmit = self.client.send(now, peer, words, &mut buffer).unwrap();
        self.out.push_back(transmit.map(Bytes::copy_from_slice));
    }

    fn listen(&mut self) {
        self.events.extend(std::iter::from_fn(|| self.client.poll_event()));
    }

    pub(crate) fn has(&mut self, event: client::Event) -> bool {
        self.listen();
        self.events.contains(&event)
    }
}

impl Node for Talker {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        if let Input::Data { peer, payload } = self.client.handle_input(now, input) {
            self.heard.push((peer, payload.to_vec()));
        }
        self.listen();
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.client.handle_timeout(now);
        self.listen();
    }

    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.out.pop_front().or_else(|| self.client.poll_transmit(now))
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.client.poll_timeout()
    }
}

/// A peer that sends everything back to where it came from.
#[derive(Default)]
pub(crate) struct Echo {
    pub(crate) heard: Vec<(SocketAddr, Vec<u8>)>,
    pub(crate) out: VecDeque<Transmit<Bytes>>,
}

impl Node for Echo {
    fn handle_input(&mut self, _now: Timestamp, input: Transmit<&[u8]>) {
        self.heard.push((input.five_tuple.remote, input.payload.to_vec()));
        self.out.push_back(input.map(Bytes::copy_from_slice));
    }

    fn handle_timeout(&mut self, _now: Timestamp) {}

    fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
        self.out.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        None
    }
}

pub(crate) const SERVER: &str = "5.5.5.1:3478";
pub(crate) const SERVER_V6: &str = "2a00:5::1";
pub(crate) const ALICE: &str = "6.6.6.1:5000";
pub(crate) const BOB: &str = "6.6.6.2:5000";
pub(crate) const PEER: &str = "7.7.7.1:6000";
pub(crate) const PEER_V6: &str = "[2a00:7::1]:6000";

pub(crate) fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// The configuration of the server at [`SERVER`], for alice and bob.
pub(crate) fn server_config() -> server::Config {
    let mut config = server::Config::new("example.org", at(SERVER), at(SERVER).ip());
    config.relay_addresses.push(SERVER_V6.parse().unwrap());
    config.add_user("alice", "wonderland");
    config.add_user("bob", "builder");
    config
}

/// The configuration of the client at `local`, for the server at [`SERVER`].
pub(crate) fn client_config(local: &str) -> client::Config {
    let five_tuple = FiveTuple::udp(at(local), at(SERVER));
    let credentials = match local {
        BOB => Credentials::new("bob", "builder"),
        _ => Credentials::new("alice", "wonderland"),
    };
    client::Config::new(five_tuple, credentials)
}

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) relay: NodeId<Relay>,
    pub(crate) alice: NodeId<Talker>,
    pub(crate) bob: NodeId<Talker>,
    pub(crate) echo: NodeId<Echo>,
    /// The hosts of the server, of alice, of bob and of the echo.
    pub(crate) hosts: [HostId; 4],
}

/// A server, two clients and a peer on one network; `link` is everybody's.
pub(crate) fn stage(link: Link, server: server::Config, alice: client::Config) -> Stage {
    stage_of_seed(1, link, server, alice)
}

/// As [`stage`], with other dice.
pub(crate) fn stage_of_seed(
    seed: u8,
    link: Link,
    server: server::Config,
    alice: client::Config,
) -> Stage {
    let mut network = Network::new([seed; 32]);
    network.record_trace();
    let mut host = |addresses: &[IpAddr]| {
        let host = network.add_host(Place::INTERNET, addresses[0]).unwrap();
        for &more in &addresses[1..] {
            network.add_address(host, Place::INTERNET, more).unwrap();
        }
        network.set_link(host, link);
        host
    };
    let hosts = [
        host(&[at(SERVER).ip(), SERVER_V6.parse().unwrap()]),
        host(&[at(ALICE).ip()]),
        host(&[at(BOB).ip()]),
        host(&[at(PEER).ip(), at(PEER_V6).ip()]),
    ];
    let mut world = World::new(network);
    let relay = world.add(hosts[0], Relay::new(Server::new(server, [2; 32])));
    let alice = world.add(hosts[1], Talker::new(Client::new(alice, [3; 32])));
    let bob = world.add(hosts[2], Talker::new(Client::new(client_config(BOB), [4; 32])));
    let echo = world.add(hosts[3], Echo::default());
    Stage { world, relay, alice, bob, echo, hosts }
}

impl Stage {
    /// Waits until `done`, ten minutes at the most.
    pub(crate) fn until(&mut self, done: impl FnMut(&mut World) -> bool) -> Timestamp {
        let limit = self.world.now() + std::time::Duration::from_secs(600);
        self.world.run_until(limit, done).unwrap()
    }

    /// Waits until this client has its allocation, and tells its relayed address.
    pub(crate) fn allocate(&mut self, talker: NodeId<Talker>) -> SocketAddr {
        let now = self.world.now();
        self.world[talker].client.allocate(now);
        self.until(|world| world[talker].client.relayed().is_some());
        self.world[talker].client.relayed().unwrap()
    }
}

/// A client's wish for a relayed address of IPv6.
pub(crate) fn v6(mut config: client::Config) -> client::Config {
    config.address_family = Some(AddressFamily::V6);
    config
}
