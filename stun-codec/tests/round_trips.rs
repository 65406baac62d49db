//! The first wait of a request: what is learned from earlier ones (RFC 8489 §6.2.1).

use std::net::SocketAddr;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::transaction::{Config, Transactions};
use stun_codec::{Message, MessageBuilder, Method};

fn path(server: u8, port: u16) -> FiveTuple {
    let local: SocketAddr = ([192, 0, 2, 1], 5000).into();
    FiveTuple::udp(local, ([198, 51, 100, server], port).into())
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A request whose answer takes `round_trip`, whichever copy of it is answered: the moments at which
/// it was sent, counted from the first.
fn exchange(
    transactions: &mut Transactions,
    start: Timestamp,
    path: FiveTuple,
    round_trip: Duration,
    lost: usize,
) -> Vec<Duration> {
    let id = transactions.transaction_id();
    let mut buffer = [0; 64];
    let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
    transactions.start(start, Transmit::new(path, request), ()).unwrap();
    let request = Message::parse(request).unwrap();
    let mut answer = [0; 64];
    let answer = MessageBuilder::success(&request, &mut answer).finish().unwrap();
    let (mut now, mut sent, mut arrives) = (start, Vec::new(), Vec::new());
    loop {
        while transactions.poll_transmit(now).is_some() {
            if sent.len() >= lost {
                arrives.push(now + round_trip);
            }
            sent.push(now - start);
        }
        let resend = transactions.poll_timeout().expect("under way");
        if let Some(&arrival) = arrives.first()
            && arrival <= resend
        {
            let input = Transmit::new(path, answer);
            assert!(transactions.handle_input(arrival, input, |_, ()| Some(())).is_some());
            return sent;
        }
        now = resend;
        transactions.handle_timeout(now);
    }
}

#[test]
fn a_slow_server_is_given_more_time_the_next_time() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (slow, mut now) = (path(1, 3478), Timestamp::ZERO);
    assert_eq!(transactions.rto(now, slow.remote.ip()), millis(500));
    assert_eq!(exchange(&mut transactions, now, slow, millis(400), 0), [millis(0)]);
    // 400 + 4 * 200.
    assert_eq!(transactions.rto(now, slow.remote.ip()), millis(1200));
    assert_eq!(transactions.rto(now, path(2, 3478).remote.ip()), millis(500), "no other server");
    // It is one server whatever the port (RFC 8489 §6.2.1: by IP address).
    now += millis(1000);
    let sent = exchange(&mut transactions, now, path(1, 9), millis(400), 1);
    assert_eq!(sent, [millis(0), millis(1200)]);
}

#[test]
fn the_floor_is_half_a_second_unless_configured() {
    let near = path(1, 3478);
    for (min_rto, expected) in [(500, 500), (20, 30)] {
        let config = Config { min_rto: millis(min_rto), ..Config::default() };
        let mut transactions = Transactions::new(config, [1; 32]);
        exchange(&mut transactions, Timestamp::ZERO, near, millis(10), 0);
        assert_eq!(transactions.rto(Timestamp::ZERO, near.remote.ip()), millis(expected));
    }
}

/// Karn's rule: no measure from a request that was sent twice, and the wait that was backed off to
/// is kept, or a server that takes longer than the first wait would never be measured.
#[test]
fn a_server_slower_than_the_first_wait_is_measured_in_the_end() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (far, now) = (path(1, 3478), Timestamp::ZERO);
    assert_eq!(exchange(&mut transactions, now, far, millis(700), 0), [0, 500].map(millis));
    assert_eq!(
        transactions.rto(now, far.remote.ip()),
        millis(1000),
        "no measure, but a longer wait"
    );
    assert_eq!(exchange(&mut transactions, now, far, millis(700), 0), [0].map(millis));
    assert_eq!(transactions.rto(now, far.remote.ip()), millis(700 + 4 * 350));
}

#[test]
fn what_was_learned_is_forgotten_after_ten_minutes_without_a_transaction() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (slow, now) = (path(1, 3478), Timestamp::ZERO);
    exchange(&mut transactions, now, slow, millis(400), 0);
    let answered = now + millis(400);
    let ip = slow.remote.ip();
    assert_eq!(transactions.rto(answered + Duration::from_secs(600), ip), millis(1200));
    let later = answered + Duration::from_secs(600) + millis(1);
    assert_eq!(transactions.rto(later, ip), millis(500));
    // A request that is only begun keeps it.
    exchange(&mut transactions, answered + Duration::from_secs(599), slow, millis(400), 0);
    assert_ne!(transactions.rto(later, ip), millis(500));
}

#[test]
fn of_many_servers_the_last_ones_are_remembered() {
    let config = Config { max_servers: 10, ..Config::default() };
    let mut transactions = Transactions::new(config, [1; 32]);
    for server in 0..=255 {
        exchange(&mut transactions, Timestamp::ZERO, path(server, 3478), millis(400), 0);
    }
    let known = (0..=255).filter(|&server| {
        transactions.rto(Timestamp::ZERO, path(server, 3478).remote.ip()) == millis(1200)
    });
    assert!(known.eq(246..=255));
}

#[test]
fn streams_and_those_who_set_their_own_wait_neither_use_nor_make_an_estimate() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (server, now) = (path(1, 3478), Timestamp::ZERO);
    for (five_tuple, rto) in
        [(FiveTuple::tcp(server.local, server.remote), None), (server, Some(millis(450)))]
    {
        let id = transactions.transaction_id();
        let mut buffer = [0; 64];
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
        let request = Transmit::new(five_tuple, request);
        match rto {
            Some(rto) => transactions.start_with_rto(now, request, (), rto),
            None => transactions.start(now, request, ()),
        };
        let request = Message::parse(request.payload).unwrap();
        let mut answer = [0; 64];
        let answer = MessageBuilder::success(&request, &mut answer).finish().unwrap();
        let input = Transmit::new(five_tuple, answer);
        let answer = transactions.handle_input(now + millis(400), input, |_, ()| Some(()));
        assert_eq!(answer.unwrap().round_trip_time, Some(millis(400)));
        assert_eq!(transactions.rto(now, server.remote.ip()), millis(500));
    }
    exchange(&mut transactions, now, server, millis(400), 0);
    let id = transactions.transaction_id();
    let mut buffer = [0; 64];
    let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
    transactions.start_with_rto(now, Transmit::new(server, request), (), millis(70));
    assert_eq!(transactions.poll_timeout(), Some(now + millis(70)));
}
