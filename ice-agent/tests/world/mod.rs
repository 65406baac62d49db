//! Two agents, a server for both, and the signaling between them, in virtual time.

use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;
use ice_agent::{Agent, Config, Event, Role, SelectedPair, TurnCredentials};
use sansio::{Timestamp, Transmit};
use testkit::nat::NatConfig;
use testkit::{Link, Network, Node, NodeId, Place, World};
use turn_proto::{Server, server};

const SERVER: [u8; 4] = [198, 51, 100, 1];
const USER: (&str, &str) = ("alice", "wonderland");

/// Where the two agents are.
pub(crate) struct Setup {
    pub(crate) nats: [Option<NatConfig>; 2],
    /// Both are behind the first NAT.
    pub(crate) same_network: bool,
    pub(crate) roles: [Role; 2],
    pub(crate) turn: bool,
    /// The links of both, 5 ms without loss if not given.
    pub(crate) link: Option<Link>,
    /// Those of their NATs.
    pub(crate) uplink: Option<Link>,
    /// How long the servers may take, if not as long as a rule.
    pub(crate) gathering_timeout: Option<Duration>,
    pub(crate) trace: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            nats: [None, None],
            same_network: false,
            roles: [Role::Controlling, Role::Controlled],
            turn: true,
            link: None,
            uplink: None,
            gathering_timeout: None,
            trace: false,
        }
    }
}

impl Setup {
    pub(crate) fn behind(nat: NatConfig) -> Self {
        Self { nats: [Some(nat.clone()), Some(nat)], ..Self::default() }
    }
}

/// An agent as a node of the virtual world, with all that it told and received.
pub(crate) struct Peer {
    pub(crate) agent: Agent,
    pub(crate) events: Vec<(Timestamp, Event)>,
    pub(crate) received: Vec<Bytes>,
    outgoing: Vec<Transmit<Bytes>>,
    now: Timestamp,
    /// It neither hears nor speaks.
    silent: bool,
    last_heard: Timestamp,
    sent: Vec<(Timestamp, Transmit<Bytes>)>,
}

impl Node for Peer {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        self.now = now;
        if self.silent {
            return;
        }
        self.last_heard = now;
        if let Some(payload) = self.agent.handle_input(now, input) {
            self.received.push(Bytes::copy_from_slice(payload));
        }
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.now = now;
        self.agent.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        while let Some(event) = self.agent.poll_event() {
            self.events.push((now, event));
        }
        if let Some(transmit) = self.outgoing.pop() {
            return Some(transmit);
        }
        loop {
            let transmit = self.agent.poll_transmit(now)?;
            self.sent.push((now, transmit.clone()));
            if !self.silent {
                return Some(transmit);
            }
        }
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.agent.poll_timeout()
    }
}

/// The server as a node. Its relay sockets open at once: the virtual host hears everything.
struct Relay {
    server: Server,
    relayed: Vec<Transmit<Bytes>>,
}

impl Node for Relay {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        if let Some(relayed) = self.server.handle_input(now, input) {
            let payload = Bytes::from(relayed.parts().concat());
            self.relayed.push(Transmit::new(relayed.five_tuple, payload));
        }
        self.open_relays(now);
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        self.server.handle_timeout(now);
        self.open_relays(now);
    }

    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.relayed.pop().or_else(|| self.server.poll_transmit(now))
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.server.poll_timeout()
    }
}

impl Relay {
    fn open_relays(&mut self, now: Timestamp) {
        while let Some(event) = self.server.poll_event() {
            if let server::Event::OpenRelay { relay } = event {
                self.server.relay_opened(now, relay, true);
            }
        }
    }
}

pub(crate) struct Session {
    world: World,
    relay: NodeId<Relay>,
    peers: [NodeId<Peer>; 2],
    nats: [Option<Place>; 2],
    /// How many events of each have been signaled.
    signaled: [usize; 2],
}

impl Session {
    pub(crate) fn new(setup: Setup, seed: [u8; 32]) -> Self {
        let mut network = Network::new(seed);
        if setup.trace {
            network.record_trace();
        }
        let server_host = network.add_host(Place::INTERNET, SERVER).expect("a host");
        let mut home = None;
        let places = [0, 1].map(|side: usize| {
            if side == 1 && setup.same_network {
                return (home.expect("the first one's"), [192, 168, 0, 3]);
            }
            match setup.nats[side].clone() {
                Some(nat) => {
                    let outer = [203, 0, 113, 1 + side as u8];
                    let subnet = format!("192.168.{side}.0/24").parse().expect("a subnet");
                    let place =
                        network.add_nat(Place::INTERNET, outer, subnet, nat).expect("a NAT");
                    if let Some(link) = setup.uplink {
                        network.set_uplink(place, link);
                    }
                    home = Some(place);
                    (place, [192, 168, side as u8, 2])
                }
                None => (Place::INTERNET, [192, 0, 2, 1 + side as u8]),
            }
        });
        let hosts = places.map(|(place, ip)| network.add_host(place, ip).expect("a host"));
        if let Some(link) = setup.link {
            hosts.iter().for_each(|host| network.set_link(*host, link));
        }
        let mut world = World::new(network);
        let listen: SocketAddr = (SERVER, 3478).into();
        let mut config = server::Config::new("example.org", listen, listen.ip());
        config.add_user(USER.0, USER.1);
        // The public addresses of this world are those of documentation, which are denied as a rule.
        for public in ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"] {
            config.peer_policy.allow.push(public.parse().expect("a prefix"));
        }
        let server = Server::new(config, seed);
        let relay = world.add(server_host, Relay { server, relayed: Vec::new() });
        let now = world.now();
        let peers = [0, 1].map(|side: usize| {
            let mut seed = seed;
            seed[31] ^= 1 + side as u8;
            let mut config = Config::new(setup.roles[side]);
            config.gathering_timeout = setup.gathering_timeout.unwrap_or(config.gathering_timeout);
            let mut agent = Agent::new(config, seed);
            agent.add_host(now, (places[side].1, 5000).into());
            agent.add_stun_server(now, listen);
            if setup.turn {
                agent.add_turn_server(now, listen, TurnCredentials::new(USER.0, USER.1));
            }
            let peer = Peer {
                agent,
                events: Vec::new(),
                received: Vec::new(),
                outgoing: Vec::new(),
                now,
                silent: false,
                last_heard: now,
                sent: Vec::new(),
            };
            world.add(hosts[side], peer)
        });
        let nats = places.map(|(place, _)| (place != Place::INTERNET).then_some(place));
        Self { world, relay, peers, nats, signaled: [0, 0] }
    }

    /// Signals until both have selected a pair; how long that took, or `None`.
    pub(crate) fn connect(&mut self, limit: Duration) -> Option<Duration> {
        let start = self.world.now();
        for side in [0, 1] {
            let credentials = self.world[self.peers[1 - side]].agent.credentials().clone();
            self.world[self.peers[side]].agent.set_remote(start, credentials);
        }
        let (peers, mut signaled) = (self.peers, self.signaled);
        let end = self.world.run_until(start + limit, |world| {
            let now = world.now();
            for side in [0, 1] {
                let told = world[peers[side]].events[signaled[side]..].to_vec();
                signaled[side] += told.len();
                let other = &mut world[peers[1 - side]].agent;
                for (_, event) in told {
                    match event {
                        Event::LocalCandidate(candidate) => {
                            // What is signaled is text.
                            let line = candidate.to_string();
                            other.add_remote_candidate(now, line.parse().expect("a candidate"));
                        }
                        Event::GatheringComplete => other.end_of_remote_candidates(now),
                        _ => {}
                    }
                }
            }
            peers.iter().all(|peer| world[*peer].agent.selected_pair().is_some())
        });
        self.signaled = signaled;
        end.ok().map(|end| end - start)
    }

    pub(crate) fn selected(&self) -> [SelectedPair; 2] {
        self.peers.map(|peer| self.world[peer].agent.selected_pair().expect("a pair"))
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.peers.iter().all(|peer| self.world[*peer].agent.selected_pair().is_some())
    }

    pub(crate) fn roles(&self) -> [Role; 2] {
        self.peers.map(|peer| self.world[peer].agent.role())
    }

    pub(crate) fn agent(&mut self, side: usize) -> &mut Agent {
        &mut self.world[self.peers[side]].agent
    }

    pub(crate) fn events(&self, side: usize) -> Vec<Event> {
        self.world[self.peers[side]].events.iter().map(|(_, event)| event.clone()).collect()
    }

    /// When this event was told, from `start` on.
    pub(crate) fn told_after(&self, side: usize, start: Timestamp, wanted: &Event) -> Duration {
        let mut events = self.world[self.peers[side]].events.iter();
        events.find(|(_, event)| event == wanted).expect("it was told").0 - start
    }

    /// How many allocations the server holds.
    pub(crate) fn allocations(&self) -> usize {
        self.world[self.relay].server.allocations()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// The NAT of this side forgets its mappings, as when it is restarted.
    pub(crate) fn restart_nat(&mut self, side: usize) {
        let nat = self.nats[side].expect("it has one");
        self.world.network_mut().nat_mut(nat).expect("it has one").clear();
    }

    pub(crate) fn last_event(&self, side: usize) -> (Timestamp, Event) {
        self.world[self.peers[side]].events.last().expect("an event").clone()
    }

    pub(crate) fn run_for(&mut self, length: Duration) {
        self.world.run_for(length).expect("no machine misbehaves");
    }

    /// Cuts a peer off; returns when the other one has last heard of it.
    pub(crate) fn silence(&mut self, side: usize) -> Timestamp {
        self.world[self.peers[side]].silent = true;
        self.world[self.peers[1 - side]].last_heard
    }

    pub(crate) fn sent_since(&self, side: usize, since: Timestamp) -> usize {
        self.world[self.peers[side]].sent.iter().filter(|(at, _)| *at > since).count()
    }

    /// Sends a payload of each sort both ways, and sees it arrive: also one that looks like ChannelData
    /// or like a QUIC packet, and one that is empty but for one byte.
    pub(crate) fn exchange_data(&mut self) {
        let payloads: [&[u8]; 4] = [b"hello", &[0x40, 0, 0, 1, 7], &[0xC0; 1200], &[1]];
        for side in [0, 1] {
            let now = self.world.now();
            for payload in payloads {
                let peer = &mut self.world[self.peers[side]];
                let mut buffer = vec![0; payload.len() + ice_agent::MAX_OVERHEAD];
                let transmit = peer.agent.send(now, payload, &mut buffer).expect("connected");
                let transmit = transmit.map(Bytes::copy_from_slice);
                peer.outgoing.push(transmit);
                self.run_for(Duration::from_millis(100));
                let other = &mut self.world[self.peers[1 - side]];
                assert_eq!(other.received.pop().as_deref(), Some(payload), "from {side}");
            }
        }
    }

    /// All that this side's agent has sent, and when.
    pub(crate) fn sent(&self, side: usize) -> Vec<(Timestamp, Transmit<Bytes>)> {
        self.world[self.peers[side]].sent.clone()
    }

    pub(crate) fn trace(&self) -> String {
        self.world.network().trace().to_string()
    }
}
