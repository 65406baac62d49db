//! The client's side of request and answer: retransmission, matching, giving up
//! (RFC 8489 §6.2, §6.3.3).
//!
//! [`Transactions`] is a machine: it owns no socket and reads no clock. Any number of requests
//! may be under way at once, each with a context of the caller's that says what it was for.
//!
//! ```
//! use sansio::{FiveTuple, Timestamp, Transmit};
//! use stun_codec::{attr, MessageBuilder, Method};
//! use stun_codec::transaction::{Config, Transactions};
//!
//! # let (local, server) = ("192.0.2.1:5000".parse()?, "198.51.100.2:3478".parse()?);
//! let mut transactions = Transactions::new(Config::default(), [7; 32]);
//! let now = Timestamp::ZERO;
//!
//! let id = transactions.transaction_id();
//! let mut buffer = [0; 64];
//! let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish()?;
//! transactions.start(now, Transmit::new(FiveTuple::udp(local, server), request), "my address");
//!
//! while let Some(transmit) = transactions.poll_transmit(now) {
//!     // send transmit.payload from five_tuple.local to five_tuple.remote
//! # let request = stun_codec::Message::parse(&transmit.payload)?;
//! # let mut buffer = [0; 64];
//! # let answer = MessageBuilder::success(&request, &mut buffer).put(attr::XOR_MAPPED_ADDRESS, local).finish()?;
//! # let datagram = Transmit::new(transmit.five_tuple, answer);
//!     // … and when a datagram arrives:
//!     let public = transactions.handle_input(now, datagram, |answer, _what_for| {
//!         answer.get(attr::XOR_MAPPED_ADDRESS).ok().flatten()
//!     });
//!     assert_eq!(public.map(|answer| answer.value), Some(local));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod failure;
mod round_trip;

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::net::IpAddr;
use core::time::Duration;

use bytes::Bytes;
use rand::rngs::ChaCha12Rng;
use rand::{Rng as _, SeedableRng as _};
use sansio::{FiveTuple, Timestamp, Transmit};

use crate::header::{Class, Header, TransactionId};
use crate::message::Message;

pub use config::Config;
pub use failure::{Failed, FailureReason, PathError};

use round_trip::RoundTrips;

/// An answer that the caller has accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Answer<T, V> {
    /// What the caller tied to the request.
    pub context: T,
    /// What the caller made of the answer.
    pub value: V,
    /// The round trip time; `None` when the request was sent more than once, since nobody can
    /// tell which copy was answered (RFC 8489 §6.2.1).
    pub round_trip_time: Option<Duration>,
}

/// Requests that wait for their answers. `T` is what the caller wants to know again when the
/// answer comes.
///
/// Bounded by what the caller starts: what arrives never adds anything.
#[derive(Debug)]
pub struct Transactions<T = ()> {
    config: Config,
    rng: ChaCha12Rng,
    waiting: BTreeMap<TransactionId, Waiting<T>>,
    deadlines: BTreeSet<(Timestamp, TransactionId)>,
    transmits: VecDeque<Transmit<Bytes>>,
    failed: VecDeque<Failed<T>>,
    round_trips: RoundTrips,
}

#[derive(Debug)]
struct Waiting<T> {
    request: Transmit<Bytes>,
    context: T,
    sends: u32,
    first_sent: Timestamp,
    rto: Duration,
    deadline: Timestamp,
    /// The deadline ends the transaction, whatever `sends` says.
    sends_no_more: bool,
    turned_down: bool,
    /// The RTO is the one that is estimated, and the answer improves the estimate.
    estimates: bool,
    /// Another path on which the answer may come.
    also_on: Option<Box<FiveTuple>>,
}

impl<T> Waiting<T> {
    fn is_reliable(&self) -> bool {
        self.request.five_tuple.transport.is_reliable()
    }

    fn is_answered_on(&self, path: FiveTuple) -> bool {
        self.request.five_tuple == path || self.also_on.as_deref() == Some(&path)
    }
}

impl<T> Transactions<T> {
    /// A machine with nothing under way. Its transaction ids are drawn from `seed`, which must be
    /// unpredictable.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        Self {
            config,
            rng: ChaCha12Rng::from_seed(seed),
            waiting: BTreeMap::new(),
            deadlines: BTreeSet::new(),
            transmits: VecDeque::new(),
            failed: VecDeque::new(),
            round_trips: RoundTrips::default(),
        }
    }

    /// A fresh, unpredictable id for the next request (RFC 8489 §5).
    pub fn transaction_id(&mut self) -> TransactionId {
        let mut id = [0; 12];
        self.rng.fill_bytes(&mut id);
        TransactionId::new(id)
    }

    /// The time to the first retransmission of a request to this server that is started now
    /// (RFC 8489 §6.2.1): estimated as in RFC 6298 from the transactions that were answered lately
    /// without being sent again; [`Config::rto`] when there were none.
    #[must_use]
    pub fn rto(&self, now: Timestamp, server: IpAddr) -> Duration {
        self.round_trips.rto(&self.config, now, server)
    }

    /// Sends `request`, and goes on sending it until it is answered, cancelled, or out of time.
    /// The id is the one in its header. Bytes without the header of a request are not sent, and
    /// the call returns `None`: nothing answers an indication, so nothing would end it. A
    /// transaction of the same id is replaced.
    pub fn start<B: AsRef<[u8]>>(
        &mut self,
        now: Timestamp,
        request: Transmit<B>,
        context: T,
    ) -> Option<TransactionId> {
        self.begin(now, request, context, None, None)
    }

    /// As [`start`](Self::start), with a time of its own to the first retransmission: ICE
    /// stretches it by the number of checks under way (RFC 8445 §14.3). The answer says nothing to
    /// the estimate of [`rto`](Self::rto).
    pub fn start_with_rto<B: AsRef<[u8]>>(
        &mut self,
        now: Timestamp,
        request: Transmit<B>,
        context: T,
        rto: Duration,
    ) -> Option<TransactionId> {
        self.begin(now, request, context, Some(rto), None)
    }

    /// As [`start`](Self::start), for a request that asks for its answer on another path: from
    /// another of the server's addresses, or to another of the caller's (RFC 5780 §7.2, §7.5). The
    /// answer may come there or on the path of the request, and nowhere else; `accept` judges which
    /// it should have been.
    pub fn start_answered_on<B: AsRef<[u8]>>(
        &mut self,
        now: Timestamp,
        request: Transmit<B>,
        context: T,
        path: FiveTuple,
    ) -> Option<TransactionId> {
        self.begin(now, request, context, None, Some(path))
    }

    fn begin<B: AsRef<[u8]>>(
        &mut self,
        now: Timestamp,
        request: Transmit<B>,
        context: T,
        rto: Option<Duration>,
        also_on: Option<FiveTuple>,
    ) -> Option<TransactionId> {
        let header = Header::parse(request.payload.as_ref()).ok()?;
        if header.message_type.class() != Class::Request {
            return None;
        }
        let id = header.transaction_id;
        self.cancel(id);
        let request = request.map(|bytes| Bytes::copy_from_slice(bytes.as_ref()));
        let FiveTuple { transport, remote, .. } = request.five_tuple;
        let reliable = transport.is_reliable();
        let estimates = !reliable && rto.is_none();
        let rto = match rto {
            Some(rto) => rto,
            None if reliable => self.config.rto,
            None => self.round_trips.begin(&self.config, now, remote.ip()),
        };
        let interval =
            if reliable { self.config.reliable_timeout } else { self.wait_after(1, rto) };
        let waiting = Waiting {
            request: request.clone(),
            context,
            sends: 1,
            first_sent: now,
            rto,
            deadline: now + interval,
            sends_no_more: reliable,
            turned_down: false,
            estimates,
            also_on: also_on.map(Box::new),
        };
        self.deadlines.insert((waiting.deadline, id));
        self.waiting.insert(id, waiting);
        self.transmits.push_back(request);
        Some(id)
    }

    /// How long to wait after the `sends`-th sending.
    fn wait_after(&self, sends: u32, rto: Duration) -> Duration {
        if sends >= self.config.max_sends {
            rto.saturating_mul(self.config.last_wait)
        } else {
            rto.saturating_mul(power_of_two(sends - 1))
        }
    }

    /// Hands in a datagram. When it answers a request that is under way, on the path that the
    /// request took, `accept` sees it; if that returns a value the transaction is over. An
    /// answer that `accept` turns down because it does not authenticate may be a forgery, and the
    /// true one may yet come: the request is still sent and waited for. But a stream has no
    /// forgeries among its answers, so there it ends the transaction: `poll_timeout` says now
    /// (RFC 8489 §9.1.4, §9.2.5).
    pub fn handle_input<'a, V>(
        &mut self,
        now: Timestamp,
        input: Transmit<&'a [u8]>,
        accept: impl FnOnce(&Message<'a>, &T) -> Option<V>,
    ) -> Option<Answer<T, V>> {
        let message = Message::parse(input.payload).ok()?;
        self.handle_message(now, input.five_tuple, &message, accept)
    }

    /// As [`handle_input`](Self::handle_input), for a message that the caller has parsed.
    pub fn handle_message<'a, V>(
        &mut self,
        now: Timestamp,
        five_tuple: FiveTuple,
        message: &Message<'a>,
        accept: impl FnOnce(&Message<'a>, &T) -> Option<V>,
    ) -> Option<Answer<T, V>> {
        if !matches!(message.class(), Class::Success | Class::Error) {
            return None;
        }
        let id = message.transaction_id();
        let waiting = self.waiting.get(&id)?;
        let request = Header::parse(&waiting.request.payload).ok()?;
        if !waiting.is_answered_on(five_tuple)
            || request.message_type.method() != message.method()
            || waiting.turned_down && waiting.is_reliable()
        {
            return None;
        }
        let Some(value) = accept(message, &waiting.context) else {
            self.turn_down(now, id);
            return None;
        };
        let waiting = self.remove(id)?;
        let round_trip_time = (waiting.sends == 1).then(|| now - waiting.first_sent);
        if waiting.estimates {
            self.learn(now, &waiting);
        }
        Some(Answer { context: waiting.context, value, round_trip_time })
    }

    /// What an answer tells about the server (RFC 8489 §6.2.1).
    fn learn(&mut self, now: Timestamp, waiting: &Waiting<T>) {
        let Waiting { sends, rto, first_sent, .. } = *waiting;
        let server = waiting.request.five_tuple.remote.ip();
        if sends == 1 {
            self.round_trips.measure(&self.config, now, server, now - first_sent);
        } else {
            let wait = rto.saturating_mul(power_of_two(sends - 1));
            self.round_trips.back_off(&self.config, now, server, wait);
        }
    }

    /// Hands in that a datagram to `path.remote` could not be delivered, or that a stream is broken.
    /// A [hard error](PathError::is_hard) ends the transactions of that path, for
    /// [`FailureReason::Unreachable`] (RFC 8489 §6.2.1, §6.2.2); any other is ignored. Says how
    /// many it has ended.
    ///
    /// `quoted` is what an ICMP message repeats of the datagram, beginning with the STUN header. It
    /// must be the start of a request that is under way on that path, at least as far as its
    /// transaction id, and ends only that one; so nobody who has not seen the request can end it.
    /// Without a quotation, all transactions of the path are ended: hand it in so only where the
    /// operating system vouches for it, as for an error of a connected socket.
    pub fn handle_unreachable(
        &mut self,
        _now: Timestamp,
        path: FiveTuple,
        error: PathError,
        quoted: Option<&[u8]>,
    ) -> usize {
        if !error.is_hard(&path.remote) {
            return 0;
        }
        let ids: Vec<_> = match quoted {
            Some(quoted) => {
                let id = Header::parse(quoted).map(|header| header.transaction_id);
                let live = id.ok().filter(|id| {
                    self.waiting.get(id).is_some_and(|waiting| {
                        let request = &waiting.request;
                        request.five_tuple == path && request.payload.starts_with(quoted)
                    })
                });
                live.into_iter().collect()
            }
            None => {
                let of_path = |(id, waiting): (&TransactionId, &Waiting<T>)| {
                    (waiting.request.five_tuple == path).then_some(*id)
                };
                self.waiting.iter().filter_map(of_path).collect()
            }
        };
        for &id in &ids {
            if let Some(context) = self.cancel(id) {
                self.failed.push_back(Failed { id, context, reason: FailureReason::Unreachable });
            }
        }
        ids.len()
    }

    fn turn_down(&mut self, now: Timestamp, id: TransactionId) {
        let Some(waiting) = self.waiting.get_mut(&id) else { return };
        waiting.turned_down = true;
        if waiting.is_reliable() {
            self.deadlines.remove(&(waiting.deadline, id));
            waiting.deadline = now;
            self.deadlines.insert((now, id));
        }
    }

    /// The path and the context of a request that is under way.
    #[must_use]
    pub fn waiting(&self, id: TransactionId) -> Option<(FiveTuple, &T)> {
        self.waiting.get(&id).map(|waiting| (waiting.request.five_tuple, &waiting.context))
    }

    /// How many requests are under way.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets a request: it is not sent again, and an answer to it is nobody's.
    pub fn cancel(&mut self, id: TransactionId) -> Option<T> {
        let waiting = self.remove(id)?;
        let five_tuple = waiting.request.five_tuple;
        self.transmits.retain(|queued| {
            queued.five_tuple != five_tuple
                || Header::parse(&queued.payload).map(|header| header.transaction_id) != Ok(id)
        });
        Some(waiting.context)
    }

    /// Forgets all requests, and gives back what the caller tied to them.
    pub fn cancel_all(&mut self) -> Vec<T> {
        self.deadlines.clear();
        self.transmits.clear();
        core::mem::take(&mut self.waiting).into_values().map(|waiting| waiting.context).collect()
    }

    /// Sends a request no more, once what is due already has gone out, but still takes an answer
    /// for as long as one would have been waited for (RFC 8445 §7.3.1.4).
    pub fn stop_sending(&mut self, id: TransactionId) {
        let Config { max_sends, last_wait, .. } = self.config;
        let Some(waiting) = self.waiting.get_mut(&id) else { return };
        if waiting.sends_no_more {
            return;
        }
        waiting.sends_no_more = true;
        if waiting.sends < max_sends {
            // The waits that were still to come double from 2^sends to 2^(max_sends - 2), and
            // then there is the last one.
            let doubled = power_of_two(max_sends - 1) - power_of_two(waiting.sends);
            self.deadlines.remove(&(waiting.deadline, id));
            waiting.deadline += waiting.rto.saturating_mul(doubled.saturating_add(last_wait));
            self.deadlines.insert((waiting.deadline, id));
        }
    }

    fn remove(&mut self, id: TransactionId) -> Option<Waiting<T>> {
        let waiting = self.waiting.remove(&id)?;
        self.deadlines.remove(&(waiting.deadline, id));
        Some(waiting)
    }

    /// Sends again what is due, and gives up what is out of time. Safe to call early or late;
    /// after a long sleep each request is sent once, not once for every time that was missed.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        while let Some(&(deadline, id)) = self.deadlines.first()
            && deadline <= now
        {
            self.deadlines.pop_first();
            let Some(waiting) = self.waiting.get_mut(&id) else { continue };
            if waiting.sends_no_more || waiting.sends >= self.config.max_sends {
                if let Some(Waiting { context, turned_down, .. }) = self.waiting.remove(&id) {
                    let reason = if turned_down {
                        FailureReason::IntegrityViolated
                    } else {
                        FailureReason::TimedOut
                    };
                    self.failed.push_back(Failed { id, context, reason });
                }
                continue;
            }
            waiting.sends += 1;
            let (sends, rto) = (waiting.sends, waiting.rto);
            self.transmits.push_back(waiting.request.clone());
            let interval = self.wait_after(sends, rto);
            if let Some(waiting) = self.waiting.get_mut(&id) {
                waiting.deadline = now + interval;
                self.deadlines.insert((waiting.deadline, id));
            }
        }
    }

    /// The next datagram to send. The answer may change after `start*` and `handle_timeout`.
    #[must_use = "a datagram that is not sent is lost"]
    pub fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
        self.transmits.pop_front()
    }

    /// The next request that has failed. The answer may change after `handle_timeout` and
    /// `handle_unreachable`.
    #[must_use = "an event is told once"]
    pub fn poll_event(&mut self) -> Option<Failed<T>> {
        self.failed.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next. The answer may change after
    /// every other call.
    #[must_use = "without the time-out nothing is sent again"]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|&(deadline, _)| deadline)
    }
}

/// 2 to the power of `exponent`, or the largest number there is.
const fn power_of_two(exponent: u32) -> u32 {
    match 1_u32.checked_shl(exponent) {
        Some(power) => power,
        None => u32::MAX,
    }
}
