//! The virtual network: who reaches whom, when, and the same again on replay.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use testkit::nat::{Mapping, NatConfig};
use testkit::{Arrival, HostId, Link, Network, Place, PlanError, SendError, Subnet};

const START: Timestamp = Timestamp::ZERO;

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn subnet(text: &str) -> Subnet {
    text.parse().unwrap()
}

fn datagram(from: SocketAddr, to: SocketAddr, payload: &'static str) -> Transmit<Bytes> {
    Transmit::new(FiveTuple::udp(from, to), Bytes::from_static(payload.as_bytes()))
}

fn drain(network: &mut Network) -> Vec<Arrival> {
    let mut arrivals = vec![];
    while let Some(now) = network.next_arrival() {
        arrivals.extend(std::iter::from_fn(|| network.poll_arrival(now)));
    }
    arrivals
}

/// Sends one datagram and says how it arrives: where, from whom, when.
fn try_send(
    network: &mut Network,
    now: Timestamp,
    host: HostId,
    from: &str,
    to: SocketAddr,
) -> Option<(HostId, SocketAddr, Timestamp)> {
    network.send(now, host, datagram(at(from), to, "x")).unwrap();
    let arrivals = drain(network);
    assert!(arrivals.len() <= 1);
    arrivals.first().map(|arrival| (arrival.host, arrival.datagram.five_tuple.remote, arrival.at))
}

/// Two homes with the same subnet, and a server.
struct Homes {
    network: Network,
    server: HostId,
    hosts: [HostId; 2],
    places: [Place; 2],
}

const SERVER: &str = "192.0.2.1:3478";
const PRIVATE: &str = "192.168.1.2:5000";

fn homes(config: &NatConfig) -> Homes {
    let mut network = Network::new([1; 32]);
    let server = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
    let places = [1, 2].map(|number| {
        let home = subnet("192.168.1.0/24");
        network.add_nat(Place::INTERNET, [203, 0, 113, number], home, config.clone()).unwrap()
    });
    let hosts = places.map(|place| network.add_host(place, [192, 168, 1, 2]).unwrap());
    Homes { network, server, hosts, places }
}

impl Homes {
    /// The outer addresses that the server sees.
    fn outer_addresses(&mut self) -> [SocketAddr; 2] {
        self.hosts.map(|host| {
            let arrival = try_send(&mut self.network, START, host, PRIVATE, at(SERVER)).unwrap();
            assert_eq!(arrival.0, self.server);
            arrival.1
        })
    }
}

#[test]
fn latency_adds_up_over_the_links() {
    let Homes { mut network, server, hosts, places } = homes(&NatConfig::full_cone());
    let millis = Duration::from_millis;
    network.set_link(server, Link::with_latency(millis(1)));
    network.set_link(hosts[0], Link::with_latency(millis(10)));
    network.set_uplink(places[0], Link::with_latency(millis(100)));
    let (_, seen, when) = try_send(&mut network, START, hosts[0], PRIVATE, at(SERVER)).unwrap();
    assert_eq!(seen, at("203.0.113.1:1024"));
    assert_eq!(when, Timestamp::from_millis(111));
    let (host, from, back) = try_send(&mut network, when, server, SERVER, seen).unwrap();
    assert_eq!((host, from, back), (hosts[0], at(SERVER), Timestamp::from_millis(222)));
}

#[test]
fn the_same_private_address_in_two_homes_is_two_hosts() {
    let mut homes = homes(&NatConfig::full_cone());
    let [first, second] = homes.outer_addresses();
    let Homes { mut network, server, hosts, .. } = homes;
    assert_ne!(first, second);
    assert_eq!(try_send(&mut network, START, server, SERVER, first).unwrap().0, hosts[0]);
    assert_eq!(try_send(&mut network, START, server, SERVER, second).unwrap().0, hosts[1]);
}

#[test]
fn private_addresses_are_reached_only_from_the_same_place() {
    let Homes { mut network, server, hosts, places } = homes(&NatConfig::full_cone());
    let tv = network.add_host(places[0], [192, 168, 1, 9]).unwrap();
    let office = subnet("10.0.0.0/8");
    let office =
        network.add_nat(Place::INTERNET, [203, 0, 113, 9], office, NatConfig::full_cone()).unwrap();
    let clerk = network.add_host(office, [10, 0, 0, 2]).unwrap();

    let tv_address = at("192.168.1.9:80");
    let (host, from, when) = try_send(&mut network, START, hosts[0], PRIVATE, tv_address).unwrap();
    assert_eq!((host, from), (tv, at(PRIVATE)), "on its own network it is seen as it is");
    assert_eq!(when, Timestamp::from_millis(10), "and no NAT is in between");
    // Nobody has this one of the same network: it does not even go to the NAT.
    assert_eq!(try_send(&mut network, START, tv, "192.168.1.9:80", at("192.168.1.77:1")), None);
    assert_eq!(network.nat(places[0]).unwrap().mappings().count(), 0);
    // The other home has nobody at that address, the office's NAT sends it to the internet, where
    // it means nothing.
    assert_eq!(try_send(&mut network, START, hosts[1], PRIVATE, tv_address), None);
    assert_eq!(try_send(&mut network, START, clerk, "10.0.0.2:1", tv_address), None);
    assert_eq!(try_send(&mut network, START, server, SERVER, tv_address), None);
    assert_eq!(network.counters().unreachable, 4);
}

#[test]
fn two_peers_punch_through_restricted_nats_but_not_through_symmetric_ones() {
    for (config, through) in [
        (NatConfig::full_cone(), true),
        (NatConfig::address_restricted(), true),
        (NatConfig::port_restricted(), true),
        (NatConfig::symmetric(), false),
    ] {
        let mut homes = homes(&config);
        let outer = homes.outer_addresses();
        let Homes { mut network, hosts, .. } = homes;
        // Both send at once: each datagram leaves its NAT before the other's gets there.
        network.send(START, hosts[0], datagram(at(PRIVATE), outer[1], "a")).unwrap();
        network.send(START, hosts[1], datagram(at(PRIVATE), outer[0], "b")).unwrap();
        let arrivals = drain(&mut network);
        assert_eq!(arrivals.len(), if through { 2 } else { 0 }, "{config:?}");
        assert_eq!(network.counters().filtered, if through { 0 } else { 2 }, "{config:?}");
    }
}

/// A NAT decides when the datagram gets there, not when it is sent.
#[test]
fn a_filter_opens_with_what_leaves_before_the_arrival() {
    // A datagram takes 15 ms from a host to the other home's NAT, and 5 ms to its own.
    for (delay, opened) in [(9, true), (11, false)] {
        let mut homes = homes(&NatConfig::port_restricted());
        let outer = homes.outer_addresses();
        let Homes { mut network, hosts, .. } = homes;
        let start = Timestamp::from_secs(1);
        let late = start + Duration::from_millis(delay);
        network.send(start, hosts[0], datagram(at(PRIVATE), outer[1], "early")).unwrap();
        assert_eq!(network.poll_arrival(late), None);
        network.send(late, hosts[1], datagram(at(PRIVATE), outer[0], "late")).unwrap();
        let arrivals = drain(&mut network);
        let arrived = |payload| arrivals.iter().any(|arrival| arrival.datagram.payload == payload);
        assert!(arrived("late"), "the early one opened the first NAT");
        assert_eq!(arrived("early"), opened, "{delay} ms");
    }
}

#[test]
fn a_nat_behind_a_nat() {
    let mut network = Network::new([1; 32]);
    let server = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
    let carrier = subnet("100.64.0.0/10");
    let config = NatConfig::port_restricted();
    let carrier =
        network.add_nat(Place::INTERNET, [203, 0, 113, 1], carrier, config.clone()).unwrap();
    let homes = [1, 2].map(|number| {
        let home = subnet("192.168.1.0/24");
        network.add_nat(carrier, [100, 64, 0, number], home, config.clone()).unwrap()
    });
    let hosts = homes.map(|home| network.add_host(home, [192, 168, 1, 2]).unwrap());

    let seen = hosts
        .map(|host| try_send(&mut network, START, host, PRIVATE, at(SERVER)).unwrap())
        .map(|(_, seen, when)| {
            assert_eq!(when, Timestamp::from_millis(20), "host, home, carrier, server");
            seen
        });
    assert_eq!(seen, [at("203.0.113.1:1024"), at("203.0.113.1:1025")]);
    let back = try_send(&mut network, START, server, SERVER, seen[1]).unwrap();
    assert_eq!((back.0, back.1), (hosts[1], at(SERVER)));

    // From home to home: the carrier's NAT hairpins, and the filters of all three open.
    let now = Timestamp::from_secs(1);
    network.send(now, hosts[0], datagram(at(PRIVATE), seen[1], "a")).unwrap();
    network.send(now, hosts[1], datagram(at(PRIVATE), seen[0], "b")).unwrap();
    drain(&mut network);
    let now = Timestamp::from_secs(2);
    let (host, from, _) = try_send(&mut network, now, hosts[0], PRIVATE, seen[1]).unwrap();
    assert_eq!((host, from), (hosts[1], seen[0]));
    // The address that the home's NAT has at the carrier is a private one: a stranger can't use it.
    let inner = network.nat(homes[0]).unwrap().mappings().next().unwrap().outer;
    assert_eq!(inner, at("100.64.0.1:1024"));
    assert_eq!(try_send(&mut network, now, server, SERVER, inner), None);
}

/// REQ-9 of RFC 4787, with the network around it.
#[test]
fn neighbours_meet_at_their_outer_addresses_when_the_nat_hairpins() {
    for hairpinning in [true, false] {
        let config = NatConfig { hairpinning, ..NatConfig::full_cone() };
        let mut homes = homes(&config);
        let [outer, _] = homes.outer_addresses();
        let Homes { mut network, hosts, places, .. } = homes;
        let tv = network.add_host(places[0], [192, 168, 1, 9]).unwrap();
        let arrival = try_send(&mut network, START, tv, "192.168.1.9:80", outer);
        let expected = (hosts[0], at("203.0.113.1:1025"), Timestamp::from_millis(10));
        assert_eq!(arrival, hairpinning.then_some(expected));
        assert_eq!(network.counters().refused, u64::from(!hairpinning));
    }
}

#[test]
fn loss_and_duplication_are_what_the_link_says() {
    let mut network = Network::new([5; 32]);
    let here = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
    let there = network.add_host(Place::INTERNET, [192, 0, 2, 2]).unwrap();
    network.set_link(here, Link { loss: 0.1, duplication: 0.05, ..Link::default() });
    const SENT: u64 = 20_000;
    for _ in 0..SENT {
        network.send(START, here, datagram(at(SERVER), at("192.0.2.2:1"), "x")).unwrap();
    }
    let arrived = drain(&mut network).len() as u64;
    let counters = network.counters();
    // Six standard deviations: sqrt(20000 * 0.1 * 0.9) is 42, sqrt(18000 * 0.05 * 0.95) is 29.
    assert!(counters.lost.abs_diff(2000) < 255, "{counters:?}");
    assert!(counters.duplicated.abs_diff(900) < 176, "{counters:?}");
    assert_eq!(counters.sent, SENT);
    assert_eq!(counters.delivered, arrived);
    assert_eq!(counters.sent + counters.duplicated, counters.delivered + counters.lost);

    network.set_link(there, Link { loss: 1.0, ..Link::default() });
    assert_eq!(try_send(&mut network, START, here, SERVER, at("192.0.2.2:1")), None);
}

#[test]
fn jitter_reorders_within_its_bounds_and_nothing_else_does() {
    let order = |jitter| {
        let mut network = Network::new([5; 32]);
        let here = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
        let there = network.add_host(Place::INTERNET, [192, 0, 2, 2]).unwrap();
        network.set_link(here, Link { jitter, ..Link::default() });
        network.set_link(there, Link::INSTANT);
        let mut previous = None;
        let mut reordered = 0;
        for number in 0..1000u64 {
            let path = FiveTuple::udp(at(SERVER), at("192.0.2.2:1"));
            let payload = Bytes::copy_from_slice(&number.to_be_bytes());
            network
                .send(Timestamp::from_millis(number), here, Transmit::new(path, payload))
                .unwrap();
        }
        for arrival in drain(&mut network) {
            let number = u64::from_be_bytes((*arrival.datagram.payload).try_into().unwrap());
            let took = arrival.at - Timestamp::from_millis(number);
            let least = Duration::from_millis(5);
            assert!(took >= least && took <= least + jitter, "{took:?}");
            reordered += usize::from(previous > Some(number));
            previous = Some(number);
        }
        reordered
    };
    assert_eq!(order(Duration::ZERO), 0);
    assert_eq!(order(Duration::from_millis(1)), 0);
    assert!(order(Duration::from_millis(10)) > 100);
}

/// A day in a bad network: NATs with random ports, loss, jitter, duplication, strangers.
fn busy_run(seed: u8) -> (String, Vec<Arrival>) {
    let mut network = Network::new([seed; 32]);
    network.record_trace();
    let bad =
        Link { jitter: Duration::from_millis(30), loss: 0.1, duplication: 0.1, ..Link::default() };
    let config = NatConfig {
        allocation: testkit::nat::PortAllocation::Random,
        ..NatConfig::new(Mapping::AddressDependent, testkit::nat::Filtering::AddressDependent)
    };
    let server = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
    let home = subnet("192.168.1.0/24");
    let home = network.add_nat(Place::INTERNET, [203, 0, 113, 1], home, config).unwrap();
    let hosts = [2, 3].map(|last| network.add_host(home, [192, 168, 1, last]).unwrap());
    network.set_uplink(home, bad);
    network.set_link(server, bad);
    let mut arrivals = vec![];
    for round in 0..300u16 {
        let now = Timestamp::from_millis(u64::from(round) * 10);
        for (host, last) in hosts.iter().zip([2, 3]) {
            let from = SocketAddr::from(([192, 168, 1, last], 5000 + round % 7));
            network.send(now, *host, datagram(from, at(SERVER), "question")).unwrap();
        }
        let stranger = datagram(at("198.51.100.1:1"), at("203.0.113.1:1024"), "let me in");
        network.inject(now, Place::INTERNET, stranger);
        while let Some(arrival) = network.poll_arrival(now) {
            if arrival.host == server {
                let FiveTuple { local, remote, .. } = arrival.datagram.five_tuple;
                network.send(now, server, datagram(local, remote, "answer")).unwrap();
            }
            arrivals.push(arrival);
        }
    }
    arrivals.extend(drain(&mut network));
    let counters = network.counters();
    assert_eq!(network.in_flight(), 0);
    assert_eq!(
        counters.sent + counters.duplicated,
        counters.delivered
            + counters.lost
            + counters.filtered
            + counters.unmapped
            + counters.refused
            + counters.unreachable
    );
    assert!(counters.lost > 0 && counters.unmapped > 0 && counters.delivered > 500, "{counters:?}");
    (network.trace().to_owned(), arrivals)
}

#[test]
fn the_same_seed_gives_the_same_run_to_the_byte() {
    let (trace, arrivals) = busy_run(1);
    assert_eq!(busy_run(1), (trace.clone(), arrivals));
    assert_ne!(busy_run(2).0, trace);
}

#[test]
fn the_trace_tells_each_end() {
    let mut homes = homes(&NatConfig::port_restricted());
    homes.network.record_trace();
    let [outer, _] = homes.outer_addresses();
    let Homes { mut network, server, hosts, places } = homes;
    let now = Timestamp::from_secs(1);
    try_send(&mut network, now, server, "192.0.2.1:9", outer);
    try_send(&mut network, now, server, SERVER, at("203.0.113.1:9"));
    try_send(&mut network, now, server, SERVER, at(PRIVATE));
    network.set_uplink(places[0], Link { loss: 1.0, ..Link::default() });
    try_send(&mut network, now, hosts[0], PRIVATE, at(SERVER));
    network.inject(now, places[1], datagram(at("192.168.1.7:7"), at(PRIVATE), "spoofed"));
    drain(&mut network);
    let lines: Vec<_> = network.trace().lines().collect();
    assert_eq!(
        lines,
        [
            "0.015000s H1 192.168.1.2:5000 -> 192.0.2.1:3478, 1 bytes of 0.000000s: \
             delivered to H0 as from 203.0.113.1:1024",
            "0.015000s H2 192.168.1.2:5000 -> 192.0.2.1:3478, 1 bytes of 0.000000s: \
             delivered to H0 as from 203.0.113.2:1024",
            "1.010000s H0 192.0.2.1:9 -> 203.0.113.1:1024, 1 bytes of 1.000000s: \
             refused at P1: the NAT's filter lets in only those who were sent to",
            "1.010000s H0 192.0.2.1:3478 -> 203.0.113.1:9, 1 bytes of 1.000000s: \
             refused at P1: nothing is mapped to that outer address",
            "1.005000s H0 192.0.2.1:3478 -> 192.168.1.2:5000, 1 bytes of 1.000000s: \
             unreachable from the internet",
            "1.005000s H1 192.168.1.2:5000 -> 192.0.2.1:3478, 1 bytes of 1.000000s: \
             lost on the link of P1's NAT",
            "1.005000s stranger 192.168.1.7:7 -> 192.168.1.2:5000, 7 bytes of 1.000000s: \
             delivered to H2 as from 192.168.1.7:7",
        ]
    );
}

#[test]
fn a_host_with_two_addresses_and_one_that_leaves() {
    let Homes { mut network, server, hosts, places } = homes(&NatConfig::full_cone());
    let [host, _] = hosts;
    let ipv6: IpAddr = "2001:db8::5".parse().unwrap();
    network.add_address(host, Place::INTERNET, ipv6).unwrap();
    network.add_address(server, Place::INTERNET, "2001:db8::1".parse::<IpAddr>().unwrap()).unwrap();
    network.set_address_link(host, ipv6, Link::with_latency(Duration::from_millis(50)));
    let over_ipv6 =
        try_send(&mut network, START, host, "[2001:db8::5]:1", at("[2001:db8::1]:2")).unwrap();
    assert_eq!(over_ipv6, (server, at("[2001:db8::5]:1"), Timestamp::from_millis(55)));
    assert_eq!(try_send(&mut network, START, host, PRIVATE, at("[2001:db8::1]:2")), None);
    let (_, outer, when) = try_send(&mut network, START, host, PRIVATE, at(SERVER)).unwrap();
    assert_eq!(when, Timestamp::from_millis(15));

    // It leaves its home while a datagram is on its last link.
    network.send(when, server, datagram(at(SERVER), outer, "x")).unwrap();
    assert_eq!(network.poll_arrival(when + Duration::from_millis(12)), None);
    assert_eq!(network.in_flight(), 1);
    assert!(network.remove_address(host, [192, 168, 1, 2]));
    assert!(!network.remove_address(host, [192, 168, 1, 2]));
    // And takes the same address to another network, where the datagram does not come.
    network.add_address(host, Place::INTERNET, [192, 168, 1, 2]).unwrap();
    assert_eq!(drain(&mut network), []);
    assert!(network.remove_address(host, [192, 168, 1, 2]));
    let gone = SendError::NotItsAddress { host, local: at(PRIVATE) };
    let sent = network.send(when, host, datagram(at(PRIVATE), at(SERVER), "x"));
    assert_eq!(sent, Err(gone));
    // Another one may take the address.
    assert!(network.add_host(places[0], [192, 168, 1, 2]).is_ok());
}

#[test]
fn a_plan_that_cannot_be_is_an_error() {
    let mut network = Network::new([1; 32]);
    let internet = Place::INTERNET;
    let host = network.add_host(internet, [192, 0, 2, 1]).unwrap();
    let taken =
        |address: [u8; 4], place| PlanError::AddressTaken { address: address.into(), place };
    let again = network.add_host(internet, [192, 0, 2, 1]);
    assert_eq!(again, Err(taken([192, 0, 2, 1], internet)));
    let home = subnet("10.0.0.0/24");
    let nat = network.add_nat(internet, [192, 0, 2, 1], home, NatConfig::full_cone());
    assert_eq!(nat, Err(taken([192, 0, 2, 1], internet)));
    let inside = network.add_nat(internet, [10, 0, 0, 1], home, NatConfig::full_cone());
    let outer = [10, 0, 0, 1].into();
    assert_eq!(inside, Err(PlanError::OuterInsideSubnet { outer, subnet: home }));
    let place = network.add_nat(internet, [192, 0, 2, 2], home, NatConfig::full_cone()).unwrap();
    let address = [10, 0, 1, 1].into();
    let outside = PlanError::OutsideSubnet { address, place, subnet: home };
    assert_eq!(network.add_host(place, address), Err(outside));
    network.add_address(host, place, [10, 0, 0, 2]).unwrap();
    assert_eq!(
        network.add_address(host, internet, [10, 0, 0, 2]),
        Err(taken([10, 0, 0, 2], internet))
    );
}

#[test]
fn only_datagrams_are_taken() {
    let mut network = Network::new([1; 32]);
    let host = network.add_host(Place::INTERNET, [192, 0, 2, 1]).unwrap();
    let stream = FiveTuple::tcp(at(SERVER), at("192.0.2.2:1"));
    let sent = network.send(START, host, Transmit::new(stream, Bytes::new()));
    assert_eq!(sent, Err(SendError::NotUdp));
    assert_eq!(network.counters().sent, 0);
}
