//! The NAT's rules against RFC 4787. `REQ-n` are its numbers.

use std::net::SocketAddr;
use std::time::Duration;

use sansio::Timestamp;
use testkit::nat::{
    Filtering, Hairpin, Mapping, Nat, NatConfig, PortAllocation, Refusal, RemoteScope,
};

const MAPPINGS: [Mapping; 3] =
    [Mapping::EndpointIndependent, Mapping::AddressDependent, Mapping::AddressAndPortDependent];
const FILTERINGS: [Filtering; 3] = [
    Filtering::EndpointIndependent,
    Filtering::AddressDependent,
    Filtering::AddressAndPortDependent,
];
const NANOSECOND: Duration = Duration::from_nanos(1);
const START: Timestamp = Timestamp::ZERO;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn nat(config: NatConfig) -> Nat {
    Nat::new([203, 0, 113, 1].into(), config, [1; 32])
}

/// §4.1 and §5: the nine combinations, with a remote, its other port, and another remote.
#[test]
fn every_mapping_with_every_filtering() {
    let inside = at("10.0.0.2:5000");
    let (remote, other_port, other) =
        (at("192.0.2.1:1000"), at("192.0.2.1:2000"), at("192.0.2.2:1000"));
    for mapping in MAPPINGS {
        for filtering in FILTERINGS {
            let what = format!("{mapping:?} {filtering:?}");
            // Who may answer when only `remote` was sent to.
            let mut one = nat(NatConfig::new(mapping, filtering));
            let outer = one.outbound(START, inside, remote).unwrap();
            assert_eq!(outer.ip(), one.outer(), "{what}");
            let verdict = |open| if open { Ok(inside) } else { Err(Refusal::Filtered) };
            assert_eq!(one.inbound(START, remote, outer), verdict(true), "{what}");
            let open = filtering != Filtering::AddressAndPortDependent;
            assert_eq!(one.inbound(START, other_port, outer), verdict(open), "{what}");
            let open = filtering == Filtering::EndpointIndependent;
            assert_eq!(one.inbound(START, other, outer), verdict(open), "{what}");

            // Which outer address each of the three sees.
            let mut three = nat(NatConfig::new(mapping, filtering));
            let first = three.outbound(START, inside, remote).unwrap();
            let second = three.outbound(START, inside, other_port).unwrap();
            let third = three.outbound(START, inside, other).unwrap();
            assert_eq!(first == second, mapping != Mapping::AddressAndPortDependent, "{what}");
            assert_eq!(first == third, mapping == Mapping::EndpointIndependent, "{what}");
            assert_ne!(second == third, mapping != Mapping::EndpointIndependent, "{what}");
            // REQ-11: the same again, however often.
            assert_eq!(three.outbound(START, inside, remote), Ok(first), "{what}");
            assert_eq!(three.outbound(START, inside, other), Ok(third), "{what}");
            // Each of them may answer to the address that it saw.
            for (remote, outer) in [(remote, first), (other_port, second), (other, third)] {
                assert_eq!(three.inbound(START, remote, outer), Ok(inside), "{what}");
            }
        }
    }
}

#[test]
fn the_constructors_are_what_the_field_calls_them() {
    for (config, mapping, filtering) in [
        (NatConfig::full_cone(), MAPPINGS[0], FILTERINGS[0]),
        (NatConfig::address_restricted(), MAPPINGS[0], FILTERINGS[1]),
        (NatConfig::port_restricted(), MAPPINGS[0], FILTERINGS[2]),
        (NatConfig::symmetric(), MAPPINGS[2], FILTERINGS[2]),
    ] {
        assert_eq!((config.mapping, config.filtering), (mapping, filtering));
        // REQ-5: not under two minutes; REQ-5c: five by default.
        assert_eq!(config.timeout, Duration::from_secs(300));
    }
}

/// REQ-5 and the end of a mapping, to the nanosecond.
#[test]
fn a_mapping_ends_at_its_timeout_and_not_before() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    for mapping in MAPPINGS {
        for filtering in FILTERINGS {
            let config = NatConfig::new(mapping, filtering);
            let end = START + config.timeout;
            let mut nat = nat(config);
            let outer = nat.outbound(START, inside, remote).unwrap();
            assert_eq!(nat.poll_timeout(), Some(end));
            assert_eq!(nat.inbound(end - NANOSECOND, remote, outer), Ok(inside));
            assert_eq!(nat.mappings().count(), 1);
            assert_eq!(nat.inbound(end, remote, outer), Err(Refusal::NoMapping));
            assert_eq!(nat.poll_timeout(), None);
            assert_eq!(nat.mappings().count(), 0);
            assert!(!nat.is_mapped(outer));
        }
    }
}

/// REQ-6.
#[test]
fn what_goes_out_refreshes_and_what_comes_in_does_not() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    let mut nat = nat(NatConfig::port_restricted());
    let outer = nat.outbound(START, inside, remote).unwrap();
    let later = Timestamp::from_secs(299);
    assert_eq!(nat.inbound(later, remote, outer), Ok(inside));
    assert_eq!(nat.poll_timeout(), Some(Timestamp::from_secs(300)));
    assert_eq!(nat.outbound(later, inside, remote), Ok(outer));
    let end = Timestamp::from_secs(599);
    assert_eq!(nat.inbound(end - NANOSECOND, remote, outer), Ok(inside));
    assert_eq!(nat.inbound(end, remote, outer), Err(Refusal::NoMapping));
}

/// REQ-6a.
#[test]
fn what_comes_in_refreshes_when_the_nat_is_told_so() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    let config = NatConfig { inbound_refresh: true, ..NatConfig::port_restricted() };
    let mut nat = nat(config);
    let outer = nat.outbound(START, inside, remote).unwrap();
    let stranger = at("192.0.2.9:1");
    let later = Timestamp::from_secs(200);
    assert_eq!(nat.inbound(later, stranger, outer), Err(Refusal::Filtered));
    assert_eq!(nat.poll_timeout(), Some(Timestamp::from_secs(300)));
    assert_eq!(nat.inbound(later, remote, outer), Ok(inside));
    let end = Timestamp::from_secs(500);
    assert_eq!(nat.inbound(end - NANOSECOND, stranger, outer), Err(Refusal::Filtered));
    let mut nat_until_end = nat;
    assert_eq!(nat_until_end.inbound(end, remote, outer), Err(Refusal::NoMapping));
}

/// A mapping that is kept alive by traffic to one remote does not keep the door open for another.
#[test]
fn a_permission_ends_although_its_mapping_lives() {
    let (inside, busy, quiet) = (at("10.0.0.2:5000"), at("192.0.2.1:1"), at("192.0.2.2:2"));
    let mut nat = nat(NatConfig::port_restricted());
    let outer = nat.outbound(START, inside, quiet).unwrap();
    nat.outbound(Timestamp::from_secs(200), inside, busy).unwrap();
    let end = Timestamp::from_secs(300);
    assert_eq!(nat.inbound(end - NANOSECOND, quiet, outer), Ok(inside));
    assert_eq!(nat.inbound(end, quiet, outer), Err(Refusal::Filtered));
    assert_eq!(nat.inbound(end, busy, outer), Ok(inside));
}

#[test]
fn time_that_runs_backwards_ends_nothing_early() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    let mut nat = nat(NatConfig::port_restricted());
    let outer = nat.outbound(Timestamp::from_secs(100), inside, remote).unwrap();
    assert_eq!(nat.outbound(START, inside, remote), Ok(outer));
    assert_eq!(nat.poll_timeout(), Some(Timestamp::from_secs(400)));
}

/// REQ-3: no two inner addresses share an outer one.
#[test]
fn no_port_is_given_out_twice() {
    let remote = at("192.0.2.1:1000");
    for allocation in [PortAllocation::Sequential, PortAllocation::Random] {
        let config = NatConfig { allocation, ports: 2000..=2099, ..NatConfig::full_cone() };
        let mut nat = nat(config);
        let mut outers: Vec<_> = (0..100)
            .map(|host| nat.outbound(START, SocketAddr::from(([10, 0, 0, host], 5000)), remote))
            .map(Result::unwrap)
            .collect();
        outers.sort();
        outers.dedup();
        assert_eq!(outers.len(), 100);
        assert!(outers.iter().all(|outer| (2000..=2099).contains(&outer.port())));
        let one_more = nat.outbound(START, at("10.0.0.200:5000"), remote);
        assert_eq!(one_more, Err(Refusal::NoFreePort));
        // Those that have one keep it.
        assert!(nat.outbound(START, at("10.0.0.7:5000"), remote).is_ok());
        // And all are free again once the mappings have ended.
        assert!(nat.outbound(Timestamp::from_secs(300), at("10.0.0.200:5000"), remote).is_ok());
    }
}

#[test]
fn ports_follow_each_other_or_the_seed() {
    let remote = at("192.0.2.1:1000");
    let ports = |allocation, seed| -> Vec<u16> {
        let config = NatConfig { allocation, ..NatConfig::full_cone() };
        let mut nat = Nat::new([203, 0, 113, 1].into(), config, seed);
        let insides = (0..20).map(|host| SocketAddr::from(([10, 0, 0, host], 5000)));
        insides.map(|inside| nat.outbound(START, inside, remote).unwrap().port()).collect()
    };
    assert_eq!(ports(PortAllocation::Sequential, [1; 32]), (1024..1044).collect::<Vec<_>>());
    let random = ports(PortAllocation::Random, [1; 32]);
    assert_eq!(random, ports(PortAllocation::Random, [1; 32]));
    assert_ne!(random, ports(PortAllocation::Random, [2; 32]));
}

/// §4.2.1: port preservation, and what happens on a collision.
#[test]
fn a_port_is_preserved_while_it_is_free() {
    let remote = at("192.0.2.1:1000");
    let mut nat = nat(NatConfig { preserve_port: true, ..NatConfig::full_cone() });
    assert_eq!(nat.outbound(START, at("10.0.0.2:5000"), remote).unwrap().port(), 5000);
    assert_eq!(nat.outbound(START, at("10.0.0.3:5000"), remote).unwrap().port(), 1024);
    assert_eq!(nat.outbound(START, at("10.0.0.3:80"), remote).unwrap().port(), 1025);
}

#[test]
fn a_port_that_is_not_usable_is_passed_over() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    let mut nat = nat(NatConfig::full_cone());
    let outer = nat.outbound_where(START, inside, remote, |outer| outer.port() >= 1030);
    assert_eq!(outer, Ok(at("203.0.113.1:1030")));
    let none = nat.outbound_where(START, at("10.0.0.3:1"), remote, |_| false);
    assert_eq!(none, Err(Refusal::NoFreePort));
    // A mapping that exists is not asked about.
    assert_eq!(nat.outbound_where(START, inside, remote, |_| false), outer);
}

/// REQ-9, REQ-9a.
#[test]
fn a_hairpin_bears_the_outer_source_and_obeys_the_filter() {
    let (a, b) = (at("10.0.0.2:5000"), at("10.0.0.3:5000"));
    let server = at("192.0.2.1:1000");
    for filtering in FILTERINGS {
        let mut nat = nat(NatConfig::new(Mapping::EndpointIndependent, filtering));
        let outer_a = nat.outbound(START, a, server).unwrap();
        let outer_b = nat.outbound(START, b, server).unwrap();
        let first = nat.hairpin(START, a, outer_b);
        if filtering == Filtering::EndpointIndependent {
            assert_eq!(first, Ok(Hairpin { from: outer_a, to: b }));
        } else {
            assert_eq!(first, Err(Refusal::Filtered), "b has not sent to the outer address yet");
        }
        // Now that `a` has sent to it, `b` gets through, and after that `a` too.
        assert_eq!(nat.hairpin(START, b, outer_a), Ok(Hairpin { from: outer_b, to: a }));
        assert_eq!(nat.hairpin(START, a, outer_b), Ok(Hairpin { from: outer_a, to: b }));
    }
}

#[test]
fn without_hairpinning_there_is_none() {
    let mut nat = nat(NatConfig { hairpinning: false, ..NatConfig::full_cone() });
    let outer = nat.outbound(START, at("10.0.0.3:5000"), at("192.0.2.1:1000")).unwrap();
    assert_eq!(nat.hairpin(START, at("10.0.0.2:5000"), outer), Err(Refusal::NoHairpin));
    assert_eq!(nat.mappings().count(), 1);
}

#[test]
fn the_table_has_an_end() {
    let mut nat = nat(NatConfig { max_mappings: 2, ..NatConfig::symmetric() });
    let inside = at("10.0.0.2:5000");
    assert!(nat.outbound(START, inside, at("192.0.2.1:1")).is_ok());
    assert!(nat.outbound(START, inside, at("192.0.2.1:2")).is_ok());
    assert_eq!(nat.outbound(START, inside, at("192.0.2.1:3")), Err(Refusal::TableFull));
    assert!(nat.outbound(START, inside, at("192.0.2.1:2")).is_ok());
}

#[test]
fn a_filter_forgets_the_one_not_sent_to_for_the_longest() {
    let inside = at("10.0.0.2:5000");
    let remotes = ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.1:3"].map(at);
    let mut nat = nat(NatConfig { max_remotes: 2, ..NatConfig::port_restricted() });
    let outer = nat.outbound(START, inside, remotes[0]).unwrap();
    nat.outbound(Timestamp::from_secs(1), inside, remotes[1]).unwrap();
    nat.outbound(Timestamp::from_secs(2), inside, remotes[0]).unwrap();
    nat.outbound(Timestamp::from_secs(3), inside, remotes[2]).unwrap();
    let now = Timestamp::from_secs(4);
    assert_eq!(nat.inbound(now, remotes[0], outer), Ok(inside));
    assert_eq!(nat.inbound(now, remotes[1], outer), Err(Refusal::Filtered));
    assert_eq!(nat.inbound(now, remotes[2], outer), Ok(inside));
    let permitted: Vec<_> = nat.permitted(outer).collect();
    assert_eq!(permitted, [RemoteScope::Endpoint(remotes[0]), RemoteScope::Endpoint(remotes[2])]);
}

#[test]
fn a_restart_forgets_everything() {
    let (inside, remote) = (at("10.0.0.2:5000"), at("192.0.2.1:1000"));
    let mut nat = nat(NatConfig::full_cone());
    let before = nat.outbound(START, inside, remote).unwrap();
    nat.clear();
    assert_eq!(nat.inbound(START, remote, before), Err(Refusal::NoMapping));
    assert_eq!(nat.poll_timeout(), None);
    assert_ne!(nat.outbound(START, inside, remote), Ok(before));
}

#[test]
fn the_table_reads_well() {
    let mut nat = nat(NatConfig::symmetric());
    nat.outbound(START, at("10.0.0.2:5000"), at("192.0.2.1:3478")).unwrap();
    let line = nat.mappings().next().unwrap().to_string();
    assert_eq!(line, "10.0.0.2:5000 -> 203.0.113.1:1024 for 192.0.2.1:3478");
    // An address of somebody else is not mapped, whatever its port.
    assert!(!nat.is_mapped(at("203.0.113.2:1024")));
}
