//! The TURN clients of an agent: one for each pair of a socket and a server. From outside, a relayed
//! address looks like one more socket.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use turn_proto::Client;
use turn_proto::client::{self, Config, Failure, Input};

use crate::event::{SendError, ServerFailure};

pub(crate) use turn_proto::Credentials;
pub(crate) use turn_proto::client::MAX_OVERHEAD;

/// Names a relay for as long as the agent lives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct RelayId(usize);

/// What a relay has to tell the agent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RelayEvent {
    /// There is a relayed address, and by the way a reflexive one.
    Allocated { relay: RelayId, five_tuple: FiveTuple, relayed: SocketAddr, mapped: SocketAddr },
    /// There will be none.
    Failed { five_tuple: FiveTuple, reason: ServerFailure },
    /// Nothing can be sent from `relayed` to `peer`.
    Refused { relayed: SocketAddr, peer: IpAddr },
    /// The relayed address is gone.
    Lost { relayed: SocketAddr },
}

/// What a datagram is to the relays.
#[derive(Debug)]
pub(crate) enum RelayInput<'a> {
    /// A peer has sent this to a relayed address.
    Data { relayed: SocketAddr, peer: SocketAddr, payload: &'a [u8] },
    /// It was the server's, and has been dealt with.
    Handled,
    /// Not a relay's.
    NotMine,
}

#[derive(Debug)]
struct Relay {
    client: Client,
    /// From our socket to the server, before it redirected us, if it did.
    asked: FiveTuple,
    /// The server has answered, for good or ill, or is not waited for any more.
    settled: bool,
    /// The relayed address; it stays when it is lost, lest it be taken for a socket's.
    relayed: Option<SocketAddr>,
    is_lost: bool,
    permitted: BTreeSet<IpAddr>,
}

#[derive(Debug, Default)]
pub(crate) struct Relays {
    relays: Vec<Relay>,
    events: VecDeque<RelayEvent>,
}

impl Relays {
    pub(crate) fn add(
        &mut self,
        five_tuple: FiveTuple,
        credentials: Credentials,
        seed: [u8; 32],
    ) -> RelayId {
        self.relays.push(Relay {
            client: Client::new(Config::new(five_tuple, credentials), seed),
            asked: five_tuple,
            settled: false,
            relayed: None,
            is_lost: false,
            permitted: BTreeSet::new(),
        });
        RelayId(self.relays.len() - 1)
    }

    pub(crate) fn start(&mut self, now: Timestamp, RelayId(index): RelayId) {
        if let Some(relay) = self.relays.get_mut(index) {
            relay.client.allocate(now);
        }
    }

    /// Waits no longer for servers that have not answered.
    pub(crate) fn give_up(&mut self, now: Timestamp) {
        for relay in self.relays.iter_mut().filter(|relay| !relay.settled) {
            relay.settled = true;
            relay.client.close(now);
            let reason = ServerFailure::NoAnswer;
            self.events.push_back(RelayEvent::Failed { five_tuple: relay.asked, reason });
        }
        self.collect();
    }

    /// Gives back what an answer has brought and cannot be used. The relay has no address then.
    pub(crate) fn discard(&mut self, now: Timestamp, RelayId(index): RelayId) {
        if let Some(relay) = self.relays.get_mut(index) {
            relay.relayed = None;
            relay.client.close(now);
        }
        self.collect();
    }

    /// Gives back all relayed addresses but this one, if any (RFC 8445 §8.3.1).
    pub(crate) fn close_others(&mut self, now: Timestamp, kept: Option<SocketAddr>) {
        for relay in self.relays.iter_mut().filter(|relay| !relay.is_lost) {
            if relay.relayed.is_none() || relay.relayed != kept {
                relay.settled = true;
                relay.client.close(now);
            }
        }
        self.collect();
    }

    /// How much less a later relay is liked than the first one.
    pub(crate) fn rank(RelayId(index): RelayId) -> u16 {
        u16::try_from(index).unwrap_or(u16::MAX)
    }

    /// Lets `peer` send to all relayed addresses, those that are still to come included.
    pub(crate) fn permit(&mut self, now: Timestamp, peer: IpAddr) {
        for relay in &mut self.relays {
            if relay.relayed.is_none_or(|relayed| relayed.is_ipv4() == peer.is_ipv4()) {
                relay.client.create_permission(now, peer);
            }
        }
    }

    fn find(&mut self, relayed: SocketAddr) -> Option<&mut Relay> {
        self.relays.iter_mut().find(|relay| relay.relayed == Some(relayed))
    }

    /// Whether a datagram can leave from `base` towards `peer`: any can from a socket; from a
    /// relayed address only when the server permits it.
    pub(crate) fn may_send(&self, base: SocketAddr, peer: SocketAddr) -> bool {
        self.relays
            .iter()
            .find(|relay| relay.relayed == Some(base))
            .is_none_or(|relay| relay.permitted.contains(&peer.ip()))
    }

    pub(crate) fn is_relayed(&self, base: SocketAddr) -> bool {
        self.relays.iter().any(|relay| relay.relayed == Some(base))
    }

    /// Whether this is a relayed address that is gone.
    pub(crate) fn is_lost(&self, base: SocketAddr) -> bool {
        self.relays.iter().any(|relay| relay.is_lost && relay.relayed == Some(base))
    }

    /// Sends with less overhead to this peer from now on.
    pub(crate) fn bind_channel(&mut self, now: Timestamp, relayed: SocketAddr, peer: SocketAddr) {
        if let Some(relay) = self.find(relayed) {
            relay.client.bind_channel(now, peer);
        }
    }

    /// Wraps what leaves from a relayed address; anything else stays as it is.
    pub(crate) fn send<'b>(
        &mut self,
        now: Timestamp,
        five_tuple: FiveTuple,
        payload: &'b [u8],
        buffer: &'b mut [u8],
    ) -> Result<Transmit<&'b [u8]>, SendError> {
        match self.find(five_tuple.local) {
            None => Ok(Transmit::new(five_tuple, payload)),
            Some(relay) => {
                relay.client.send(now, five_tuple.remote, payload, buffer).map_err(|error| {
                    match error {
                        client::SendError::BufferTooSmall { .. }
                        | client::SendError::PayloadTooLong { .. } => SendError::BufferTooSmall,
                        _ => SendError::NotConnected,
                    }
                })
            }
        }
    }

    pub(crate) fn handle_input<'a>(
        &mut self,
        now: Timestamp,
        input: Transmit<&'a [u8]>,
    ) -> RelayInput<'a> {
        for relay in &mut self.relays {
            match relay.client.handle_input(now, input) {
                Input::Data { peer, payload } => {
                    return match relay.relayed {
                        Some(relayed) => RelayInput::Data { relayed, peer, payload },
                        None => RelayInput::Handled,
                    };
                }
                Input::Handled => {
                    self.collect();
                    return RelayInput::Handled;
                }
                Input::NotMine => {}
            }
        }
        RelayInput::NotMine
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.relays.iter_mut().for_each(|relay| relay.client.handle_timeout(now));
        self.collect();
    }

    pub(crate) fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.relays.iter_mut().find_map(|relay| relay.client.poll_transmit(now))
    }

    pub(crate) fn poll_event(&mut self) -> Option<RelayEvent> {
        self.events.pop_front()
    }

    /// One look at each server's client, of which there are as many as the caller added.
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.relays.iter().filter_map(|relay| relay.client.poll_timeout()).min()
    }

    /// Takes in what the clients tell.
    fn collect(&mut self) {
        for (index, relay) in self.relays.iter_mut().enumerate() {
            while let Some(event) = relay.client.poll_event() {
                let told = match event {
                    client::Event::Allocated { relayed, mapped, .. } => {
                        relay.settled = true;
                        relay.relayed = Some(relayed);
                        let five_tuple = relay.client.five_tuple();
                        Some(RelayEvent::Allocated {
                            relay: RelayId(index),
                            five_tuple,
                            relayed,
                            mapped,
                        })
                    }
                    client::Event::AllocationFailed(failure) => {
                        let reason = server_failure(failure);
                        let told = RelayEvent::Failed { five_tuple: relay.asked, reason };
                        (!core::mem::replace(&mut relay.settled, true)).then_some(told)
                    }
                    client::Event::AllocationLost(_) | client::Event::Closed => {
                        relay.permitted.clear();
                        relay.is_lost = true;
                        relay.relayed.map(|relayed| RelayEvent::Lost { relayed })
                    }
                    client::Event::PermissionCreated { peer } => {
                        relay.permitted.insert(peer);
                        None
                    }
                    client::Event::PermissionFailed { peer, .. } => {
                        relay.permitted.remove(&peer);
                        relay.relayed.map(|relayed| RelayEvent::Refused { relayed, peer })
                    }
                    _ => None,
                };
                self.events.extend(told);
            }
        }
    }
}

const fn server_failure(failure: Failure) -> ServerFailure {
    match failure {
        Failure::TimedOut | Failure::Expired => ServerFailure::NoAnswer,
        Failure::Rejected(code) => ServerFailure::Refused(code),
        Failure::Credentials(_) => ServerFailure::Refused(401),
        _ => ServerFailure::Malformed,
    }
}
