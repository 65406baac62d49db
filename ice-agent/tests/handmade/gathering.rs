//! Candidates of the agent's own (RFC 8445 §5.1, RFC 8838 §9, §13).

use core::net::SocketAddr;
use core::time::Duration;

use bytes::Bytes;
use ice_agent::{Agent, Candidate, CandidateType, Config, Credentials, Event, Role, ServerFailure};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::attr::Attribute;
use stun_codec::{Class, Message, MessageBuilder, Method, attr, shape};

use crate::peer::{
    PEER_PASSWORD, candidate, class_of, drain, events, friendly, hand_in, host, run,
};

pub(crate) fn server() -> SocketAddr {
    ([198, 51, 100, 1], 3478).into()
}

pub(crate) fn new() -> Agent {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    agent.add_host(Timestamp::ZERO, host());
    agent
}

pub(crate) fn candidates(agent: &mut Agent) -> Vec<Candidate> {
    let told = events(agent).into_iter();
    told.filter_map(|event| match event {
        Event::LocalCandidate(candidate) => Some(candidate),
        _ => None,
    })
    .collect()
}

/// A STUN server's answer.
pub(crate) fn reflect(request: &Transmit<Bytes>, mapped: SocketAddr) -> Vec<u8> {
    let request = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 128];
    let answer = MessageBuilder::success(&request, &mut buffer);
    answer.put(attr::XOR_MAPPED_ADDRESS, mapped).fingerprint().finish().unwrap().to_vec()
}

/// A TURN server that wants no credentials, and relays from `relayed`.
pub(crate) fn allocate(request: &Transmit<Bytes>, relayed: SocketAddr) -> Vec<u8> {
    let request = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 128];
    MessageBuilder::success(&request, &mut buffer)
        .put(attr::XOR_RELAYED_ADDRESS, relayed)
        .put(attr::XOR_MAPPED_ADDRESS, request_source())
        .put(attr::LIFETIME, Duration::from_secs(600))
        .finish()
        .unwrap()
        .to_vec()
}

fn request_source() -> SocketAddr {
    ([203, 0, 113, 1], 1024).into()
}

#[test]
fn addresses_that_cannot_be_candidates_are_not_told() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    for address in [
        "127.0.0.1:5000",
        "[::1]:5000",
        "0.0.0.0:5000",
        "[::]:5000",
        "192.0.2.1:0",
        "[::192.0.2.1]:5000",
        "[::ffff:192.0.2.1]:5000",
        "[fec0::1]:5000",
    ] {
        agent.add_host(Timestamp::ZERO, address.parse().unwrap());
    }
    assert_eq!((candidates(&mut agent), agent.stats().candidates_ignored), (vec![], 8));
    let mut config = Config::new(Role::Controlling);
    config.allow_loopback = true;
    let mut agent = Agent::new(config, [1; 32]);
    agent.add_host(Timestamp::ZERO, "127.0.0.1:5000".parse().unwrap());
    assert_eq!(candidates(&mut agent).len(), 1);
}

#[test]
fn a_host_candidate_is_its_own_base_and_told_without_a_related_address() {
    let told = candidates(&mut new());
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].address, told[0].related_address), (host(), None));
    assert_eq!(told[0].priority, 2_130_706_431);
}

#[test]
fn every_candidate_has_a_priority_of_its_own_and_a_foundation_by_its_origin() {
    let mut agent = new();
    agent.add_host(Timestamp::ZERO, ([192, 0, 2, 2], 5000).into());
    for last in 1..=3 {
        agent.add_stun_server(Timestamp::ZERO, ([198, 51, 100, last], 3478).into());
    }
    #[cfg(feature = "turn")]
    agent.add_turn_server(
        Timestamp::ZERO,
        ([198, 51, 100, 9], 3478).into(),
        ice_agent::TurnCredentials::new("alice", "wonderland"),
    );
    let mut port = 1024;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(1), |agent, now, transmit| {
        let FiveTuple { local, remote, .. } = transmit.five_tuple;
        port += 1;
        let address = ([203, 0, 113, 1], port).into();
        let bytes = match Message::parse(&transmit.payload).unwrap().method() {
            Method::BINDING => reflect(&transmit, address),
            _ => allocate(&transmit, address),
        };
        let _ = agent.handle_input(now, Transmit::new(FiveTuple::udp(local, remote), &bytes));
    });
    let told = candidates(&mut agent);
    assert!(told.len() >= 8, "{}", told.len());
    for (at, one) in told.iter().enumerate() {
        assert!((1..=0x7FFF_FFFF).contains(&one.priority));
        for other in &told[..at] {
            assert_ne!(one.priority, other.priority, "{one} and {other}");
            if one.candidate_type != other.candidate_type {
                assert_ne!(one.foundation, other.foundation);
            }
        }
    }
}

#[test]
fn a_reflexive_candidate_is_told_with_its_base_and_a_redundant_one_is_not() {
    let mut agent = new();
    agent.add_stun_server(Timestamp::ZERO, server());
    candidates(&mut agent);
    let request = drain(&mut agent, Timestamp::ZERO).remove(0);
    let outside: SocketAddr = ([203, 0, 113, 1], 1024).into();
    hand_in(&mut agent, Timestamp::ZERO, server(), &reflect(&request, outside));
    let told = candidates(&mut agent);
    assert_eq!(told[0].candidate_type, CandidateType::ServerReflexive);
    assert_eq!((told[0].address, told[0].related_address), (outside, Some(host())));
    let second: SocketAddr = ([198, 51, 100, 2], 3478).into();
    let now = Timestamp::from_millis(50);
    agent.add_stun_server(now, second);
    let request = drain(&mut agent, now).remove(0);
    hand_in(&mut agent, now, second, &reflect(&request, host()));
    assert_eq!(candidates(&mut agent), []);
}

#[test]
fn an_old_servers_answer_is_understood_and_an_unknown_ones_is_not() {
    const CHANGED_ADDRESS: Attribute<shape::Address> = Attribute::new(0x0005, "CHANGED-ADDRESS");
    const NEW: Attribute<shape::U32> = Attribute::new(0x7ABC, "NEW");
    let outside: SocketAddr = ([203, 0, 113, 1], 1024).into();
    let mut agent = new();
    agent.add_stun_server(Timestamp::ZERO, server());
    candidates(&mut agent);
    let request = drain(&mut agent, Timestamp::ZERO).remove(0);
    let message = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 128];
    let bytes = MessageBuilder::success(&message, &mut buffer)
        .put(attr::MAPPED_ADDRESS, outside)
        .put(CHANGED_ADDRESS, server())
        .finish()
        .unwrap();
    hand_in(&mut agent, Timestamp::ZERO, server(), bytes);
    assert_eq!(candidates(&mut agent)[0].address, outside);

    let mut agent = new();
    agent.add_stun_server(Timestamp::ZERO, server());
    let request = drain(&mut agent, Timestamp::ZERO).remove(0);
    let message = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 128];
    let bytes = MessageBuilder::success(&message, &mut buffer)
        .put(attr::XOR_MAPPED_ADDRESS, outside)
        .put(NEW, 1)
        .finish()
        .unwrap();
    hand_in(&mut agent, Timestamp::ZERO, server(), bytes);
    let failed = Event::ServerFailed { server: server(), reason: ServerFailure::Malformed };
    assert!(events(&mut agent).contains(&failed));
}

#[test]
fn i19_a_servers_bogus_address_is_not_told() {
    for bogus in ["0.0.0.0:1", "127.0.0.1:80", "224.0.0.1:5", "203.0.113.1:0"] {
        let mut agent = new();
        agent.add_stun_server(Timestamp::ZERO, server());
        candidates(&mut agent);
        let request = drain(&mut agent, Timestamp::ZERO).remove(0);
        let bytes = reflect(&request, bogus.parse().unwrap());
        hand_in(&mut agent, Timestamp::ZERO, server(), &bytes);
        let failed = Event::ServerFailed { server: server(), reason: ServerFailure::Malformed };
        assert_eq!(events(&mut agent), [failed], "{bogus}");
    }
}

#[test]
fn requests_to_servers_are_paced_by_ta() {
    let mut agent = new();
    for last in 1..=8 {
        agent.add_stun_server(Timestamp::ZERO, ([198, 51, 100, last], 3478).into());
    }
    let mut sent = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(499), |_, now, _| sent.push(now));
    assert_eq!(sent.len(), 8);
    assert!(sent.windows(2).all(|two| two[1] - two[0] >= Duration::from_millis(50)));
}

#[test]
fn mappings_are_kept_alive_by_requests_until_a_pair_is_selected() {
    let mut agent = new();
    agent.add_stun_server(Timestamp::ZERO, server());
    let outside: SocketAddr = ([203, 0, 113, 1], 1024).into();
    let mut asked = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(60), |agent, now, transmit| {
        assert_eq!(class_of(&transmit), Class::Request);
        assert_eq!(transmit.five_tuple, FiveTuple::udp(host(), server()));
        asked.push(now);
        hand_in(agent, now, server(), &reflect(&transmit, outside));
    });
    assert_eq!(asked.len(), 5, "one, and one every 15 s");
    assert_eq!(candidates(&mut agent).len(), 2, "and each candidate is told once");
    let now = Timestamp::from_secs(60);
    agent.set_remote(now, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(now, candidate("192.0.2.9 6000"));
    run(&mut agent, now, Timestamp::from_secs(120), |agent, now, transmit| {
        assert_ne!(transmit.five_tuple.remote, server());
        friendly(agent, now, transmit);
    });
    assert!(agent.selected_pair().is_some());
}
