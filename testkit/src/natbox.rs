//! A NAT on real UDP sockets on loopback (feature `natbox`; needs a tokio runtime).
//!
//! A [`NatBox`] has a gateway socket in a private subnet of 127.0.0.0/8 and one real socket for
//! each mapping on its outer address. A peer behind it opens a [`LanSocket`] and reaches the world
//! only through the gateway: STUN servers see the outer address, the [`nat`](crate::nat) rules
//! decide who may answer, and private addresses of other networks are unreachable.
//!
//! Linux and Windows answer on all of 127.0.0.0/8. Other systems need an alias on the loopback
//! interface for each address; without one, starting fails with an error that names the address.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use sansio::{FiveTuple, Transmit};
//! use testkit::NatBox;
//! use testkit::nat::NatConfig;
//! use testkit::natbox::NatBoxConfig;
//!
//! let natbox = NatBox::start(NatBoxConfig {
//!     subnet: "127.31.0.0/16".parse().unwrap(),
//!     gateway: ([127, 31, 0, 1], 0).into(),
//!     outer: [127, 131, 0, 1].into(),
//!     public: vec!["127.128.0.0/9".parse().unwrap()],
//!     nat: NatConfig::port_restricted(),
//!     seed: [7; 32],
//! })
//! .await?;
//! let peer = natbox.lan_socket(([127, 31, 0, 2], 0).into()).await?;
//!
//! let server = tokio::net::UdpSocket::bind("127.131.0.100:0").await?;
//! let to_server = FiveTuple::udp(peer.local_addr(), server.local_addr()?);
//! peer.send(Transmit::new(to_server, b"who am I?")).await?;
//!
//! let mut buf = [0; 100];
//! let (_, seen) = server.recv_from(&mut buf).await?;
//! assert_eq!(seen, natbox.mappings()[0].outer);
//! server.send_to(b"you are", seen).await?;
//! assert_eq!(peer.recv(&mut buf).await?, Transmit::new(to_server, b"you are".as_slice()));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```

mod config;
mod counters;
pub mod frame;
mod lan_socket;

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sansio::Clock;
use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, JoinHandle};

pub use config::{NatBoxConfig, NatBoxError};
pub use counters::Counters;
pub use lan_socket::LanSocket;
use lan_socket::MAX_DATAGRAM;

use crate::Subnet;
use crate::nat::{MappingEntry, Nat};

/// A running NAT. It ends, and its sockets close, when it is dropped.
#[derive(Debug)]
pub struct NatBox {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

impl NatBox {
    /// Binds the gateway and starts to serve the peers, on the tokio runtime that this is called
    /// on.
    ///
    /// # Errors
    ///
    /// [`NatBoxError`]: the addresses don't fit together, or one of them can't be bound.
    pub async fn start(config: NatBoxConfig) -> Result<Self, NatBoxError> {
        let NatBoxConfig { subnet, gateway, outer, public, nat, seed } = config;
        if !subnet.contains(gateway.ip()) {
            return Err(NatBoxError::GatewayOutsideSubnet { gateway, subnet });
        }
        if subnet.contains(outer) || !public.iter().any(|block| block.contains(outer)) {
            return Err(NatBoxError::OuterNotPublic { outer });
        }
        // Ports of the outer address are bound later, one for each mapping: see now that the
        // address exists.
        let probe = SocketAddr::new(outer, 0);
        let probe_failed = |source| NatBoxError::Bind { what: "outer", address: probe, source };
        drop(UdpSocket::bind(probe).await.map_err(probe_failed)?);
        let bind_failed = |source| NatBoxError::Bind { what: "gateway", address: gateway, source };
        let socket = UdpSocket::bind(gateway).await.map_err(bind_failed)?;
        let shared = Arc::new(Shared {
            gateway: socket.local_addr().map_err(bind_failed)?,
            socket,
            subnet,
            public,
            clock: Clock::start(),
            state: Mutex::new(State {
                nat: Nat::new(outer, nat, seed),
                ports: BTreeMap::new(),
                counters: Counters::default(),
                last_error: None,
                closed: false,
            }),
        });
        let serve = tokio::spawn(Arc::clone(&shared).serve_peers());
        let close = tokio::spawn(Arc::clone(&shared).close_expired());
        Ok(Self { shared, tasks: [serve, close] })
    }

    /// A socket for a peer behind it, bound to `local` in the box's subnet.
    ///
    /// # Errors
    ///
    /// As [`LanSocket::bind`].
    pub async fn lan_socket(&self, local: SocketAddr) -> io::Result<LanSocket> {
        LanSocket::bind(local, self.gateway(), self.shared.subnet).await
    }

    /// Where peers send their frames to.
    #[must_use]
    pub fn gateway(&self) -> SocketAddr {
        self.shared.gateway
    }

    /// The outer IP address.
    #[must_use]
    pub fn outer(&self) -> IpAddr {
        self.shared.lock().nat.outer()
    }

    /// The mapping table as it is now, ordered by inner address.
    #[must_use]
    pub fn mappings(&self) -> Vec<MappingEntry> {
        let mut state = self.shared.lock();
        state.nat.handle_timeout(self.shared.clock.now());
        state.nat.mappings().collect()
    }

    /// What it has passed on and dropped so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.shared.lock().counters
    }

    /// What went wrong last on one of its sockets, and on which; [`Counters::socket_errors`] says
    /// how often.
    #[must_use]
    pub fn last_error(&self) -> Option<String> {
        self.shared.lock().last_error.clone()
    }
}

impl Drop for NatBox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        // The tasks of the ports hold the shared state: without this they would live on.
        let mut state = self.shared.lock();
        state.closed = true;
        for port in core::mem::take(&mut state.ports).into_values() {
            port.receiver.abort();
        }
    }
}

#[derive(Debug)]
struct Shared {
    socket: UdpSocket,
    gateway: SocketAddr,
    subnet: Subnet,
    public: Vec<Subnet>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    nat: Nat,
    ports: BTreeMap<SocketAddr, Port>,
    counters: Counters,
    last_error: Option<String>,
    /// The box was dropped: no socket may be opened any more.
    closed: bool,
}

/// The real socket of a mapping, and the task that reads it.
#[derive(Debug)]
struct Port {
    socket: Arc<UdpSocket>,
    receiver: AbortHandle,
}

/// What becomes of a datagram from a peer.
enum Route {
    Out(Arc<UdpSocket>),
    Hairpin { from: SocketAddr, to: SocketAddr },
}

impl Shared {
    /// The sockets of mappings that have ended are closed this often.
    const CLOSE_EVERY: Duration = Duration::from_millis(250);

    /// The state stays sound whatever panics while it is locked: no invariant spans two statements.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From the peers to the world.
    async fn serve_peers(self: Arc<Self>) {
        let mut buf = vec![0; MAX_DATAGRAM];
        let mut framed = vec![0; MAX_DATAGRAM + frame::MAX_HEADER];
        loop {
            let (length, peer) = match self.socket.recv_from(&mut buf).await {
                Ok(received) => received,
                Err(error) => {
                    self.note("gateway", self.gateway, &error).await;
                    continue;
                }
            };
            if !self.subnet.contains(peer.ip()) {
                self.lock().counters.strangers += 1;
                continue;
            }
            let Ok((remote, payload)) = frame::decode(&buf[..length]) else {
                self.lock().counters.malformed += 1;
                continue;
            };
            match self.route(peer, remote) {
                Some(Route::Out(socket)) => match socket.send_to(payload, remote).await {
                    Ok(_) => self.lock().counters.sent_out += 1,
                    Err(error) => self.note("sending to", remote, &error).await,
                },
                Some(Route::Hairpin { from, to }) => {
                    if let Ok(framed) = frame::encode(from, payload, &mut framed)
                        && self.hand_in(to, framed).await
                    {
                        self.lock().counters.hairpinned += 1;
                    }
                }
                None => {}
            }
        }
    }

    /// From the world to one mapping.
    async fn serve_port(self: Arc<Self>, outer: SocketAddr, socket: Arc<UdpSocket>) {
        let mut buf = vec![0; frame::MAX_HEADER + MAX_DATAGRAM];
        loop {
            let received = socket.recv_from(&mut buf[frame::MAX_HEADER..]).await;
            let (length, remote) = match received {
                Ok(received) => received,
                Err(error) => {
                    self.note("outer", outer, &error).await;
                    continue;
                }
            };
            let inside = self.lock().inbound(self.clock, remote, outer);
            let end = frame::MAX_HEADER + length;
            if let Some(inside) = inside
                && let Ok(framed) = frame::encode_in_place(remote, &mut buf[..end])
                && self.hand_in(inside, framed).await
            {
                self.lock().counters.let_in += 1;
            }
        }
    }

    async fn close_expired(self: Arc<Self>) {
        loop {
            tokio::time::sleep(Self::CLOSE_EVERY).await;
            self.lock().close_expired(self.clock);
        }
    }

    fn route(self: &Arc<Self>, peer: SocketAddr, remote: SocketAddr) -> Option<Route> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let outer = state.nat.outer();
        if remote.is_ipv4() != outer.is_ipv4()
            || !self.public.iter().any(|block| block.contains(remote.ip()))
            || self.subnet.contains(remote.ip())
        {
            state.counters.unroutable += 1;
            return None;
        }
        let now = self.clock.now();
        let mut opened = None;
        let mut failed = None;
        let open = |outer| Self::open(outer, &mut opened, &mut failed);
        let hairpin = remote.ip() == outer;
        let routed = if hairpin {
            state.nat.hairpin_where(now, peer, remote, open).map(|pin| (pin.from, pin.to))
        } else {
            state.nat.outbound_where(now, peer, remote, open).map(|outer| (outer, remote))
        };
        if let Some((outer, error)) = failed {
            state.note("outer", outer, &error);
        }
        // Even a refused hairpin may have made a mapping for its sender.
        if let Some((outer, socket)) = opened {
            self.add_port(&mut state, outer, socket);
        }
        match routed {
            Ok((from, to)) if hairpin => Some(Route::Hairpin { from, to }),
            Ok((outer, _)) => {
                state.ports.get(&outer).map(|port| Route::Out(Arc::clone(&port.socket)))
            }
            Err(refusal) => {
                state.counters.count(refusal);
                None
            }
        }
    }

    /// Whether the real port of `outer` could be opened. A port that is in use is passed over;
    /// after any other error no further one is tried, as it would end the same way.
    fn open(
        outer: SocketAddr,
        opened: &mut Option<(SocketAddr, UdpSocket)>,
        failed: &mut Option<(SocketAddr, io::Error)>,
    ) -> bool {
        if failed.is_some() {
            return false;
        }
        let bound = std::net::UdpSocket::bind(outer).and_then(|socket| {
            socket.set_nonblocking(true)?;
            UdpSocket::from_std(socket)
        });
        match bound {
            Ok(socket) => {
                *opened = Some((outer, socket));
                return true;
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => *failed = Some((outer, error)),
        }
        false
    }

    fn add_port(self: &Arc<Self>, state: &mut State, outer: SocketAddr, socket: UdpSocket) {
        let socket = Arc::new(socket);
        let task = tokio::spawn(Arc::clone(self).serve_port(outer, Arc::clone(&socket)));
        let port = Port { socket, receiver: task.abort_handle() };
        if let Some(former) = state.ports.insert(outer, port) {
            former.receiver.abort();
        }
    }

    /// Hands a frame to the peer at `inside`; whether it went well.
    async fn hand_in(&self, inside: SocketAddr, framed: &[u8]) -> bool {
        match self.socket.send_to(framed, inside).await {
            Ok(_) => true,
            Err(error) => {
                self.note("handing in to", inside, &error).await;
                false
            }
        }
    }

    /// Notes an error, and waits a moment: a socket that fails at once again must not keep the
    /// thread busy.
    async fn note(&self, what: &str, address: SocketAddr, error: &io::Error) {
        self.lock().note(what, address, error);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl State {
    fn inbound(
        &mut self,
        clock: Clock,
        remote: SocketAddr,
        outer: SocketAddr,
    ) -> Option<SocketAddr> {
        let inside = self.nat.inbound(clock.now(), remote, outer);
        inside.map_err(|refusal| self.counters.count(refusal)).ok()
    }

    fn close_expired(&mut self, clock: Clock) {
        self.nat.handle_timeout(clock.now());
        let nat = &self.nat;
        self.ports.retain(|&outer, port| {
            let mapped = nat.is_mapped(outer);
            if !mapped {
                port.receiver.abort();
            }
            mapped
        });
    }

    fn note(&mut self, what: &str, address: SocketAddr, error: &io::Error) {
        self.counters.socket_errors += 1;
        self.last_error = Some(format!("{what} {address}: {error}"));
    }
}
