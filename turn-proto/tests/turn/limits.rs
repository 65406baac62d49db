//! Allocate, Refresh, CreatePermission and ChannelBind by the letter of RFC 8656, and the limits
//! of what one user may have.

use std::time::Duration;

use stun_codec::attr::{self, Attribute};
use stun_codec::shape::{Opaque, ProtocolNumber};
use stun_codec::{MessageBuilder, Method};
use turn_proto::AddressFamily;
use turn_proto::server::Event;

use crate::by_hand::{Caller, Desk, udp};
use crate::nodes::{BOB, PEER, at, server_config};

/// LIFETIME, REQUESTED-TRANSPORT and others with any bytes.
const fn raw(codepoint: u16) -> Attribute<Opaque> {
    Attribute::new(codepoint, "RAW")
}

fn alloc(desk: &mut Desk, fill: impl Fn(MessageBuilder<'_>) -> MessageBuilder<'_>) -> u16 {
    let mut caller = Caller::new("6.6.6.77:5000", "alice", "wonderland");
    let code = desk.ask(&mut caller, Method::ALLOCATE, fill).code();
    if code == 0 {
        desk.refresh(&mut caller, Some(0));
    }
    code
}

#[test]
fn t24_transports_and_families_that_are_not_there() {
    let mut desk = Desk::standard();
    assert_eq!(alloc(&mut desk, |builder| builder), 400, "no REQUESTED-TRANSPORT");
    fn short(builder: MessageBuilder<'_>) -> MessageBuilder<'_> {
        builder.put(raw(0x0019), &[17])
    }
    assert_eq!(alloc(&mut desk, short), 400);
    assert_eq!(alloc(&mut desk, |b| b.put(attr::REQUESTED_TRANSPORT, ProtocolNumber::TCP)), 442);
    assert_eq!(alloc(&mut desk, |b| udp(b).put(raw(0x0017), &[3, 0, 0, 0])), 440);
    assert_eq!(alloc(&mut desk, |b| udp(b).put(raw(0x0017), &[1])), 400);
    for family in [AddressFamily::V4, AddressFamily::V6] {
        assert_eq!(alloc(&mut desk, |b| udp(b).put(attr::REQUESTED_ADDRESS_FAMILY, family)), 0);
    }
    let mut config = server_config();
    config.relay_addresses.truncate(1);
    let mut desk = Desk::new(config);
    let wants_v6 =
        alloc(&mut desk, |b| udp(b).put(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::V6));
    assert_eq!(wants_v6, 440);
    let mut config = server_config();
    config.relay_addresses.remove(0);
    assert_eq!(alloc(&mut Desk::new(config), udp), 440, "IPv4 is what is meant by nothing");
}

#[test]
fn t11_even_ports_are_given_and_none_is_reserved() {
    let mut desk = Desk::standard();
    for number in 0..20 {
        let mut caller = Caller::new(&format!("6.6.6.1:{}", 6000 + number), "alice", "wonderland");
        let reply = desk.ask(&mut caller, Method::ALLOCATE, |b| udp(b).put(attr::EVEN_PORT, false));
        assert_eq!(reply.relayed().port() % 2, 0);
    }
    assert_eq!(alloc(&mut desk, |b| udp(b).put(attr::EVEN_PORT, true)), 508);
    assert_eq!(alloc(&mut desk, |b| udp(b).put(raw(0x0018), &[])), 400);
    let token = [7; 8];
    assert_eq!(alloc(&mut desk, |b| udp(b).put(attr::RESERVATION_TOKEN, token)), 508);
    assert_eq!(alloc(&mut desk, |b| udp(b).put(raw(0x0022), &[7; 7])), 400);
    let both = alloc(&mut desk, |b| {
        udp(b).put(attr::RESERVATION_TOKEN, token).put(attr::EVEN_PORT, false)
    });
    assert_eq!(both, 400);
    let with_family = alloc(&mut desk, |b| {
        udp(b)
            .put(attr::RESERVATION_TOKEN, token)
            .put(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::V4)
    });
    assert_eq!(with_family, 400);
}

#[test]
fn what_is_not_understood_is_named() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let reply = desk.ask(&mut alice, Method::ALLOCATE, |builder| {
        udp(builder).put(attr::DONT_FRAGMENT, ()).put(raw(0x7FFF), &[]).put(raw(0x8FFF), &[])
    });
    assert_eq!(reply.code(), 420);
    let unknown = reply.message().get(attr::UNKNOWN_ATTRIBUTES).unwrap().unwrap();
    let unknown: Vec<u16> = unknown.iter().map(stun_codec::AttributeType::value).collect();
    assert_eq!(unknown, [0x001A, 0x7FFF], "only those that must be understood");
    assert_eq!(desk.server.allocations(), 0);
}

#[test]
fn t12_lifetimes_are_clamped_and_never_overflow() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let reply = desk.ask(&mut alice, Method::ALLOCATE, |builder| {
        udp(builder).put(attr::LIFETIME, Duration::from_secs(u32::MAX.into()))
    });
    assert_eq!(reply.lifetime(), 3600);
    let granted = |desk: &mut Desk, alice: &mut Caller, wanted| {
        let lifetime = desk.refresh(alice, wanted).lifetime();
        let expires = desk.server.poll_timeout().unwrap();
        assert_eq!(expires, desk.now + Duration::from_secs(lifetime));
        lifetime
    };
    for (wanted, expected) in [
        (None, 600),
        (Some(1), 600),
        (Some(600), 600),
        (Some(601), 601),
        (Some(3600), 3600),
        (Some(3601), 3600),
        (Some(u32::MAX), 3600),
    ] {
        assert_eq!(granted(&mut desk, &mut alice, wanted), expected, "{wanted:?}");
    }
    let malformed = desk.ask(&mut alice, Method::REFRESH, |b| b.put(raw(0x000D), &[1, 2]));
    assert_eq!(malformed.code(), 400);
    let deleted = desk.refresh(&mut alice, Some(0));
    assert_eq!((deleted.code(), deleted.lifetime()), (0, 0));
    assert_eq!(desk.refresh(&mut alice, Some(0)).code(), 437, "it is gone");
    assert_eq!(desk.server.poll_timeout(), None);
    // To ask for no time at all is to ask for the default.
    let reply =
        desk.ask(&mut alice, Method::ALLOCATE, |b| udp(b).put(attr::LIFETIME, Duration::ZERO));
    assert_eq!((reply.code(), reply.lifetime()), (0, 600));
}

#[test]
fn t13_a_retransmitted_allocate_is_answered_alike_and_another_one_refused() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    desk.ask(&mut alice, Method::REFRESH, |builder| builder); // learns the nonce
    let request = alice.request(Method::ALLOCATE, udp);
    let first = desk.answer(&alice, &request).unwrap();
    assert_eq!(first.code(), 0);
    assert_eq!(desk.answer(&alice, &request), Some(first.clone()));
    desk.now += Duration::from_secs(2);
    let later = desk.answer(&alice, &request).unwrap();
    assert_eq!((later.relayed(), later.lifetime()), (first.relayed(), 598));
    assert_eq!(desk.server.allocations(), 1);
    assert_eq!(desk.ask(&mut alice, Method::ALLOCATE, udp).code(), 437);
    assert_eq!(desk.server.allocations(), 1);
}

#[test]
fn t13_a_retransmission_while_the_socket_opens_is_answered_once() {
    let mut desk = Desk::standard();
    desk.opens = false;
    let mut alice = Caller::alice();
    assert_eq!(desk.ask(&mut alice, Method::REFRESH, |builder| builder).code(), 437);
    let request = alice.request(Method::ALLOCATE, udp);
    assert_eq!(desk.answer(&alice, &request), None);
    assert_eq!(desk.answer(&alice, &request), None);
    let [Event::OpenRelay { relay }] = desk.events[..] else { panic!("{:?}", desk.events) };
    // Until then there is nothing to use, and nothing to refresh.
    assert_eq!(desk.permit(&mut alice, PEER), 437);
    assert_eq!(desk.refresh(&mut alice, None).code(), 437);
    desk.now += Duration::from_secs(3);
    desk.server.relay_opened(desk.now, relay, true);
    let answer = desk.server.poll_transmit(desk.now).unwrap();
    assert_eq!(desk.server.poll_transmit(desk.now), None);
    let answer = crate::by_hand::Reply(answer.payload.to_vec());
    assert_eq!((answer.code(), answer.relayed(), answer.lifetime()), (0, relay, 600));
}

#[test]
fn an_allocation_that_ends_while_its_socket_opens_leaves_none_behind() {
    let mut desk = Desk::standard();
    desk.opens = false;
    let mut alice = Caller::alice();
    assert_eq!(desk.ask(&mut alice, Method::REFRESH, |builder| builder).code(), 437);
    let request = alice.request(Method::ALLOCATE, udp);
    assert_eq!(desk.answer(&alice, &request), None);
    let [Event::OpenRelay { relay }] = desk.events[..] else { panic!("{:?}", desk.events) };
    assert_eq!(desk.refresh(&mut alice, Some(0)).code(), 0);
    assert_eq!(desk.events.pop(), Some(Event::CloseRelay { relay }));
    // The caller was slower than the client.
    desk.server.relay_opened(desk.now, relay, true);
    desk.serve();
    assert_eq!(desk.events.pop(), Some(Event::CloseRelay { relay }));
    assert_eq!(desk.server.poll_transmit(desk.now), None);
    assert_eq!(desk.server.allocations(), 0);
}

#[test]
fn t14_another_user_cannot_touch_a_live_allocation() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    // bob has taken over alice's address and port.
    let mut bob = Caller::new(&alice.path.remote.to_string(), "bob", "builder");
    assert_eq!(desk.refresh(&mut bob, Some(0)).code(), 441);
    assert_eq!(desk.refresh(&mut bob, None).code(), 441);
    assert_eq!(desk.permit(&mut bob, PEER), 441);
    assert_eq!(desk.bind(&mut bob, 0x4000, PEER), 441);
    assert_eq!(desk.ask(&mut bob, Method::ALLOCATE, udp).code(), 437);
    assert_eq!(desk.peer_sends(relay, PEER, b"x"), None, "no permission came of it");
    assert_eq!(desk.server.allocations(), 1);
}

#[test]
fn t15_channel_numbers_and_peers_are_bound_one_to_one() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    for number in [0, 0x3FFF, 0x5000, 0x7FFF, 0xFFFF] {
        assert_eq!(desk.bind(&mut alice, number, PEER), 400, "{number:#x}");
    }
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0, "a refresh");
    assert_eq!(desk.bind(&mut alice, 0x4000, "7.7.7.1:6001"), 400, "the number is taken");
    assert_eq!(desk.bind(&mut alice, 0x4001, PEER), 400, "the peer is taken");
    assert_eq!(desk.bind(&mut alice, 0x4FFF, "7.7.7.1:6001"), 0);
    let no_peer =
        desk.ask(&mut alice, Method::CHANNEL_BIND, |b| b.put(attr::CHANNEL_NUMBER, 0x4002));
    assert_eq!(no_peer.code(), 400);
    let no_number =
        desk.ask(&mut alice, Method::CHANNEL_BIND, |b| b.put(attr::XOR_PEER_ADDRESS, at(PEER)));
    assert_eq!(no_number.code(), 400);
    assert_eq!(desk.bind(&mut alice, 0x4002, "7.7.7.1:0"), 403, "no port to send to");
    // Another allocation knows nothing of these.
    let mut bob = Caller::new(BOB, "bob", "builder");
    desk.allocate(&mut bob);
    assert_eq!(desk.bind(&mut bob, 0x4000, "7.7.7.1:6001"), 0);
}

#[test]
fn t16_permissions_come_all_or_none() {
    let mut config = server_config();
    config.max_permissions = 4;
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let mut ask = |desk: &mut Desk, peers: &[&str]| {
        desk.ask(&mut alice, Method::CREATE_PERMISSION, |builder| {
            peers
                .iter()
                .fold(builder, |builder, peer| builder.put(attr::XOR_PEER_ADDRESS, at(peer)))
        })
        .code()
    };
    assert_eq!(ask(&mut desk, &[]), 400);
    assert_eq!(ask(&mut desk, &["7.7.7.1:0", "127.0.0.1:80", "7.7.7.2:0"]), 403);
    assert_eq!(ask(&mut desk, &["7.7.7.1:0", "[2a00::1]:80"]), 443);
    assert_eq!(desk.peer_sends(relay, "7.7.7.1:1", b"x"), None, "none was given");
    let five = ["7.7.7.1:0", "7.7.7.2:0", "7.7.7.3:0", "7.7.7.4:0", "7.7.7.5:0"];
    assert_eq!(ask(&mut desk, &five), 508);
    assert_eq!(desk.peer_sends(relay, "7.7.7.1:1", b"x"), None);
    // The same address counts once, whatever its port.
    assert_eq!(ask(&mut desk, &[&five[..4], &["7.7.7.1:9", "7.7.7.4:9"]].concat()), 0);
    for peer in ["7.7.7.1:1", "7.7.7.2:2", "7.7.7.3:3", "7.7.7.4:4"] {
        assert!(desk.peer_sends(relay, peer, b"x").is_some());
    }
    assert_eq!(ask(&mut desk, &["7.7.7.5:0"]), 508);
    assert_eq!(ask(&mut desk, &["7.7.7.4:0"]), 0, "a refresh takes no room");
    desk.now += Duration::from_secs(300);
    assert_eq!(ask(&mut desk, &["7.7.7.5:0"]), 0, "what has expired takes none");
}

#[test]
fn a_malformed_peer_among_others_is_a_bad_request() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let code = desk.ask(&mut alice, Method::CREATE_PERMISSION, |builder| {
        builder.put(attr::XOR_PEER_ADDRESS, at(PEER)).put(raw(0x0012), &[0, 1, 2])
    });
    assert_eq!(code.code(), 400);
    assert_eq!(desk.peer_sends(relay, PEER, b"x"), None);
}

#[test]
fn channels_have_a_limit_and_need_room_for_their_permission() {
    let mut config = server_config();
    (config.max_channels, config.max_permissions) = (2, 1);
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    assert_eq!(desk.bind(&mut alice, 0x4000, "7.7.7.1:1"), 0);
    assert_eq!(desk.bind(&mut alice, 0x4001, "7.7.7.2:1"), 508);
    assert_eq!(desk.bind(&mut alice, 0x4001, "7.7.7.1:2"), 0);
    assert_eq!(desk.bind(&mut alice, 0x4002, "7.7.7.1:3"), 508);
    assert_eq!(desk.bind(&mut alice, 0x4000, "7.7.7.1:1"), 0, "a refresh takes no room");
}

#[test]
fn t09_a_user_has_a_quota_and_the_server_has_one() {
    let mut config = server_config();
    (config.max_allocations_per_user, config.max_allocations) = (2, 3);
    let mut desk = Desk::new(config);
    let ask = |desk: &mut Desk, username, password, port: u16| {
        let mut caller = Caller::new(&format!("6.6.6.9:{port}"), username, password);
        let code = desk.ask(&mut caller, Method::ALLOCATE, udp).code();
        (code, caller)
    };
    let (code, mut first) = ask(&mut desk, "alice", "wonderland", 1);
    assert_eq!(code, 0);
    assert_eq!(ask(&mut desk, "alice", "wonderland", 2).0, 0);
    assert_eq!(ask(&mut desk, "alice", "wonderland", 3).0, 486);
    assert_eq!(ask(&mut desk, "bob", "builder", 4).0, 0);
    assert_eq!(ask(&mut desk, "bob", "builder", 5).0, 508);
    assert_eq!(desk.server.stats().over_limit, 2);
    // What is given back can be had again at once, and what expires too.
    assert_eq!(desk.refresh(&mut first, Some(0)).code(), 0);
    assert_eq!(ask(&mut desk, "bob", "builder", 5).0, 0);
    desk.now += Duration::from_secs(600);
    for port in [6, 7] {
        assert_eq!(ask(&mut desk, "alice", "wonderland", port).0, 0);
    }
    assert_eq!(ask(&mut desk, "alice", "wonderland", 8).0, 486);
}

#[test]
fn t10_when_all_ports_are_taken_that_is_said_and_a_freed_one_is_given_again() {
    let mut config = server_config();
    config.relay_ports = 50_000..=50_003;
    let mut desk = Desk::new(config);
    let mut callers: Vec<Caller> = (1..=5)
        .map(|port| Caller::new(&format!("6.6.6.9:{port}"), "alice", "wonderland"))
        .collect();
    for caller in &mut callers[..4] {
        desk.allocate(caller);
    }
    assert_eq!(desk.ask(&mut callers[4], Method::ALLOCATE, udp).code(), 508);
    assert_eq!(desk.refresh(&mut callers[2], Some(0)).code(), 0);
    desk.allocate(&mut callers[4]);
}
