//! What goes through the relay, and what does not.

use sansio::{FiveTuple, Transmit};
use stun_codec::channel_data::{ChannelData, ChannelNumber};
use stun_codec::{Class, Message, MessageBuilder, Method, attr};
use turn_proto::server::Relayed;

use crate::by_hand::{Caller, Desk, udp};
use crate::nodes::{PEER, PEER_V6, SERVER_V6, at, server_config};

fn on_channel(number: u16, payload: &[u8]) -> Vec<u8> {
    let channel = ChannelNumber::new(number).unwrap();
    [&ChannelData::header(channel, payload.len()).unwrap()[..], payload].concat()
}

#[test]
fn to_the_peer_goes_the_bare_payload_from_the_relayed_address() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    let to_peer = FiveTuple::udp(relay, at(PEER));
    for payload in [&b""[..], b"1", b"four", &[7; 1200]] {
        let expected = Some((to_peer, payload.to_vec()));
        assert_eq!(desk.send(&mut alice, PEER, payload), expected);
        assert_eq!(desk.input(alice.path, &on_channel(0x4000, payload)), expected);
        // Padding may follow over UDP, and is not relayed.
        let padded = [&on_channel(0x4000, payload)[..], &[0; 3]].concat();
        assert_eq!(desk.input(alice.path, &padded), expected);
    }
    // Another port of the same address needs no other permission (but has no channel).
    let other = FiveTuple::udp(relay, at("7.7.7.1:1"));
    assert_eq!(desk.send(&mut alice, "7.7.7.1:1", b"x"), Some((other, b"x".to_vec())));
}

#[test]
fn the_payload_stays_where_it_is() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    let datagram = on_channel(0x4000, b"payload");
    let relayed = desk.server.handle_input(desk.now, Transmit::new(alice.path, &datagram)).unwrap();
    assert_eq!(relayed.payload().as_ptr(), datagram[4..].as_ptr());
    let transmit = relayed.as_transmit().unwrap();
    assert_eq!(transmit, Transmit::new(FiveTuple::udp(relay, at(PEER)), &b"payload"[..]));
    let datagram = *b"inward";
    let input = Transmit::new(FiveTuple::udp(relay, at(PEER)), &datagram[..]);
    let relayed = desk.server.handle_input(desk.now, input).unwrap();
    assert_eq!(relayed.five_tuple, alice.path);
    assert_eq!(relayed.payload().as_ptr(), datagram.as_ptr());
    assert_eq!(relayed.parts().concat(), on_channel(0x4000, b"inward"));
}

#[test]
fn a_data_indication_names_the_peer_and_has_an_id_of_its_own() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, "7.7.7.1:0"), 0);
    let mut ids = std::collections::BTreeSet::new();
    for payload in [&b""[..], b"1", b"four", &[7; 1200]] {
        let (path, datagram) = desk.peer_sends(relay, PEER, payload).unwrap();
        assert_eq!(path, alice.path);
        assert_eq!(datagram.len(), 36 + payload.len().next_multiple_of(4));
        let message = Message::parse(&datagram).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Indication, Method::DATA));
        assert_eq!(message.get(attr::XOR_PEER_ADDRESS), Ok(Some(at(PEER))));
        assert_eq!(message.get(attr::DATA), Ok(Some(payload)));
        ids.insert(message.transaction_id());
    }
    assert_eq!(ids.len(), 4);
}

#[test]
fn t17_what_is_not_permitted_is_dropped_without_a_word() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    let id = alice.next_id();
    let indication = |fill: &dyn Fn(MessageBuilder<'_>) -> MessageBuilder<'_>| {
        let mut buffer = [0; 200];
        let builder = MessageBuilder::indication(Method::SEND, id, &mut buffer);
        fill(builder).finish().unwrap().to_vec()
    };
    fn with_peer(builder: MessageBuilder<'_>) -> MessageBuilder<'_> {
        builder.put(attr::XOR_PEER_ADDRESS, at(PEER))
    }
    let mut long = on_channel(0x4000, b"payload");
    long[3] += 1;
    let dropped = [
        // No permission for that address; the other family.
        indication(&|builder| {
            builder.put(attr::XOR_PEER_ADDRESS, at("7.7.7.2:6000")).put(attr::DATA, b"x")
        }),
        indication(&|builder| {
            builder.put(attr::XOR_PEER_ADDRESS, at(PEER_V6)).put(attr::DATA, b"x")
        }),
        // No port to send to.
        indication(&|builder| {
            builder.put(attr::XOR_PEER_ADDRESS, at("7.7.7.1:0")).put(attr::DATA, b"x")
        }),
        // No DATA; no peer; the first of two peers counts, and it is not permitted.
        indication(&with_peer),
        indication(&|builder| builder.put(attr::DATA, b"x")),
        indication(&|builder| {
            with_peer(builder.put(attr::XOR_PEER_ADDRESS, at("7.7.7.2:6000"))).put(attr::DATA, b"x")
        }),
        // DF cannot be set (RFC 8656 §11.2).
        indication(&|builder| {
            with_peer(builder).put(attr::DONT_FRAGMENT, ()).put(attr::DATA, b"x")
        }),
        // Not bound; longer than the datagram; not a channel's number; too short for a header.
        on_channel(0x4001, b"payload"),
        long,
        b"\x50\x00\x00\x01x".to_vec(),
        b"\x4F\xFF\x00".to_vec(),
        b"".to_vec(),
    ];
    for datagram in &dropped {
        assert_eq!(desk.input(alice.path, datagram), None, "{datagram:02x?}");
    }
    assert_eq!(desk.peer_sends(relay, "7.7.7.2:6000", b"uninvited"), None);
    // From another address with the same words: no allocation.
    let stranger = FiveTuple { remote: at("6.6.6.9:5000"), ..alice.path };
    assert_eq!(desk.input(stranger, &on_channel(0x4000, b"payload")), None);
    assert_eq!(desk.server.poll_transmit(desk.now), None, "nothing of it is answered");
    let stats = desk.server.stats();
    assert_eq!((stats.relayed_to_peers, stats.relayed_to_clients), (0, 0));
    let counted = stats.malformed + stats.unexpected + stats.unbound + stats.not_permitted;
    assert_eq!(counted, dropped.len() as u64 + 2);
    // And all of it was dropped for its own fault.
    assert!(desk.input(alice.path, &on_channel(0x4000, b"payload")).is_some());
}

#[test]
fn t19_what_a_peer_sends_is_never_taken_for_a_message() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    let request = alice
        .request(Method::REFRESH, |builder| builder.put(attr::LIFETIME, std::time::Duration::ZERO));
    let channel_data = on_channel(0x4000, b"inner");
    for payload in [request, channel_data] {
        let (_, datagram) = desk.peer_sends(relay, PEER, &payload).unwrap();
        let message = Message::parse(&datagram).unwrap();
        assert_eq!(message.get(attr::DATA), Ok(Some(&payload[..])));
        assert_eq!(desk.send(&mut alice, PEER, &payload).unwrap().1, payload);
    }
    assert_eq!(desk.server.allocations(), 1);
    assert_eq!(desk.server.poll_transmit(desk.now), None);
}

#[test]
fn t20_a_datagram_that_would_grow_too_long_is_dropped_and_counted() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    let payload = vec![0; 65_507];
    assert_eq!(desk.peer_sends(relay, PEER, &payload), None);
    assert_eq!(desk.server.stats().too_long, 1);
    assert!(desk.peer_sends(relay, PEER, &payload[..65_468]).is_some());
}

#[test]
fn an_ipv6_relay_has_ipv6_peers() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let reply = desk.ask(&mut alice, Method::ALLOCATE, |builder| {
        udp(builder).put(attr::REQUESTED_ADDRESS_FAMILY, turn_proto::AddressFamily::V6)
    });
    let relay = reply.relayed();
    assert_eq!(relay.ip().to_string(), SERVER_V6);
    assert_eq!(desk.permit(&mut alice, PEER), 443);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 443);
    assert_eq!(desk.permit(&mut alice, PEER_V6), 0);
    let (_, datagram) = desk.peer_sends(relay, PEER_V6, b"hello").unwrap();
    assert_eq!(datagram.len(), Relayed::MAX_PREFIX + 8);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.get(attr::XOR_PEER_ADDRESS), Ok(Some(at(PEER_V6))));
    assert!(desk.send(&mut alice, PEER_V6, b"hello").is_some());
    // A refresh for the other family is a mistake (RFC 8656 §8.2).
    let code = desk.ask(&mut alice, Method::REFRESH, |builder| {
        builder.put(attr::REQUESTED_ADDRESS_FAMILY, turn_proto::AddressFamily::V4)
    });
    assert_eq!(code.code(), 443);
}

#[test]
fn a_server_with_several_sockets_answers_from_the_one_that_was_asked() {
    let mut config = server_config();
    config.listen.push(at("5.5.5.1:5349"));
    let mut desk = Desk::new(config);
    let mut alice = Caller::alice();
    let first = desk.allocate(&mut alice);
    // The same client on the other socket is another client (RFC 8656 §5).
    let mut twin = Caller::alice();
    twin.path.local = at("5.5.5.1:5349");
    let second = desk.allocate(&mut twin);
    assert_ne!(first, second);
    assert_eq!(desk.permit(&mut twin, PEER), 0);
    assert_eq!(desk.peer_sends(second, PEER, b"x").unwrap().0, twin.path);
    assert_eq!(desk.peer_sends(first, PEER, b"x"), None);
}
