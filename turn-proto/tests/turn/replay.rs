//! A run is its seeds: twice the same, byte for byte.

use std::time::Duration;

use testkit::Link;
use turn_proto::client::Event;

use crate::nodes::{ALICE, PEER, at, client_config, server_config, stage_of_seed};

/// Two allocations, a channel, traffic, loss, stale nonces and an end; every datagram of it.
fn run(seed: u8) -> (String, Vec<Event>, Vec<Vec<u8>>) {
    let link = Link { loss: 0.1, jitter: Duration::from_millis(3), ..Link::default() };
    let mut config = server_config();
    config.nonce_lifetime = Duration::from_secs(60);
    let mut stage = stage_of_seed(seed, link, config, client_config(ALICE));
    let (alice, bob) = (stage.alice, stage.bob);
    let now = stage.world.now();
    stage.world[alice].client.bind_channel(now, at(PEER));
    stage.world[alice].client.allocate(now);
    stage.world[bob].client.allocate(now);
    stage.until(|world| {
        world[alice].events.iter().any(|event| matches!(event, Event::ChannelBound { .. }))
    });
    for _ in 0..50 {
        let now = stage.world.now();
        stage.world[alice].say(now, at(PEER), b"hello");
        stage.world.run_for(Duration::from_secs(20)).unwrap();
    }
    let now = stage.world.now();
    stage.world[alice].client.close(now);
    stage.world.run_for(Duration::from_secs(60)).unwrap();
    let heard = stage.world[stage.echo].heard.iter().map(|(_, words)| words.clone()).collect();
    (stage.world.network().trace().to_owned(), stage.world[alice].events.clone(), heard)
}

#[test]
fn the_same_seeds_give_the_same_run() {
    let first = run(5);
    assert!(first.0.lines().count() > 200, "{}", first.0);
    assert_eq!(first, run(5));
    assert_ne!(first.0, run(6).0);
}

/// The trace has lengths only; ids, nonces and ports are compared here.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    use crate::by_hand::{Caller, Desk};
    let run = || {
        let mut desk = Desk::standard();
        let mut alice = Caller::alice();
        let relay = desk.allocate(&mut alice);
        assert_eq!(desk.permit(&mut alice, PEER), 0);
        let (_, data) = desk.peer_sends(relay, PEER, b"hello").unwrap();
        let nonce = alice.request(stun_codec::Method::REFRESH, |builder| builder);
        (relay, data, nonce)
    };
    assert_eq!(run(), run());
    let mut bytes = vec![];
    for _ in 0..2 {
        let mut client = turn_proto::Client::new(client_config(ALICE), [8; 32]);
        let now = sansio::Timestamp::ZERO;
        client.allocate(now);
        bytes.push(client.poll_transmit(now));
    }
    assert!(bytes[0].is_some() && bytes[0] == bytes[1]);
}
