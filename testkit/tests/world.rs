//! The runner: it steps from one thing that happens to the next, and says who is stuck.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use testkit::{HostId, Link, Network, Node, NodeId, Place, RunError, SendError, World};

const HERE: ([u8; 4], u16) = ([192, 0, 2, 1], 1);
const THERE: ([u8; 4], u16) = ([192, 0, 2, 2], 2);

fn path() -> FiveTuple {
    FiveTuple::udp(SocketAddr::from(HERE), SocketAddr::from(THERE))
}

/// Says `ping` every 100 ms, `left` times, and notes when answers come. With `answers` it
/// sends all that it hears back.
#[derive(Default)]
struct Player {
    answers: bool,
    left: u32,
    next: Option<Timestamp>,
    outgoing: VecDeque<Transmit<Bytes>>,
    heard: Vec<Timestamp>,
}

impl Player {
    fn pinging(times: u32) -> Self {
        Self { left: times, next: Some(Timestamp::ZERO), ..Self::default() }
    }

    fn answering() -> Self {
        Self { answers: true, ..Self::default() }
    }

    fn ping(&mut self) {
        self.outgoing.push_back(Transmit::new(path(), Bytes::from_static(b"ping")));
    }
}

impl Node for Player {
    fn handle_input(&mut self, now: Timestamp, input: Transmit<&[u8]>) {
        self.heard.push(now);
        if self.answers {
            self.outgoing.push_back(input.map(Bytes::copy_from_slice));
        }
    }

    fn handle_timeout(&mut self, now: Timestamp) {
        if self.next.is_some_and(|next| next <= now) {
            self.ping();
            self.left -= 1;
            self.next = (self.left > 0).then(|| now + Duration::from_millis(100));
        }
    }

    fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
        self.outgoing.pop_front()
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        self.next
    }
}

fn two_hosts() -> (Network, HostId, HostId) {
    let mut network = Network::new([1; 32]);
    network.record_trace();
    let here = network.add_host(Place::INTERNET, HERE.0).unwrap();
    let there = network.add_host(Place::INTERNET, THERE.0).unwrap();
    (network, here, there)
}

fn ping_world(times: u32) -> (World, NodeId<Player>, NodeId<Player>) {
    let (network, here, there) = two_hosts();
    let mut world = World::new(network);
    let answering = world.add(there, Player::answering());
    let pinging = world.add(here, Player::pinging(times));
    (world, pinging, answering)
}

#[test]
fn steps_to_each_arrival_and_timer() {
    let (mut world, pinging, answering) = ping_world(3);
    let done = world.run_until(Timestamp::from_secs(10), |world| world[pinging].heard.len() == 3);
    assert_eq!(done, Ok(Timestamp::from_millis(220)));
    assert_eq!(world.now(), Timestamp::from_millis(220));
    assert_eq!(world[answering].heard, [10, 110, 210].map(Timestamp::from_millis));
    assert_eq!(world[pinging].heard, [20, 120, 220].map(Timestamp::from_millis));
}

#[test]
fn two_worlds_of_one_seed_are_the_same() {
    let trace = |loss| {
        let (mut world, ..) = ping_world(50);
        let (_, here, _) = two_hosts();
        let jitter = Duration::from_millis(150);
        world.network_mut().set_link(here, Link { loss, jitter, ..Link::default() });
        world.run_for(Duration::from_secs(10)).unwrap();
        world.network().trace().to_owned()
    };
    assert_eq!(trace(0.2), trace(0.2));
    assert_ne!(trace(0.2), trace(0.5));
    assert!(trace(0.2).lines().count() > 50);
}

#[test]
fn the_limit_and_the_end_of_all_activity_are_errors_of_their_own() {
    let (mut world, pinging, _) = ping_world(3);
    let limit = Timestamp::from_millis(150);
    let done = |world: &mut World| world[pinging].heard.len() == 4;
    assert_eq!(world.run_until(limit, done), Err(RunError::Limit { limit }));
    assert_eq!(world.now(), limit);
    assert_eq!(world[pinging].heard.len(), 2);
    let idle = world.run_until(Timestamp::from_secs(10), done);
    assert_eq!(idle, Err(RunError::Idle { at: Timestamp::from_millis(220) }));
    assert_eq!(world[pinging].heard.len(), 3);
}

#[test]
fn run_for_moves_the_clock_even_when_nothing_happens() {
    let (mut world, ..) = ping_world(3);
    world.run_for(Duration::from_secs(3)).unwrap();
    world.run_for(Duration::from_secs(4)).unwrap();
    assert_eq!(world.now(), Timestamp::from_secs(7));
}

#[test]
fn what_a_test_or_the_condition_makes_a_node_say_is_sent() {
    let (mut world, pinging, answering) = ping_world(1);
    world.run_for(Duration::from_secs(1)).unwrap();
    world[pinging].ping();
    let mut once = false;
    let limit = Timestamp::from_secs(2);
    let done = world.run_until(limit, |world| {
        if world[pinging].heard.len() == 2 && !once {
            once = true;
            world[pinging].ping();
        }
        world[pinging].heard.len() == 3
    });
    assert_eq!(done, Ok(Timestamp::from_millis(1040)));
    assert_eq!(world[answering].heard.len(), 3);
}

#[test]
fn all_nodes_of_a_host_hear_what_comes_to_it() {
    let (network, here, there) = two_hosts();
    let mut world = World::new(network);
    let listeners = [(); 2].map(|()| world.add(there, Player::default()));
    world.add(here, Player::pinging(1));
    world.run_for(Duration::from_secs(1)).unwrap();
    assert!(listeners.iter().all(|listener| world[*listener].heard.len() == 1));
}

/// Does one thing wrong.
enum Faulty {
    Deadline(Timestamp),
    Transmits,
    Local,
}

impl Node for Faulty {
    fn handle_input(&mut self, _now: Timestamp, _input: Transmit<&[u8]>) {}

    fn handle_timeout(&mut self, _now: Timestamp) {}

    fn poll_transmit(&mut self, _now: Timestamp) -> Option<Transmit<Bytes>> {
        match self {
            Self::Deadline(_) => None,
            Self::Transmits => Some(Transmit::new(path(), Bytes::new())),
            Self::Local => Some(Transmit::new(path().reversed(), Bytes::new())),
        }
    }

    fn poll_timeout(&mut self) -> Option<Timestamp> {
        match self {
            Self::Deadline(deadline) => Some(*deadline),
            Self::Transmits | Self::Local => None,
        }
    }
}

fn run_faulty(faulty: Faulty) -> Result<(), RunError> {
    let (mut world, ..) = ping_world(5);
    let here = two_hosts().1;
    world.add(here, faulty);
    world.run_for(Duration::from_secs(1))
}

#[test]
fn a_faulty_node_is_named() {
    let node = std::any::type_name::<Faulty>();
    let at = Timestamp::from_millis(50);
    let busy = run_faulty(Faulty::Deadline(at));
    assert_eq!(busy, Err(RunError::Busy { node, at, deadline: at }));
    let at = Timestamp::ZERO;
    assert_eq!(run_faulty(Faulty::Transmits), Err(RunError::EndlessTransmits { node, at }));
    let error = SendError::NotItsAddress { host: two_hosts().1, local: THERE.into() };
    assert_eq!(run_faulty(Faulty::Local), Err(RunError::NotSent { node, at, error }));
}

#[test]
fn nodes_that_play_ball_in_no_time_come_to_an_end() {
    let (mut network, here, there) = two_hosts();
    network.set_link(here, Link::INSTANT);
    network.set_link(there, Link::INSTANT);
    let mut world = World::new(network);
    world.add(there, Player::answering());
    let ball = world.add(here, Player::answering());
    world[ball].ping();
    let stuck = world.run_for(Duration::from_secs(1));
    assert_eq!(stuck, Err(RunError::NoProgress { at: Timestamp::ZERO }));
}

#[test]
#[should_panic(expected = "an id is used with the world that gave it")]
fn an_id_of_another_world_is_refused() {
    let (network, here, _) = two_hosts();
    let mut other = World::new(network);
    let faulty = other.add(here, Faulty::Local);
    let (world, ..) = ping_world(1);
    let _ = &world[faulty];
}
