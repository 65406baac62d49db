//! Gathering: what the agent asks of its servers, and when it is done (RFC 8445 §5.1.1.2, §5.1.1.4).

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::attr::{self, AttributeType};
use stun_codec::transaction::{self, Transactions};
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId};

use crate::event::ServerFailure;
use crate::relay::RelayId;

/// How long a NAT may be left without traffic (RFC 8445 §11 names 15 s as the least).
const KEEPALIVE: Duration = Duration::from_secs(15);

/// One question to one server, to be asked when its turn comes.
#[derive(Debug)]
pub(crate) enum Task {
    /// What is my address, seen from there?
    Stun(FiveTuple),
    /// This is where I am (still): the mapping in a NAT lives on.
    KeepAlive(FiveTuple),
    /// Relay for me.
    #[cfg_attr(not(feature = "turn"), expect(dead_code, reason = "there are no relays"))]
    Turn(RelayId),
}

/// What gathering has to tell.
#[derive(Debug)]
pub(crate) enum Gathered {
    /// A STUN server sees the base as `mapped`.
    Reflexive { five_tuple: FiveTuple, mapped: SocketAddr },
    /// A server gave nothing.
    Failed { server: SocketAddr, reason: ServerFailure },
}

#[derive(Debug)]
pub(crate) struct Gathering {
    /// What was asked of which server.
    queries: Transactions<SocketAddr>,
    /// Questions that keep mappings alive, and whose answers say nothing new.
    refreshes: Transactions,
    queue: VecDeque<Task>,
    /// TURN servers that were asked and have not answered.
    relays_under_way: usize,
    rto: Duration,
    pace: Duration,
    limit: Duration,
    deadline: Option<Timestamp>,
    /// There was something to gather, and that it is complete has not been told.
    begun: Option<Timestamp>,
    /// Paths to servers whose mapping in a NAT must be kept until a pair is selected.
    kept: Vec<FiveTuple>,
    keepalive: Option<Timestamp>,
    gathered: VecDeque<Gathered>,
}

impl Gathering {
    pub(crate) fn new(
        rto: Duration,
        pace: Duration,
        limit: Duration,
        seeds: [[u8; 32]; 2],
    ) -> Self {
        let config = transaction::Config::default();
        Self {
            queries: Transactions::new(config, seeds[0]),
            refreshes: Transactions::new(config, seeds[1]),
            queue: VecDeque::new(),
            relays_under_way: 0,
            rto,
            pace,
            limit,
            deadline: None,
            begun: None,
            kept: Vec::new(),
            keepalive: None,
            gathered: VecDeque::new(),
        }
    }

    pub(crate) fn add(&mut self, now: Timestamp, task: Task) {
        self.queue.push_back(task);
        self.begin_at(now);
        self.deadline = Some(now + self.limit);
    }

    pub(crate) fn has_task(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Begins the next task. The caller starts the relay when it is one.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Option<RelayId> {
        match self.queue.pop_front()? {
            Task::Turn(relay) => {
                self.relays_under_way += 1;
                Some(relay)
            }
            Task::Stun(five_tuple) => {
                let candidates = self.queue.len() + self.queries.len() + self.relays_under_way;
                let rto = self.rto.max(self.pace.saturating_mul(candidates as u32));
                ask(&mut self.queries, now, five_tuple, five_tuple.remote, rto);
                None
            }
            Task::KeepAlive(five_tuple) => {
                // Sent once: the next one comes soon enough.
                if let Some(id) = ask(&mut self.refreshes, now, five_tuple, (), self.rto) {
                    self.refreshes.stop_sending(id);
                }
                None
            }
        }
    }

    /// Notes that a relay has answered, for good or ill.
    pub(crate) fn relay_done(&mut self) {
        self.relays_under_way = self.relays_under_way.saturating_sub(1);
    }

    /// Keeps the mapping of this path alive until [`stop`](Self::stop) (RFC 8445 §5.1.1.4).
    pub(crate) fn keep_alive(&mut self, now: Timestamp, five_tuple: FiveTuple) {
        if !self.kept.contains(&five_tuple) {
            self.kept.push(five_tuple);
            self.keepalive.get_or_insert(now + KEEPALIVE);
        }
    }

    /// Asks no more servers, and keeps no mapping alive: a pair was selected, or none will be
    /// (RFC 8838 §13). Relays that were asked may still answer.
    pub(crate) fn stop(&mut self) {
        self.queue.clear();
        self.queries.cancel_all();
        self.refreshes.cancel_all();
        self.relays_under_way = 0;
        self.deadline = None;
        self.kept.clear();
        self.keepalive = None;
    }

    /// Whether `message` answers one of our questions.
    pub(crate) fn handle_message(
        &mut self,
        now: Timestamp,
        five_tuple: FiveTuple,
        message: &Message<'_>,
    ) -> bool {
        if self.refreshes.handle_message(now, five_tuple, message, |_, ()| Some(())).is_some() {
            return true;
        }
        let answer = self.queries.handle_message(now, five_tuple, message, |message, &server| {
            message.verify_fingerprint().ok()?;
            Some(match message.class() {
                _ if !message.unknown_required(is_known).is_empty() => {
                    Gathered::Failed { server, reason: ServerFailure::Malformed }
                }
                Class::Success => match mapped_address(message) {
                    Some(mapped) => Gathered::Reflexive { five_tuple, mapped },
                    None => Gathered::Failed { server, reason: ServerFailure::Malformed },
                },
                _ => {
                    let code = message.get(attr::ERROR_CODE).ok().flatten();
                    let reason = code.map_or(ServerFailure::Malformed, |code| {
                        ServerFailure::Refused(code.code())
                    });
                    Gathered::Failed { server, reason }
                }
            })
        });
        match answer {
            Some(answer) => {
                self.gathered.push_back(answer.value);
                true
            }
            None => false,
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp) {
        self.queries.handle_timeout(now);
        while let Some(timed_out) = self.queries.poll_event() {
            let reason = ServerFailure::NoAnswer;
            self.gathered.push_back(Gathered::Failed { server: timed_out.context, reason });
        }
        self.refreshes.handle_timeout(now);
        while self.refreshes.poll_event().is_some() {}
        if self.keepalive.is_some_and(|keepalive| keepalive <= now) {
            self.keepalive = Some(now + KEEPALIVE);
            self.queue.extend(self.kept.iter().copied().map(Task::KeepAlive));
        }
    }

    /// Whether the servers have had all the time that they may take.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Waits for nobody any more.
    pub(crate) fn give_up(&mut self) {
        self.queue.clear();
        self.relays_under_way = 0;
        self.deadline = None;
        for server in self.queries.cancel_all() {
            let reason = ServerFailure::NoAnswer;
            self.gathered.push_back(Gathered::Failed { server, reason });
        }
    }

    /// Notes that there is something to gather from now on.
    pub(crate) fn begin_at(&mut self, now: Timestamp) {
        self.begun = Some(now);
    }

    fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.queries.is_empty() && self.relays_under_way == 0
    }

    /// Whether gathering has become complete; told once.
    pub(crate) fn take_complete(&mut self) -> bool {
        if !self.is_idle() {
            return false;
        }
        self.deadline = None;
        self.begun.take().is_some()
    }

    pub(crate) fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.queries.poll_transmit(now).or_else(|| self.refreshes.poll_transmit(now))
    }

    pub(crate) fn poll_event(&mut self) -> Option<Gathered> {
        self.gathered.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        // When nothing is under way (any more) that is to be told at once, but not before the caller
        // has added all that it has.
        let complete = self.begun.filter(|_| self.is_idle());
        let transactions = [self.queries.poll_timeout(), self.refreshes.poll_timeout()];
        let timers = [complete, self.deadline, self.keepalive];
        timers.into_iter().chain(transactions).flatten().min()
    }
}

/// Sends a Binding request.
fn ask<T>(
    transactions: &mut Transactions<T>,
    now: Timestamp,
    five_tuple: FiveTuple,
    context: T,
    rto: Duration,
) -> Option<TransactionId> {
    let id = transactions.transaction_id();
    let mut buffer = [0; 32];
    let request =
        MessageBuilder::request(Method::BINDING, id, &mut buffer).fingerprint().finish().ok()?;
    transactions.start_with_rto(now, Transmit::new(five_tuple, request), context, rto)
}

/// The attributes of an answer that are understood, or may be passed over: servers of RFC 3489 say
/// more than is asked (RFC 8489 §11, RFC 8445 §5.1.1.2).
fn is_known(attribute: AttributeType) -> bool {
    const LAST_OF_RFC_3489: u16 = 0x000B;
    attribute.value() <= LAST_OF_RFC_3489
        || [attr::XOR_MAPPED_ADDRESS.attribute_type(), AttributeType::MESSAGE_INTEGRITY_SHA256]
            .contains(&attribute)
}

/// The address that a server reports; an old one may know only the unmasked form (RFC 8489 §12).
fn mapped_address(message: &Message<'_>) -> Option<SocketAddr> {
    let masked = message.get(attr::XOR_MAPPED_ADDRESS).ok()?;
    masked.or_else(|| message.get(attr::MAPPED_ADDRESS).ok().flatten())
}
