//! What a stranger, a hostile server or a hostile peer can send. The numbers are those of the
//! project's list of threats.

use core::net::SocketAddr;
use core::time::Duration;

use ice_agent::{Agent, Config, Credentials, Event, PairState, Role, SendError};
use sansio::Timestamp;
use stun_codec::{Class, Key, Message, MessageBuilder, attr};
use testkit::Mutator;

use crate::peer::{
    Check, PEER_PASSWORD, agent, answer, candidate, class_of, connected, drain, events, friendly,
    hand_in, host, peer, run,
};

#[test]
fn i02_silent_targets_receive_a_bounded_number_of_paced_checks() {
    let mut agent = agent(Role::Controlling);
    for port in 1..=10_000 {
        let line = format!("192.0.2.77 {}", port % 60_000 + 1);
        agent.add_remote_candidate(Timestamp::ZERO, candidate(&line));
    }
    let mut first: Vec<Timestamp> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let end = Timestamp::from_secs(300);
    run(&mut agent, Timestamp::ZERO, end, |_, now, transmit| {
        if seen.insert(Message::parse(&transmit.payload).unwrap().transaction_id()) {
            first.push(now);
        }
    });
    assert!(first.len() <= 100, "{} checks", first.len());
    for pair in first.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(50));
    }
    assert!(events(&mut agent).contains(&Event::Failed));
    assert_eq!(agent.stats().candidates_ignored, 9_900);
}

#[test]
fn i03_valid_checks_from_a_hundred_thousand_ports_are_capped() {
    let mut agent = agent(Role::Controlled);
    let bytes = Check::proper(&agent).bytes(1);
    for port in 1..=60_000 {
        hand_in(&mut agent, Timestamp::ZERO, ([203, 0, 113, 5], port).into(), &bytes);
    }
    assert!(agent.pairs().count() <= 100);
    assert!(
        drain(&mut agent, Timestamp::ZERO).len() <= 300,
        "answers are bounded without draining"
    );
}

#[test]
fn i04_a_check_that_does_not_authenticate_leaves_no_trace() {
    let mut agent = agent(Role::Controlled);
    let ufrag = agent.credentials().ufrag().to_owned();
    let password = agent.credentials().password().to_owned();
    let proper = || Check {
        username: Some(format!("{ufrag}:peer")),
        password: &password,
        nominates: true,
        role: Role::Controlling,
        tie_breaker: 7,
        fingerprint: true,
        priority: 1,
    };
    let now = Timestamp::ZERO;
    for (check, answered) in [
        (Check { username: Some("nobody:peer".into()), ..proper() }, Some(401)),
        (Check { username: Some(ufrag.clone()), ..proper() }, Some(401)),
        (Check { username: None, ..proper() }, Some(400)),
        (Check { password: "wrong", ..proper() }, Some(401)),
        (Check { fingerprint: false, ..proper() }, None),
    ] {
        hand_in(&mut agent, now, peer(), &check.bytes(1));
        let codes: Vec<_> = drain(&mut agent, now)
            .iter()
            .map(|sent| {
                assert!(sent.payload.len() <= check.bytes(1).len(), "no amplifier");
                let message = Message::parse(&sent.payload).unwrap();
                message.get(attr::ERROR_CODE).unwrap().unwrap().code()
            })
            .collect();
        assert_eq!(codes, Vec::from_iter(answered));
        assert_eq!(agent.pairs().count(), 0, "no candidate was learned");
    }
    hand_in(&mut agent, now, peer(), &proper().bytes(1));
    assert_eq!(agent.pairs().count(), 1, "and a proper one is");
}

#[test]
fn i05_forged_role_conflicts_do_not_flip_the_role() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(5), |agent, now, transmit| {
        let request = Message::parse(&transmit.payload).unwrap();
        let mut buffer = [0; 128];
        let forged =
            MessageBuilder::error(&request, stun_codec::ErrorCode::ROLE_CONFLICT, &mut buffer)
                .sign(&Key::short_term("not the password of the peer"))
                .fingerprint()
                .finish()
                .unwrap();
        hand_in(agent, now, peer(), forged);
    });
    assert_eq!(agent.role(), Role::Controlling);
}

#[test]
fn i05_a_peer_that_always_answers_487_cannot_make_it_spin() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut checks = 0;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(10), |agent, now, transmit| {
        checks += 1;
        let request = Message::parse(&transmit.payload).unwrap();
        let mut buffer = [0; 128];
        let refusal =
            MessageBuilder::error(&request, stun_codec::ErrorCode::ROLE_CONFLICT, &mut buffer)
                .sign(&Key::short_term(PEER_PASSWORD))
                .fingerprint()
                .finish()
                .unwrap();
        hand_in(agent, now, peer(), refusal);
    });
    let switches =
        events(&mut agent).iter().filter(|event| matches!(event, Event::RoleSwitched(_))).count();
    assert!(switches <= 16 && checks <= 17, "{switches} switches, {checks} checks");
}

#[test]
fn i06_an_answer_from_elsewhere_fails_the_pair() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    let elsewhere: SocketAddr = ([192, 0, 2, 10], 6000).into();
    let forged = answer(&check, host(), "not the password of the peer");
    hand_in(&mut agent, Timestamp::ZERO, elsewhere, &forged);
    assert_eq!(
        agent.pairs().next().unwrap().state,
        PairState::InProgress,
        "forgeries do not count"
    );
    let bytes = answer(&check, host(), PEER_PASSWORD);
    hand_in(&mut agent, Timestamp::ZERO, elsewhere, &bytes);
    assert_eq!(agent.pairs().next().unwrap().state, PairState::Failed);
}

#[test]
fn i08_use_candidate_counts_only_from_the_controlling_agent() {
    let mut agent = agent(Role::Controlling);
    let check = Check { nominates: true, ..Check::proper(&agent) };
    assert_eq!(check.role, Role::Controlled);
    let bytes = check.bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    // The pair is checked and works, and is selected only once we have nominated it ourselves.
    let mut nominated = false;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(1), |agent, now, transmit| {
        if class_of(&transmit) == Class::Request {
            assert!(agent.selected_pair().is_none() || nominated);
            let message = Message::parse(&transmit.payload).unwrap();
            nominated |= message.contains(attr::USE_CANDIDATE);
            friendly(agent, now, transmit);
        }
    });
    assert!(nominated && agent.selected_pair().is_some());
}

#[test]
fn i09_only_authentic_answers_to_live_checks_renew_consent() {
    let mut agent = connected();
    let start = Timestamp::from_millis(200);
    let mut last = None;
    run(&mut agent, start, Timestamp::from_secs(29), |agent, now, transmit| {
        let forged = answer(&transmit, host(), "not the password of the peer");
        hand_in(agent, now, peer(), &forged);
        // A stale one, answered properly but long after.
        if let Some(stale) = last.replace(transmit) {
            let mut wrong_id = answer(&stale, host(), PEER_PASSWORD);
            wrong_id[8] ^= 1;
            hand_in(agent, now, peer(), &wrong_id);
        }
    });
    assert!(agent.selected_pair().is_some());
    run(&mut agent, Timestamp::from_secs(29), Timestamp::from_secs(31), |_, _, _| {});
    assert!(events(&mut agent).contains(&Event::ConsentExpired));
    let mut buffer = [0; 64];
    let sent = agent.send(Timestamp::from_secs(31), b"data", &mut buffer);
    assert_eq!(sent.err(), Some(SendError::NotConnected));
    // Not even the peer's own checks wake it up again.
    let bytes = Check::proper(&agent).bytes(9);
    hand_in(&mut agent, Timestamp::from_secs(32), peer(), &bytes);
    assert!(drain(&mut agent, Timestamp::from_secs(32)).is_empty());
    assert_eq!(agent.poll_timeout(), None);
}

#[test]
fn i11_a_captured_check_replayed_from_elsewhere_changes_nothing() {
    let mut agent = connected();
    let before = agent.selected_pair();
    let now = Timestamp::from_millis(300);
    let check = Check { role: Role::Controlled, ..Check::proper(&agent) };
    let bytes = check.bytes(1);
    let elsewhere: SocketAddr = ([203, 0, 113, 66], 1).into();
    hand_in(&mut agent, now, elsewhere, &bytes);
    let sent = drain(&mut agent, now);
    assert!(sent.iter().all(|sent| class_of(sent) == Class::Success), "an answer and no check");
    assert_eq!(agent.selected_pair(), before);
    assert!(!hand_in(&mut agent, now, elsewhere, b"data"), "i17: no data from there");
}

#[test]
fn i13_candidates_that_cannot_be_used_are_ignored() {
    let mut agent = agent(Role::Controlling);
    let lines = [
        "0.0.0.0 5000",
        "224.0.0.1 5000",
        "192.0.2.9 0",
        "127.0.0.1 5000",
        "::ffff:192.0.2.9 5000",
        "::1 5000",
        ":: 5000",
        "ff02::1 5000",
    ];
    for line in lines {
        agent.add_remote_candidate(Timestamp::ZERO, candidate(line));
    }
    let mut tcp = candidate("192.0.2.9 5000");
    tcp.transport = sansio::Transport::Tcp;
    agent.add_remote_candidate(Timestamp::ZERO, tcp);
    assert_eq!(agent.stats().candidates_ignored, lines.len() as u64 + 1);
    assert_eq!(agent.pairs().count(), 0);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 5000"));
    assert_eq!(agent.pairs().count(), 1);
}

#[test]
fn i15_the_same_candidate_twice_is_one_pair() {
    let mut agent = agent(Role::Controlling);
    for _ in 0..3 {
        agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    }
    assert_eq!(agent.pairs().count(), 1);
}

#[test]
fn i17_data_comes_only_from_paths_that_were_checked() {
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    assert!(!hand_in(&mut agent, Timestamp::ZERO, peer(), b"too early"));
    let bytes = Check::proper(&agent).bytes(1);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &bytes);
    assert!(hand_in(&mut agent, Timestamp::ZERO, peer(), b"the peer has proved itself"));
    assert!(!hand_in(&mut agent, Timestamp::ZERO, ([192, 0, 2, 10], 6000).into(), b"a stranger"));
    assert_eq!(agent.stats().datagrams_dropped, 2);
}

#[test]
fn i20_checks_before_the_peers_credentials_are_answered_and_remembered_within_bounds() {
    let mut agent = Agent::new(Config::new(Role::Controlled), [1; 32]);
    let now = Timestamp::ZERO;
    agent.add_host(now, host());
    let bytes = Check::proper(&agent).bytes(1);
    for port in 1..=1000 {
        hand_in(&mut agent, now, ([192, 0, 2, 9], port).into(), &bytes);
        let sent = drain(&mut agent, now);
        assert_eq!((sent.len(), class_of(&sent[0])), (1, Class::Success));
    }
    assert_eq!(agent.pairs().count(), 0);
    agent.set_remote(now, Credentials::new("peer", PEER_PASSWORD).unwrap());
    assert_eq!(agent.pairs().count(), 32);
}

#[test]
fn a_hundred_thousand_mutated_datagrams() {
    let mut corpus = vec![b"data".to_vec()];
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    corpus.push(Check { nominates: true, ..Check::proper(&agent) }.bytes(1));
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    corpus.push(answer(&check, host(), PEER_PASSWORD));
    corpus.push(check.payload.to_vec());
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    let mut mutator = Mutator::new([2; 32], &corpus);
    let mut now = Timestamp::ZERO;
    for round in 0..100_000_u32 {
        let from = ([192, 0, 2, 9], 6000 + (round % 3) as u16).into();
        let bytes = mutator.next_datagram().to_vec();
        hand_in(&mut agent, now, from, &bytes);
        drain(&mut agent, now);
        events(&mut agent);
        if round % 16 == 0 {
            now += Duration::from_millis(7);
            agent.handle_timeout(now);
        }
    }
    assert!(agent.pairs().count() <= 100);
    assert!(agent.stats().checks_answered > 0, "some were whole");
}

#[test]
fn a_hundred_thousand_mutated_candidate_lines() {
    let corpus: [&[u8]; 4] = [
        b"candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
        b"a=candidate:842163049 1 UDP 1677729535 198.51.100.7 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EEtu",
        b"candidate:3 256 tcp 1518280447 2001:db8::1 9 typ host tcptype active",
        b"candidate:4 1 udp 41885695 203.0.113.9 51000 typ relay raddr 198.51.100.7 rport 46154\r\n",
    ];
    let mut mutator = Mutator::new([3; 32], &corpus);
    let mut read = 0;
    for _ in 0..100_000 {
        let line = String::from_utf8_lossy(mutator.next_datagram()).into_owned();
        if let Ok(candidate) = line.parse::<ice_agent::Candidate>() {
            read += 1;
            assert_eq!(candidate.to_string().parse(), Ok(candidate), "{line:?}");
        }
    }
    assert!(read > 1000, "{read} were still candidates");
}
