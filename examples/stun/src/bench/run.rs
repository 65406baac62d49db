//! The load: so many requests on their way, each in a slot of its own.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use command_line::{Failure, plain};
use sansio::{Clock, Timestamp};
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId, attr};
use tokio::net::UdpSocket;
use tokio::time::sleep_until;

use super::Histogram;
use crate::ask::connected;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) duration: Duration,
    pub(crate) in_flight: u32,
    /// Requests a second.
    pub(crate) rate: u32,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) answers: Histogram,
    pub(crate) lost: u64,
    /// Answers that are none: errors, or without an address.
    pub(crate) wrong: u64,
    pub(crate) took: Duration,
    /// The system says that nobody listens there.
    pub(crate) refused: bool,
}

/// What is not answered by then is lost.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much later than it should a request may be sent before the rate falls behind for good.
const CATCH_UP: Duration = Duration::from_millis(100);

pub(crate) async fn measure(server: SocketAddr, load: Load) -> Result<Tally, Failure> {
    let cannot = |error: io::Error| {
        Failure::cannot(format!("{server} (UDP): can't measure: {}", plain(&error)))
    };
    let socket = connected(server).await.map_err(cannot)?;
    let mut tag = [0; 4];
    getrandom::fill(&mut tag).map_err(|error| cannot(io::Error::other(error)))?;
    let slots = vec![Slot::default(); load.in_flight as usize];
    let mut run = Run {
        socket,
        clock: Clock::start(),
        tag,
        free: (0..load.in_flight).rev().collect(),
        slots,
        tally: Tally::default(),
    };
    run.go(load).await.map_err(cannot)?;
    Ok(run.tally)
}

/// A request that may be on its way.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    /// How many requests have used it; part of the transaction id.
    uses: u32,
    sent: Option<Timestamp>,
}

struct Run {
    socket: UdpSocket,
    clock: Clock,
    /// What all transaction ids begin with; slot and number of uses follow.
    tag: [u8; 4],
    slots: Vec<Slot>,
    free: Vec<u32>,
    tally: Tally,
}

impl Run {
    async fn go(&mut self, load: Load) -> io::Result<()> {
        let interval = Duration::from_secs(1) / load.rate;
        let start = self.clock.now();
        let end = start + load.duration;
        let mut next = start;
        let mut sweep = start + PATIENCE;
        let mut buffer = [0; 2048];
        loop {
            let now = self.clock.now();
            if now >= sweep {
                self.give_up(now);
                sweep = now + PATIENCE / 10;
            }
            let is_over = now >= end || self.tally.refused && self.tally.answers.count() == 0;
            if is_over && (self.tally.refused || self.free.len() == self.slots.len()) {
                // Waiting for the last ones is no part of the measured time.
                self.tally.took = (now - start).min(load.duration);
                return Ok(());
            }
            next = next.max(now - CATCH_UP);
            while !is_over && next <= self.clock.now() && self.send()? {
                next += interval;
            }
            let is_waiting = !is_over && !self.free.is_empty();
            let wake = if is_waiting { next.min(sweep) } else { sweep };
            let wake = if is_over { wake } else { wake.min(end) };
            tokio::select! {
                readable = self.socket.readable() => {
                    readable?;
                    self.receive(&mut buffer);
                }
                () = sleep_until(self.clock.instant(wake).into()) => {}
            }
        }
    }

    /// Sends one request; `false` when that must wait.
    fn send(&mut self) -> io::Result<bool> {
        let Some(index) = self.free.pop() else { return Ok(false) };
        let Some(slot) = self.slots.get_mut(index as usize) else { return Ok(false) };
        let mut buffer = [0; 20];
        let id = id(self.tag, index, slot.uses);
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer);
        let request = request.finish().map_err(io::Error::other)?;
        slot.sent = Some(self.clock.now());
        match self.socket.try_send(request) {
            Ok(_) => self.tally.sent += 1,
            Err(error) => {
                slot.sent = None;
                self.free.push(index);
                match error.kind() {
                    ErrorKind::WouldBlock => {}
                    ErrorKind::ConnectionRefused => self.tally.refused = true,
                    _ => return Err(error),
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes all that has come.
    fn receive(&mut self, buffer: &mut [u8]) {
        // No more at once than can be on the way, so that sending has its turn.
        for _ in 0..self.slots.len() {
            match self.socket.try_recv(buffer) {
                Ok(length) => self.take(buffer.get(..length).unwrap_or_default()),
                Err(error) => {
                    self.tally.refused |= error.kind() == ErrorKind::ConnectionRefused;
                    return;
                }
            }
        }
    }

    fn take(&mut self, datagram: &[u8]) {
        let now = self.clock.now();
        let Ok(message) = Message::parse(datagram) else { return };
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *message.transaction_id().as_bytes();
        let index = u32::from_be_bytes([e, f, g, h]);
        let Some(slot) = self.slots.get_mut(index as usize) else { return };
        if [a, b, c, d] != self.tag || u32::from_be_bytes([i, j, k, l]) != slot.uses {
            return;
        }
        let Some(sent) = slot.sent.take() else { return };
        slot.uses = slot.uses.wrapping_add(1);
        self.free.push(index);
        let address = message.get(attr::XOR_MAPPED_ADDRESS);
        if message.class() == Class::Success && matches!(address, Ok(Some(_))) {
            self.tally.answers.add(now - sent);
        } else {
            self.tally.wrong += 1;
        }
    }

    /// Frees the slots of what is lost.
    fn give_up(&mut self, now: Timestamp) {
        for (index, slot) in (0..).zip(&mut self.slots) {
            if slot.sent.is_some_and(|sent| now - sent >= PATIENCE) {
                slot.sent = None;
                slot.uses = slot.uses.wrapping_add(1);
                self.free.push(index);
                self.tally.lost += 1;
            }
        }
    }
}

fn id([a, b, c, d]: [u8; 4], slot: u32, uses: u32) -> TransactionId {
    let ([e, f, g, h], [i, j, k, l]) = (slot.to_be_bytes(), uses.to_be_bytes());
    TransactionId::new([a, b, c, d, e, f, g, h, i, j, k, l])
}
