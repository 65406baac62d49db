//! What kind of NAT is on the way: behaviour discovery (RFC 5780), both sides.
//!
//! [`Discovery`] is a machine that asks a server with two IP addresses and two ports, and says in a
//! [`Report`] how the NAT maps and filters, what that means, and, with a second socket, whether it
//! hairpins and for how long it keeps an address. [`Responder`] is what such a server is made of.
//!
//! ```
//! use sansio::{Timestamp, Transmit};
//! use stun_codec::discovery::{Config, Discovery, Event, Filtering, Mapping, Responder};
//! use stun_codec::Message;
//!
//! let server = Responder::new("198.51.100.1:3478".parse()?)
//!     .with_alternate("198.51.100.2:3479".parse()?)?;
//! let local = "192.0.2.1:50000".parse()?;
//! let mut discovery = Discovery::new(Config::new(local, [server.primary()]), [7; 32]);
//! let mut now = Timestamp::ZERO;
//! discovery.start(now);
//!
//! let report = loop {
//!     while let Some(transmit) = discovery.poll_transmit(now) {
//!         // Send it; and, on the server's side, when it has come in on one of the four sockets:
//!         let mut buffer = [0; 128];
//!         let request = Message::parse(&transmit.payload)?;
//!         let answer = server.answer(transmit.five_tuple.reversed(), &request, &mut buffer);
//!         // … and here, when the answer has:
//!         if let Some(Transmit { five_tuple, payload }) = answer {
//!             discovery.handle_input(now, Transmit::new(five_tuple.reversed(), payload));
//!         }
//!     }
//!     match discovery.poll_event() {
//!         Some(Event::Finished(report)) => break report,
//!         Some(_) => {}
//!         None => {
//!             now = discovery.poll_timeout().expect("not yet finished");
//!             discovery.handle_timeout(now);
//!         }
//!     }
//! };
//! assert_eq!(report.is_behind_nat(), Some(false));
//! assert_eq!(report.mapping, Ok(Mapping::EndpointIndependent));
//! assert_eq!(report.filtering, Ok(Filtering::EndpointIndependent));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What a server can do to a client
//! The client sends to the address that the server calls its other one, and, for hairpinning, to the
//! one that it calls the client's. Both may be a victim's. So the other address must not lie within
//! a private network (unless the server does), and no run sends more than [`Discovery::MAX_SENDINGS`]
//! requests of at most 28 bytes there, each as often as `max_sends` says: 28 datagrams by default.
//! Nothing that arrives makes it ask anything twice.

mod config;
mod lifetime;
mod probe;
mod report;
mod responder;
mod stages;

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};

use crate::attr;
use crate::build::MessageBuilder;
use crate::header::{Class, Method, TransactionId};
use crate::message::Message;
use crate::transaction::Transactions;

pub use config::Config;
pub use report::{Filtering, Lifetime, Mapping, Report, Unknown};
pub use responder::{AlternateError, Responder};

use lifetime::Search;
use probe::{Answered, Outcome, Probe};

/// How far apart requests are begun: no more than ten a second (RFC 5780 §5).
const PACE: Duration = Duration::from_millis(100);

/// Finds out what kind of NAT is on the way. After [`start`](Self::start) and any `handle_*`, drain
/// [`poll_transmit`](Self::poll_transmit), then [`poll_event`](Self::poll_event), then read
/// [`poll_timeout`](Self::poll_timeout). What arrives adds nothing to its memory.
///
/// It needs the caller's socket [`Config::local`], on which answers come from other addresses
/// than were sent to: a socket that is connected to the server hears none of them.
#[derive(Debug)]
pub struct Discovery {
    config: Config,
    transactions: Transactions<Probe>,
    stage: Stage,
    /// The one of the servers that is being asked.
    server: usize,
    other: Option<SocketAddr>,
    /// Questions yet to be asked, and when the next one may.
    queue: VecDeque<Probe>,
    next_start: Timestamp,
    outcomes: BTreeMap<Probe, Outcome>,
    /// Servers that have answered, and what they call us.
    contacts: Vec<(SocketAddr, SocketAddr)>,
    search: Search,
    report: Report,
    events: VecDeque<Event>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Idle,
    Reaching,
    Filtering,
    Mapping,
    Hairpinning,
    Aging,
    Done,
}

/// What [`Discovery`] tells.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Event {
    /// A server has answered. The public address is known, and the tests begin.
    Reached {
        /// Which.
        server: SocketAddr,
        /// The socket's address as this server sees it.
        mapped: SocketAddr,
    },
    /// A server is of no use for the tests; the next one is asked, if there is one.
    Unsuitable {
        /// Which.
        server: SocketAddr,
        /// Why.
        reason: Unknown,
    },
    /// The end.
    Finished(Report),
}

impl Discovery {
    /// How many requests a run sends to addresses that a server has named, retransmissions not
    /// counted.
    pub const MAX_SENDINGS: usize = 4;

    /// A run that has not begun. Its transaction ids come from `seed`, which must be unpredictable.
    #[must_use]
    pub fn new(mut config: Config, seed: [u8; 32]) -> Self {
        let mut servers = Vec::new();
        for &server in &config.servers {
            let is_possible =
                server.is_ipv4() == config.local.is_ipv4() && probe::is_destination(server);
            if is_possible && !servers.contains(&server) && servers.len() < Config::MAX_SERVERS {
                servers.push(server);
            }
        }
        config.servers = servers;
        let report = Report {
            local: config.local,
            server: None,
            mapped: None,
            mapping: Err(Unknown::NoAnswer),
            filtering: Err(Unknown::NoAnswer),
            hairpinning: Err(Unknown::NotTested),
            lifetime: Err(Unknown::NotTested),
            rewrites_payloads: false,
            origin_differs: false,
        };
        Self {
            transactions: Transactions::new(config.transactions, seed),
            stage: Stage::Idle,
            server: 0,
            other: None,
            queue: VecDeque::new(),
            next_start: Timestamp::ZERO,
            outcomes: BTreeMap::new(),
            contacts: Vec::new(),
            search: Search::new(config.longest_lifetime.unwrap_or_default()),
            report,
            events: VecDeque::new(),
            config,
        }
    }

    /// Begins. To begin twice changes nothing.
    pub fn start(&mut self, now: Timestamp) {
        if self.stage == Stage::Idle {
            self.stage = Stage::Reaching;
            match self.config.servers.is_empty() {
                true => self.finish(),
                false => self.queue.push_back(Probe::Reach),
            }
            self.advance(now);
        }
    }

    /// Hands in a datagram that has come in on one of the sockets, and says whether it was for
    /// this machine.
    pub fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) -> bool {
        let Transmit { five_tuple: path, payload } = input;
        let Ok(message) = Message::parse(payload) else { return false };
        let id = message.transaction_id();
        let Some((sent_on, &probe)) = self.transactions.waiting(id) else { return false };
        if message.class() == Class::Request {
            let is_ours = probe.is_hairpin() && self.comes_back_on(probe, path.local);
            if is_ours {
                self.transactions.cancel_all();
                self.queue.clear();
                self.settle(now, probe, Outcome::Returned);
            }
            return is_ours;
        }
        // An answer to a request that was to come back here says nothing.
        let accept = |message: &Message<'_>, _: &Probe| {
            if probe.is_hairpin() { None } else { Outcome::of(message, path, sent_on) }
        };
        let Some(answer) = self.transactions.handle_message(now, path, &message, accept) else {
            return false;
        };
        self.settle(now, probe, answer.value);
        true
    }

    /// Sends again and goes on as it is time. Safe to call early or late.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.transactions.handle_timeout(now);
        while let Some(failed) = self.transactions.poll_event() {
            self.settle(now, failed.context, Outcome::Silent);
        }
        self.search.handle_timeout(now);
        self.advance(now);
    }

    /// The next datagram to send. The answer may change after `start` and every `handle_*`.
    #[must_use = "a datagram that is not sent is lost"]
    pub fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>> {
        self.transactions.poll_transmit(now)
    }

    /// The next thing to know. The answer may change after `start` and every `handle_*`.
    #[must_use = "an event is told once"]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next; never again once it has
    /// finished. The answer may change after `start` and every `handle_*`.
    #[must_use = "without the time-out nothing goes on"]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        let start = (!self.queue.is_empty()).then_some(self.next_start);
        [self.transactions.poll_timeout(), start, self.search.wakes_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What is known so far.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Whether a hairpinned request comes in where it should.
    fn comes_back_on(&self, probe: Probe, local: SocketAddr) -> bool {
        match probe {
            Probe::HairpinIn => local == self.config.local,
            _ => Some(local) == self.config.second,
        }
    }

    fn settle(&mut self, now: Timestamp, probe: Probe, outcome: Outcome) {
        if let Outcome::Answered(answered) = outcome {
            self.report.rewrites_payloads |= answered.rewritten;
            self.report.origin_differs |= answered.origin_differs;
            if probe == Probe::FilterBoth && !answered.on_own_path {
                // Then what comes from the other port comes in as well.
                self.transactions.cancel_all();
                self.queue.clear();
            }
        }
        self.outcomes.insert(probe, outcome);
        self.advance(now);
    }

    /// Goes on as far as can be without waiting. Each round asks something, waits for something, or
    /// comes to a later stage, or to the next server.
    fn advance(&mut self, now: Timestamp) {
        loop {
            if self.next_start <= now
                && let Some(probe) = self.queue.pop_front()
            {
                self.next_start = now + PACE;
                if self.ask(now, probe).is_none() {
                    self.outcomes.insert(probe, Outcome::Silent);
                }
                continue;
            }
            let waits = !self.queue.is_empty()
                || !self.transactions.is_empty()
                || self.search.wakes_at().is_some();
            match self.stage {
                Stage::Idle | Stage::Done => return,
                _ if waits => return,
                Stage::Reaching => self.reach(),
                Stage::Filtering => {
                    self.stage = Stage::Mapping;
                    self.queue.extend([Probe::MapFirst, Probe::MapAddress]);
                }
                Stage::Mapping => self.judge(),
                Stage::Hairpinning => self.hairpin(),
                Stage::Aging => self.age(now),
            }
        }
    }

    fn ask(&mut self, now: Timestamp, probe: Probe) -> Option<TransactionId> {
        let id = self.transactions.transaction_id();
        let port = (probe == Probe::Lifetime).then(|| self.mapped_of(Probe::Second)).flatten();
        let mut buffer = [0; 32];
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer)
            .put_some(attr::CHANGE_REQUEST, probe.change_request())
            .put_some(attr::RESPONSE_PORT, port.map(|mapped| mapped.port()))
            .finish()
            .ok()?;
        let (path, also_on) = self.paths(probe)?;
        let request = Transmit::new(path, request);
        match also_on {
            Some(other) => self.transactions.start_answered_on(now, request, probe, other),
            None => self.transactions.start(now, request, probe),
        }
    }

    /// From where to where a question goes, and where else its answer may come.
    fn paths(&self, probe: Probe) -> Option<(FiveTuple, Option<FiveTuple>)> {
        let (local, server) = (self.config.local, *self.config.servers.get(self.server)?);
        let of = FiveTuple::udp;
        Some(match probe {
            Probe::Reach | Probe::ReachAgain | Probe::MapFirst => (of(local, server), None),
            Probe::FilterBoth => (of(local, server), Some(of(local, self.other?))),
            Probe::FilterPort => {
                let origin = SocketAddr::new(server.ip(), self.other?.port());
                (of(local, server), Some(of(local, origin)))
            }
            Probe::MapAddress => {
                let other = SocketAddr::new(self.other?.ip(), server.port());
                (of(local, other), None)
            }
            Probe::MapBoth => (of(local, self.other?), None),
            Probe::Second => (of(self.config.second?, server), None),
            Probe::HairpinIn => (of(self.config.second?, self.report.mapped?), None),
            Probe::HairpinOut => (of(local, self.mapped_of(Probe::Second)?), None),
            Probe::Lifetime => (of(local, server), Some(of(self.config.second?, server))),
        })
    }

    fn answered(&self, probe: Probe) -> Option<Answered> {
        match self.outcomes.get(&probe) {
            Some(Outcome::Answered(answered)) => Some(*answered),
            _ => None,
        }
    }

    fn mapped_of(&self, probe: Probe) -> Option<SocketAddr> {
        self.answered(probe).map(|answered| answered.mapped)
    }

    fn outcome(&self, probe: Probe) -> Outcome {
        self.outcomes.get(&probe).copied().unwrap_or(Outcome::Silent)
    }
}
