//! Connectivity checks and their answers (RFC 8445 §7).

use core::time::Duration;

use ice_agent::{Agent, Config, Credentials, Event, PairState, Role};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::attr::{Attribute, AttributeType};
use stun_codec::{Class, ErrorCode, Key, Message, MessageBuilder, Method, attr, shape};

use crate::peer::{
    Check, PEER_PASSWORD, agent, answer, candidate, checks, class_of, connected, drain, events,
    friendly, hand_in, host, peer, refusal, run,
};

#[test]
fn a_check_carries_what_the_peer_needs() {
    for role in [Role::Controlling, Role::Controlled] {
        let mut agent = agent(role);
        agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
        let check = drain(&mut agent, Timestamp::ZERO).remove(0);
        assert_eq!(check.five_tuple, FiveTuple::udp(host(), peer()));
        let message = Message::parse(&check.payload).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
        assert_eq!(message.verify_fingerprint(), Ok(true));
        let message = message.verify(&Key::short_term(PEER_PASSWORD)).unwrap();
        let username = format!("peer:{}", agent.credentials().ufrag());
        assert_eq!(message.get(attr::USERNAME), Ok(Some(username.as_str())));
        // A peer-reflexive candidate of the best local preference.
        assert_eq!(message.get(attr::PRIORITY), Ok(Some((110 << 24) + (65_535 << 8) + 255)));
        let controlling = message.get(attr::ICE_CONTROLLING).unwrap();
        let controlled = message.get(attr::ICE_CONTROLLED).unwrap();
        assert_eq!(controlling.is_some(), role == Role::Controlling);
        assert_eq!(controlled.is_some(), role == Role::Controlled);
        assert!(!message.contains(attr::USE_CANDIDATE), "the first check does not nominate");
    }
}

#[test]
fn an_answer_is_signed_and_says_where_the_check_came_from() {
    let mut agent = agent(Role::Controlled);
    let bytes = Check::proper(&agent).bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    let sent = drain(&mut agent, Timestamp::ZERO);
    let answer = Message::parse(&sent[0].payload).unwrap();
    assert_eq!(answer.class(), Class::Success);
    assert_eq!(answer.verify_fingerprint(), Ok(true));
    assert!(!answer.contains(attr::USERNAME));
    let answer = answer.verify(&Key::short_term(agent.credentials().password())).unwrap();
    assert_eq!(answer.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(peer())));
    // And a check goes back at once, to a candidate that was learned.
    assert_eq!(checks(&sent), [(FiveTuple::udp(host(), peer()), false)]);
    let pair = agent.pairs().next().unwrap();
    assert_eq!(pair.remote.candidate_type, ice_agent::CandidateType::PeerReflexive);
    assert_eq!(pair.remote.priority, 1_845_501_695);
}

#[test]
fn a_check_of_somebody_who_was_invited_too_is_answered_and_teaches_nothing() {
    let mut agent = agent(Role::Controlled);
    let username = Some(format!("{}:other", agent.credentials().ufrag()));
    let bytes = Check { username, nominates: true, ..Check::proper(&agent) }.bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    let sent = drain(&mut agent, Timestamp::ZERO);
    assert_eq!((sent.len(), class_of(&sent[0])), (1, Class::Success));
    assert_eq!(agent.pairs().count(), 0);
    assert!(!hand_in(&mut agent, Timestamp::ZERO, peer(), b"data"));
}

#[test]
fn early_checks_of_others_are_forgotten_when_the_peer_is_known() {
    let mut agent = Agent::new(Config::new(Role::Controlled), [1; 32]);
    agent.add_host(Timestamp::ZERO, host());
    let username = Some(format!("{}:other", agent.credentials().ufrag()));
    let other = Check { username, ..Check::proper(&agent) }.bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, ([192, 0, 2, 66], 1).into(), &other);
    let proper = Check::proper(&agent).bytes(2);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &proper);
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    let remotes: Vec<_> = agent.pairs().map(|pair| pair.remote.address).collect();
    assert_eq!(remotes, [peer()]);
}

#[test]
fn a_second_peer_is_not_taken() {
    let mut agent = connected();
    let now = Timestamp::from_secs(1);
    agent.set_remote(now, Credentials::new("else", "otherotherotherotherother").unwrap());
    run(&mut agent, now, Timestamp::from_secs(60), friendly);
    assert!(agent.selected_pair().is_some(), "checks are still signed for the first");
}

#[test]
fn a_refused_role_is_changed_with_its_tie_breaker_and_the_check_begins_anew() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let first = drain(&mut agent, Timestamp::ZERO).remove(0);
    let before = Message::parse(&first.payload).unwrap().get(attr::ICE_CONTROLLING).unwrap();
    let bytes = refusal(&first, ErrorCode::ROLE_CONFLICT);
    let now = Timestamp::from_millis(50);
    hand_in(&mut agent, now, peer(), &bytes);
    assert_eq!(agent.role(), Role::Controlled);
    let second = drain(&mut agent, now).remove(0);
    let after = Message::parse(&second.payload).unwrap().get(attr::ICE_CONTROLLED).unwrap();
    assert!(after.is_some() && after != before);
}

#[test]
fn every_check_that_was_under_way_when_the_role_changed_begins_anew() {
    let mut agent = agent(Role::Controlling);
    let mut sent = Vec::new();
    for (at, port) in (6000..6040).enumerate() {
        let now = Timestamp::from_millis(50 * at as u64);
        agent.add_remote_candidate(now, candidate(&format!("192.0.2.9 {port}")));
        agent.handle_timeout(now);
        sent.extend(drain(&mut agent, now));
    }
    let now = Timestamp::from_secs(2);
    for check in sent.iter().filter(|check| class_of(check) == Class::Request) {
        let bytes = refusal(check, ErrorCode::ROLE_CONFLICT);
        hand_in(&mut agent, now, check.five_tuple.remote, &bytes);
    }
    assert_eq!(agent.role(), Role::Controlled);
    assert!(agent.pairs().all(|pair| pair.state != PairState::Failed));
}

#[test]
fn a_peer_that_claims_both_roles_in_turn_does_not_make_us_switch_for_ever() {
    let mut agent = agent(Role::Controlled);
    for round in 0..200 {
        let controlling = round % 2 == 0;
        let (role, tie_breaker) =
            if controlling { (Role::Controlling, u64::MAX) } else { (Role::Controlled, 0) };
        let bytes = Check { role, tie_breaker, ..Check::proper(&agent) }.bytes(round);
        hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    }
    let switched = |event: &&Event| matches!(event, Event::RoleSwitched(_));
    assert!(events(&mut agent).iter().filter(switched).count() <= 16);
}

#[test]
fn an_answer_with_what_must_be_understood_and_is_not_fails_the_check() {
    const NEW: Attribute<shape::U32> = Attribute::new(0x7ABC, "NEW");
    assert!(AttributeType::new(0x7ABC).is_comprehension_required());
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    let request = Message::parse(&check.payload).unwrap();
    let mut buffer = [0; 256];
    let bytes = MessageBuilder::success(&request, &mut buffer)
        .put(attr::XOR_MAPPED_ADDRESS, host())
        .put(NEW, 1)
        .sign(&Key::short_term(PEER_PASSWORD))
        .fingerprint()
        .finish()
        .unwrap();
    hand_in(&mut agent, Timestamp::ZERO, peer(), bytes);
    assert_eq!(agent.pairs().next().unwrap().state, PairState::Failed);
}

#[test]
fn a_check_with_what_must_be_understood_and_is_not_is_refused() {
    const NEW: Attribute<shape::U32> = Attribute::new(0x7ABC, "NEW");
    let mut agent = agent(Role::Controlled);
    let username = format!("{}:peer", agent.credentials().ufrag());
    let mut buffer = [0; 256];
    let bytes = MessageBuilder::request(
        Method::BINDING,
        stun_codec::TransactionId::new([1; 12]),
        &mut buffer,
    )
    .put(attr::USERNAME, username.as_str())
    .put(attr::PRIORITY, 1)
    .put(attr::ICE_CONTROLLING, 1)
    .put(NEW, 1)
    .sign(&Key::short_term(agent.credentials().password()))
    .fingerprint()
    .finish()
    .unwrap();
    hand_in(&mut agent, Timestamp::ZERO, peer(), bytes);
    let sent = drain(&mut agent, Timestamp::ZERO);
    let error = Message::parse(&sent[0].payload).unwrap().get(attr::ERROR_CODE).unwrap().unwrap();
    assert_eq!(error.code(), 420);
    assert_eq!(agent.pairs().count(), 0);
}

#[test]
fn a_datagram_for_a_socket_that_was_never_added_is_dropped() {
    let mut agent = agent(Role::Controlled);
    let bytes = Check::proper(&agent).bytes(1);
    let unknown = FiveTuple::udp(([192, 0, 2, 1], 5001).into(), peer());
    let stream = FiveTuple::tcp(host(), peer());
    for five_tuple in [unknown, stream] {
        assert_eq!(agent.handle_input(Timestamp::ZERO, Transmit::new(five_tuple, &bytes)), None);
        assert!(drain(&mut agent, Timestamp::ZERO).is_empty());
    }
    assert_eq!((agent.pairs().count(), agent.stats().datagrams_dropped), (0, 2));
}

#[test]
fn a_check_in_return_replaces_the_one_under_way_and_either_may_be_answered() {
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let first = drain(&mut agent, Timestamp::ZERO).remove(0);
    let bytes = Check::proper(&agent).bytes(1);
    let now = Timestamp::from_millis(60);
    hand_in(&mut agent, now, peer(), &bytes);
    assert_eq!(checks(&drain(&mut agent, now)).len(), 1, "a new one goes out at once");
    let late = answer(&first, host(), PEER_PASSWORD);
    hand_in(&mut agent, now, peer(), &late);
    assert_eq!(agent.pairs().next().unwrap().state, PairState::Succeeded);
    // Once it has succeeded the peer's checks trigger nothing.
    let bytes = Check::proper(&agent).bytes(2);
    let later = Timestamp::from_millis(500);
    hand_in(&mut agent, later, peer(), &bytes);
    agent.handle_timeout(later);
    assert!(checks(&drain(&mut agent, later)).is_empty());
}

#[test]
fn a_pair_that_has_failed_is_tried_again_when_the_peer_is_heard_there() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    let bytes = refusal(&check, ErrorCode::BAD_REQUEST);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    assert_eq!(agent.pairs().next().unwrap().state, PairState::Failed);
    let bytes = Check::proper(&agent).bytes(1);
    let now = Timestamp::from_millis(100);
    hand_in(&mut agent, now, peer(), &bytes);
    assert_eq!(checks(&drain(&mut agent, now)).len(), 1);
}

#[test]
fn a_check_that_is_never_answered_fails_and_is_not_sent_sooner_than_every_500_ms() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut sent = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(39_499), |_, now, _| sent.push(now));
    assert_eq!(sent.len(), 7);
    assert!(sent.windows(2).all(|two| two[1] - two[0] >= Duration::from_millis(500)));
    assert_eq!(agent.pairs().next().unwrap().state, PairState::InProgress);
    agent.handle_timeout(Timestamp::from_millis(39_500));
    assert_eq!(agent.pairs().next().unwrap().state, PairState::Failed);
}

#[test]
fn where_the_peer_was_heard_checks_begin_anew_every_500_ms() {
    let mut agent = agent(Role::Controlling);
    let bytes = Check::proper(&agent).bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    let mut sent = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(10), |_, now, transmit| {
        if class_of(&transmit) == Class::Request {
            sent.push(now);
        }
    });
    assert!((20..=21).contains(&sent.len()), "{}", sent.len());
    assert!(sent.windows(2).all(|two| two[1] - two[0] >= Duration::from_millis(500)));
}

#[test]
fn an_answer_can_teach_a_candidate_of_ours() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    let outside = ([203, 0, 113, 7], 4000).into();
    hand_in(&mut agent, Timestamp::ZERO, peer(), &answer(&check, outside, PEER_PASSWORD));
    let pair = agent.pairs().next().unwrap();
    assert_eq!(pair.local.candidate_type, ice_agent::CandidateType::PeerReflexive);
    assert_eq!((pair.local.address, pair.local.related_address), (outside, Some(host())));
    assert_eq!(pair.local.priority, (110 << 24) + (65_535 << 8) + 255, "what the check has said");
    let told =
        |event: &Event| matches!(event, Event::LocalCandidate(told) if told.address == outside);
    assert!(!events(&mut agent).iter().any(told), "the peer knows");
}
