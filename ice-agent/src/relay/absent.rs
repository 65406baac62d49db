//! What stands in for the relays when the feature `turn` is off: there are none.

use core::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};

use crate::event::{SendError, ServerFailure};

pub(crate) const MAX_OVERHEAD: usize = 0;

/// No relay has a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum RelayId {}

#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "the agent matches on events that only relays tell")]
pub(crate) enum RelayEvent {
    Allocated { relay: RelayId, five_tuple: FiveTuple, relayed: SocketAddr, mapped: SocketAddr },
    Failed { five_tuple: FiveTuple, reason: ServerFailure },
    Refused { relayed: SocketAddr, peer: IpAddr },
    Lost { relayed: SocketAddr },
}

#[derive(Debug)]
#[expect(dead_code, reason = "the agent matches on inputs that only relays make")]
pub(crate) enum RelayInput<'a> {
    Data { relayed: SocketAddr, peer: SocketAddr, payload: &'a [u8] },
    Handled,
    NotMine,
}

#[derive(Debug, Default)]
pub(crate) struct Relays {}

impl Relays {
    pub(crate) fn start(&mut self, _: Timestamp, relay: RelayId) {
        match relay {}
    }

    pub(crate) fn give_up(&mut self, _: Timestamp) {}

    pub(crate) fn discard(&mut self, _: Timestamp, relay: RelayId) {
        match relay {}
    }

    pub(crate) fn close_others(&mut self, _: Timestamp, _: Option<SocketAddr>) {}

    pub(crate) fn rank(relay: RelayId) -> u16 {
        match relay {}
    }

    pub(crate) fn permit(&mut self, _: Timestamp, _: IpAddr) {}

    pub(crate) fn may_send(&self, _: SocketAddr, _: SocketAddr) -> bool {
        true
    }

    pub(crate) fn is_relayed(&self, _: SocketAddr) -> bool {
        false
    }

    pub(crate) fn is_lost(&self, _: SocketAddr) -> bool {
        false
    }

    pub(crate) fn bind_channel(&mut self, _: Timestamp, _: SocketAddr, _: SocketAddr) {}

    pub(crate) fn send<'b>(
        &mut self,
        _: Timestamp,
        five_tuple: FiveTuple,
        payload: &'b [u8],
        _: &'b mut [u8],
    ) -> Result<Transmit<&'b [u8]>, SendError> {
        Ok(Transmit::new(five_tuple, payload))
    }

    pub(crate) fn handle_input<'a>(
        &mut self,
        _: Timestamp,
        _: Transmit<&'a [u8]>,
    ) -> RelayInput<'a> {
        RelayInput::NotMine
    }

    pub(crate) fn handle_timeout(&mut self, _: Timestamp) {}

    pub(crate) fn poll_transmit(&mut self, _: Timestamp) -> Option<Transmit<Bytes>> {
        None
    }

    pub(crate) fn poll_event(&mut self) -> Option<RelayEvent> {
        None
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
}
