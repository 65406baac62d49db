//! Which pair is selected, and when (RFC 8445 §7.3.1.5, §8.1).

use core::net::SocketAddr;
use core::time::Duration;

use ice_agent::{Agent, Config, Credentials, Event, PairState, Role};
use sansio::Timestamp;
use stun_codec::{Class, ErrorCode, Message, attr};

use crate::peer::{
    Check, PEER_PASSWORD, agent, answer, candidate, checks, class_of, connected, drain, events,
    friendly, hand_in, host, peer, refusal, run,
};

const BETTER: ([u8; 4], u16) = ([192, 0, 2, 9], 6000);
const WORSE: ([u8; 4], u16) = ([192, 0, 2, 9], 6001);

/// A controlled agent with two pairs that both work.
fn controlled() -> Agent {
    let mut agent = agent(Role::Controlled);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut worse = candidate("192.0.2.9 6001");
    worse.priority = 1_000;
    agent.add_remote_candidate(Timestamp::ZERO, worse);
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(400), friendly);
    assert!(agent.pairs().all(|pair| pair.state == PairState::Succeeded));
    agent
}

fn nominate(agent: &mut Agent, now: Timestamp, from: impl Into<SocketAddr>, id: u8) {
    let bytes = Check { nominates: true, ..Check::proper(agent) }.bytes(id);
    hand_in(agent, now, from.into(), &bytes);
}

fn selected(agent: &Agent) -> Option<SocketAddr> {
    agent.selected_pair().map(|pair| pair.remote.address)
}

const NOW: Timestamp = Timestamp::from_millis(500);

#[test]
fn a_nominated_pair_that_works_is_selected_at_once() {
    let mut agent = controlled();
    nominate(&mut agent, NOW, WORSE, 1);
    assert_eq!(selected(&agent), Some(WORSE.into()));
    nominate(&mut agent, NOW, WORSE, 2);
    let told = events(&mut agent);
    assert_eq!(told.iter().filter(|event| matches!(event, Event::Selected(_))).count(), 1);
}

#[test]
fn a_nominated_pair_that_was_not_checked_is_selected_once_it_was() {
    let mut agent = agent(Role::Controlled);
    nominate(&mut agent, Timestamp::ZERO, BETTER, 1);
    assert_eq!(selected(&agent), None);
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(100), friendly);
    assert_eq!(selected(&agent), Some(BETTER.into()));
}

#[test]
fn of_several_nominated_pairs_the_best_is_used_in_any_order() {
    for order in [[BETTER, WORSE], [WORSE, BETTER]] {
        let mut agent = controlled();
        nominate(&mut agent, NOW, order[0], 1);
        nominate(&mut agent, NOW, order[1], 2);
        run(&mut agent, NOW, Timestamp::from_secs(10), friendly);
        assert_eq!(selected(&agent), Some(BETTER.into()));
    }
    // Also when both have yet to be checked, and the worse one is answered last.
    for order in [[BETTER, WORSE], [WORSE, BETTER]] {
        let mut agent = agent(Role::Controlled);
        for (id, from) in order.into_iter().enumerate() {
            let priority = if from == BETTER { 2_000 } else { 1_000 };
            let check = Check { nominates: true, priority, ..Check::proper(&agent) };
            let bytes = check.bytes(id as u8);
            hand_in(&mut agent, Timestamp::ZERO, from.into(), &bytes);
        }
        run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(10), friendly);
        assert_eq!(selected(&agent), Some(BETTER.into()));
    }
}

#[test]
fn a_worse_pair_is_followed_when_the_better_one_has_fallen_silent() {
    let mut agent = controlled();
    nominate(&mut agent, NOW, BETTER, 1);
    drain(&mut agent, NOW);
    // Our answers did not arrive, and the peer has given that pair up.
    let later = Timestamp::from_secs(3);
    nominate(&mut agent, later, WORSE, 2);
    assert_eq!(selected(&agent), Some(BETTER.into()), "it may yet answer");
    run(&mut agent, later, Timestamp::from_secs(10), |agent, now, transmit| {
        if transmit.five_tuple.remote == WORSE.into() {
            friendly(agent, now, transmit);
        }
    });
    assert_eq!(selected(&agent), Some(WORSE.into()));
}

#[test]
fn a_pair_is_nominated_after_its_check_and_selected_once_both_were_answered() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let first = drain(&mut agent, Timestamp::ZERO).remove(0);
    let now = Timestamp::from_millis(50);
    hand_in(&mut agent, now, peer(), &answer(&first, host(), PEER_PASSWORD));
    assert_eq!(selected(&agent), None);
    let second = drain(&mut agent, now).remove(0);
    assert!(Message::parse(&second.payload).unwrap().contains(attr::USE_CANDIDATE));
    hand_in(&mut agent, now, peer(), &answer(&second, host(), PEER_PASSWORD));
    assert_eq!(selected(&agent), Some(peer()));
}

#[test]
fn a_lost_nomination_is_made_again_and_any_of_its_answers_counts() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut nominations = Vec::new();
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(2), |agent, now, transmit| {
        if Message::parse(&transmit.payload).unwrap().contains(attr::USE_CANDIDATE) {
            nominations.push((now, transmit));
        } else {
            friendly(agent, now, transmit);
        }
    });
    assert!(nominations.len() >= 4, "{}", nominations.len());
    assert!(nominations.windows(2).all(|two| two[1].0 - two[0].0 >= Duration::from_millis(50)));
    let bytes = answer(&nominations[0].1, host(), PEER_PASSWORD);
    hand_in(&mut agent, Timestamp::from_secs(2), peer(), &bytes);
    assert_eq!(selected(&agent), Some(peer()));
}

#[test]
fn a_refused_nomination_fails_the_pair_and_the_next_one_is_nominated() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut worse = candidate("192.0.2.9 6001");
    worse.priority = 1_000;
    agent.add_remote_candidate(Timestamp::ZERO, worse);
    let mut refused = 0;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(1), |agent, now, transmit| {
        let nominates = Message::parse(&transmit.payload).unwrap().contains(attr::USE_CANDIDATE);
        if nominates && transmit.five_tuple.remote == BETTER.into() {
            refused += 1;
            hand_in(agent, now, BETTER.into(), &refusal(&transmit, ErrorCode::BAD_REQUEST));
        } else {
            friendly(agent, now, transmit);
        }
    });
    assert_eq!(refused, 1);
    assert_eq!(selected(&agent), Some(WORSE.into()));
}

#[test]
fn a_pair_whose_nomination_is_never_answered_is_given_up_and_its_late_answer_ignored() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let mut worse = candidate("192.0.2.9 6001");
    worse.priority = 1_000;
    agent.add_remote_candidate(Timestamp::ZERO, worse);
    let mut late = None;
    run(&mut agent, Timestamp::ZERO, Timestamp::from_secs(9), |agent, now, transmit| {
        let nominates = Message::parse(&transmit.payload).unwrap().contains(attr::USE_CANDIDATE);
        if nominates && transmit.five_tuple.remote == BETTER.into() {
            late = Some(transmit);
        } else {
            friendly(agent, now, transmit);
        }
    });
    assert_eq!(selected(&agent), Some(WORSE.into()));
    let bytes = answer(&late.unwrap(), host(), PEER_PASSWORD);
    hand_in(&mut agent, Timestamp::from_secs(9), BETTER.into(), &bytes);
    assert_eq!(
        selected(&agent),
        Some(WORSE.into()),
        "one pair is nominated, and no other after it"
    );
}

#[test]
fn a_nomination_under_way_ends_when_the_role_does() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    let first = drain(&mut agent, Timestamp::ZERO).remove(0);
    let now = Timestamp::from_millis(50);
    hand_in(&mut agent, now, peer(), &answer(&first, host(), PEER_PASSWORD));
    let nomination = drain(&mut agent, now).remove(0);
    let bytes =
        Check { role: Role::Controlling, tie_breaker: u64::MAX, ..Check::proper(&agent) }.bytes(1);
    hand_in(&mut agent, now, peer(), &bytes);
    assert_eq!(agent.role(), Role::Controlled);
    hand_in(&mut agent, now, peer(), &answer(&nomination, host(), PEER_PASSWORD));
    assert_eq!(selected(&agent), None, "the peer nominates now");
    let until = Timestamp::from_secs(3);
    run(&mut agent, now, until, |agent, now, transmit| {
        assert!(!Message::parse(&transmit.payload).unwrap().contains(attr::USE_CANDIDATE));
        friendly(agent, now, transmit);
    });
    nominate(&mut agent, until, BETTER, 2);
    assert_eq!(selected(&agent), Some(peer()));
}

#[test]
fn once_a_pair_is_selected_nothing_else_is_checked_and_all_is_answered() {
    let mut agent = agent(Role::Controlled);
    nominate(&mut agent, Timestamp::ZERO, BETTER, 1);
    run(&mut agent, Timestamp::ZERO, Timestamp::from_millis(100), friendly);
    assert!(selected(&agent).is_some());
    let now = Timestamp::from_secs(1);
    agent.add_remote_candidate(now, candidate("192.0.2.9 6001"));
    agent.add_host(now, ([192, 0, 2, 2], 5000).into());
    let bytes = Check::proper(&agent).bytes(3);
    hand_in(&mut agent, now, ([192, 0, 2, 9], 6002).into(), &bytes);
    agent.handle_timeout(Timestamp::from_secs(2));
    let sent = drain(&mut agent, Timestamp::from_secs(2));
    assert_eq!((sent.len(), class_of(&sent[0])), (1, Class::Success));
    assert!(checks(&sent).is_empty());
}

#[test]
fn a_peer_that_was_given_no_path_hears_so_no_sooner_than_39500_ms() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    agent.add_host(Timestamp::ZERO, host());
    agent.set_remote(Timestamp::ZERO, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6000"));
    agent.end_of_remote_candidates(Timestamp::ZERO);
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    hand_in(&mut agent, Timestamp::ZERO, peer(), &refusal(&check, ErrorCode::BAD_REQUEST));
    assert!(agent.pairs().all(|pair| pair.state == PairState::Failed));
    let (mut now, end) = (Timestamp::ZERO, Timestamp::from_millis(39_500));
    while now < end {
        assert!(!events(&mut agent).contains(&Event::Failed), "{now}");
        now = agent.poll_timeout().expect("the end");
        agent.handle_timeout(now);
    }
    assert_eq!((now, events(&mut agent)), (end, vec![Event::Failed]));
}

#[test]
fn a_check_of_the_peers_can_save_a_session_whose_pairs_have_all_failed() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(Timestamp::ZERO, candidate("192.0.2.9 6001"));
    agent.end_of_remote_candidates(Timestamp::ZERO);
    let check = drain(&mut agent, Timestamp::ZERO).remove(0);
    hand_in(&mut agent, Timestamp::ZERO, WORSE.into(), &refusal(&check, ErrorCode::BAD_REQUEST));
    let late = Timestamp::from_secs(39);
    agent.handle_timeout(late);
    let bytes = Check::proper(&agent).bytes(1);
    hand_in(&mut agent, late, peer(), &bytes);
    run(&mut agent, late, Timestamp::from_secs(41), friendly);
    assert_eq!(selected(&agent), Some(peer()));
}

#[test]
fn an_answer_of_long_ago_is_no_consent_to_a_late_nomination() {
    let mut agent = controlled();
    // The session lives on, because another pair was answered since.
    let bytes = Check::proper(&agent).bytes(9);
    let half = Timestamp::from_secs(25);
    hand_in(&mut agent, half, ([192, 0, 2, 9], 6003).into(), &bytes);
    run(&mut agent, half, half + Duration::from_millis(100), friendly);
    let late = Timestamp::from_secs(45);
    agent.handle_timeout(late);
    nominate(&mut agent, late, BETTER, 1);
    assert_eq!(selected(&agent), None);
    run(&mut agent, late, Timestamp::from_secs(46), friendly);
    assert_eq!(selected(&agent), Some(BETTER.into()));
}

#[test]
fn the_answer_to_an_older_pairs_consent_check_is_no_consent_to_another() {
    let mut agent = controlled();
    nominate(&mut agent, NOW, WORSE, 1);
    let mut old = None;
    run(&mut agent, NOW, Timestamp::from_secs(7), |_, _, transmit| {
        if class_of(&transmit) == Class::Request {
            old = Some(transmit);
        }
    });
    let old = old.expect("a consent check");
    nominate(&mut agent, Timestamp::from_secs(7), BETTER, 2);
    assert_eq!(selected(&agent), Some(BETTER.into()));
    let now = Timestamp::from_secs(29);
    hand_in(&mut agent, now, WORSE.into(), &answer(&old, host(), PEER_PASSWORD));
    run(&mut agent, now, Timestamp::from_secs(31), |_, _, _| {});
    assert!(events(&mut agent).contains(&Event::ConsentExpired));
}

#[test]
fn the_selected_pair_has_one_deadline_after_another() {
    // No deadline lies in the past once what is due was done.
    let mut agent = connected();
    let mut now = Timestamp::from_millis(200);
    for _ in 0..200 {
        let Some(next) = agent.poll_timeout() else { break };
        now = now.max(next);
        agent.handle_timeout(now);
        while agent.poll_transmit(now).is_some() {}
        assert!(agent.poll_timeout().is_none_or(|next| next > now));
    }
}
