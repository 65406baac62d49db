//! The client: one allocation at one server, with its permissions and channels kept alive.
//!
//! ```
//! use core::net::SocketAddr;
//! use sansio::{FiveTuple, Timestamp};
//! use turn_proto::client::{Client, Config};
//! use turn_proto::Credentials;
//!
//! let local: SocketAddr = "192.0.2.1:5000".parse()?; // a socket that the caller owns
//! let server: SocketAddr = "198.51.100.2:3478".parse()?;
//! let credentials = Credentials::new("alice", "wonderland");
//! let mut client = Client::new(Config::new(FiveTuple::udp(local, server), credentials), [7; 32]);
//!
//! let now = Timestamp::ZERO;
//! client.allocate(now);
//! client.bind_channel(now, "203.0.113.5:6000".parse()?); // done once there is an allocation
//! while let Some(transmit) = client.poll_transmit(now) {
//!     assert_eq!(transmit.five_tuple.remote, server); // send it; then hand in what arrives
//! }
//! assert!(client.poll_timeout().is_some()); // and call `handle_timeout` when it is time
//! # Ok::<(), core::net::AddrParseError>(())
//! ```

use alloc::collections::{BTreeSet, VecDeque};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use bytes::Bytes;
use rand::rngs::ChaCha12Rng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::auth::long_term::Session;
use stun_codec::channel_data::ChannelData;
use stun_codec::demux::{self, Protocol};
use stun_codec::redirection::Redirections;
use stun_codec::transaction::FailureReason;
use stun_codec::{BuildError, Class, Message, MessageBuilder, Method, TransactionId, Transactions};
use stun_codec::{attr, transaction};

mod answer;
mod config;
mod event;
mod peers;
mod request;

pub use config::Config;
pub use event::{Event, Failure, SendError};

use peers::Peers;
use request::{Pending, Release, Request};

/// The most bytes that [`Client::send`] adds to a payload: those of a Send indication to an IPv6
/// peer.
pub const MAX_OVERHEAD: usize = 20 + 24 + 4 + 3;

/// A TURN client: one allocation at one server (RFC 8656), over UDP.
///
/// The caller says what it wants; the client asks for it, and keeps it until [`close`](Self::close)
/// or until it is lost: it refreshes the allocation, the permissions and the channels in good
/// time, and meets new nonces on the way. After any `handle_*` and any order, drain
/// [`poll_transmit`](Self::poll_transmit), then [`poll_event`](Self::poll_event), then read
/// [`poll_timeout`](Self::poll_timeout).
///
/// What arrives adds nothing to its memory; that is bounded by what the caller asks for.
#[derive(Debug)]
pub struct Client {
    config: Config,
    five_tuple: FiveTuple,
    rng: ChaCha12Rng,
    session: Session,
    /// How many challenges the session has learned from.
    challenges: u32,
    state: State,
    transactions: Transactions<Pending>,
    peers: Peers,
    timers: BTreeSet<(Timestamp, Timer)>,
    events: VecDeque<Event>,
    /// Where `allocate` has been sent.
    redirections: Redirections,
    /// A leftover of an earlier run on this port has been cleared away since `allocate`.
    cleared: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not begun, failed, lost or closed.
    Idle,
    Allocating,
    Allocated(Allocation),
    Closing,
}

#[derive(Clone, Copy, Debug)]
struct Allocation {
    relayed: SocketAddr,
    mapped: SocketAddr,
    expires_at: Timestamp,
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Timer {
    Refresh,
    Expiry,
    Permission(IpAddr),
    Channel(SocketAddr),
}

/// What a datagram was, by [`Client::handle_input`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Input<'a> {
    /// A peer's datagram that the server has relayed.
    Data {
        /// Who sent it.
        peer: SocketAddr,
        /// What it sent; it borrows from the input.
        payload: &'a [u8],
    },
    /// TURN, and the client has taken note of it or dropped it.
    Handled,
    /// From somebody else, or not TURN: say a Binding response of the same server, for
    /// somebody else who uses the socket.
    NotMine,
}

/// A permission lasts 300 s (RFC 8656 §9). A transaction takes up to 39.5 s with the first RTO, and
/// less than 60 s with the longest one.
const PERMISSION_REFRESH: Duration = Duration::from_secs(240);

/// A channel lasts 600 s, its permission 300 s (RFC 8656 §12). Binding it anew renews both;
/// since that comes before the permission's own refresh, the latter is sent only for peers
/// without a channel.
const CHANNEL_REFRESH: Duration = Duration::from_secs(200);

/// How long before its end an allocation is refreshed (RFC 8656 §8).
const ALLOCATION_MARGIN: Duration = Duration::from_secs(60);

impl Client {
    /// A client that has asked for nothing yet. `seed` must be unpredictable; equal
    /// seeds and equal inputs give equal outputs.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed);
        Self {
            five_tuple: config.five_tuple,
            session: Session::new(config.credentials.clone()),
            challenges: 0,
            state: State::Idle,
            transactions: Transactions::new(config.transactions, rng.random()),
            peers: Peers::default(),
            timers: BTreeSet::new(),
            events: VecDeque::new(),
            redirections: Redirections::new(config.max_redirects.into()),
            cleared: false,
            rng,
            config,
        }
    }

    /// Asks for an allocation. The end is told by [`Event::Allocated`] or
    /// [`Event::AllocationFailed`]. Nothing happens when there is one, or one has been asked for.
    pub fn allocate(&mut self, now: Timestamp) {
        if !matches!(self.state, State::Idle) {
            return;
        }
        self.transactions = Transactions::new(self.config.transactions, self.rng.random());
        self.five_tuple = self.config.five_tuple;
        self.session = Session::new(self.config.credentials.clone());
        self.challenges = 0;
        self.redirections = Redirections::new(self.config.max_redirects.into());
        self.redirections.asked(now, self.five_tuple.remote);
        self.cleared = false;
        self.state = State::Allocating;
        self.start(now, Request::Allocate, 0);
    }

    /// Asks that this address may send to us and we to it, and keeps it so until the allocation
    /// ends. Before there is an allocation the wish is kept for it. To ask twice changes nothing.
    pub fn create_permission(&mut self, now: Timestamp, peer: IpAddr) {
        let standing = self.peers.permission_mut(peer);
        if !standing.wanted {
            standing.wanted = true;
            self.ask_permission(now, peer);
        }
    }

    /// Asks for a channel to this peer, and so for the permission, and keeps both until the
    /// allocation ends. Before there is an allocation the wish is kept for it. To ask twice
    /// changes nothing.
    pub fn bind_channel(&mut self, now: Timestamp, peer: SocketAddr) {
        let Some((_, standing)) = self.peers.channel_mut(peer) else {
            let reason = Failure::ChannelsExhausted;
            self.events.push_back(Event::ChannelFailed { peer, reason });
            return;
        };
        if !standing.wanted {
            standing.wanted = true;
            self.ask_channel(now, peer);
        }
    }

    /// Wraps `payload` for `peer`, into `buffer`: as ChannelData when a channel is bound, as a
    /// Send indication otherwise. [`MAX_OVERHEAD`] bytes more than the payload are always enough.
    /// It allocates nothing.
    ///
    /// # Errors
    /// When there is no allocation or no permission (yet), or the buffer is too small.
    #[inline]
    pub fn send<'b>(
        &mut self,
        _now: Timestamp,
        peer: SocketAddr,
        payload: &[u8],
        buffer: &'b mut [u8],
    ) -> Result<Transmit<&'b [u8]>, SendError> {
        if !matches!(self.state, State::Allocated(_)) {
            return Err(SendError::NotAllocated);
        }
        let too_long = SendError::PayloadTooLong { length: payload.len() };
        if let Some((channel, standing)) = self.peers.channel(peer)
            && standing.granted
        {
            let header = ChannelData::header(channel, payload.len()).ok_or(too_long)?;
            let needed = header.len() + payload.len();
            let Some(message) = buffer.get_mut(..needed) else {
                return Err(SendError::BufferTooSmall { needed });
            };
            let (head, tail) = message.split_at_mut(header.len());
            head.copy_from_slice(&header);
            tail.copy_from_slice(payload);
            return Ok(Transmit::new(self.five_tuple, message));
        }
        if !self.peers.permission(peer.ip()).granted {
            return Err(SendError::NoPermission);
        }
        let mut id = [0; 12];
        self.rng.fill_bytes(&mut id);
        let id = TransactionId::new(id);
        let needed = payload.len() + MAX_OVERHEAD;
        match MessageBuilder::indication(Method::SEND, id, buffer)
            .put(attr::XOR_PEER_ADDRESS, peer)
            .put(attr::DATA, payload)
            .finish()
        {
            Ok(message) => Ok(Transmit::new(self.five_tuple, message)),
            Err(BuildError::BufferTooSmall { .. }) => Err(SendError::BufferTooSmall { needed }),
            Err(_) => Err(too_long),
        }
    }

    /// Takes a datagram that has come in on one of the caller's sockets. It allocates nothing
    /// for a peer's data.
    #[inline]
    pub fn handle_input<'a>(&mut self, now: Timestamp, input: Transmit<&'a [u8]>) -> Input<'a> {
        if input.five_tuple != self.five_tuple {
            return Input::NotMine;
        }
        match demux::protocol(input.payload) {
            Some(Protocol::ChannelData) => self.handle_channel_data(input.payload),
            Some(Protocol::Stun) => match Message::parse(input.payload) {
                Ok(message) if message.verify_fingerprint().is_ok() => {
                    self.handle_message(now, &message)
                }
                _ => Input::NotMine,
            },
            _ => Input::NotMine,
        }
    }

    fn handle_channel_data<'a>(&self, datagram: &'a [u8]) -> Input<'a> {
        let Ok(ChannelData { channel, payload }) = ChannelData::parse(datagram) else {
            return Input::NotMine;
        };
        match self.peers.peer_of(channel) {
            Some(peer) if matches!(self.state, State::Allocated(_)) => {
                Input::Data { peer, payload }
            }
            _ => Input::Handled,
        }
    }

    fn handle_message<'a>(&mut self, now: Timestamp, message: &Message<'a>) -> Input<'a> {
        match (message.class(), message.method()) {
            (Class::Indication, Method::DATA) => self.handle_data(message),
            (
                Class::Success | Class::Error,
                Method::ALLOCATE
                | Method::REFRESH
                | Method::CREATE_PERMISSION
                | Method::CHANNEL_BIND,
            ) => {
                self.handle_answer(now, message);
                Input::Handled
            }
            _ => Input::NotMine,
        }
    }

    /// RFC 8656 §11.4: data counts only when it comes from where the client has let it come from.
    fn handle_data<'a>(&self, message: &Message<'a>) -> Input<'a> {
        match (message.get(attr::XOR_PEER_ADDRESS), message.get(attr::DATA)) {
            (Ok(Some(peer)), Ok(Some(payload)))
                if matches!(self.state, State::Allocated(_))
                    && self.has_let_in(peer)
                    && message.unknown_required(crate::known::is_known).is_empty() =>
            {
                Input::Data { peer, payload }
            }
            _ => Input::Handled,
        }
    }

    /// Whether the client has asked for a permission for this peer: data may come in before the
    /// server's answer does.
    fn has_let_in(&self, peer: SocketAddr) -> bool {
        let permission = self.peers.permission(peer.ip());
        permission.wanted
            || permission.granted
            || self.peers.channel(peer).is_some_and(|(_, standing)| standing.wanted)
    }

    /// Sends again what is due, refreshes what is due, gives up what is out of time. Safe to
    /// call early or late.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.transactions.handle_timeout(now);
        while let Some(failed) = self.transactions.poll_event() {
            let transaction::Failed { context, reason, .. } = failed;
            let reason = match reason {
                FailureReason::IntegrityViolated => Failure::IntegrityViolated,
                FailureReason::TimedOut | FailureReason::Unreachable => Failure::TimedOut,
            };
            self.handle_failure(now, context.request, reason);
        }
        while let Some(&(deadline, timer)) = self.timers.first()
            && deadline <= now
        {
            self.timers.pop_first();
            match timer {
                Timer::Refresh => self.start(now, Request::Refresh, 0),
                Timer::Expiry => self.lose(Failure::Expired),
                Timer::Permission(peer) => self.ask_permission(now, peer),
                Timer::Channel(peer) => self.ask_channel(now, peer),
            }
        }
    }

    /// The next datagram to send. The answer may change after every other call with a `now`,
    /// except [`send`](Self::send).
    #[must_use = "a datagram that is not sent is lost"]
    pub fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.transactions.poll_transmit(now)
    }

    /// The next thing to know. The answer may change after every other call with a `now`,
    /// except [`send`](Self::send).
    #[must_use = "an event is told once"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. The answer may change after
    /// every other call with a `now`, except [`send`](Self::send).
    #[must_use = "without the time-out nothing is refreshed"]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let own = self.timers.first().map(|&(deadline, _)| deadline);
        own.into_iter().chain(self.transactions.poll_timeout()).min()
    }

    /// Gives the allocation back (Refresh with LIFETIME 0). [`Event::Closed`] tells when the
    /// server has confirmed it, or has not answered in all the time that a transaction has.
    pub fn close(&mut self, now: Timestamp) {
        match self.state {
            State::Closing => {}
            // The request that is under way carries no credentials, and creates nothing at a
            // server that wants them.
            State::Allocating if self.challenges == 0 => self.end_quietly(),
            State::Idle => self.end_quietly(),
            State::Allocating | State::Allocated(_) => {
                self.give_up(now, Release::Close, State::Closing);
            }
        }
    }

    /// Our address at the server, while there is an allocation.
    #[must_use]
    pub const fn relayed(&self) -> Option<SocketAddr> {
        match self.state {
            State::Allocated(Allocation { relayed, .. }) => Some(relayed),
            _ => None,
        }
    }

    /// Our address as the server sees it, while there is an allocation.
    #[must_use]
    pub const fn mapped(&self) -> Option<SocketAddr> {
        match self.state {
            State::Allocated(Allocation { mapped, .. }) => Some(mapped),
            _ => None,
        }
    }

    /// From the caller's socket to the server. The server may become another one while the client
    /// allocates, when the first one says so (300, Try Alternate).
    #[must_use]
    pub const fn five_tuple(&self) -> FiveTuple {
        self.five_tuple
    }

    /// Asks for a permission when there is an allocation, and of the right family.
    fn ask_permission(&mut self, now: Timestamp, peer: IpAddr) {
        let State::Allocated(Allocation { relayed, .. }) = self.state else { return };
        if relayed.is_ipv4() == peer.is_ipv4() {
            self.start(now, Request::CreatePermission(peer), 0);
        } else {
            self.drop_permission(peer, Failure::AddressFamily);
        }
    }

    fn ask_channel(&mut self, now: Timestamp, peer: SocketAddr) {
        let State::Allocated(Allocation { relayed, .. }) = self.state else { return };
        let Some((channel, _)) = self.peers.channel(peer) else { return };
        if relayed.is_ipv4() == peer.is_ipv4() {
            self.start(now, Request::ChannelBind(peer, channel), 0);
        } else {
            self.drop_channel(peer, Failure::AddressFamily);
        }
    }

    fn start(&mut self, now: Timestamp, request: Request, refusals: u8) {
        let id = self.transactions.transaction_id();
        let mut buffer = [0; request::CAPACITY];
        match request.write(id, &self.config, &self.session, &mut buffer) {
            Ok(message) => {
                let challenges = self.challenges;
                let pending = Pending { request, refusals, challenges, sent: now };
                self.transactions.start(now, Transmit::new(self.five_tuple, message), pending);
            }
            Err(error) => self.handle_failure(now, request, Failure::Unwritable(error)),
        }
    }

    fn end_quietly(&mut self) {
        self.reset();
        self.state = State::Idle;
        self.events.push_back(Event::Closed);
    }

    /// Forgets all that was asked for, and tells the server.
    fn give_up(&mut self, now: Timestamp, why: Release, state: State) {
        self.reset();
        self.state = state;
        self.start(now, Request::Release(why), 0);
    }

    fn lose(&mut self, reason: Failure) {
        self.reset();
        self.state = State::Idle;
        self.events.push_back(Event::AllocationLost(reason));
    }

    /// Nothing is under way any more, and nothing is wanted for any peer.
    fn reset(&mut self) {
        self.transactions = Transactions::new(self.config.transactions, self.rng.random());
        self.timers.clear();
        self.peers = Peers::default();
    }
}
