//! A peer: an ICE agent with a socket and the time. One task owns the agent, which does no I/O; the
//! rest of the program talks to that task.

use std::net::SocketAddr;
use std::time::Duration;

use ice_agent::{
    Agent, Candidate, Config, Credentials, Event, MAX_OVERHEAD, PairReport, Role, SelectedPair,
    TurnCredentials,
};
use sansio::{Clock, Timestamp, Transmit};
use testkit::natbox::LanSocket;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::description::Description;
use crate::failure::Failure;
use crate::link::{Carrier, Link, link};

/// The most that one UDP datagram over IPv4 holds.
const MAX_DATAGRAM: usize = 65_507;

/// One of the two peers. Its agent ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    name: &'static str,
    address: SocketAddr,
    credentials: Credentials,
    commands: mpsc::Sender<Command>,
    events: mpsc::UnboundedReceiver<(Timestamp, Event)>,
    link: Option<Link>,
    task: JoinHandle<()>,
}

/// The server that tells a peer its public address and relays for it.
#[derive(Clone, Debug)]
pub(crate) struct Servers {
    pub(crate) address: SocketAddr,
    pub(crate) username: String,
    pub(crate) password: String,
}

/// What a peer found out about itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) candidates: Vec<Candidate>,
    /// What went wrong with the servers, in words.
    pub(crate) failures: Vec<String>,
}

/// How the connection came about, as one peer sees it.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) selected: Option<SelectedPair>,
    pub(crate) pairs: Vec<PairReport>,
}

impl Outcome {
    /// The pairs on which checks were sent.
    pub(crate) fn tried(&self) -> impl Iterator<Item = &PairReport> {
        self.pairs.iter().filter(|pair| pair.checks_sent > 0)
    }
}

#[derive(Debug)]
enum Command {
    Connect(Description),
    Report(oneshot::Sender<Outcome>),
}

impl Peer {
    /// Starts an agent on `socket`, which begins to gather candidates at once.
    pub(crate) fn start(
        name: &'static str,
        role: Role,
        socket: LanSocket,
        servers: &Servers,
        clock: Clock,
        seed: [u8; 32],
    ) -> Self {
        let mut config = Config::new(role);
        // Agents refuse loopback addresses of others, as no other machine has them. Here all do.
        config.allow_loopback = true;
        // On one machine all of it takes well below a second.
        config.gathering_timeout = Duration::from_secs(4);
        config.connect_timeout = Duration::from_secs(8);
        let mut agent = Agent::new(config, seed);
        let now = clock.now();
        agent.add_host(now, socket.local_addr());
        agent.add_stun_server(now, servers.address);
        let credentials = TurnCredentials::new(&*servers.username, &*servers.password);
        agent.add_turn_server(now, servers.address, credentials);

        let (commands, orders) = mpsc::channel(4);
        let (news, events) = mpsc::unbounded_channel();
        let (link, carrier) = link();
        let address = socket.local_addr();
        let credentials = agent.credentials().clone();
        let driver = Driver { agent, socket, clock, carrier, orders, news };
        let task = tokio::spawn(driver.run());
        Self { name, address, credentials, commands, events, link: Some(link), task }
    }

    /// What the story calls it.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// The address of its socket.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The credentials to tell the other peer.
    pub(crate) const fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Waits until all candidates are there.
    pub(crate) async fn gathered(&mut self) -> Result<Gathered, Failure> {
        let mut gathered = Gathered::default();
        loop {
            match self.next_event().await?.1 {
                Event::LocalCandidate(candidate) => gathered.candidates.push(candidate),
                Event::ServerFailed { server, reason } => {
                    gathered.failures.push(format!("{server}: {reason}"));
                }
                Event::GatheringComplete => return Ok(gathered),
                _ => {}
            }
        }
    }

    /// Begins to look for a path to the peer that has sent `description`.
    pub(crate) async fn connect(&self, description: Description) -> Result<(), Failure> {
        self.commands.send(Command::Connect(description)).await.map_err(|_| self.ended())
    }

    /// Waits until there is a path, and tells since when.
    pub(crate) async fn connected(&mut self) -> Result<Timestamp, Failure> {
        loop {
            match self.next_event().await? {
                (at, Event::Selected(_)) => return Ok(at),
                (_, Event::Failed | Event::ConsentExpired) => {
                    return Err(Failure::run(format!("the {} finds no path", self.name)));
                }
                _ => {}
            }
        }
    }

    /// What has become of the pairs.
    pub(crate) async fn outcome(&self) -> Result<Outcome, Failure> {
        let (answer, outcome) = oneshot::channel();
        self.commands.send(Command::Report(answer)).await.map_err(|_| self.ended())?;
        outcome.await.map_err(|_| self.ended())
    }

    /// The link that the agent carries datagrams for. There is one.
    pub(crate) fn take_link(&mut self) -> Result<Link, Failure> {
        self.link.take().ok_or_else(|| Failure::run(format!("the {}'s link is taken", self.name)))
    }

    async fn next_event(&mut self) -> Result<(Timestamp, Event), Failure> {
        self.events.recv().await.ok_or_else(|| self.ended())
    }

    fn ended(&self) -> Failure {
        Failure::run(format!("the {}'s agent has ended", self.name))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Owns the agent, and does what it asks for.
struct Driver {
    agent: Agent,
    /// A real peer has a `tokio::net::UdpSocket` here, or several. This one is behind a NAT of ours.
    socket: LanSocket,
    clock: Clock,
    carrier: Carrier,
    orders: mpsc::Receiver<Command>,
    news: mpsc::UnboundedSender<(Timestamp, Event)>,
}

impl Driver {
    async fn run(mut self) {
        let mut incoming = vec![0; MAX_DATAGRAM];
        let mut framed = vec![0; MAX_DATAGRAM + MAX_OVERHEAD];
        loop {
            self.drain().await;
            let deadline = self.agent.poll_timeout();
            tokio::select! {
                received = self.socket.recv(&mut incoming) => match received {
                    Ok(datagram) => {
                        if let Some(payload) = self.agent.handle_input(self.clock.now(), datagram) {
                            self.carrier.deliver(payload);
                        }
                    }
                    Err(_) => pause().await,
                },
                Some(datagram) = self.carrier.outgoing.recv() => {
                    let now = self.clock.now();
                    // Without a path there is nowhere to send to: lost, as datagrams may be.
                    if let Ok(transmit) = self.agent.send(now, &datagram, &mut framed) {
                        send(&self.socket, transmit).await;
                    }
                }
                Some(command) = self.orders.recv() => self.obey(command),
                () = sleep_until(self.clock, deadline) => {
                    self.agent.handle_timeout(self.clock.now());
                }
            }
        }
    }

    /// After everything that was handed to the agent: what it wants to send, then what it has to
    /// tell.
    async fn drain(&mut self) {
        while let Some(transmit) = self.agent.poll_transmit(self.clock.now()) {
            let Transmit { five_tuple, payload } = transmit;
            send(&self.socket, Transmit::new(five_tuple, &payload)).await;
        }
        while let Some(event) = self.agent.poll_event() {
            // Nobody listens when the peer is about to end.
            let _ = self.news.send((self.clock.now(), event));
        }
    }

    fn obey(&mut self, command: Command) {
        let (agent, now) = (&mut self.agent, self.clock.now());
        match command {
            Command::Connect(Description { credentials, candidates, .. }) => {
                agent.set_remote(now, credentials);
                for candidate in candidates {
                    agent.add_remote_candidate(now, candidate);
                }
                agent.end_of_remote_candidates(now);
            }
            Command::Report(answer) => {
                let selected = agent.selected_pair();
                let pairs = agent.pairs().collect();
                // Whoever asked may have given up.
                let _ = answer.send(Outcome { selected, pairs });
            }
        }
    }
}

/// A datagram that can't be sent is lost, as datagrams may be.
async fn send(socket: &LanSocket, datagram: Transmit<&[u8]>) {
    let _ = socket.send(datagram).await;
}

/// Waits for a machine's deadline; for ever when there is none.
pub(crate) async fn sleep_until(clock: Clock, deadline: Option<Timestamp>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(clock.instant(deadline).into()).await,
        None => std::future::pending().await,
    }
}

/// After an error of a socket. Most are about an earlier datagram that has reached nobody, and mean
/// nothing; but one that comes again and again must not keep the processor busy.
pub(crate) async fn pause() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
