//! What ends, ends to the tick.

use std::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::channel_data::{ChannelData, ChannelNumber};
use turn_proto::server::{EndReason, Event};

use crate::by_hand::{Caller, Desk};
use crate::nodes::{PEER, at};

/// The shortest time there is.
const TICK: Duration = Duration::from_nanos(1);

fn on_channel(number: u16, payload: &[u8]) -> Vec<u8> {
    let channel = ChannelNumber::new(number).unwrap();
    [&ChannelData::header(channel, payload.len()).unwrap()[..], payload].concat()
}

#[test]
fn t18_a_permission_lasts_300_seconds_and_no_tick_longer() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    desk.now = start + Duration::from_secs(300) - TICK;
    assert!(desk.send(&mut alice, PEER, b"out").is_some());
    assert!(desk.peer_sends(relay, PEER, b"in").is_some());
    // Nobody has called handle_timeout: it ends all the same.
    desk.now = start + Duration::from_secs(300);
    assert!(desk.send(&mut alice, PEER, b"out").is_none());
    assert!(desk.peer_sends(relay, PEER, b"in").is_none());
    assert_eq!(desk.server.stats().not_permitted, 2);
}

#[test]
fn t18_a_permission_lasts_300_seconds_from_its_last_refresh() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    desk.now = start + Duration::from_secs(299);
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    // Data does not refresh it.
    desk.now = start + Duration::from_secs(599) - TICK;
    assert!(desk.peer_sends(relay, PEER, b"in").is_some());
    assert!(desk.send(&mut alice, PEER, b"out").is_some());
    desk.now = start + Duration::from_secs(599);
    assert!(desk.peer_sends(relay, PEER, b"in").is_none());
}

#[test]
fn t18_a_channel_lasts_600_seconds_and_no_tick_longer() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    assert_eq!(desk.refresh(&mut alice, Some(3600)).code(), 0);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    // The permission that came with it ends in the middle, and is renewed by itself.
    desk.now = start + Duration::from_secs(300);
    let datagram = on_channel(0x4000, b"out");
    assert!(desk.input(alice.path, &datagram).is_none(), "a channel without a permission");
    assert!(desk.peer_sends(relay, PEER, b"in").is_none());
    assert_eq!(desk.permit(&mut alice, PEER), 0);

    desk.now = start + Duration::from_secs(600) - TICK;
    assert!(desk.input(alice.path, &datagram).is_some());
    let (_, inward) = desk.peer_sends(relay, PEER, b"in").unwrap();
    assert_eq!(inward, on_channel(0x4000, b"in"));
    assert_eq!(desk.permit(&mut alice, PEER), 0);

    desk.now = start + Duration::from_secs(600);
    assert!(desk.input(alice.path, &datagram).is_none());
    assert_eq!(desk.server.stats().unbound, 1);
    let (_, inward) = desk.peer_sends(relay, PEER, b"in").unwrap();
    assert_eq!(inward[..2], [0x00, 0x17], "a Data indication again");
}

#[test]
fn a_channel_refresh_renews_the_channel_and_the_permission() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    assert_eq!(desk.refresh(&mut alice, Some(3600)).code(), 0);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    desk.now = start + Duration::from_secs(290);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    desk.now = start + Duration::from_secs(590) - TICK;
    assert!(desk.peer_sends(relay, PEER, b"in").is_some());
    desk.now = start + Duration::from_secs(590);
    assert!(desk.peer_sends(relay, PEER, b"in").is_none());
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    desk.now = start + Duration::from_secs(890) - TICK;
    assert_eq!(desk.peer_sends(relay, PEER, b"in").unwrap().1, on_channel(0x4000, b"in"));
    desk.now = start + Duration::from_secs(890);
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    assert_eq!(desk.peer_sends(relay, PEER, b"in").unwrap().1[..2], [0x00, 0x17]);
    // The number and the peer are free for others again.
    assert_eq!(desk.bind(&mut alice, 0x4001, PEER), 0);
    assert_eq!(desk.bind(&mut alice, 0x4000, "7.7.7.2:6000"), 0);
}

#[test]
fn an_allocation_ends_to_the_tick_and_takes_everything_along() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    desk.now = start + Duration::from_secs(500);
    assert_eq!(desk.bind(&mut alice, 0x4000, PEER), 0);
    desk.now = start + Duration::from_secs(600) - TICK;
    desk.server.handle_timeout(desk.now);
    assert!(desk.peer_sends(relay, PEER, b"in").is_some());
    desk.now = start + Duration::from_secs(600);
    assert!(desk.peer_sends(relay, PEER, b"in").is_none(), "before handle_timeout");
    assert_eq!(desk.server.poll_timeout(), Some(desk.now));
    desk.events.clear();
    desk.server.handle_timeout(desk.now);
    desk.serve();
    let ended = Event::AllocationEnded {
        client: alice.path,
        relay,
        username: "alice".into(),
        reason: EndReason::Expired,
    };
    assert_eq!(desk.events, [Event::CloseRelay { relay }, ended]);
    assert_eq!(desk.server.poll_timeout(), None, "no timer is left over");
    assert_eq!(desk.server.allocations(), 0);
}

#[test]
fn t18_a_clock_that_jumps_extends_nothing() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    let start = desk.now;
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    desk.now = start - Duration::from_secs(500);
    desk.server.handle_timeout(desk.now);
    assert!(desk.peer_sends(relay, PEER, b"in").is_some());
    desk.now = start + Duration::from_secs(300);
    assert!(desk.peer_sends(relay, PEER, b"in").is_none());
    desk.now = Timestamp::MAX;
    desk.server.handle_timeout(desk.now);
    assert_eq!(desk.server.allocations(), 0);
    // At the end of time nothing overflows, and nothing new lasts.
    let mut alice = Caller::alice();
    let request = alice.request(stun_codec::Method::ALLOCATE, crate::by_hand::udp);
    assert_eq!(desk.answer(&alice, &request).map(|reply| reply.code()), Some(401));
}

#[test]
fn a_late_datagram_for_a_closed_relay_goes_nowhere() {
    let mut desk = Desk::standard();
    let mut alice = Caller::alice();
    let relay = desk.allocate(&mut alice);
    assert_eq!(desk.permit(&mut alice, PEER), 0);
    assert_eq!(desk.refresh(&mut alice, Some(0)).code(), 0);
    // Not even when it looks like a request to the server.
    let request = alice.request(stun_codec::Method::ALLOCATE, crate::by_hand::udp);
    let path = FiveTuple::udp(relay, at(PEER));
    assert!(desk.input(path, &request).is_none());
    assert_eq!(desk.server.poll_transmit(desk.now), None);
    assert_eq!(desk.server.stats().unknown_socket, 1);
}
