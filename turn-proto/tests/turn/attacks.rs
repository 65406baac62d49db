//! Strangers and hostile users against the server. The numbers are those of the project's list of
//! attacks.

use std::time::Duration;

use sansio::{FiveTuple, Transmit};
use stun_codec::attr;
use stun_codec::{Key, Message, MessageBuilder, MessageType, Method, TransactionId};

use crate::by_hand::{Caller, Desk, udp};
use crate::nodes::{BOB, PEER, SERVER, at, server_config};

#[test]
fn t01_t02_t03_forbidden_peers_are_refused_everywhere() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    let mut alice_v6 = Caller::new("6.6.6.1:5001", "alice", "wonderland");
    desk.ask(&mut alice_v6, Method::ALLOCATE, |builder| {
        udp(builder).put(attr::REQUESTED_ADDRESS_FAMILY, turn_proto::AddressFamily::V6)
    });
    let v4 = ["0.0.0.0:80", "10.0.0.1:80", "127.0.0.1:80", "169.254.169.254:80", "224.0.0.1:80"];
    let v6 = [
        "[::]:80",
        "[::1]:80",
        "[fe80::1]:80",
        "[fd00::1]:80",
        "[::ffff:127.0.0.1]:80",
        "[::ffff:8.8.8.8]:80",
        "[::127.0.0.1]:80",
        "[64:ff9b::7f00:1]:80",
        "[2002:7f00:1::1]:80",
        "[2002:808:808::1]:80",
        "[2001:0:808:808::1]:80",
    ];
    for (caller, peers) in [(&mut alice, &v4[..]), (&mut alice_v6, &v6[..])] {
        for (peer, channel) in peers.iter().zip(0x4000..) {
            assert_eq!(desk.permit(caller, peer), 403, "{peer}");
            assert_eq!(desk.bind(caller, channel, peer), 403, "{peer}");
            assert_eq!(desk.send(caller, peer, b"GET / HTTP/1.0\r\n\r\n"), None, "{peer}");
        }
    }
    assert_eq!(desk.server.stats().forbidden, 2 * (v4.len() + v6.len()) as u64);
}

#[test]
fn t03_no_allocation_for_a_client_in_a_tunnel() {
    let mut desk = Desk::standard();
    for client in ["[2002:808:808::1]:5000", "[2001:0:808:808::1]:5000"] {
        let mut caller = Caller::new(client, "alice", "wonderland");
        assert_eq!(desk.ask(&mut caller, Method::ALLOCATE, udp).code(), 403);
    }
    assert_eq!(desk.server.allocations(), 0);
}

#[test]
fn t04_the_server_itself_is_no_peer_but_its_relays_are() {
    let mut config = server_config();
    config.listen.push(at("5.5.5.9:3478")); // listens where it does not relay
    config.listen.push(at("0.0.0.0:5349")); // and everywhere
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    let mut bob = Caller::new(BOB, "bob", "builder");
    let alices = desk.allocate(&mut alice);
    let bobs = desk.allocate(&mut bob).to_string();
    assert_eq!(desk.permit(&mut alice, "5.5.5.9:1"), 403);
    assert_eq!(desk.permit(&mut alice, &bobs), 0);
    let free = if alices.port() == 50_000 { 50_001 } else { 50_000 };
    let own = alices.to_string();
    let none = format!("5.5.5.1:{free}");
    let everywhere = "5.5.5.1:5349".to_owned();
    let ssh = "5.5.5.1:22".to_owned();
    for peer in [SERVER.to_owned(), own, none, everywhere, ssh] {
        assert_eq!(desk.bind(&mut alice, 0x4000, &peer), 403, "{peer}");
        assert_eq!(desk.send(&mut alice, &peer, b"x"), None, "{peer}");
    }
    assert!(desk.send(&mut alice, &bobs, b"x").is_some());
    assert_eq!(desk.bind(&mut alice, 0x4000, &bobs), 0);
    // When bob is gone, his port is anybody's.
    assert_eq!(desk.refresh(&mut bob, Some(0)).code(), 0);
    assert_eq!(desk.send(&mut alice, &bobs, b"x"), None);
    assert_eq!(desk.input(alice.path, b"\x40\0\0\x01x"), None);
}

#[test]
fn t04_relay_to_relay_can_be_forbidden_and_one_machine_can_be_allowed() {
    let mut config = server_config();
    config.allow_hairpin = false;
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, "5.5.5.1:1"), 403);

    // A server whose own address is allowed by name, to try things out on one machine.
    let mut config = server_config();
    config.allow_hairpin = false;
    config.peer_policy.allow.push("5.5.5.0/24".parse().unwrap());
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, "5.5.5.1:1"), 0);
    assert!(desk.send(&mut alice, "5.5.5.1:7", b"x").is_some());
    assert_eq!(desk.bind(&mut alice, 0x4000, SERVER), 403, "not even so");
    assert_eq!(desk.send(&mut alice, SERVER, b"x"), None);

    // A list of denied addresses counts for the server's own too.
    let mut config = server_config();
    config.peer_policy.deny.push("5.5.5.1".parse().unwrap());
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, "5.5.5.1:1"), 403);
}

#[test]
fn t06_a_hundred_thousand_strangers_leave_nothing_behind() {
    let mut desk = Desk::standard();
    let mut buffer = [0; 64];
    for number in 0..100_000_u32 {
        let id = TransactionId::new([number as u8; 12]);
        let builder = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer);
        let request = udp(builder).finish().unwrap();
        let [a, b, c, d] = number.to_be_bytes();
        let remote = ([b | 1, c, d, a | 1], (number % 60_000) as u16 + 1).into();
        let path = FiveTuple::udp(at(SERVER), remote);
        let relayed = desk.server.handle_input(desk.now, Transmit::new(path, request));
        assert!(relayed.is_none());
        let answer = desk.server.poll_transmit(desk.now).unwrap();
        // Small enough that the 28 bytes of request are not worth sending at somebody else's address.
        assert!(answer.payload.len() <= 92, "{}", answer.payload.len());
        assert_eq!(desk.server.poll_transmit(desk.now), None);
        assert_eq!(desk.server.poll_event(), None);
    }
    assert_eq!(desk.server.allocations(), 0);
    assert_eq!(desk.server.poll_timeout(), None);
    assert_eq!(desk.server.stats().unauthenticated, 100_000);
}

#[test]
fn t07_a_forged_integrity_is_refused_for_its_nonce_before_anything_is_looked_up() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let key = Key::from_bytes(b"garbage");
    let mut buffer = [0; 512];
    for nonce in ["", "0123456789abcdef01234567", "not even hexadecimal, nor of that length"] {
        let request = udp(MessageBuilder::request(Method::ALLOCATE, alice.next_id(), &mut buffer))
            .put(attr::USERNAME, "alice")
            .put(attr::REALM, "example.org")
            .put(attr::NONCE, nonce)
            .sign(&key)
            .finish()
            .unwrap();
        assert_eq!(desk.answer(&alice, request).unwrap().code(), 438);
    }
    let stats = desk.server.stats();
    assert_eq!((stats.stale_nonces, stats.unauthenticated), (3, 0));
    // Integrity without the rest of it is no request at all.
    let request = udp(MessageBuilder::request(Method::ALLOCATE, alice.next_id(), &mut buffer))
        .sign(&key)
        .finish()
        .unwrap();
    assert_eq!(desk.answer(&alice, request).unwrap().code(), 400);
}

#[test]
fn t08_an_unknown_user_and_a_wrong_password_are_told_apart_by_nobody() {
    let mut desk = Desk::standard();
    let mut answers = vec![];
    for (username, password) in [("alice", "wrong"), ("alicf", "wonderland"), ("bob", "")] {
        let mut caller = Caller::new(BOB, username, password);
        let challenge = caller.request(Method::ALLOCATE, udp);
        let challenge = desk.answer(&caller, &challenge).unwrap();
        caller.session.handle_error(&challenge.message()).unwrap();
        let request = caller.request(Method::ALLOCATE, udp);
        answers.push(desk.answer(&caller, &request).unwrap());
    }
    assert_eq!(answers[0].code(), 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[test]
fn s14_a_nonce_is_worth_nothing_to_anybody_else_and_not_for_ever() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    desk.allocate(&mut alice);
    let request = alice.request(Method::REFRESH, |builder| builder);
    assert_eq!(desk.answer(&alice, &request).unwrap().code(), 0);
    // The same bytes from elsewhere.
    let thief = Caller::new(BOB, "alice", "wonderland");
    assert_eq!(desk.answer(&thief, &request).unwrap().code(), 438);
    desk.now += Duration::from_secs(601);
    assert_eq!(desk.answer(&alice, &request).unwrap().code(), 438);
    assert_eq!(desk.server.allocations(), 1, "refreshed 1 s after it was made, no later");
}

#[test]
fn s17_what_asks_for_nothing_gets_nothing() {
    let mut desk = Desk::standard();
    let alice = Caller::alice();
    let id = TransactionId::new([1; 12]);
    let mut buffer = [0; 64];
    for value in 0..0x4000 {
        let message_type = MessageType::from_value(value).unwrap();
        if message_type.class() == stun_codec::Class::Request
            && matches!(value, 0x0001 | 0x0003 | 0x0004 | 0x0008 | 0x0009)
        {
            continue;
        }
        let message = MessageBuilder::new(message_type, id, &mut buffer).finish().unwrap();
        assert_eq!(desk.input(alice.path, message), None);
        assert_eq!(desk.server.poll_transmit(desk.now), None, "{message_type:?}");
    }
    assert_eq!(desk.server.poll_event(), None);
}

#[test]
fn a_wrong_fingerprint_is_dropped_and_a_right_one_is_not() {
    let mut desk = Desk::standard();
    let alice = Caller::alice();
    let mut buffer = [0; 64];
    let id = TransactionId::new([1; 12]);
    let request = MessageBuilder::request(Method::BINDING, id, &mut buffer);
    let mut request = request.fingerprint().finish().unwrap().to_vec();
    assert_eq!(desk.answer(&alice, &request).unwrap().code(), 0);
    *request.last_mut().unwrap() ^= 1;
    assert_eq!(desk.answer(&alice, &request), None);
    assert_eq!(desk.server.stats().malformed, 1);
}

#[test]
fn s20_a_binding_answer_is_as_short_as_can_be() {
    let mut config = server_config();
    config.software = Some("a server with a long name".to_owned());
    let mut desk = Desk::new(config);
    for (client, length) in
        [("6.6.6.1:5000", 32), ("[2a00::1]:5000", 44), ("[::ffff:6.6.6.1]:5000", 32)]
    {
        let caller = Caller::new(client, "", "");
        let mut buffer = [0; 20];
        let id = TransactionId::new([1; 12]);
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
        let reply = desk.answer(&caller, request).unwrap();
        assert_eq!(reply.0.len(), length);
        let mapped = reply.message().get(attr::XOR_MAPPED_ADDRESS).unwrap().unwrap();
        assert_eq!((mapped.ip(), mapped.port()), (at(client).ip().to_canonical(), 5000));
    }
    assert_eq!(desk.server.stats().bindings, 3);
    // Without words, an answer that says no is short too.
    let alice = Caller::alice();
    let mut buffer = [0; 64];
    let request =
        MessageBuilder::request(Method::BINDING, TransactionId::new([1; 12]), &mut buffer)
            .put(attr::DONT_FRAGMENT, ())
            .finish()
            .unwrap();
    let reply = desk.answer(&alice, request).unwrap();
    assert_eq!((reply.code(), reply.0.len()), (420, 36));
}

#[test]
fn software_is_told_to_those_who_have_shown_who_they_are() {
    let mut config = server_config();
    config.software = Some("a server".to_owned());
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    let request = alice.request(Method::ALLOCATE, udp);
    let challenge = desk.answer(&alice, &request).unwrap();
    assert!(!challenge.message().contains(attr::SOFTWARE));
    let reply = desk.ask(&mut alice, Method::ALLOCATE, udp);
    assert_eq!(reply.message().get(attr::SOFTWARE), Ok(Some("a server")));
}

#[test]
fn s08_what_stands_behind_the_integrity_does_not_count() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let mut request = alice.request(Method::REFRESH, |builder| builder);
    // LIFETIME 0, put there by somebody on the way.
    request.extend([0x00, 0x0D, 0x00, 0x04, 0, 0, 0, 0]);
    let length = (request.len() - 20) as u16;
    request[2..4].copy_from_slice(&length.to_be_bytes());
    assert!(Message::parse(&request).is_ok());
    let reply = desk.answer(&alice, &request).unwrap();
    assert_eq!((reply.code(), reply.lifetime()), (0, 600));
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    assert!(desk.peer_sends(relay, PEER, b"x").is_some());
}
