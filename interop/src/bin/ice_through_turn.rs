//! Two of our ICE agents, each behind a symmetric NAT of its own, with a TURN server of somebody
//! else's: `ice_through_turn SERVER USER PASSWORD`. The server must listen within 127.128.0.0/9. It
//! checks the candidates that they gather, that they connect through the relay, and data both ways.

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use bytes::Bytes;
use ice_agent::{Agent, CandidateType, Config, Event, Role, ServerFailure, TurnCredentials};
use interop::checks::Checks;
use interop::sockets::Sockets;
use sansio::Transmit;
use testkit::nat::NatConfig;
use testkit::natbox::{NatBox, NatBoxConfig};

const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, user, password] = &arguments[..] else {
        return Err("usage: ice_through_turn SERVER USER PASSWORD".into());
    };
    let server: SocketAddr = server.parse()?;
    let mut checks = Checks::default();

    let mut peers = Peers::new(server, &TurnCredentials::new(user, password)).await?;
    peers.run(|peers| peers.each(|peer| peer.events.contains(&Event::GatheringComplete))).await;
    gathered(&peers, server, &mut checks);
    peers.signal();
    peers.run(|peers| peers.each(|peer| peer.agent.selected_pair().is_some())).await;
    connected(&peers, &mut checks);
    for side in [0, 1] {
        let payload = Bytes::from(format!("from peer {side}"));
        peers.say(side, &payload).await;
        peers.run(|peers| peers.sides[1 - side].heard.contains(&payload)).await;
        let heard = &peers.sides[1 - side].heard;
        checks.check(heard.contains(&payload), "data through the relay", heard);
    }

    let wrong = TurnCredentials::new(user, format!("not {password}"));
    let mut peers = Peers::new(server, &wrong).await?;
    let refused = Event::ServerFailed { server, reason: ServerFailure::Refused(401) };
    peers.run(|peers| peers.each(|peer| peer.events.contains(&refused))).await;
    let all_refused = peers.each(|peer| peer.events.contains(&refused));
    checks.check(all_refused, "a wrong password gets no relay", &peers.sides[0].events);
    Ok(checks.finish())
}

fn gathered(peers: &Peers, server: SocketAddr, checks: &mut Checks) {
    for peer in &peers.sides {
        let address_of = |wanted| {
            peer.events.iter().find_map(|event| match event {
                Event::LocalCandidate(candidate) if candidate.candidate_type == wanted => {
                    Some(candidate.address)
                }
                _ => None,
            })
        };
        let host = address_of(CandidateType::Host);
        checks.check(host == Some(peer.socket), "host candidate", host);
        let reflexive = address_of(CandidateType::ServerReflexive);
        let is_outer = reflexive.is_some_and(|address| address.ip() == peer.natbox.outer());
        checks.check(is_outer, "server-reflexive candidate: the NAT's outer address", reflexive);
        let relayed = address_of(CandidateType::Relayed);
        let is_relay = relayed.is_some_and(|address| address.ip() == server.ip());
        checks.check(is_relay, "relayed candidate: the server's address", relayed);
    }
}

fn connected(peers: &Peers, checks: &mut Checks) {
    for peer in &peers.sides {
        let pair = peer.agent.selected_pair();
        let through_relay = pair.as_ref().is_some_and(|pair| {
            [&pair.local, &pair.remote]
                .iter()
                .any(|candidate| candidate.candidate_type == CandidateType::Relayed)
        });
        checks.check(through_relay, "two symmetric NATs: a pair through the relay", &pair);
    }
}

struct Peers {
    sockets: Sockets,
    sides: [Peer; 2],
}

struct Peer {
    natbox: NatBox,
    socket: SocketAddr,
    agent: Agent,
    events: Vec<Event>,
    heard: Vec<Bytes>,
}

impl Peers {
    async fn new(
        server: SocketAddr,
        credentials: &TurnCredentials,
    ) -> Result<Self, Box<dyn Error>> {
        let mut sockets = Sockets::default();
        let first = Peer::new(&mut sockets, 1, Role::Controlling, server, credentials).await?;
        let second = Peer::new(&mut sockets, 2, Role::Controlled, server, credentials).await?;
        Ok(Self { sockets, sides: [first, second] })
    }

    fn each(&self, holds: impl Fn(&Peer) -> bool) -> bool {
        self.sides.iter().all(holds)
    }

    /// Tells each agent what the other one has gathered, as text.
    fn signal(&mut self) {
        let now = self.sockets.now();
        for side in [0, 1] {
            let credentials = self.sides[1 - side].agent.credentials().clone();
            let candidates: Vec<String> = self.sides[1 - side]
                .events
                .iter()
                .filter_map(|event| match event {
                    Event::LocalCandidate(candidate) => Some(candidate.to_string()),
                    _ => None,
                })
                .collect();
            let agent = &mut self.sides[side].agent;
            agent.set_remote(now, credentials);
            for line in candidates {
                if let Ok(candidate) = line.parse() {
                    agent.add_remote_candidate(now, candidate);
                }
            }
            agent.end_of_remote_candidates(now);
        }
    }

    async fn say(&mut self, side: usize, payload: &[u8]) {
        let mut buffer = vec![0; payload.len() + ice_agent::MAX_OVERHEAD];
        let now = self.sockets.now();
        if let Ok(transmit) = self.sides[side].agent.send(now, payload, &mut buffer) {
            self.sockets.send(transmit).await;
        }
    }

    async fn run(&mut self, done: impl Fn(&Self) -> bool) {
        let limit = self.sockets.now() + PATIENCE;
        loop {
            let now = self.sockets.now();
            let mut deadline = limit;
            for peer in &mut self.sides {
                while let Some(transmit) = peer.agent.poll_transmit(now) {
                    self.sockets.send(transmit).await;
                }
                while let Some(event) = peer.agent.poll_event() {
                    peer.events.push(event);
                }
                deadline = deadline.min(peer.agent.poll_timeout().unwrap_or(limit));
            }
            if done(self) || now >= limit {
                return;
            }
            let input = self.sockets.receive(Some(deadline)).await;
            let now = self.sockets.now();
            for peer in &mut self.sides {
                match &input {
                    Some(datagram) if datagram.five_tuple.local == peer.socket => {
                        let input = Transmit::new(datagram.five_tuple, &datagram.payload[..]);
                        let heard = peer.agent.handle_input(now, input);
                        peer.heard.extend(heard.map(Bytes::copy_from_slice));
                    }
                    Some(_) => {}
                    None => peer.agent.handle_timeout(now),
                }
            }
        }
    }
}

impl Peer {
    async fn new(
        sockets: &mut Sockets,
        network: u8,
        role: Role,
        server: SocketAddr,
        credentials: &TurnCredentials,
    ) -> Result<Self, Box<dyn Error>> {
        let natbox = NatBox::start(NatBoxConfig {
            subnet: format!("127.{network}.0.0/16").parse()?,
            gateway: ([127, network, 0, 1], 0).into(),
            outer: [127, 200, 0, network].into(),
            public: vec!["127.128.0.0/9".parse()?],
            nat: NatConfig::symmetric(),
            seed: [network; 32],
        })
        .await?;
        let socket = sockets.bind_behind(&natbox, ([127, network, 0, 2], 0).into()).await?;
        let mut config = Config::new(role);
        config.allow_loopback = true;
        let mut agent = Agent::new(config, [network; 32]);
        let now = sockets.now();
        agent.add_host(now, socket);
        agent.add_stun_server(now, server);
        agent.add_turn_server(now, server, credentials.clone());
        Ok(Self { natbox, socket, agent, events: Vec::new(), heard: Vec::new() })
    }
}
