//! The server: any number of clients on one or more listening sockets, each with a relayed
//! address of its own.
//!
//! The caller owns all sockets. It hands in what arrives on the listening ones and on the
//! relayed addresses, and opens and closes the latter when [`Event`]s say so.
//!
//! ```
//! use core::net::SocketAddr;
//! use sansio::{FiveTuple, Timestamp, Transmit};
//! use turn_proto::server::{Config, Event, Server};
//!
//! let listen: SocketAddr = "198.51.100.2:3478".parse()?;
//! let mut config = Config::new("example.org", listen, listen.ip());
//! config.add_user("alice", "wonderland");
//! let mut server = Server::new(config, [7; 32]);
//!
//! let now = Timestamp::ZERO;
//! # let client = "192.0.2.1:5000".parse()?;
//! # let datagram = b"\0\x01\0\0\x21\x12\xA4\x42abcdefghijkl";
//! // Whenever a datagram has come in on any of the sockets:
//! let input = Transmit::new(FiveTuple::udp(listen, client), &datagram[..]);
//! if let Some(relayed) = server.handle_input(now, input) {
//!     // send relayed.parts() from the socket relayed.five_tuple.local at once
//! }
//! while let Some(transmit) = server.poll_transmit(now) {
//!     // send it: here the answer to a Binding request
//!     assert_eq!(transmit.five_tuple.remote, client);
//! }
//! while let Some(event) = server.poll_event() {
//!     match event {
//!         Event::OpenRelay { relay } => server.relay_opened(now, relay, true /* bound */),
//!         Event::CloseRelay { relay: _ } => { /* close that socket */ }
//!         _ => { /* write a log */ }
//!     }
//! }
//! let deadline: Option<Timestamp> = server.poll_timeout(); // call handle_timeout then
//! # assert_eq!(deadline, None); // a STUN client leaves nothing behind
//! # Ok::<(), core::net::AddrParseError>(())
//! ```

use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;

use bytes::Bytes;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};
use sansio::{Timestamp, Transmit, Transport};
use stun_codec::auth::long_term::{Authenticator, Keys};
use stun_codec::auth::security_features::Offer;
use stun_codec::demux::{self, Protocol};
use stun_codec::{Class, Message, Method};

mod allocate;
mod allocation;
mod config;
mod event;
mod peer_policy;
mod ports;
mod prefix;
mod reach;
mod relay;
mod relayed;
mod request;
mod sides;
mod stats;
mod table;

pub use config::Config;
pub use event::{EndReason, Event};
pub use peer_policy::PeerPolicy;
pub use prefix::{Prefix, PrefixError};
pub use relayed::Relayed;
pub use stats::Stats;

use sides::{ClientPath, PeerAddress, RelayAddress};
use table::Table;

/// A TURN server (RFC 8656) over UDP, which answers Binding requests too, as STUN servers do.
///
/// After any `handle_*` and [`relay_opened`](Self::relay_opened), drain
/// [`poll_transmit`](Self::poll_transmit), then [`poll_event`](Self::poll_event), then read
/// [`poll_timeout`](Self::poll_timeout).
///
/// A stranger costs no memory: the nonce of a 401 is made of the time and the stranger's address.
/// A user costs what the limits in [`Config`] let it. Each datagram takes time that grows with the
/// logarithm of the number of allocations.
#[derive(Debug)]
pub struct Server {
    config: Config,
    authenticator: Authenticator,
    users: BTreeMap<Arc<str>, User>,
    rng: ChaCha12Rng,
    table: Table,
    transmits: VecDeque<Transmit<Bytes>>,
    events: VecDeque<Event>,
    stats: Stats,
}

#[derive(Clone, Copy, Debug)]
struct User {
    keys: Keys,
    /// How many allocations the user has.
    allocations: usize,
}

impl Server {
    /// A server without any allocation. `seed` must be unpredictable: nonces and ports come from
    /// it. Equal seeds and equal inputs give equal outputs.
    #[must_use]
    pub fn new(mut config: Config, seed: [u8; 32]) -> Self {
        let mut rng = ChaCha12Rng::from_seed(seed);
        let users = core::mem::take(&mut config.users);
        let users =
            users.into_iter().map(|(name, keys)| (name.into(), User { keys, allocations: 0 }));
        let authenticator = Authenticator::new(config.realm(), rng.random(), config.nonce_lifetime)
            .offering(Offer::new(&config.password_algorithms));
        Self {
            authenticator,
            users: users.collect(),
            rng,
            table: Table::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            stats: Stats::default(),
            config,
        }
    }

    /// Takes a datagram that has come in on a listening socket or on a relayed address;
    /// `five_tuple.local` says on which. What it returns is to be sent on at once.
    #[inline]
    pub fn handle_input<'a>(
        &mut self,
        now: Timestamp,
        input: Transmit<&'a [u8]>,
    ) -> Option<Relayed<'a>> {
        let Transmit { five_tuple, payload } = input;
        if five_tuple.transport != Transport::Udp {
            self.stats.unknown_socket += 1;
            return None;
        }
        if !self.config.listen.contains(&five_tuple.local) {
            let (relay, peer) = (five_tuple.local, five_tuple.remote);
            return self.relay_from_peer(now, RelayAddress(relay), PeerAddress::new(peer), payload);
        }
        let client = ClientPath(five_tuple);
        match demux::protocol(payload) {
            Some(Protocol::ChannelData) => self.relay_channel_data(now, client, payload),
            Some(Protocol::Stun) => self.handle_stun(now, client, payload),
            _ => {
                self.stats.malformed += 1;
                None
            }
        }
    }

    /// What makes no sense gets no answer, and neither does what asks for none (RFC 8489 §6.3):
    /// two servers cannot be set on each other.
    fn handle_stun<'a>(
        &mut self,
        now: Timestamp,
        client: ClientPath,
        datagram: &'a [u8],
    ) -> Option<Relayed<'a>> {
        let Ok(message) = Message::parse(datagram) else {
            self.stats.malformed += 1;
            return None;
        };
        if message.verify_fingerprint().is_err() {
            self.stats.malformed += 1;
            return None;
        }
        match (message.class(), message.method()) {
            (Class::Indication, Method::SEND) => return self.relay_send(now, client, &message),
            (Class::Request, _) => self.handle_request(now, client, &message),
            _ => self.stats.unexpected += 1,
        }
        None
    }

    /// Ends what has expired. Safe to call early or late: what has expired counts no more from its
    /// very moment on, whenever this is called.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.expire(now);
    }

    /// The next answer to send. It may change after `handle_input` and `relay_opened`.
    #[must_use = "an answer that is not sent is lost"]
    pub fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
        self.transmits.pop_front()
    }

    /// The next thing to do or to know. It may change after `handle_input`, `handle_timeout` and
    /// `relay_opened`.
    #[must_use = "an event is told once"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. It may change after
    /// every other call with a `now`.
    #[must_use = "without the time-out nothing ends"]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.table.next_deadline()
    }

    /// What has been done so far.
    #[must_use]
    pub const fn stats(&self) -> Stats {
        self.stats
    }

    /// How many allocations there are, those included whose relay is being opened.
    #[must_use]
    pub fn allocations(&self) -> usize {
        self.table.len()
    }
}
