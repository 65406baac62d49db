//! The kind of NAT that there is, is the kind that is named.

use std::time::Duration;

use stun_codec::discovery::{Config, Event, Filtering, Mapping, Report, Unknown};
use stun_codec::transaction;
use testkit::nat::{self, NatConfig};

use crate::stage::{
    ALTERNATE, LOCAL, OUTER, PRIMARY, SECOND, SECOND_SERVER, Server, Stage, at, config, full_server,
};

const KINDS: [(nat::Mapping, nat::Filtering, Mapping, Filtering); 9] = {
    use nat::Filtering as F;
    use nat::Mapping as M;
    let (m1, m2, m3) =
        (Mapping::EndpointIndependent, Mapping::AddressDependent, Mapping::AddressAndPortDependent);
    let (f1, f2, f3) = (
        Filtering::EndpointIndependent,
        Filtering::AddressDependent,
        Filtering::AddressAndPortDependent,
    );
    [
        (M::EndpointIndependent, F::EndpointIndependent, m1, f1),
        (M::EndpointIndependent, F::AddressDependent, m1, f2),
        (M::EndpointIndependent, F::AddressAndPortDependent, m1, f3),
        (M::AddressDependent, F::EndpointIndependent, m2, f1),
        (M::AddressDependent, F::AddressDependent, m2, f2),
        (M::AddressDependent, F::AddressAndPortDependent, m2, f3),
        (M::AddressAndPortDependent, F::EndpointIndependent, m3, f1),
        (M::AddressAndPortDependent, F::AddressDependent, m3, f2),
        (M::AddressAndPortDependent, F::AddressAndPortDependent, m3, f3),
    ]
};

fn both() -> Config {
    Config { second: Some(at(SECOND)), ..config() }
}

#[test]
fn every_kind_of_nat_is_named() {
    for (mapping, filtering, named_mapping, named_filtering) in KINDS {
        let nat = NatConfig::new(mapping, filtering);
        let mut stage = Stage::new(Some(nat), config(), Server::proper(full_server()));
        let report = stage.run();
        assert_eq!(report.mapping, Ok(named_mapping), "{mapping:?} {filtering:?}");
        assert_eq!(report.filtering, Ok(named_filtering), "{mapping:?} {filtering:?}");
        assert_eq!(report.is_behind_nat(), Some(true));
        assert_eq!(report.mapped.map(|mapped| mapped.ip()), Some(OUTER.into()));
        assert_eq!((report.server, report.local), (Some(at(PRIMARY)), at(LOCAL)));
        assert_eq!(report.hairpinning, Err(Unknown::NotTested));
        assert!(!report.origin_differs && !report.rewrites_payloads);
        assert!(matches!(stage.events[..], [Event::Reached { .. }, Event::Finished(_)]));
    }
}

/// 30 % on the client's link, each way: half of all exchanges come to nothing.
#[test]
fn every_kind_of_nat_is_named_where_three_in_ten_datagrams_are_lost() {
    for (seed, (mapping, filtering, named_mapping, named_filtering)) in (1..).zip(KINDS) {
        let nat = NatConfig::new(mapping, filtering);
        let server = Server::proper(full_server());
        let report = Stage::with_loss(Some(nat), config(), server, 0.3, seed).run();
        assert_eq!(report.mapping, Ok(named_mapping), "{mapping:?} {filtering:?}");
        assert_eq!(report.filtering, Ok(named_filtering), "{mapping:?} {filtering:?}");
    }
}

/// What cannot be told from loss is as seldom as seven losses in a row.
#[test]
fn loss_misleads_no_more_often_than_a_transaction_fails() {
    let mut wrong = 0;
    for seed in 0..200 {
        let server = Server::proper(full_server());
        let nat = Some(NatConfig::full_cone());
        let report = Stage::with_loss(nat, config(), server, 0.3, seed).run();
        let right = Ok(Filtering::EndpointIndependent);
        wrong += usize::from(report.filtering != right || report.mapping.is_err());
    }
    // Each run has four exchanges that may fail, at 0.51⁷ = 0.9 %: 7 in 200.
    assert!(wrong <= 7 + 3 * 3, "{wrong} of 200");
}

#[test]
fn without_a_nat_there_is_none_and_a_firewall_is_told_by_its_filter() {
    let mut stage = Stage::new(None, config(), Server::proper(full_server()));
    let report = stage.run();
    assert_eq!(report.is_behind_nat(), Some(false));
    assert_eq!(report.mapping, Ok(Mapping::EndpointIndependent));
    assert_eq!(report.filtering, Ok(Filtering::EndpointIndependent));
    assert!(report.meaning().contains("open to the Internet"));
}

/// RFC 5780 §4.4: a filter that has been opened tells nothing.
#[test]
fn nothing_is_sent_to_the_other_address_before_the_filter_has_been_tested() {
    let nat = NatConfig::address_restricted();
    let mut stage = Stage::new(Some(nat), config(), Server::proper(full_server()));
    stage.run();
    let sent = &stage.world[stage.client].sent;
    let changes = |payload: &[u8]| {
        let message = stun_codec::Message::parse(payload).unwrap();
        message.contains(stun_codec::attr::CHANGE_REQUEST)
    };
    let last_test = sent.iter().rposition(|(_, transmit)| changes(&transmit.payload)).unwrap();
    let to_other = |ip| ip == at(ALTERNATE).ip();
    let first = sent.iter().position(|(_, transmit)| to_other(transmit.five_tuple.remote.ip()));
    assert!(first.unwrap() > last_test);
}

/// RFC 5780 §5: no more than ten new transactions a second.
#[test]
fn requests_are_paced() {
    for (mapping, filtering, ..) in KINDS {
        let nat = NatConfig::new(mapping, filtering);
        let mut stage = Stage::new(Some(nat), both(), Server::proper(full_server()));
        stage.run();
        let mut seen = std::collections::BTreeMap::new();
        for (at, transmit) in &stage.world[stage.client].sent {
            let id = stun_codec::Message::parse(&transmit.payload).unwrap().transaction_id();
            seen.entry(id).or_insert(*at);
        }
        let mut begun: Vec<_> = seen.into_values().collect();
        begun.sort();
        assert!(begun.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(100)));
        assert!(begun.len() <= 9);
    }
}

#[test]
fn hairpinning_is_seen_where_there_is_some() {
    for (mapping, filtering, ..) in KINDS {
        for hairpinning in [true, false] {
            let nat = NatConfig { hairpinning, ..NatConfig::new(mapping, filtering) };
            let mut stage = Stage::new(Some(nat), both(), Server::proper(full_server()));
            let report = stage.run();
            // Where the address differs for each destination, no filter expects the other one.
            let passes = mapping == nat::Mapping::EndpointIndependent
                || filtering == nat::Filtering::EndpointIndependent;
            let works = hairpinning && passes;
            assert_eq!(report.hairpinning, Ok(works), "{mapping:?} {filtering:?}");
        }
    }
    let mut stage = Stage::new(None, both(), Server::proper(full_server()));
    assert_eq!(stage.run().hairpinning, Err(Unknown::NotTested), "there is no NAT");
}

#[test]
fn a_server_with_one_address_says_so_and_the_next_one_is_asked() {
    let servers = [at(SECOND_SERVER), at(PRIMARY)];
    let nat = NatConfig::address_restricted();
    let config = Config::new(at(LOCAL), servers);
    let mut stage = Stage::new(Some(nat), config, Server::proper(full_server()));
    let report = stage.run();
    let unsuitable = Event::Unsuitable { server: at(SECOND_SERVER), reason: Unknown::NotSupported };
    assert!(stage.events.contains(&unsuitable));
    assert_eq!(report.server, Some(at(PRIMARY)));
    assert_eq!(report.filtering, Ok(Filtering::AddressDependent));

    let config = Config::new(at(LOCAL), [at(SECOND_SERVER)]);
    let nat = NatConfig::address_restricted();
    let report = Stage::new(Some(nat), config, Server::proper(full_server())).run();
    assert_eq!(report.mapping, Err(Unknown::NotSupported));
    assert_eq!(report.filtering, Err(Unknown::NotSupported));
    assert_eq!((report.server, report.is_behind_nat()), (Some(at(SECOND_SERVER)), Some(true)));
}

#[test]
fn several_servers_with_one_address_each_tell_whether_the_mapping_varies() {
    let one = stun_codec::discovery::Responder::new(at(PRIMARY));
    for (nat, mapping) in [
        (NatConfig::port_restricted(), Ok(Mapping::EndpointIndependent)),
        (NatConfig::symmetric(), Err(Unknown::Varies)),
    ] {
        let config = Config::new(at(LOCAL), [at(PRIMARY), at(SECOND_SERVER)]);
        let report = Stage::new(Some(nat), config, Server::proper(one)).run();
        assert_eq!(report.mapping, mapping);
        assert_eq!(report.filtering, Err(Unknown::NotSupported));
    }
}

#[test]
fn a_sparing_server_is_asked_twice_and_tells_its_other_address() {
    let nat = NatConfig::symmetric();
    let mut stage = Stage::new(Some(nat), config(), Server::proper(full_server().sparing()));
    let report = stage.run();
    assert_eq!(report.mapping, Ok(Mapping::AddressAndPortDependent));
    assert_eq!(report.filtering, Ok(Filtering::AddressAndPortDependent));
    let reached = stage.events.iter().filter(|event| matches!(event, Event::Reached { .. }));
    assert_eq!(reached.count(), 1);
}

#[test]
fn what_was_found_reads_well() {
    let report = |nat| -> Report { Stage::new(nat, both(), Server::proper(full_server())).run() };
    let text = report(Some(NatConfig::port_restricted())).to_string();
    assert_eq!(
        text,
        "Address: 203.0.113.1:1024, as 198.51.100.1:3478 sees it; behind a NAT, in which it is \
         10.0.0.2:50000\n\
         Mapping: endpoint-independent (the same public address for all destinations)\n\
         Filtering: address and port-dependent (only addresses and ports that were sent to may \
         send to it)\n\
         Hairpinning: yes (peers reach each other by public addresses)\n\
         Direct connections work, also between two peers of this kind, when both sides send to \
         each other (ICE does that)."
    );
    let symmetric = report(Some(NatConfig::symmetric()));
    assert_eq!(symmetric.connects_to_its_like(), Some(false));
    assert!(symmetric.to_string().ends_with("two peers of this kind need a relay (TURN)."));
    let cone = report(Some(NatConfig::full_cone()));
    assert!(cone.meaning().starts_with("Anybody can send to the public address"));
    assert!(report(None).to_string().starts_with("Address: 10.0.0.2:50000, as"));
}

/// Few sendings make a quick end.
#[test]
fn the_times_are_the_callers_to_set() {
    let transactions = transaction::Config { max_sends: 4, last_wait: 4, ..Default::default() };
    let config = Config { transactions, ..config() };
    let nat = NatConfig::symmetric();
    let mut stage = Stage::new(Some(nat), config, Server::proper(full_server()));
    let report = stage.run();
    assert_eq!(report.filtering, Ok(Filtering::AddressAndPortDependent));
    assert!(
        stage.world[stage.client].sent.last().unwrap().0.since_epoch() < Duration::from_secs(7)
    );
}
