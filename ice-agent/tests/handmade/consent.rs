//! Data, and the consent to send it (RFC 8445 §12, RFC 7675).

use core::time::Duration;
use std::collections::BTreeSet;

use ice_agent::{Event, Role, SendError};
use sansio::Timestamp;
use stun_codec::{Class, Message, Method, attr};

use crate::peer::{
    PEER_PASSWORD, agent, answer, candidate, class_of, connected, drain, events, friendly, hand_in,
    host, peer, run,
};

#[test]
fn nothing_but_checks_is_sent_before_one_was_answered() {
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut buffer = [0; 64];
    let sent = agent.send(Timestamp::ZERO, b"data", &mut buffer);
    assert_eq!(sent.err(), Some(SendError::NotConnected));
}

#[test]
fn data_may_flow_on_a_pair_that_works_before_one_is_selected() {
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(10), friendly);
    let told = events(&mut agent);
    assert!(told.contains(&Event::Connected));
    assert_eq!(agent.selected_pair(), None);
    let mut buffer = [0; 64];
    let sent = agent.send(Timestamp::from_millis(10), b"data", &mut buffer).unwrap();
    assert_eq!((sent.five_tuple.remote, sent.payload), (peer(), &b"data"[..]));
    // The answer is no consent for ever.
    let sent = agent.send(Timestamp::from_secs(30), b"data", &mut buffer);
    assert_eq!(sent.err(), Some(SendError::NotConnected));
}

#[test]
fn the_best_pair_that_works_is_used_until_one_is_selected() {
    let mut agent = agent(Role::Controlled);
    let mut worse = candidate("192.0.2.9 6001");
    worse.priority = 1_000;
    agent.add_remote_candidate(Timestamp::ZERO, worse);
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(10), friendly);
    agent.add_remote_candidate(Timestamp::from_millis(50), candidate("192.0.2.9 6000"));
    let mut buffer = [0; 64];
    let sent = agent.send(Timestamp::from_millis(50), b"data", &mut buffer).unwrap();
    assert_eq!(sent.five_tuple.remote.port(), 6001);
    run(&mut agent, Timestamp::from_millis(50), Timestamp::from_millis(100), friendly);
    let sent = agent.send(Timestamp::from_millis(100), b"data", &mut buffer).unwrap();
    assert_eq!(sent.five_tuple.remote.port(), 6000);
}

#[test]
fn consent_is_asked_for_in_new_transactions_each_sent_once_four_to_six_seconds_apart() {
    let mut agent = connected();
    let mut ids = BTreeSet::new();
    let mut sent = Vec::new();
    run(
        &mut agent,
        Timestamp::from_millis(200),
        Timestamp::from_secs(120),
        |agent, now, transmit| {
            let message = Message::parse(&transmit.payload).unwrap();
            assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
            assert!(!message.contains(attr::USE_CANDIDATE));
            assert!(ids.insert(message.transaction_id()), "sent once, under an id of its own");
            sent.push(now);
            friendly(agent, now, transmit);
        },
    );
    let apart = |two: &[Timestamp]| two[1] - two[0];
    assert!(sent.len() >= 20);
    assert!(
        sent.windows(2)
            .map(apart)
            .all(|apart| { (Duration::from_secs(4)..=Duration::from_secs(6)).contains(&apart) })
    );
    assert!(agent.selected_pair().is_some());
}

#[test]
fn consent_ends_on_time_even_when_the_caller_is_late() {
    let mut agent = connected();
    let mut buffer = [0; 64];
    let last_answer = Timestamp::from_millis(50);
    let just = last_answer + Duration::from_secs(30) - Duration::from_nanos(1);
    assert!(agent.send(just, b"data", &mut buffer).is_ok());
    let over = last_answer + Duration::from_secs(30);
    assert_eq!(agent.send(over, b"data", &mut buffer).err(), Some(SendError::NotConnected));
    agent.handle_timeout(over);
    assert!(events(&mut agent).contains(&Event::ConsentExpired));
}

#[test]
fn an_answer_after_consent_has_expired_comes_too_late() {
    let mut agent = connected();
    let mut last = None;
    run(&mut agent, Timestamp::from_millis(200), Timestamp::from_secs(29), |_, _, transmit| {
        last = Some(transmit);
    });
    run(&mut agent, Timestamp::from_secs(29), Timestamp::from_secs(31), |_, _, _| {});
    let now = Timestamp::from_secs(32);
    hand_in(&mut agent, now, peer(), &answer(&last.unwrap(), host(), PEER_PASSWORD));
    let mut buffer = [0; 64];
    assert_eq!(agent.send(now, b"data", &mut buffer).err(), Some(SendError::NotConnected));
    assert_eq!(agent.selected_pair(), None);
    // Nothing brings an agent back whose session is over.
    agent.add_host(now, ([192, 0, 2, 2], 5000).into());
    agent.add_stun_server(now, ([198, 51, 100, 1], 3478).into());
    agent.add_remote_candidate(now, candidate("192.0.2.9 6001"));
    assert!(drain(&mut agent, now).is_empty());
    assert_eq!(agent.poll_timeout(), None);
}

#[test]
fn an_indication_is_taken_and_changes_nothing() {
    let mut agent = connected();
    let before = agent.selected_pair();
    let mut buffer = [0; 64];
    let id = stun_codec::TransactionId::new([1; 12]);
    let bytes = stun_codec::MessageBuilder::indication(Method::BINDING, id, &mut buffer)
        .fingerprint()
        .finish()
        .unwrap();
    let now = Timestamp::from_secs(1);
    assert!(!hand_in(&mut agent, now, peer(), bytes));
    assert_eq!(agent.selected_pair(), before);
    assert!(drain(&mut agent, now).iter().all(|sent| class_of(sent) != Class::Error));
}
