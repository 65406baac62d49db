//! A hundred thousand datagrams that are nearly right, from a fixed seed, against both machines in
//! the middle of their work. Nothing panics, nothing grows without bounds, and the machines go on
//! working.

use std::time::Duration;

use sansio::{FiveTuple, Transmit};
use stun_codec::{Message, Method, attr};
use testkit::Mutator;
use turn_proto::client::Input;
use turn_proto::server::Event;

use crate::by_hand::{Caller, Desk, udp};
use crate::nodes::{ALICE, PEER, SERVER, at, client_config};

const ROUNDS: usize = 100_000;

#[test]
fn mutated_datagrams_against_the_server() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    let unsigned = Caller::alice().request(Method::ALLOCATE, udp);
    let corpus = [
        unsigned,
        alice.request(Method::ALLOCATE, udp),
        alice.request(Method::REFRESH, |b| b.put(attr::LIFETIME, Duration::from_secs(1000))),
        alice.request(Method::CREATE_PERMISSION, |b| b.put(attr::XOR_PEER_ADDRESS, at(PEER))),
        alice.request(Method::CHANNEL_BIND, |b| {
            b.put(attr::CHANNEL_NUMBER, 0x4000).put(attr::XOR_PEER_ADDRESS, at(PEER))
        }),
        alice.request(Method::SEND, |b| {
            b.put(attr::XOR_PEER_ADDRESS, at(PEER)).put(attr::DATA, b"x")
        }),
        alice.request(Method::BINDING, |b| b),
        b"\x40\0\0\x05hello".to_vec(),
    ];
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    let mut mutator = Mutator::new([6; 32], &corpus);
    let mut answers = 0;
    for round in 0..ROUNDS {
        let datagram = mutator.next_datagram();
        let path = match round % 4 {
            0..=2 => FiveTuple::udp(at(SERVER), at(ALICE)),
            _ => FiveTuple::udp(relay, at(PEER)),
        };
        if let Some(relayed) = desk.server.handle_input(desk.now, Transmit::new(path, datagram)) {
            assert_eq!(relayed.parts().concat().len(), relayed.len());
        }
        while let Some(answer) = desk.server.poll_transmit(desk.now) {
            assert!(Message::parse(&answer.payload).is_ok());
            answers += 1;
        }
        desk.serve();
        assert!(desk.server.allocations() <= 1);
        if round % 100 == 0 {
            desk.now += Duration::from_millis(100);
            desk.server.handle_timeout(desk.now);
        }
    }
    assert!(answers > 1000, "{answers}: the mutants must get somewhere");
    assert!(desk.events.iter().all(|event| !matches!(event, Event::AllocationEnded { .. })));
    assert!(desk.peer_sends(relay, PEER, b"still there?").is_some());
}

#[test]
fn mutated_datagrams_against_the_client() {
    let mut desk = Desk::standard();
    let mut client = turn_proto::Client::new(client_config(ALICE), [8; 32]);
    let mut corpus = vec![];
    client.allocate(desk.now);
    client.bind_channel(desk.now, at(PEER));
    // All that the server really sends, to begin with.
    while let Some(request) = client.poll_transmit(desk.now) {
        desk.input(request.five_tuple.reversed(), &request.payload);
        while let Some(answer) = desk.server.poll_transmit(desk.now) {
            corpus.push(answer.payload.to_vec());
            let input = Transmit::new(answer.five_tuple.reversed(), &answer.payload[..]);
            assert_eq!(client.handle_input(desk.now, input), Input::Handled);
        }
    }
    let relay = client.relayed().unwrap();
    corpus.push(desk.peer_sends(relay, PEER, b"hello").unwrap().1);
    corpus.push(desk.peer_sends(relay, "7.7.7.1:1", b"hello").unwrap().1);
    assert_eq!(corpus.len(), 5, "401, Allocate, ChannelBind, ChannelData, Data");
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    let mut mutator = Mutator::new([7; 32], &corpus);
    let mut data = 0;
    let path = FiveTuple::udp(at(ALICE), at(SERVER));
    for round in 0..ROUNDS {
        let datagram = mutator.next_datagram();
        match client.handle_input(desk.now, Transmit::new(path, datagram)) {
            Input::Data { payload, .. } => {
                assert!(payload.len() < datagram.len());
                data += 1;
            }
            Input::Handled | Input::NotMine => {}
        }
        if round % 100 == 0 {
            desk.now += Duration::from_millis(100);
            client.handle_timeout(desk.now);
        }
        while let Some(request) = client.poll_transmit(desk.now) {
            desk.input(request.five_tuple.reversed(), &request.payload);
        }
        while let Some(answer) = desk.server.poll_transmit(desk.now) {
            let input = Transmit::new(answer.five_tuple.reversed(), &answer.payload[..]);
            client.handle_input(desk.now, input);
        }
        while client.poll_event().is_some() {}
    }
    assert!(data > 1000, "{data}: the mutants must get somewhere");
    assert_eq!(client.relayed(), Some(relay), "no forgery has ended it");
}
