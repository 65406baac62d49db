//! Requests in virtual time: when they are sent again, what ends them, what does not.

use std::net::SocketAddr;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::transaction::{Config, Transactions};
use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId, attr};

fn path() -> FiveTuple {
    let (local, server): (SocketAddr, SocketAddr) =
        (([192, 0, 2, 1], 5000).into(), ([198, 51, 100, 2], 3478).into());
    FiveTuple::udp(local, server)
}

fn start(transactions: &mut Transactions<u32>, now: Timestamp, path: FiveTuple) -> TransactionId {
    let id = transactions.transaction_id();
    let mut buffer = [0; 64];
    let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
    transactions.start(now, Transmit::new(path, request), 7).unwrap()
}

fn answer(id: TransactionId, key: &Key) -> Vec<u8> {
    let mut buffer = [0; 128];
    let request = {
        let mut buffer = [0; 64];
        MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap().to_vec()
    };
    MessageBuilder::success(&Message::parse(&request).unwrap(), &mut buffer)
        .put(attr::XOR_MAPPED_ADDRESS, path().local)
        .sign(key)
        .finish()
        .unwrap()
        .to_vec()
}

/// The moments at which a request is sent when nobody answers, and when it is given up.
fn life(transactions: &mut Transactions<u32>, path: FiveTuple) -> (Vec<u64>, u64) {
    let mut now = Timestamp::ZERO;
    start(transactions, now, path);
    let mut sent = Vec::new();
    loop {
        while transactions.poll_transmit(now).is_some() {
            sent.push(now.since_epoch().as_millis() as u64);
        }
        if let Some(timed_out) = transactions.poll_event() {
            assert_eq!(timed_out.context, 7);
            assert_eq!(transactions.poll_timeout(), None);
            return (sent, now.since_epoch().as_millis() as u64);
        }
        now = transactions.poll_timeout().expect("something is under way");
        transactions.handle_timeout(now - Duration::from_micros(1));
        assert!(
            transactions.poll_transmit(now).is_none(),
            "early is not too early, but for nothing"
        );
        transactions.handle_timeout(now);
    }
}

#[test]
fn the_times_of_rfc_8489_6_2_1() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let expected = (vec![0, 500, 1500, 3500, 7500, 15_500, 31_500], 39_500);
    assert_eq!(life(&mut transactions, path()), expected);
}

#[test]
fn a_stream_sends_once_and_waits_as_long() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let path = FiveTuple::tcp(path().local, path().remote);
    assert_eq!(life(&mut transactions, path), (vec![0], 39_500));
}

#[test]
fn an_answer_that_is_turned_down_changes_nothing() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let now = Timestamp::ZERO;
    let id = start(&mut transactions, now, path());
    let key = Key::short_term("right");
    let accept = |message: &Message<'_>, _: &u32| message.verify(&key).ok().map(|_| ());
    let forged = answer(id, &Key::short_term("wrong"));
    let input = Transmit::new(path(), forged.as_slice());
    assert!(transactions.handle_input(now, input, accept).is_none());
    assert_eq!(transactions.len(), 1);

    let later = now + Duration::from_millis(30);
    let right = answer(id, &key);
    let input = Transmit::new(path(), right.as_slice());
    let answer = transactions.handle_input(later, input, accept).unwrap();
    assert_eq!(answer.round_trip_time, Some(Duration::from_millis(30)));
    assert!(transactions.is_empty() && transactions.poll_timeout().is_none());
    assert!(transactions.handle_input(later, input, accept).is_none(), "it is over");
}

#[test]
fn s18_unknown_id_or_another_source_is_ignored() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let now = Timestamp::ZERO;
    let id = start(&mut transactions, now, path());
    let key = Key::short_term("right");
    let right = answer(id, &key);
    let mut elsewhere = path();
    elsewhere.remote.set_port(3479);
    let accept = |_: &Message<'_>, _: &u32| Some(());
    assert!(
        transactions
            .handle_input(now, Transmit::new(elsewhere, right.as_slice()), accept)
            .is_none()
    );
    let other = answer(TransactionId::new([0; 12]), &key);
    assert!(
        transactions.handle_input(now, Transmit::new(path(), other.as_slice()), accept).is_none()
    );
    assert_eq!(transactions.len(), 1);
}

#[test]
fn s19_ids_do_not_repeat_and_come_from_the_seed() {
    let ids = |seed| {
        let mut transactions = Transactions::<()>::new(Config::default(), [seed; 32]);
        (0..100_000)
            .map(|_| transactions.transaction_id())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(ids(1).len(), 100_000);
    assert_eq!(ids(1), ids(1));
    assert!(ids(1).is_disjoint(&ids(2)));
}

#[test]
fn no_round_trip_time_when_it_was_sent_twice() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let id = start(&mut transactions, Timestamp::ZERO, path());
    let now = Timestamp::from_millis(500);
    transactions.handle_timeout(now);
    let right = answer(id, &Key::short_term("x"));
    let input = Transmit::new(path(), right.as_slice());
    let answer = transactions.handle_input(now, input, |_, _| Some(())).unwrap();
    assert_eq!(answer.round_trip_time, None);
}

#[test]
fn a_long_sleep_makes_no_burst() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    start(&mut transactions, Timestamp::ZERO, path());
    while transactions.poll_transmit(Timestamp::ZERO).is_some() {}
    let late = Timestamp::from_secs(10 * 24 * 3600);
    transactions.handle_timeout(late);
    assert!(transactions.poll_transmit(late).is_some());
    assert!(transactions.poll_transmit(late).is_none());
}

#[test]
fn cancelled_is_forgotten_with_what_was_not_yet_sent() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let now = Timestamp::ZERO;
    let cancelled = start(&mut transactions, now, path());
    let kept = start(&mut transactions, now, path());
    assert_eq!(transactions.cancel(cancelled), Some(7));
    let sent = transactions.poll_transmit(now).unwrap();
    assert_eq!(Message::parse(&sent.payload).unwrap().transaction_id(), kept);
    assert!(transactions.poll_transmit(now).is_none());
}

#[test]
fn stopped_still_takes_an_answer_until_its_time_is_over() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    start(&mut transactions, Timestamp::ZERO, path());
    let stopped = start(&mut transactions, Timestamp::ZERO, path());
    let now = Timestamp::from_millis(500);
    transactions.handle_timeout(now);
    while transactions.poll_transmit(now).is_some() {}
    transactions.stop_sending(stopped);
    let mut ends = Vec::new();
    while let Some(now) = transactions.poll_timeout() {
        transactions.handle_timeout(now);
        while let Some(sent) = transactions.poll_transmit(now) {
            assert_ne!(Message::parse(&sent.payload).unwrap().transaction_id(), stopped);
        }
        while transactions.poll_event().is_some() {
            ends.push(now);
        }
    }
    assert_eq!(ends, [Timestamp::from_millis(39_500); 2], "both at the same moment");
}

#[test]
fn bytes_that_are_no_message_are_not_sent() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    assert_eq!(transactions.start(Timestamp::ZERO, Transmit::new(path(), b"hello"), ()), None);
    assert!(transactions.poll_transmit(Timestamp::ZERO).is_none());
}
