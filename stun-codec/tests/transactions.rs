//! Requests in virtual time: when they are sent again, what ends them, what does not.

use std::net::SocketAddr;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::transaction::{Config, FailureReason, Transactions};
use stun_codec::{Class, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr};

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
            assert_eq!(timed_out.reason, FailureReason::TimedOut);
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
fn an_answer_that_is_turned_down_does_not_keep_the_true_one_out() {
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

#[test]
fn only_requests_are_sent_again() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let id = transactions.transaction_id();
    let mut buffer = [0; 64];
    let indication = MessageBuilder::indication(Method::BINDING, id, &mut buffer).finish().unwrap();
    assert_eq!(transactions.start(Timestamp::ZERO, Transmit::new(path(), indication), ()), None);
    assert!(transactions.poll_transmit(Timestamp::ZERO).is_none() && transactions.is_empty());
}

#[test]
fn a_request_is_sent_again_byte_for_byte() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    start(&mut transactions, Timestamp::ZERO, path());
    let first = transactions.poll_transmit(Timestamp::ZERO).unwrap();
    for _ in 0..6 {
        let now = transactions.poll_timeout().unwrap();
        transactions.handle_timeout(now);
        assert_eq!(transactions.poll_transmit(now).unwrap(), first);
    }
}

#[test]
fn rto_rc_rm_and_ti_are_the_callers_to_set() {
    let config = Config {
        rto: Duration::from_millis(101),
        max_sends: 3,
        last_wait: 2,
        reliable_timeout: Duration::from_millis(7),
        ..Config::default()
    };
    let mut transactions = Transactions::new(config, [1; 32]);
    // Each wait twice the one before, to the millisecond; the last one is Rm times RTO.
    assert_eq!(life(&mut transactions, path()), (vec![0, 101, 303], 505));
    let stream = FiveTuple::tcp(path().local, path().remote);
    assert_eq!(life(&mut transactions, stream), (vec![0], 7));
    // Settings without sense do no harm.
    for (max_sends, last_wait) in [(0, 0), (u32::MAX, u32::MAX)] {
        let config = Config { max_sends, last_wait, rto: Duration::MAX, ..config };
        let mut transactions = Transactions::new(config, [1; 32]);
        let id = start(&mut transactions, Timestamp::ZERO, path());
        transactions.stop_sending(id);
        assert!(transactions.poll_timeout().is_some());
    }
}

#[test]
fn requests_under_way_at_once_are_told_apart() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let now = Timestamp::ZERO;
    let ids: Vec<_> = (0..10).map(|_| start(&mut transactions, now, path())).collect();
    assert_eq!(transactions.len(), 10);
    let right = answer(ids[4], &Key::short_term("x"));
    let input = Transmit::new(path(), right.as_slice());
    assert!(transactions.handle_input(now, input, |_, _| Some(())).is_some());
    assert!(transactions.waiting(ids[4]).is_none() && transactions.waiting(ids[5]).is_some());
    assert_eq!(transactions.len(), 9);
}

#[test]
fn s17_requests_and_indications_answer_nothing() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let now = Timestamp::ZERO;
    let id = start(&mut transactions, now, path());
    for class in [Class::Request, Class::Indication] {
        let mut buffer = [0; 64];
        let message_type = MessageType::new(class, Method::BINDING);
        let bytes = MessageBuilder::new(message_type, id, &mut buffer).finish().unwrap();
        let input = Transmit::new(path(), bytes);
        assert!(transactions.handle_input(now, input, |_, _| Some(())).is_none());
    }
    assert_eq!(transactions.len(), 1);
}

#[test]
fn when_all_answers_were_turned_down_the_integrity_was_violated() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let id = start(&mut transactions, Timestamp::ZERO, path());
    let forged = answer(id, &Key::short_term("wrong"));
    let input = Transmit::new(path(), forged.as_slice());
    let mut sent = 0;
    let event = loop {
        let now = transactions.poll_timeout().unwrap();
        assert!(transactions.handle_input(now, input, |_, _| None::<()>).is_none());
        transactions.handle_timeout(now);
        while transactions.poll_transmit(now).is_some() {
            sent += 1;
        }
        if let Some(event) = transactions.poll_event() {
            assert_eq!(now, Timestamp::from_millis(39_500), "a forgery does not hurry the end");
            break event;
        }
    };
    assert_eq!(sent, 7, "nor keeps the request from being sent again");
    assert_eq!(event.reason, FailureReason::IntegrityViolated);

    start(&mut transactions, Timestamp::ZERO, path());
    let event = loop {
        let now = transactions.poll_timeout().unwrap();
        transactions.handle_timeout(now);
        if let Some(event) = transactions.poll_event() {
            break event;
        }
    };
    assert_eq!(event.reason, FailureReason::TimedOut, "silence is no violation");
}

#[test]
fn on_a_stream_one_answer_that_is_turned_down_ends_it_at_once() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let stream = FiveTuple::tcp(path().local, path().remote);
    let id = start(&mut transactions, Timestamp::ZERO, stream);
    let now = Timestamp::from_millis(20);
    let bytes = answer(id, &Key::short_term("x"));
    let input = Transmit::new(stream, bytes.as_slice());
    assert!(transactions.handle_input(now, input, |_, _| None::<()>).is_none());
    assert!(transactions.handle_input(now, input, |_, _| Some(())).is_none(), "too late");
    assert_eq!(transactions.poll_timeout(), Some(now));
    transactions.handle_timeout(now);
    let event = transactions.poll_event().unwrap();
    assert_eq!(event.reason, FailureReason::IntegrityViolated);
    assert!(transactions.is_empty() && transactions.poll_timeout().is_none());
}

#[test]
fn a_stopped_request_that_was_sent_once_has_a_round_trip_time() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let id = start(&mut transactions, Timestamp::ZERO, path());
    transactions.stop_sending(id);
    assert!(transactions.poll_transmit(Timestamp::ZERO).is_some(), "what was due goes out");
    let right = answer(id, &Key::short_term("x"));
    let input = Transmit::new(path(), right.as_slice());
    let now = Timestamp::from_millis(30);
    let answer = transactions.handle_input(now, input, |_, _| Some(())).unwrap();
    assert_eq!(answer.round_trip_time, Some(Duration::from_millis(30)));
}
