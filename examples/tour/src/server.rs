//! A STUN and TURN server on real sockets: it gives `turn_proto::Server`, which does no I/O, the
//! datagrams and the time, and does what it asks for.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use sansio::{Clock, FiveTuple, Transmit};
use tokio::net::UdpSocket;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::JoinHandle;
use turn_proto::server::{Config, Event, Prefix, Server};

use crate::peer::{pause, sleep_until};

/// What the server calls its users' passwords' home (RFC 8489 §9.2).
const REALM: &str = "tour.invalid";

/// The most that one UDP datagram over IPv4 holds.
const MAX_DATAGRAM: usize = 65_507;

/// How many datagrams wait at the most between the relays' sockets and the server.
const QUEUE: usize = 256;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct RelayServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl RelayServer {
    /// Starts a server on `address` (port 0: any), which relays on the same IP address to `peers` and
    /// nobody else, for one user.
    pub(crate) async fn start(
        address: SocketAddr,
        peers: Prefix,
        (username, password): (&str, &str),
        clock: Clock,
        seed: [u8; 32],
    ) -> io::Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        let address = socket.local_addr()?;
        let mut config = Config::new(REALM, address, address.ip());
        config.add_user(username, password);
        config.peer_policy.allow.push(peers);
        let server = Server::new(config, seed);
        let task = tokio::spawn(Driver::new(server, address, socket, clock).run());
        Ok(Self { address, task })
    }

    /// Where it answers.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for RelayServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Owns the server and its sockets.
struct Driver {
    server: Server,
    clock: Clock,
    address: SocketAddr,
    /// Where clients are awaited.
    socket: Arc<UdpSocket>,
    relays: BTreeMap<SocketAddr, Relay>,
    buffer: Vec<u8>,
}

/// The socket of a relayed address, and the task that reads it.
struct Relay {
    socket: Arc<UdpSocket>,
    reader: JoinHandle<()>,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Driver {
    fn new(server: Server, address: SocketAddr, socket: UdpSocket, clock: Clock) -> Self {
        let buffer = vec![0; MAX_DATAGRAM];
        let socket = Arc::new(socket);
        Self { server, clock, address, socket, relays: BTreeMap::new(), buffer }
    }

    async fn run(mut self) {
        let (from_peers, mut inputs) = mpsc::channel::<Transmit<Bytes>>(QUEUE);
        let socket = Arc::clone(&self.socket);
        let mut buffer = vec![0; MAX_DATAGRAM];
        loop {
            self.drain(&from_peers).await;
            let deadline = self.server.poll_timeout();
            tokio::select! {
                received = socket.recv_from(&mut buffer) => match received {
                    Ok((length, client)) => {
                        let five_tuple = FiveTuple::udp(self.address, client);
                        let datagram = buffer.get(..length).unwrap_or_default();
                        self.take(Transmit::new(five_tuple, datagram)).await;
                    }
                    Err(_) => pause().await,
                },
                Some(input) = inputs.recv() => {
                    self.take(Transmit::new(input.five_tuple, &input.payload)).await;
                }
                () = sleep_until(self.clock, deadline) => {
                    self.server.handle_timeout(self.clock.now());
                }
            }
        }
    }

    /// Hands a datagram to the server, and sends on what it says.
    async fn take(&mut self, input: Transmit<&[u8]>) {
        let Some(relayed) = self.server.handle_input(self.clock.now(), input) else { return };
        let FiveTuple { local, remote, .. } = relayed.five_tuple;
        let Some(socket) = socket(self.address, &self.socket, &self.relays, local) else { return };
        if let Some(datagram) = relayed.write(&mut self.buffer) {
            send(socket, datagram, remote).await;
        }
    }

    /// Does all that the server asks for.
    async fn drain(&mut self, from_peers: &Sender<Transmit<Bytes>>) {
        loop {
            while let Some(transmit) = self.server.poll_transmit(self.clock.now()) {
                let FiveTuple { local, remote, .. } = transmit.five_tuple;
                if let Some(socket) = socket(self.address, &self.socket, &self.relays, local) {
                    send(socket, &transmit.payload, remote).await;
                }
            }
            match self.server.poll_event() {
                Some(Event::OpenRelay { relay }) => {
                    let opened = Relay::open(relay, from_peers.clone()).await;
                    let is_open = opened.is_ok();
                    self.relays.extend(opened.map(|opened| (relay, opened)));
                    self.server.relay_opened(self.clock.now(), relay, is_open);
                }
                Some(Event::CloseRelay { relay }) => drop(self.relays.remove(&relay)),
                Some(_) => {}
                None => return,
            }
        }
    }
}

impl Relay {
    async fn open(address: SocketAddr, inputs: Sender<Transmit<Bytes>>) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::bind(address).await?);
        let reader = tokio::spawn(read(address, Arc::clone(&socket), inputs));
        Ok(Self { socket, reader })
    }
}

/// Passes on what peers send to a relayed address.
async fn read(relay: SocketAddr, socket: Arc<UdpSocket>, inputs: Sender<Transmit<Bytes>>) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        let Ok((length, peer)) = socket.recv_from(&mut buffer).await else {
            pause().await;
            continue;
        };
        let datagram = Bytes::copy_from_slice(buffer.get(..length).unwrap_or_default());
        let input = Transmit::new(FiveTuple::udp(relay, peer), datagram);
        if inputs.send(input).await.is_err() {
            return;
        }
    }
}

/// The socket that has this address.
fn socket<'a>(
    listening: SocketAddr,
    socket: &'a UdpSocket,
    relays: &'a BTreeMap<SocketAddr, Relay>,
    address: SocketAddr,
) -> Option<&'a UdpSocket> {
    if address == listening {
        return Some(socket);
    }
    relays.get(&address).map(|relay| &*relay.socket)
}

/// A datagram that can't be sent is lost, as datagrams may be.
async fn send(socket: &UdpSocket, datagram: &[u8], to: SocketAddr) {
    let _ = socket.send_to(datagram, to).await;
}
