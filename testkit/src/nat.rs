//! The rules of a NAT for UDP, without sockets: which outer address an inner one gets
//! (mapping), who may send to it (filtering), and for how long. RFC 4787.
//!
//! The virtual [`Network`](crate::Network) and the real-socket `NatBox` run this same code.
//!
//! ```
//! use sansio::Timestamp;
//! use testkit::nat::{Nat, NatConfig, Refusal};
//!
//! let mut nat = Nat::new([203, 0, 113, 1].into(), NatConfig::port_restricted(), [7; 32]);
//! let (inside, remote) = (([10, 0, 0, 2], 5000).into(), ([192, 0, 2, 1], 3478).into());
//! let now = Timestamp::ZERO;
//! let outer = nat.outbound(now, inside, remote)?;
//! assert_eq!(nat.inbound(now, remote, outer), Ok(inside));
//! let stranger = ([192, 0, 2, 1], 9).into();
//! assert_eq!(nat.inbound(now, stranger, outer), Err(Refusal::Filtered));
//! # Ok::<(), Refusal>(())
//! ```
//!
//! Not modelled: several outer IP addresses (REQ-2), port parity and the low ports' own range
//! (REQ-3a, REQ-4), ICMP and fragments (REQ-12 to REQ-14), and application gateways (REQ-10).

mod config;

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::ChaCha12Rng;
use rand::{RngExt as _, SeedableRng as _};
use sansio::Timestamp;

pub use config::{Filtering, Mapping, NatConfig, PortAllocation};

/// A NAT with one outer IP address. `now` should not run backwards from call to call;
/// when it does, nothing expires earlier for it.
#[derive(Debug)]
pub struct Nat {
    outer: IpAddr,
    config: NatConfig,
    rng: ChaCha12Rng,
    next_port: u16,
    mappings: BTreeMap<Key, State>,
    by_port: BTreeMap<u16, Key>,
    by_expiry: BTreeSet<(Timestamp, Key)>,
}

impl Nat {
    /// A NAT whose outer IP address is `outer` and whose random ports come from `seed`.
    #[must_use]
    pub fn new(outer: IpAddr, config: NatConfig, seed: [u8; 32]) -> Self {
        Self {
            outer,
            next_port: *config.ports.start(),
            config,
            rng: ChaCha12Rng::from_seed(seed),
            mappings: BTreeMap::new(),
            by_port: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
        }
    }

    /// The outer IP address.
    #[must_use]
    pub const fn outer(&self) -> IpAddr {
        self.outer
    }

    /// How it behaves.
    #[must_use]
    pub const fn config(&self) -> &NatConfig {
        &self.config
    }

    /// A datagram goes out from `inside` to `remote`: the outer address that it leaves from.
    /// Makes the mapping when there is none, refreshes it when there is (REQ-6), and from now
    /// on lets `remote` answer.
    ///
    /// # Errors
    ///
    /// [`Refusal::TableFull`] and [`Refusal::NoFreePort`] when it needs a new mapping and can't
    /// have it.
    pub fn outbound(
        &mut self,
        now: Timestamp,
        inside: SocketAddr,
        remote: SocketAddr,
    ) -> Result<SocketAddr, Refusal> {
        self.outbound_where(now, inside, remote, |_| true)
    }

    /// As [`outbound`](Self::outbound), and a new mapping takes only an outer address for which
    /// `usable` says so: one whose real port is free, say. It is asked for each candidate in turn.
    ///
    /// # Errors
    ///
    /// As [`outbound`](Self::outbound); [`Refusal::NoFreePort`] also when none is usable.
    pub fn outbound_where(
        &mut self,
        now: Timestamp,
        inside: SocketAddr,
        remote: SocketAddr,
        usable: impl FnMut(SocketAddr) -> bool,
    ) -> Result<SocketAddr, Refusal> {
        self.handle_timeout(now);
        let key = Key { inside, remote: self.mapping_scope(remote) };
        if !self.mappings.contains_key(&key) {
            self.add_mapping(now, key, usable)?;
        }
        self.refresh(now, key);
        self.permit(now, key, remote);
        let port = self.mappings.get(&key).map_or(0, |state| state.port);
        Ok(SocketAddr::new(self.outer, port))
    }

    /// A datagram from `remote` has come to `outer`: the inner address that it goes to.
    ///
    /// # Errors
    ///
    /// [`Refusal::NoMapping`] when nothing is mapped to `outer`, [`Refusal::Filtered`] when
    /// `remote` may not send to it.
    pub fn inbound(
        &mut self,
        now: Timestamp,
        remote: SocketAddr,
        outer: SocketAddr,
    ) -> Result<SocketAddr, Refusal> {
        self.handle_timeout(now);
        let key = self.key_of(outer).ok_or(Refusal::NoMapping)?;
        let scope = self.filter_scope(remote);
        let permitted = self.mappings.get(&key).is_some_and(|state| state.permits(now, scope));
        if !permitted {
            return Err(Refusal::Filtered);
        }
        if self.config.inbound_refresh {
            self.refresh(now, key);
            self.repeat_permit(now, key, scope);
        }
        Ok(key.inside)
    }

    /// A datagram from `inside` goes to `outer`, an outer address of this same NAT (REQ-9).
    ///
    /// # Errors
    ///
    /// [`Refusal::NoHairpin`] when the NAT doesn't do that; otherwise as
    /// [`outbound`](Self::outbound) and [`inbound`](Self::inbound), whose rules both apply.
    pub fn hairpin(
        &mut self,
        now: Timestamp,
        inside: SocketAddr,
        outer: SocketAddr,
    ) -> Result<Hairpin, Refusal> {
        self.hairpin_where(now, inside, outer, |_| true)
    }

    /// As [`hairpin`](Self::hairpin), with the `usable` of
    /// [`outbound_where`](Self::outbound_where).
    ///
    /// # Errors
    ///
    /// As [`hairpin`](Self::hairpin).
    pub fn hairpin_where(
        &mut self,
        now: Timestamp,
        inside: SocketAddr,
        outer: SocketAddr,
        usable: impl FnMut(SocketAddr) -> bool,
    ) -> Result<Hairpin, Refusal> {
        if !self.config.hairpinning {
            return Err(Refusal::NoHairpin);
        }
        let from = self.outbound_where(now, inside, outer, usable)?;
        let to = self.inbound(now, from, outer)?;
        Ok(Hairpin { from, to })
    }

    /// Drops what has expired by `now`. All other calls with a `now` do so by themselves.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(&(expires, key)) = self.by_expiry.first()
            && expires <= now
        {
            self.by_expiry.remove(&(expires, key));
            if let Some(state) = self.mappings.remove(&key) {
                self.by_port.remove(&state.port);
            }
        }
    }

    /// When the next mapping expires, unless it is refreshed. May change after any other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.by_expiry.first().map(|&(expires, _)| expires)
    }

    /// Forgets all mappings, as a NAT does that was switched off and on.
    pub fn clear(&mut self) {
        self.mappings.clear();
        self.by_port.clear();
        self.by_expiry.clear();
    }

    /// Whether `outer` belongs to a mapping that has not been dropped yet.
    #[must_use]
    pub fn is_mapped(&self, outer: SocketAddr) -> bool {
        self.key_of(outer).is_some()
    }

    /// The mappings, ordered by inner address.
    pub fn mappings(&self) -> impl Iterator<Item = MappingEntry> {
        self.mappings.iter().map(|(key, state)| MappingEntry {
            inside: key.inside,
            outer: SocketAddr::new(self.outer, state.port),
            remote: key.remote,
            expires: state.expires,
        })
    }

    /// Who may send to `outer`; nobody when it is not mapped. What has expired may still be in it.
    pub fn permitted(&self, outer: SocketAddr) -> impl Iterator<Item = RemoteScope> {
        let state = self.key_of(outer).and_then(|key| self.mappings.get(&key));
        state.into_iter().flat_map(|state| state.permitted.keys().copied())
    }

    fn key_of(&self, outer: SocketAddr) -> Option<Key> {
        if outer.ip() != self.outer {
            return None;
        }
        self.by_port.get(&outer.port()).copied()
    }

    fn mapping_scope(&self, remote: SocketAddr) -> RemoteScope {
        match self.config.mapping {
            Mapping::EndpointIndependent => RemoteScope::Any,
            Mapping::AddressDependent => RemoteScope::Address(remote.ip()),
            Mapping::AddressAndPortDependent => RemoteScope::Endpoint(remote),
        }
    }

    fn filter_scope(&self, remote: SocketAddr) -> RemoteScope {
        match self.config.filtering {
            Filtering::EndpointIndependent => RemoteScope::Any,
            Filtering::AddressDependent => RemoteScope::Address(remote.ip()),
            Filtering::AddressAndPortDependent => RemoteScope::Endpoint(remote),
        }
    }

    fn add_mapping(
        &mut self,
        now: Timestamp,
        key: Key,
        usable: impl FnMut(SocketAddr) -> bool,
    ) -> Result<(), Refusal> {
        if self.mappings.len() >= self.config.max_mappings {
            return Err(Refusal::TableFull);
        }
        let port = self.free_port(key.inside.port(), usable).ok_or(Refusal::NoFreePort)?;
        self.mappings.insert(key, State { port, expires: now, permitted: BTreeMap::new() });
        self.by_port.insert(port, key);
        self.by_expiry.insert((now, key));
        Ok(())
    }

    /// Never a port that is taken: REQ-3 forbids to overload one.
    fn free_port(
        &mut self,
        preserved: u16,
        mut usable: impl FnMut(SocketAddr) -> bool,
    ) -> Option<u16> {
        let (first, last) = (*self.config.ports.start(), *self.config.ports.end());
        if first > last {
            return None;
        }
        let outer = self.outer;
        let mut free =
            |port: &u16| !self.by_port.contains_key(port) && usable(SocketAddr::new(outer, *port));
        if self.config.preserve_port && self.config.ports.contains(&preserved) && free(&preserved) {
            return Some(preserved);
        }
        let start = match self.config.allocation {
            PortAllocation::Sequential => self.next_port,
            PortAllocation::Random => self.rng.random_range(first..=last),
        };
        let port = (start..=last).chain(first..start).find(free)?;
        self.next_port = if port == last { first } else { port + 1 };
        Some(port)
    }

    fn refresh(&mut self, now: Timestamp, key: Key) {
        let Some(state) = self.mappings.get_mut(&key) else { return };
        let expires = state.expires.max(now + self.config.timeout);
        self.by_expiry.remove(&(state.expires, key));
        self.by_expiry.insert((expires, key));
        state.expires = expires;
    }

    fn permit(&mut self, now: Timestamp, key: Key, remote: SocketAddr) {
        let scope = self.filter_scope(remote);
        let Some(state) = self.mappings.get_mut(&key) else { return };
        if state.permitted.len() >= self.config.max_remotes && !state.permitted.contains_key(&scope)
        {
            let oldest = state.permitted.iter().min_by_key(|&(_, until)| *until);
            if let Some(oldest) = oldest.map(|(scope, _)| *scope) {
                state.permitted.remove(&oldest);
            }
        }
        state.permitted.insert(scope, now + self.config.timeout);
    }

    fn repeat_permit(&mut self, now: Timestamp, key: Key, scope: RemoteScope) {
        let permitted = self.mappings.get_mut(&key).and_then(|s| s.permitted.get_mut(&scope));
        if let Some(until) = permitted {
            *until = (*until).max(now + self.config.timeout);
        }
    }
}

/// Where a datagram goes that was sent to an outer address of the sender's own NAT.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Hairpin {
    /// The sender's outer address, which the receiver sees as its source.
    pub from: SocketAddr,
    /// The receiver's inner address.
    pub to: SocketAddr,
}

/// Why a NAT did not pass a datagram on.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, thiserror::Error)]
pub enum Refusal {
    /// Out: it holds as many mappings as it may.
    #[error("the NAT holds as many mappings as it may")]
    TableFull,
    /// Out: each of its ports is taken.
    #[error("the NAT has no free port")]
    NoFreePort,
    /// In: nothing is mapped to that outer address.
    #[error("nothing is mapped to that outer address")]
    NoMapping,
    /// In: this remote was not sent to, or not lately.
    #[error("the NAT's filter lets in only those who were sent to")]
    Filtered,
    /// Out and in again: it does not hairpin.
    #[error("the NAT does not hairpin")]
    NoHairpin,
}

/// One line of the mapping table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MappingEntry {
    /// The address behind the NAT.
    pub inside: SocketAddr,
    /// The address that the world sees.
    pub outer: SocketAddr,
    /// For datagrams to whom.
    pub remote: RemoteScope,
    /// When it ends unless it is refreshed.
    pub expires: Timestamp,
}

impl fmt::Display for MappingEntry {
    /// `10.0.0.2:5000 -> 203.0.113.1:1024 for any remote`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} for {}", self.inside, self.outer, self.remote)
    }
}

/// The remotes that a mapping or a filter's rule is about.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum RemoteScope {
    /// All of them.
    Any,
    /// All ports of one IP address.
    Address(IpAddr),
    /// One IP address and port.
    Endpoint(SocketAddr),
}

impl fmt::Display for RemoteScope {
    /// `any remote`, `192.0.2.1`, `192.0.2.1:3478`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any remote"),
            Self::Address(address) => address.fmt(f),
            Self::Endpoint(endpoint) => endpoint.fmt(f),
        }
    }
}

#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Key {
    inside: SocketAddr,
    remote: RemoteScope,
}

#[derive(Debug)]
struct State {
    port: u16,
    expires: Timestamp,
    /// Who was sent to, and until when that counts.
    permitted: BTreeMap<RemoteScope, Timestamp>,
}

impl State {
    /// With endpoint-independent filtering the one scope is `Any`, and while the mapping lives it
    /// is permitted: the mapping and the permission may be refreshed apart, so it is not looked up.
    fn permits(&self, now: Timestamp, scope: RemoteScope) -> bool {
        scope == RemoteScope::Any || self.permitted.get(&scope).is_some_and(|until| now < *until)
    }
}
