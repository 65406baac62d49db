//! Two agents in virtual time: direct, through NATs, through a relay.

mod world;

use core::time::Duration;

use ice_agent::{CandidateType, Event, Role};
use sansio::Timestamp;
use testkit::Link;
use testkit::nat::NatConfig;
use world::{Session, Setup};

fn types(session: &Session) -> [(CandidateType, CandidateType); 2] {
    session.selected().map(|pair| (pair.local.candidate_type, pair.remote.candidate_type))
}

#[test]
fn two_hosts_on_one_network_connect_directly() {
    let mut session = Session::new(Setup::default(), [1; 32]);
    let took = session.connect(Duration::from_secs(5)).expect("connected");
    assert_eq!(types(&session), [(CandidateType::Host, CandidateType::Host); 2]);
    assert!(took <= Duration::from_millis(200), "{took:?}");
    session.exchange_data();
}

#[test]
fn behind_one_nat_the_direct_path_is_found() {
    let setup = Setup { same_network: true, ..Setup::behind(NatConfig::port_restricted()) };
    let mut session = Session::new(setup, [1; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    assert_eq!(types(&session), [(CandidateType::Host, CandidateType::Host); 2]);
    session.exchange_data();
}

#[test]
fn two_port_restricted_nats_let_reflexive_addresses_meet() {
    let mut session = Session::new(Setup::behind(NatConfig::port_restricted()), [1; 32]);
    let took = session.connect(Duration::from_secs(5)).expect("connected");
    for (local, remote) in types(&session) {
        for candidate_type in [local, remote] {
            assert!(
                matches!(
                    candidate_type,
                    CandidateType::ServerReflexive | CandidateType::PeerReflexive
                ),
                "{candidate_type}"
            );
        }
    }
    assert!(took <= Duration::from_secs(1), "{took:?}");
    session.exchange_data();
}

#[test]
fn a_symmetric_and_an_open_nat_meet_through_a_peer_reflexive_address() {
    let setup = Setup {
        nats: [Some(NatConfig::symmetric()), Some(NatConfig::full_cone())],
        ..Setup::default()
    };
    let mut session = Session::new(setup, [2; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    let [(local, _), (_, remote)] = types(&session);
    assert_eq!((local, remote), (CandidateType::PeerReflexive, CandidateType::PeerReflexive));
    session.exchange_data();
}

#[test]
fn two_symmetric_nats_need_the_relay() {
    let mut session = Session::new(Setup::behind(NatConfig::symmetric()), [1; 32]);
    let took = session.connect(Duration::from_secs(10)).expect("connected");
    for (local, remote) in types(&session) {
        assert_eq!(local.max(remote), CandidateType::Relayed);
    }
    assert!(took <= Duration::from_secs(2), "{took:?}");
    session.exchange_data();
}

#[test]
fn without_a_relay_two_symmetric_nats_fail_and_say_so() {
    let setup = Setup { turn: false, ..Setup::behind(NatConfig::symmetric()) };
    let mut session = Session::new(setup, [1; 32]);
    assert!(session.connect(Duration::from_secs(60)).is_none());
    for side in [0, 1] {
        assert!(session.events(side).contains(&Event::Failed), "{:?}", session.events(side));
    }
}

#[test]
fn every_kind_of_nat_against_every_other_with_a_relay() {
    let kinds = [
        None,
        Some(NatConfig::full_cone()),
        Some(NatConfig::address_restricted()),
        Some(NatConfig::port_restricted()),
        Some(NatConfig::symmetric()),
    ];
    for (a, left) in kinds.iter().enumerate() {
        for (b, right) in kinds.iter().enumerate() {
            let setup = Setup { nats: [left.clone(), right.clone()], ..Setup::default() };
            let mut session = Session::new(setup, [3; 32]);
            let took = session.connect(Duration::from_secs(20));
            assert!(took.is_some(), "{a} against {b}");
            let relayed = types(&session).iter().any(|(l, r)| *l.max(r) == CandidateType::Relayed);
            let must_relay = a.min(b) >= 3 && a.max(b) == 4;
            assert_eq!(relayed, must_relay, "{a} against {b}: {:?}", types(&session));
            session.exchange_data();
        }
    }
}

#[test]
fn both_controlling_or_both_controlled_settle_it() {
    for role in [Role::Controlling, Role::Controlled] {
        for seed in 0..8 {
            let setup = Setup { roles: [role, role], ..Setup::default() };
            let mut session = Session::new(setup, [seed; 32]);
            session.connect(Duration::from_secs(10)).expect("connected");
            let roles = session.roles();
            assert_ne!(roles[0], roles[1]);
            let switches: usize = [0, 1]
                .map(|side| {
                    let switched = |event: &&Event| matches!(event, Event::RoleSwitched(_));
                    session.events(side).iter().filter(switched).count()
                })
                .iter()
                .sum();
            assert_eq!(switches, 1, "i05: one of the two switches, once");
            session.exchange_data();
        }
    }
}

#[test]
fn one_in_five_datagrams_lost() {
    let link = Link { loss: 0.2, latency: Duration::from_millis(12), ..Link::default() };
    for seed in 0..50 {
        for nat in [None, Some(NatConfig::port_restricted()), Some(NatConfig::symmetric())] {
            let setup = Setup {
                nats: [nat.clone(), nat.clone()],
                link: Some(link),
                // The servers' answers are lost too.
                gathering_timeout: Some(Duration::from_secs(39)),
                ..Setup::default()
            };
            let mut session = Session::new(setup, [seed; 32]);
            assert!(session.connect(Duration::from_secs(39)).is_some(), "seed {seed}, {nat:?}");
        }
    }
}

#[test]
fn the_peer_that_falls_silent_is_not_sent_to_after_thirty_seconds() {
    let mut session = Session::new(Setup::default(), [1; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    session.run_for(Duration::from_secs(120));
    assert!(session.is_connected(), "consent is renewed for as long as the peer answers");
    let last_answer = session.silence(1);
    session.run_for(Duration::from_secs(60));
    let (at, event) = session.last_event(0);
    assert_eq!(event, Event::ConsentExpired);
    // The last answer may have come up to an interval of checks before the silence.
    let lasted = at - last_answer;
    assert!(
        lasted <= Duration::from_secs(30) && lasted > Duration::from_secs(23),
        "i09: {lasted:?}"
    );
    assert_eq!(session.sent_since(0, at), 0, "i09: not one datagram after");
}

/// The three acts of the tour, in virtual time and with losses: every datagram, and when it was sent.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    let acts: [fn() -> Setup; 3] = [
        || Setup { same_network: true, ..Setup::behind(NatConfig::port_restricted()) },
        || Setup::behind(NatConfig::port_restricted()),
        || Setup::behind(NatConfig::symmetric()),
    ];
    for act in acts {
        let run = |seed| {
            let link = Link { loss: 0.1, jitter: Duration::from_millis(9), ..Link::default() };
            let setup = Setup { link: Some(link), trace: true, ..act() };
            let mut session = Session::new(setup, [seed; 32]);
            session.connect(Duration::from_secs(39)).expect("connected");
            session.run_for(Duration::from_secs(20));
            ([session.sent(0), session.sent(1)], session.trace())
        };
        let first = run(7);
        assert!(!first.0[0].is_empty() && !first.1.is_empty());
        assert!(first == run(7), "the same seed");
        assert!(first != run(8), "another seed");
    }
}

#[test]
fn i16_a_clock_that_jumps_does_no_harm() {
    let mut session = Session::new(Setup::default(), [1; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    let ten_days = Timestamp::from_secs(10 * 24 * 3600);
    let agent = session.agent(0);
    agent.handle_timeout(ten_days);
    let mut burst = 0;
    while agent.poll_transmit(ten_days).is_some() {
        burst += 1;
    }
    assert!(burst <= 2, "{burst}");
    agent.handle_timeout(Timestamp::ZERO);
    assert!(agent.poll_timeout().is_none_or(|timeout| timeout > Timestamp::ZERO));
}

/// One quarter of the way between two hosts behind NATs; half of it between two without.
const QUARTER: Duration = Duration::from_micros(6250);

/// A round trip of 50 ms, and what is lost of all that goes from one agent to the other.
fn far_apart(nat: Option<NatConfig>, loss: f64) -> Setup {
    let latency = if nat.is_some() { QUARTER } else { QUARTER * 2 };
    Setup {
        nats: [nat.clone(), nat],
        // There are two such links on the way.
        link: Some(Link { latency, loss: 1.0 - (1.0 - loss).sqrt(), ..Link::default() }),
        uplink: Some(Link::with_latency(QUARTER)),
        gathering_timeout: Some(Duration::from_secs(39)),
        ..Setup::default()
    }
}

/// How long it takes until data can flow both ways, and until both have selected a pair, once both
/// have all candidates of both.
fn speed(setup: Setup, seed: u8) -> (Duration, Duration) {
    let mut session = Session::new(setup, [seed; 32]);
    session.run_for(Duration::from_secs(40));
    let start = session.now();
    let selected = session.connect(Duration::from_secs(39)).expect("connected");
    let connected = [0, 1].map(|side| session.told_after(side, start, &Event::Connected));
    (connected[0].max(connected[1]), selected)
}

#[test]
fn connecting_takes_few_round_trips() {
    for (name, nat, connected, selected) in [
        ("no NAT", None, 50, 100),
        ("full cone", Some(NatConfig::full_cone()), 150, 200),
        ("port-restricted", Some(NatConfig::port_restricted()), 150, 200),
        ("symmetric, relayed", Some(NatConfig::symmetric()), 250, 650),
    ] {
        let took = speed(far_apart(nat, 0.0), 1);
        println!("{name}: data after {:?}, selected after {:?}", took.0, took.1);
        assert!(took.0 <= Duration::from_millis(connected), "{name}: {:?}", took.0);
        assert!(took.1 <= Duration::from_millis(selected), "{name}: {:?}", took.1);
    }
}

#[test]
fn connecting_through_loss_takes_little_longer() {
    for (name, nat, median, most) in [
        ("no NAT", None, 250, 2_000),
        ("port-restricted", Some(NatConfig::port_restricted()), 400, 2_500),
        ("symmetric, relayed", Some(NatConfig::symmetric()), 1_000, 2_500),
    ] {
        let mut took: Vec<_> =
            (0..100).map(|seed| speed(far_apart(nat.clone(), 0.2), seed)).collect();
        let mut data: Vec<_> = took.iter().map(|took| took.0).collect();
        took.sort_by_key(|took| took.1);
        data.sort();
        let selected = [took[50].1, took[95].1];
        println!(
            "{name}: data p50 {:?}, p95 {:?}; selected p50, p95 {selected:?}",
            data[50], data[95]
        );
        assert!(selected[0] <= Duration::from_millis(median), "{name}: {selected:?}");
        assert!(selected[1] <= Duration::from_millis(most), "{name}: {selected:?}");
    }
}

#[test]
fn a_nat_that_is_restarted_ends_the_session_and_both_are_told() {
    let setup = Setup { turn: false, ..Setup::behind(NatConfig::port_restricted()) };
    let mut session = Session::new(setup, [1; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    session.run_for(Duration::from_secs(10));
    session.restart_nat(0);
    session.run_for(Duration::from_secs(120));
    for side in [0, 1] {
        assert_eq!(session.last_event(side).1, Event::ConsentExpired);
    }
}

#[test]
fn relays_that_are_not_used_are_given_back() {
    let mut session = Session::new(Setup::default(), [1; 32]);
    session.connect(Duration::from_secs(5)).expect("connected");
    session.run_for(Duration::from_secs(8));
    for side in [0, 1] {
        // What is left is consent: nothing refreshes an allocation in ten minutes.
        let next = session.agent(side).poll_timeout().expect("consent");
        assert!(next < session.now() + Duration::from_secs(7));
    }
    assert_eq!(session.allocations(), 0);
    session.exchange_data();
}
