//! A network in virtual time: hosts on the public internet or behind NATs, and links that
//! delay, reorder, lose and double their datagrams. UDP only.
//!
//! Nothing here reads a clock or a socket, and all chance comes from one seed: the same calls
//! give the same deliveries, to the nanosecond, and the same [trace](Network::trace), to the byte.
//!
//! ```
//! use bytes::Bytes;
//! use sansio::{FiveTuple, Timestamp, Transmit};
//! use testkit::nat::NatConfig;
//! use testkit::{Network, Place};
//!
//! let mut network = Network::new([7; 32]);
//! let server = network.add_host(Place::INTERNET, [192, 0, 2, 1])?;
//! let home = network.add_nat(
//!     Place::INTERNET,
//!     [203, 0, 113, 1],
//!     "10.0.0.0/24".parse().unwrap(),
//!     NatConfig::port_restricted(),
//! )?;
//! let laptop = network.add_host(home, [10, 0, 0, 2])?;
//!
//! let path = FiveTuple::udp(([10, 0, 0, 2], 5000).into(), ([192, 0, 2, 1], 3478).into());
//! network.send(Timestamp::ZERO, laptop, Transmit::new(path, Bytes::from_static(b"hi"))).unwrap();
//! while let Some(now) = network.next_arrival() {
//!     while let Some(arrival) = network.poll_arrival(now) {
//!         assert_eq!(arrival.host, server);
//!         assert_eq!(arrival.datagram.five_tuple.remote, ([203, 0, 113, 1], 1024).into());
//!         assert_eq!(now, Timestamp::from_millis(15)); // three links of 5 ms
//!     }
//! }
//! assert_eq!(network.counters().delivered, 1);
//! # Ok::<(), testkit::PlanError>(())
//! ```

mod fate;
mod flight;
mod link;
mod plan;

use core::fmt::Write as _;
use core::net::{IpAddr, SocketAddr};
use std::collections::BTreeMap;

use bytes::Bytes;
use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};
use sansio::{FiveTuple, Timestamp, Transmit, Transport};

pub use fate::Counters;
use fate::{Fate, Hop};
use flight::{Flight, Origin, Position, Sender};
pub use link::Link;
pub use plan::{HostId, Place, PlanError};
use plan::{Plan, Resident};

use crate::Subnet;
use crate::nat::{Nat, NatConfig};

/// The network. What it is made of is said by [`add_host`](Self::add_host) and
/// [`add_nat`](Self::add_nat); both may be called at any time.
#[derive(Debug)]
pub struct Network {
    plan: Plan,
    rng: ChaCha12Rng,
    /// What is under way, in the order in which it happens: by time, then first come, first served.
    flights: BTreeMap<(Timestamp, u64), Flight>,
    next_sequence: u64,
    counters: Counters,
    trace: Option<String>,
}

impl Network {
    /// An empty internet. Loss, jitter, duplication and random ports come from `seed`.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self {
            plan: Plan::new(),
            rng: ChaCha12Rng::from_seed(seed),
            flights: BTreeMap::new(),
            next_sequence: 0,
            counters: Counters::default(),
            trace: None,
        }
    }

    /// A host with one address, in the public internet or behind a NAT. It gets all datagrams that
    /// are sent to that address, whatever the port.
    ///
    /// # Errors
    ///
    /// [`PlanError::AddressTaken`] when another host or NAT of that place has the address,
    /// [`PlanError::OutsideSubnet`] when it is not one of that place.
    pub fn add_host(
        &mut self,
        place: Place,
        address: impl Into<IpAddr>,
    ) -> Result<HostId, PlanError> {
        self.plan.add_host(place, address.into())
    }

    /// One more address for `host`, in the same place or another: a second network card, IPv6
    /// beside IPv4, a VPN.
    ///
    /// # Errors
    ///
    /// As [`add_host`](Self::add_host); a host can't have the same address in two places.
    pub fn add_address(
        &mut self,
        host: HostId,
        place: Place,
        address: impl Into<IpAddr>,
    ) -> Result<(), PlanError> {
        self.plan.add_address(host, place, address.into())
    }

    /// Takes an address from `host`, as when it leaves a network. What is under way to it won't
    /// be delivered. Whether it had that address.
    pub fn remove_address(&mut self, host: HostId, address: impl Into<IpAddr>) -> bool {
        self.plan.remove_address(host, address.into())
    }

    /// A NAT in `parent` with the outer address `outer`, and the place behind it, whose hosts have
    /// addresses of `subnet`. With another NAT as `parent` it is a double NAT. Two NATs may have
    /// the same subnet behind them, as two homes do.
    ///
    /// # Errors
    ///
    /// As [`add_host`](Self::add_host), for `outer` in `parent`;
    /// [`PlanError::OuterInsideSubnet`] when `subnet` contains `outer`.
    pub fn add_nat(
        &mut self,
        parent: Place,
        outer: impl Into<IpAddr>,
        subnet: Subnet,
        config: NatConfig,
    ) -> Result<Place, PlanError> {
        let nat = Nat::new(outer.into(), config, self.rng.random());
        self.plan.add_nat(parent, subnet, nat)
    }

    /// Sets the link between `host` and its router, for all its addresses. [`Link::default`] until
    /// then. It holds for what is sent over it from now on.
    pub fn set_link(&mut self, host: HostId, link: Link) {
        self.plan.set_link(host, None, link);
    }

    /// As [`set_link`](Self::set_link), for one of the host's addresses.
    pub fn set_address_link(&mut self, host: HostId, address: impl Into<IpAddr>, link: Link) {
        self.plan.set_link(host, Some(address.into()), link);
    }

    /// Sets the link between the NAT of `place` and the network around it. [`Link::default`] until
    /// then. Nothing happens for the internet, which has none.
    pub fn set_uplink(&mut self, place: Place, link: Link) {
        self.plan.set_uplink(place, link);
    }

    /// The NAT of `place`; none for the internet.
    #[must_use]
    pub fn nat(&self, place: Place) -> Option<&Nat> {
        self.plan.nat(place)
    }

    /// As [`nat`](Self::nat), to [clear](Nat::clear) it, say.
    #[must_use]
    pub fn nat_mut(&mut self, place: Place) -> Option<&mut Nat> {
        self.plan.nat_mut(place)
    }

    /// Takes a datagram from `host`, to `five_tuple.remote`.
    ///
    /// # Errors
    ///
    /// [`SendError`] when it is not a datagram or `five_tuple.local` is no address of that host.
    /// What happens to a datagram on its way is no error: it is [counted](Self::counters).
    pub fn send(
        &mut self,
        now: Timestamp,
        host: HostId,
        datagram: Transmit<Bytes>,
    ) -> Result<(), SendError> {
        let FiveTuple { transport, local, remote } = datagram.five_tuple;
        if transport != Transport::Udp {
            return Err(SendError::NotUdp);
        }
        let interface = self
            .plan
            .interface(host, local.ip())
            .ok_or(SendError::NotItsAddress { host, local })?;
        let (place, link) = (interface.place, interface.link);
        let flight = self.take(now, Sender::Host(host), place, local, remote, datagram.payload);
        self.cross(now, link, Hop::Host(host), flight);
        Ok(())
    }

    /// Takes a datagram from a stranger in `place`, who writes whatever source address
    /// it likes: `five_tuple.local`. It crosses no link to the router of `place`.
    pub fn inject(&mut self, now: Timestamp, place: Place, datagram: Transmit<Bytes>) {
        let FiveTuple { local, remote, .. } = datagram.five_tuple;
        let flight = self.take(now, Sender::Stranger, place, local, remote, datagram.payload);
        self.enqueue(now, flight);
    }

    /// When something happens next to what is under way: an arrival at a host, or at a router on
    /// the way, after which [`poll_arrival`](Self::poll_arrival) may have nothing yet.
    /// May change after any call that takes a `now`.
    #[must_use]
    pub fn next_arrival(&self) -> Option<Timestamp> {
        self.flights.first_key_value().map(|(&(at, _), _)| at)
    }

    /// The next datagram that has reached its host by `now`; call it until `None`. They come in the
    /// order of their arrival, and those of the same moment in the order in which they were sent.
    #[must_use]
    pub fn poll_arrival(&mut self, now: Timestamp) -> Option<Arrival> {
        while let Some(first) = self.flights.first_entry()
            && first.key().0 <= now
        {
            let ((at, _), flight) = first.remove_entry();
            if let Some(arrival) = self.advance(at, flight) {
                return Some(arrival);
            }
        }
        None
    }

    /// How many datagrams are under way, doubled ones included.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// How many datagrams met which end.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// From now on, write a line about the end of each datagram into [`trace`](Self::trace).
    pub fn record_trace(&mut self) {
        self.trace.get_or_insert_default();
    }

    /// What was recorded, a line for each end of a datagram: when it ended, who sent it from
    /// where to where, its length, when it was sent, and its fate.
    ///
    /// ```text
    /// 0.015000s H1 10.0.0.2:5000 -> 192.0.2.1:3478, 2 bytes of 0.000000s: delivered to H0 as from 203.0.113.1:1024
    /// ```
    #[must_use]
    pub fn trace(&self) -> &str {
        self.trace.as_deref().unwrap_or_default()
    }

    fn take(
        &mut self,
        now: Timestamp,
        sender: Sender,
        place: Place,
        source: SocketAddr,
        destination: SocketAddr,
        payload: Bytes,
    ) -> Flight {
        self.counters.sent += 1;
        let origin = Origin { sender, at: now, source, destination };
        Flight { origin, at: Position::Router(place), source, destination, payload }
    }

    /// One thing that happens: `flight` has come to its position.
    fn advance(&mut self, now: Timestamp, flight: Flight) -> Option<Arrival> {
        match flight.at {
            Position::Router(place) => self.route(now, place, flight),
            Position::Outside(place) => self.enter(now, place, flight),
            Position::Host(host, place) => return self.deliver(now, host, place, flight),
        }
        None
    }

    /// It is at the router of `place`: to a host of that place, to the outside of a NAT in it, or
    /// out.
    fn route(&mut self, now: Timestamp, place: Place, mut flight: Flight) {
        let destination = flight.destination;
        if flight.source.is_ipv4() != destination.is_ipv4() {
            return self.end(now, &flight, Fate::Unreachable { place });
        }
        match self.plan.resident(place, destination.ip()) {
            Some(Resident::Host(host)) => {
                let Some(interface) = self.plan.interface(host, destination.ip()) else {
                    return self.end(now, &flight, Fate::Unreachable { place });
                };
                let link = interface.link;
                flight.at = Position::Host(host, place);
                return self.cross(now, link, Hop::Host(host), flight);
            }
            Some(Resident::Nat(inner)) => {
                let link = self.plan.uplink(inner);
                flight.at = Position::Outside(inner);
                return self.cross(now, link, Hop::Nat(inner), flight);
            }
            None => {}
        }
        let Some(router) = self.plan.router_mut(place) else {
            return self.end(now, &flight, Fate::Unreachable { place });
        };
        let same_family = router.nat.outer().is_ipv4() == destination.is_ipv4();
        if router.subnet.contains(destination.ip()) || !same_family {
            return self.end(now, &flight, Fate::Unreachable { place });
        }
        let (parent, link) = (router.parent, router.uplink);
        if destination.ip() == router.nat.outer() {
            match router.nat.hairpin(now, flight.source, destination) {
                Ok(hairpin) => {
                    flight.source = hairpin.from;
                    flight.destination = hairpin.to;
                    self.enqueue(now, flight);
                }
                Err(refusal) => self.end(now, &flight, Fate::Refused { place, refusal }),
            }
            return;
        }
        match router.nat.outbound(now, flight.source, destination) {
            Ok(outer) => {
                flight.source = outer;
                flight.at = Position::Router(parent);
                self.cross(now, link, Hop::Nat(place), flight);
            }
            Err(refusal) => self.end(now, &flight, Fate::Refused { place, refusal }),
        }
    }

    /// It is at the outside of the NAT of `place`.
    fn enter(&mut self, now: Timestamp, place: Place, mut flight: Flight) {
        let Some(nat) = self.plan.nat_mut(place) else {
            return self.end(now, &flight, Fate::Unreachable { place });
        };
        match nat.inbound(now, flight.source, flight.destination) {
            Ok(inside) => {
                flight.destination = inside;
                self.route(now, place, flight);
            }
            Err(refusal) => self.end(now, &flight, Fate::Refused { place, refusal }),
        }
    }

    fn deliver(
        &mut self,
        now: Timestamp,
        host: HostId,
        place: Place,
        flight: Flight,
    ) -> Option<Arrival> {
        let interface = self.plan.interface(host, flight.destination.ip());
        if interface.is_none_or(|interface| interface.place != place) {
            // The host has left since the datagram was put on its link.
            self.end(now, &flight, Fate::Unreachable { place });
            return None;
        }
        self.end(now, &flight, Fate::Delivered { host, source: flight.source });
        let five_tuple = FiveTuple::udp(flight.destination, flight.source);
        Some(Arrival { at: now, host, datagram: Transmit::new(five_tuple, flight.payload) })
    }

    fn cross(&mut self, now: Timestamp, link: Link, hop: Hop, flight: Flight) {
        let [first, second] = link.cross(&mut self.rng);
        if first.is_none() {
            return self.end(now, &flight, Fate::LostOnLinkOf(hop));
        }
        if let Some(second) = second {
            self.counters.duplicated += 1;
            self.enqueue(now + second, flight.clone());
        }
        if let Some(first) = first {
            self.enqueue(now + first, flight);
        }
    }

    fn enqueue(&mut self, at: Timestamp, flight: Flight) {
        self.flights.insert((at, self.next_sequence), flight);
        self.next_sequence += 1;
    }

    fn end(&mut self, now: Timestamp, flight: &Flight, fate: Fate) {
        self.counters.count(&fate);
        if let Some(trace) = &mut self.trace {
            let Origin { sender, at, source, destination } = flight.origin;
            let length = flight.payload.len();
            // Writing to a String cannot fail.
            let _ = writeln!(
                trace,
                "{now} {sender} {source} -> {destination}, {length} bytes of {at}: {fate}"
            );
        }
    }
}

/// A datagram that has reached its host.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Arrival {
    /// When it did.
    pub at: Timestamp,
    /// Whom.
    pub host: HostId,
    /// As the host sees it: `five_tuple.local` is its own address, `five_tuple.remote` the
    /// source that the datagram bears after all NATs on the way.
    pub datagram: Transmit<Bytes>,
}

/// Why a network took no datagram from a host.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SendError {
    /// The network carries UDP only.
    #[error("the virtual network carries UDP only")]
    NotUdp,
    /// The local address is not one of that host.
    #[error("{local} is not an address of {host}")]
    NotItsAddress {
        /// The host that sent it.
        host: HostId,
        /// The address that it sent it from.
        local: SocketAddr,
    },
}
