//! Remote candidates and the pairs that they make (RFC 8445 §6.1.2, RFC 8838 §10 to §14).

use core::net::SocketAddr;

use ice_agent::{Agent, CandidateType, Config, Credentials, PairState, Role};
use sansio::{FiveTuple, Timestamp, Transmit};

use crate::peer::{
    Check, PEER_PASSWORD, agent, answer, candidate, checks, drain, hand_in, host, peer,
};

const NOW: Timestamp = Timestamp::ZERO;

#[test]
fn reflexive_candidates_of_ours_are_not_paired() {
    let mut agent = agent(Role::Controlling);
    let server = ([198, 51, 100, 1], 3478).into();
    agent.add_stun_server(NOW, server);
    let request = drain(&mut agent, NOW).remove(0);
    let mapped = ([203, 0, 113, 1], 1024).into();
    hand_in(&mut agent, NOW, server, &answer(&request, mapped, "not looked at"));
    agent.add_remote_candidate(NOW, candidate("192.0.2.9 6000"));
    let locals: Vec<_> = agent.pairs().map(|pair| pair.local.address).collect();
    assert_eq!(locals, [host()]);
}

#[test]
fn families_and_scopes_are_not_mixed() {
    let mut agent = agent(Role::Controlling);
    let link_local: SocketAddr = "[fe80::1%3]:5000".parse().unwrap();
    let global: SocketAddr = "[2001:db8::1]:5000".parse().unwrap();
    agent.add_host(NOW, link_local);
    agent.add_host(NOW, global);
    for address in ["192.0.2.9 6000", "fe80::9 6000", "2001:db8::9 6000"] {
        agent.add_remote_candidate(NOW, candidate(address));
    }
    let mut pairs: Vec<_> =
        agent.pairs().map(|pair| (pair.local.address.ip(), pair.remote.address.ip())).collect();
    pairs.sort();
    let expected: Vec<(core::net::IpAddr, core::net::IpAddr)> =
        [("192.0.2.1", "192.0.2.9"), ("2001:db8::1", "2001:db8::9"), ("fe80::1", "fe80::9")]
            .map(|(local, remote)| (local.parse().unwrap(), remote.parse().unwrap()))
            .into();
    assert_eq!(pairs, expected);
}

#[test]
fn a_link_local_pair_works_on_the_link_of_its_socket() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    let socket: SocketAddr = "[fe80::1%3]:5000".parse().unwrap();
    agent.add_host(NOW, socket);
    agent.set_remote(NOW, Credentials::new("peer", PEER_PASSWORD).unwrap());
    agent.add_remote_candidate(NOW, candidate("fe80::9 6000"));
    let check = drain(&mut agent, NOW).remove(0);
    let remote: SocketAddr = "[fe80::9%3]:6000".parse().unwrap();
    assert_eq!(check.five_tuple, FiveTuple::udp(socket, remote));
    let bytes = answer(&check, "[fe80::1]:5000".parse().unwrap(), PEER_PASSWORD);
    let _ = agent.handle_input(NOW, Transmit::new(check.five_tuple, &bytes));
    let pair = agent.pairs().next().unwrap();
    assert_eq!(
        (pair.state, pair.local.candidate_type),
        (PairState::Succeeded, CandidateType::Host)
    );
    assert_eq!(pair.local.to_string(), "candidate:1 1 udp 2130706431 fe80::1 5000 typ host");
    // A check from there is from the candidate that is known, and not from a new one.
    let bytes = Check::proper(&agent).bytes(1);
    let _ = agent.handle_input(NOW, Transmit::new(check.five_tuple, &bytes));
    assert_eq!(agent.pairs().count(), 1);
}

#[test]
fn i15_candidates_after_the_last_and_of_another_generation_are_ignored() {
    let mut agent = agent(Role::Controlling);
    let of = |ufrag: &str, port: u16| {
        format!("candidate:1 1 udp 7 192.0.2.9 {port} typ host generation 0 ufrag {ufrag}")
    };
    agent.add_remote_candidate(NOW, of("old+", 6000).parse().unwrap());
    assert_eq!((agent.pairs().count(), agent.stats().candidates_ignored), (0, 1));
    agent.add_remote_candidate(NOW, of("peer", 6000).parse().unwrap());
    agent.end_of_remote_candidates(NOW);
    agent.add_remote_candidate(NOW, of("peer", 6001).parse().unwrap());
    assert_eq!((agent.pairs().count(), agent.stats().candidates_ignored), (1, 2));
}

#[test]
fn i15_candidates_before_the_credentials_are_sorted_out_when_those_come() {
    let mut agent = Agent::new(Config::new(Role::Controlling), [1; 32]);
    agent.add_host(NOW, host());
    for (ufrag, port) in [("old+", 6000), ("peer", 6001)] {
        let line = format!("candidate:1 1 udp 7 192.0.2.9 {port} typ host ufrag {ufrag}");
        agent.add_remote_candidate(NOW, line.parse().unwrap());
    }
    assert!(drain(&mut agent, NOW).is_empty(), "no check without credentials");
    agent.set_remote(NOW, Credentials::new("peer", PEER_PASSWORD).unwrap());
    let ports: Vec<_> = agent.pairs().map(|pair| pair.remote.address.port()).collect();
    assert_eq!(ports, [6001]);
}

#[test]
fn a_candidate_learned_from_a_check_becomes_what_is_signaled_later() {
    let mut agent = agent(Role::Controlled);
    agent.add_host(NOW, ([192, 0, 2, 2], 5000).into());
    let bytes = Check::proper(&agent).bytes(1);
    hand_in(&mut agent, NOW, peer(), &bytes);
    let check = drain(&mut agent, NOW).remove(1);
    hand_in(&mut agent, NOW, peer(), &answer(&check, host(), PEER_PASSWORD));
    assert_eq!(agent.pairs().count(), 1);
    agent.add_remote_candidate(NOW, candidate("192.0.2.9 6000"));
    let pairs: Vec<_> = agent.pairs().collect();
    assert_eq!(pairs.len(), 2, "it is paired with the other socket too");
    assert!(pairs.iter().all(|pair| pair.remote.candidate_type == CandidateType::Host));
    assert_eq!(pairs[0].state, PairState::Succeeded, "what was learned stays");
    assert_eq!(pairs[0].priority, (2_130_706_431 << 32) + 2 * 2_130_706_431);
}

#[test]
fn a_full_checklist_makes_room_for_a_pair_on_which_the_peer_was_heard() {
    let mut config = Config::new(Role::Controlled);
    config.max_pairs = 4;
    let mut agent = Agent::new(config, [1; 32]);
    agent.add_host(NOW, host());
    agent.set_remote(NOW, Credentials::new("peer", PEER_PASSWORD).unwrap());
    for port in 6000..6010 {
        agent.add_remote_candidate(NOW, candidate(&format!("192.0.2.9 {port}")));
    }
    let bytes = Check { priority: 1, ..Check::proper(&agent) }.bytes(1);
    hand_in(&mut agent, NOW, ([192, 0, 2, 9], 7000).into(), &bytes);
    assert_eq!(agent.pairs().count(), 4, "the limit is the caller's");
    assert!(agent.pairs().any(|pair| pair.remote.address.port() == 7000));
}

#[test]
fn a_socket_that_is_added_late_is_paired_with_all_that_is_known() {
    let mut agent = agent(Role::Controlling);
    agent.add_remote_candidate(NOW, candidate("192.0.2.9 6000"));
    drain(&mut agent, NOW);
    let now = Timestamp::from_millis(100);
    let socket = ([192, 0, 2, 2], 5000).into();
    agent.add_host(now, socket);
    assert_eq!(agent.pairs().count(), 2);
    assert_eq!(checks(&drain(&mut agent, now)), [(FiveTuple::udp(socket, peer()), false)]);
}

#[test]
fn pairs_are_checked_best_first_one_every_ta() {
    let mut agent = agent(Role::Controlling);
    for (port, priority) in [(6001, 100), (6003, 300), (6002, 200)] {
        let line = format!("candidate:{port} 1 udp {priority} 192.0.2.9 {port} typ host");
        // All at once, as from one message of the signaling.
        let mut candidate: ice_agent::Candidate = line.parse().unwrap();
        candidate.priority = priority;
        agent.add_remote_candidate(Timestamp::ZERO, candidate);
    }
    let mut order = Vec::new();
    for at in [0, 50, 100] {
        let now = Timestamp::from_millis(at);
        agent.handle_timeout(now);
        order.extend(checks(&drain(&mut agent, now)).iter().map(|(path, _)| path.remote.port()));
    }
    // The first one went out when there was no other.
    assert_eq!(order, [6001, 6003, 6002]);
}
