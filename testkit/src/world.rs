//! Machines on a virtual network, stepped from one thing that happens to the next.
//!
//! A [`Node`] is whatever runs on one host: a machine, or several with the code that joins
//! them. The machines of the house have no common trait; a test writes these four
//! functions for the one that it tests.
//!
//! ```
//! use bytes::Bytes;
//! use sansio::{FiveTuple, Timestamp, Transmit};
//! use testkit::{Network, Node, Place, RunError, World};
//!
//! /// Sends everything back.
//! #[derive(Default)]
//! struct Echo(Vec<Transmit<Bytes>>);
//!
//! impl Node for Echo {
//!     fn handle_input(&mut self, _now: Timestamp, input: Transmit<&[u8]>) {
//!         self.0.push(input.map(Bytes::copy_from_slice));
//!     }
//!     fn handle_timeout(&mut self, _now: Timestamp) {}
//!     fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
//!         self.0.pop()
//!     }
//!     fn poll_timeout(&mut self) -> Option<Timestamp> {
//!         None
//!     }
//! }
//!
//! /// Asks once, and keeps what it hears.
//! struct Asker(Option<Transmit<Bytes>>, Vec<Bytes>);
//!
//! impl Node for Asker {
//!     fn handle_input(&mut self, _now: Timestamp, input: Transmit<&[u8]>) {
//!         self.1.push(Bytes::copy_from_slice(input.payload));
//!     }
//!     fn handle_timeout(&mut self, _now: Timestamp) {}
//!     fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
//!         self.0.take()
//!     }
//!     fn poll_timeout(&mut self) -> Option<Timestamp> {
//!         None
//!     }
//! }
//!
//! let mut network = Network::new([7; 32]);
//! let here = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
//! let there = network.add_host(Place::INTERNET, [192, 0, 2, 2]).unwrap();
//! let path = FiveTuple::udp(([192, 0, 2, 1], 1).into(), ([192, 0, 2, 2], 2).into());
//!
//! let mut world = World::new(network);
//! world.add(there, Echo::default());
//! let asker = world.add(here, Asker(Some(Transmit::new(path, Bytes::from("hi"))), vec![]));
//! let heard = world.run_until(Timestamp::from_secs(1), |world| !world[asker].1.is_empty())?;
//! assert_eq!(heard, Timestamp::from_millis(20)); // four links of 5 ms
//! # Ok::<(), RunError>(())
//! ```

use core::any::Any;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Index, IndexMut};
use core::time::Duration;

use bytes::Bytes;
use sansio::{Timestamp, Transmit};

use crate::network::{Arrival, HostId, Network, SendError};

/// What runs on a host: the contract of the house's machines, for the [`World`] to drive.
pub trait Node: Any {
    /// A datagram has come.
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>);

    /// The moment of [`poll_timeout`](Self::poll_timeout) has come.
    fn handle_timeout(&mut self, now: Timestamp);

    /// The next datagram to send; the world calls it until `None`, after each step.
    fn poll_transmit(&mut self, now: Timestamp) -> Option<Transmit<Bytes>>;

    /// When to call [`handle_timeout`](Self::handle_timeout) next.
    fn poll_timeout(&mut self) -> Option<Timestamp>;
}

/// Nodes on the hosts of a [`Network`], and the virtual clock that they share.
///
/// The world is indexed by the ids that [`add`](Self::add) gave: `world[client].connect(now)`.
pub struct World {
    network: Network,
    now: Timestamp,
    nodes: Vec<Resident>,
    /// How many steps and arrivals there were since time last went on.
    standing: usize,
}

impl World {
    /// The most datagrams that a node may hand out in one step, and the most arrivals and steps
    /// without time going on. Beyond that a run ends with an error instead of never.
    pub const PATIENCE: usize = 100_000;

    /// A world with nothing in it but `network`. Its clock stands at [`Timestamp::ZERO`].
    #[must_use]
    pub const fn new(network: Network) -> Self {
        Self { network, now: Timestamp::ZERO, nodes: Vec::new(), standing: 0 }
    }

    /// Puts `node` on `host`. Several nodes of one host each see all that the host receives.
    pub fn add<N: Node>(&mut self, host: HostId, node: N) -> NodeId<N> {
        let id = NodeId { number: self.nodes.len(), node: PhantomData };
        let name = core::any::type_name::<N>();
        self.nodes.push(Resident { host, name, node: Box::new(node), spins: 0 });
        id
    }

    /// The time.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// The network.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// The network, to change it while it runs: its links, NATs and hosts.
    #[must_use]
    pub const fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// Runs until `done` says so, which is asked at the start and after each step, once the
    /// nodes have nothing more to send; returns the time. `done` may take events from the nodes.
    ///
    /// # Errors
    ///
    /// [`RunError::Limit`] when the time comes to `limit` first, and [`RunError::Idle`] when
    /// nothing is left to happen; the others when a node does what no machine may.
    pub fn run_until(
        &mut self,
        limit: Timestamp,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<Timestamp, RunError> {
        loop {
            self.collect_transmits()?;
            if done(self) {
                // What `done` took from the nodes may have made them send.
                self.collect_transmits()?;
                return Ok(self.now);
            }
            self.collect_transmits()?;
            let Some(next) = self.next_wakeup() else {
                return Err(RunError::Idle { at: self.now });
            };
            if next > limit {
                self.now = self.now.max(limit);
                return Err(RunError::Limit { limit });
            }
            if next > self.now {
                self.now = next;
                self.standing = 0;
            }
            self.stand()?;
            self.step()?;
        }
    }

    /// Runs for `length`, whatever happens or doesn't.
    ///
    /// # Errors
    ///
    /// When a node does what no machine may: [`RunError`], but neither `Limit` nor `Idle`.
    pub fn run_for(&mut self, length: Duration) -> Result<(), RunError> {
        let end = self.now + length;
        match self.run_until(end, |_| false) {
            Ok(_) => Ok(()),
            Err(RunError::Limit { .. } | RunError::Idle { .. }) => {
                self.now = end;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// When something happens next: an arrival or a node's timer.
    fn next_wakeup(&mut self) -> Option<Timestamp> {
        let timers = self.nodes.iter_mut().filter_map(|resident| resident.node.poll_timeout());
        timers.chain(self.network.next_arrival()).min()
    }

    /// All that is due: first what arrives, then the timers, each in the order of the nodes.
    fn step(&mut self) -> Result<(), RunError> {
        while let Some(Arrival { host, datagram, .. }) = self.network.poll_arrival(self.now) {
            self.stand()?;
            for resident in self.nodes.iter_mut().filter(|resident| resident.host == host) {
                let input = Transmit::new(datagram.five_tuple, &datagram.payload[..]);
                resident.node.handle_input(self.now, input);
            }
            self.collect_transmits()?;
        }
        for resident in &mut self.nodes {
            resident.wake(self.now)?;
        }
        Ok(())
    }

    /// One more thing happens at this same moment.
    fn stand(&mut self) -> Result<(), RunError> {
        self.standing += 1;
        if self.standing > Self::PATIENCE {
            return Err(RunError::NoProgress { at: self.now });
        }
        Ok(())
    }

    fn collect_transmits(&mut self) -> Result<(), RunError> {
        for resident in &mut self.nodes {
            let mut patience = Self::PATIENCE;
            while let Some(datagram) = resident.node.poll_transmit(self.now) {
                let node = resident.name;
                if patience == 0 {
                    return Err(RunError::EndlessTransmits { node, at: self.now });
                }
                patience -= 1;
                let sent = self.network.send(self.now, resident.host, datagram);
                sent.map_err(|error| RunError::NotSent { node, at: self.now, error })?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nodes: Vec<_> = self.nodes.iter().map(|resident| resident.name).collect();
        f.debug_struct("World")
            .field("now", &self.now)
            .field("nodes", &nodes)
            .field("network", &self.network)
            .finish()
    }
}

impl<N: Node> Index<NodeId<N>> for World {
    type Output = N;

    /// # Panics
    ///
    /// When the id is another world's.
    fn index(&self, id: NodeId<N>) -> &N {
        let node: &dyn Any = &*self.nodes[id.number].node;
        node.downcast_ref().expect("an id is used with the world that gave it")
    }
}

impl<N: Node> IndexMut<NodeId<N>> for World {
    /// # Panics
    ///
    /// When the id is another world's.
    fn index_mut(&mut self, id: NodeId<N>) -> &mut N {
        let node: &mut dyn Any = &mut *self.nodes[id.number].node;
        node.downcast_mut().expect("an id is used with the world that gave it")
    }
}

/// A node of a [`World`], and of which type it is.
pub struct NodeId<N> {
    number: usize,
    node: PhantomData<fn() -> N>,
}

impl<N> Clone for NodeId<N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<N> Copy for NodeId<N> {}

impl<N> fmt::Debug for NodeId<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeId({})", self.number)
    }
}

/// Why a run ended before its goal.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RunError {
    /// The time is over. The clock stands at the limit.
    #[error("not done by {limit}")]
    Limit {
        /// When it was over.
        limit: Timestamp,
    },
    /// Nothing is under way and no node has a timer, so nothing will ever happen.
    #[error("at {at} nothing is under way, no timer runs, and the run is not done")]
    Idle {
        /// The time.
        at: Timestamp,
    },
    /// A node's deadline stays in the past however often its `handle_timeout` is called.
    #[error("{node} is busy at {at}: handle_timeout leaves its deadline {deadline} in the past")]
    Busy {
        /// The node's type.
        node: &'static str,
        /// The time.
        at: Timestamp,
        /// What its `poll_timeout` says.
        deadline: Timestamp,
    },
    /// A node's `poll_transmit` never comes to an end.
    #[error("{node} hands out datagrams without end at {at}")]
    EndlessTransmits {
        /// The node's type.
        node: &'static str,
        /// The time.
        at: Timestamp,
    },
    /// Nodes keep each other busy without time going on: over links that take none.
    #[error("time stands still at {at}: the nodes keep each other busy")]
    NoProgress {
        /// The time.
        at: Timestamp,
    },
    /// A node sends from where its host is not.
    #[error("{node} sends at {at} what its host cannot: {error}")]
    NotSent {
        /// The node's type.
        node: &'static str,
        /// The time.
        at: Timestamp,
        /// What is wrong with it.
        error: SendError,
    },
}

struct Resident {
    host: HostId,
    name: &'static str,
    node: Box<dyn Node>,
    /// How often in a row it was due again right after its `handle_timeout`.
    spins: usize,
}

impl Resident {
    /// Deadlines in a row that are due at once are no fault: a machine may do one thing a call.
    const MOST_SPINS: usize = 1_000;

    fn wake(&mut self, now: Timestamp) -> Result<(), RunError> {
        if self.node.poll_timeout().is_none_or(|deadline| deadline > now) {
            return Ok(());
        }
        self.node.handle_timeout(now);
        match self.node.poll_timeout() {
            Some(deadline) if deadline <= now => self.spins += 1,
            _ => self.spins = 0,
        }
        if self.spins > Self::MOST_SPINS {
            let deadline = self.node.poll_timeout().unwrap_or(now);
            return Err(RunError::Busy { node: self.name, at: now, deadline });
        }
        Ok(())
    }
}
