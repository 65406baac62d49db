//! Relayed candidates (RFC 8445 §5.1.1.2, §7.2.1, RFC 8656).

use core::time::Duration;

use bytes::Bytes;
use ice_agent::{
    Agent, CandidateType, Config, Credentials, Event, Role, ServerFailure, TurnCredentials,
};
use sansio::{Timestamp, Transmit};
use stun_codec::{ErrorCode, Message, MessageBuilder, Method, attr};

use crate::gathering::{allocate, candidates, new, reflect, server};
use crate::peer::{PEER_PASSWORD, answer, candidate, drain, events, friendly, hand_in, host, run};

#[test]
fn i19_servers_that_are_silent_end_gathering_in_its_time() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    let now = Timestamp::ZERO;
    agent.add_host(now, host());
    agent.add_stun_server(now, server());
    agent.add_turn_server(now, server(), TurnCredentials::new("alice", "wonderland"));
    let mut ended = None;
    run(&mut agent, now, Timestamp::from_secs(60), |agent, now, _| {
        while let Some(event) = agent.poll_event() {
            if event == Event::GatheringComplete {
                ended = Some(now);
            }
        }
    });
    let left = events(&mut agent);
    assert!(
        left.contains(&Event::GatheringComplete) || ended.is_some(),
        "gathering ends: {left:?}"
    );
    assert!(
        left.contains(&Event::ServerFailed { server: server(), reason: ServerFailure::NoAnswer }),
        "and says why: {left:?}"
    );
}

#[test]
fn i19_a_server_that_challenges_for_ever_is_given_up() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    let now = Timestamp::ZERO;
    agent.add_host(now, host());
    agent.add_turn_server(now, server(), TurnCredentials::new("alice", "wonderland"));
    let mut requests = 0;
    run(&mut agent, now, Timestamp::from_secs(60), |agent, now, transmit| {
        requests += 1;
        let request = Message::parse(&transmit.payload).unwrap();
        let mut buffer = [0; 128];
        let challenge = MessageBuilder::error(&request, ErrorCode::STALE_NONCE, &mut buffer)
            .put(attr::REALM, "example.org")
            .put(attr::NONCE, "again")
            .finish()
            .unwrap();
        hand_in(agent, now, server(), challenge);
    });
    assert!(requests <= 11, "{requests}");
    let failed = |event: &Event| matches!(event, Event::ServerFailed { .. });
    assert!(events(&mut agent).iter().any(failed));
}

#[test]
fn i19_a_relayed_address_that_is_a_hosts_is_discarded() {
    let mut agent = new();
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    candidates(&mut agent);
    let request = drain(&mut agent, Timestamp::ZERO).remove(0);
    hand_in(&mut agent, Timestamp::ZERO, server(), &allocate(&request, host()));
    let told = candidates(&mut agent);
    assert!(told.iter().all(|told| told.candidate_type != CandidateType::Relayed), "{told:?}");
    // It is given back, and the host's own datagrams do not go through the server.
    let sent = drain(&mut agent, Timestamp::ZERO);
    assert!(
        sent.iter()
            .any(|sent| { Message::parse(&sent.payload).unwrap().method() == Method::REFRESH })
    );
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    let now = Timestamp::from_millis(50);
    agent.add_remote_candidate(now, candidate("192.0.2.9 6000"));
    let sent = drain(&mut agent, now);
    assert!(sent.iter().any(|sent| sent.five_tuple.remote == ([192, 0, 2, 9], 6000).into()));
}

#[test]
fn a_server_that_will_not_relay_is_asked_where_we_are() {
    let mut agent = new();
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    let request = drain(&mut agent, Timestamp::ZERO).remove(0);
    let message = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 64];
    let code = ErrorCode::INSUFFICIENT_CAPACITY.without_reason();
    let refusal = MessageBuilder::error(&message, code, &mut buffer).finish().unwrap();
    let now = Timestamp::from_millis(50);
    hand_in(&mut agent, now, server(), refusal);
    let failed = Event::ServerFailed { server: server(), reason: ServerFailure::Refused(508) };
    assert!(events(&mut agent).contains(&failed));
    let request = drain(&mut agent, now).remove(0);
    assert_eq!(Message::parse(&request.payload).unwrap().method(), Method::BINDING);
    hand_in(&mut agent, now, server(), &reflect(&request, ([203, 0, 113, 1], 1024).into()));
    assert_eq!(candidates(&mut agent).len(), 1);
}

#[test]
fn no_candidate_is_told_after_a_pair_was_selected() {
    let mut agent = new();
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    agent.add_stun_server(Timestamp::ZERO, server());
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    let mut requests = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(1), |agent, now, transmit| {
        if transmit.five_tuple.remote == server() {
            requests.push(transmit);
        } else {
            friendly(agent, now, transmit);
        }
    });
    assert!(agent.selected_pair().is_some());
    events(&mut agent);
    let now = Timestamp::from_secs(1);
    for request in &requests {
        let bytes = match Message::parse(&request.payload).unwrap().method() {
            Method::BINDING => reflect(request, ([203, 0, 113, 1], 1024).into()),
            _ => allocate(request, ([198, 51, 100, 1], 50_000).into()),
        };
        hand_in(&mut agent, now, server(), &bytes);
    }
    assert!(requests.len() >= 2);
    assert_eq!(candidates(&mut agent), []);
}

#[test]
fn no_candidate_is_told_after_gathering_was_given_up() {
    let mut agent = new();
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    let mut last = None;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(20), |_, _, transmit| {
        last = Some(transmit);
    });
    let told = events(&mut agent);
    let failed = Event::ServerFailed { server: server(), reason: ServerFailure::NoAnswer };
    assert_eq!(told[1..], [failed, Event::GatheringComplete]);
    let bytes = allocate(&last.unwrap(), ([198, 51, 100, 1], 50_000).into());
    hand_in(&mut agent, Timestamp::from_secs(20), server(), &bytes);
    assert_eq!(candidates(&mut agent), []);
}

/// A TURN server behind which the peer is, and which grants everything but a refresh.
fn behind_a_relay(agent: &mut Agent, now: Timestamp, transmit: Transmit<Bytes>) {
    let relayed = ([198, 51, 100, 1], 50_000).into();
    let Ok(message) = Message::parse(&transmit.payload) else { return };
    let mut buffer = [0; 512];
    let bytes = match message.method() {
        Method::ALLOCATE => MessageBuilder::success(&message, &mut buffer)
            .put(attr::XOR_RELAYED_ADDRESS, relayed)
            .put(attr::XOR_MAPPED_ADDRESS, host())
            .put(attr::LIFETIME, Duration::from_secs(8))
            .finish(),
        Method::CREATE_PERMISSION => MessageBuilder::success(&message, &mut buffer).finish(),
        Method::REFRESH => {
            let code = ErrorCode::ALLOCATION_MISMATCH.without_reason();
            MessageBuilder::error(&message, code, &mut buffer).finish()
        }
        Method::SEND => {
            let peer = message.get(attr::XOR_PEER_ADDRESS).unwrap().unwrap();
            let check = message.get(attr::DATA).unwrap().unwrap();
            let check = Transmit::new(transmit.five_tuple, Bytes::copy_from_slice(check));
            let answer = answer(&check, relayed, PEER_PASSWORD);
            let id = stun_codec::TransactionId::new([9; 12]);
            MessageBuilder::indication(Method::DATA, id, &mut buffer)
                .put(attr::XOR_PEER_ADDRESS, peer)
                .put(attr::DATA, &answer[..])
                .finish()
        }
        _ => return,
    };
    hand_in(agent, now, server(), bytes.unwrap());
}

#[test]
fn a_relay_that_is_lost_ends_the_session_that_went_through_it() {
    let mut agent = new();
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut connected = false;
    let mut told = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(60), |agent, now, transmit| {
        assert_eq!(transmit.five_tuple.local, host(), "nothing leaves from what is no socket");
        behind_a_relay(agent, now, transmit);
        connected |= agent.selected_pair().is_some();
        told.extend(events(agent));
    });
    told.extend(events(&mut agent));
    assert!(connected);
    assert!(told.contains(&Event::Failed), "{told:?}");
    let mut buffer = [0; 128];
    assert!(agent.send(Timestamp::from_secs(10), b"data", &mut buffer).is_err());
}

#[test]
fn a_permission_that_is_refused_fails_the_pairs_that_need_it() {
    let mut agent = new();
    agent.add_turn_server(Timestamp::ZERO, server(), TurnCredentials::new("alice", "wonderland"));
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(2), |agent, now, transmit| {
        let message = Message::parse(&transmit.payload).unwrap();
        if message.method() == Method::CREATE_PERMISSION {
            let mut buffer = [0; 64];
            let code = ErrorCode::FORBIDDEN.without_reason();
            let bytes = MessageBuilder::error(&message, code, &mut buffer).finish().unwrap();
            hand_in(agent, now, server(), bytes);
        } else if transmit.five_tuple.remote == server() {
            behind_a_relay(agent, now, transmit);
        }
    });
    let relayed =
        |pair: &ice_agent::PairReport| pair.local.candidate_type == CandidateType::Relayed;
    let pair = agent.pairs().find(relayed).unwrap();
    assert_eq!((pair.state, pair.checks_sent), (ice_agent::PairState::Failed, 0));
}
