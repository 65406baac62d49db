//! How often requests fail when each datagram is lost with the same probability, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt as _, SeedableRng as _};
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::transaction::{Config, FailureReason, Transactions};
use stun_codec::{Class, Header, Message, MessageBuilder, MessageType, Method};

const PATH: FiveTuple = {
    use std::net::{IpAddr, Ipv4Addr, SocketAddr};
    let local = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 5000);
    FiveTuple::udp(local, SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2)), 3478))
};
/// Longer than the first wait: an answer may come after the request was sent again.
const ROUND_TRIP: Duration = Duration::from_millis(620);
const UNDER_WAY: usize = 64;

/// What becomes of `runs` requests, [`UNDER_WAY`] of them at a time: how many fail. Each of those
/// must fail after 39.5 s to the nanosecond.
fn failures(loss: f64, runs: usize, seed: u8) -> usize {
    let config = Config { max_servers: 0, ..Config::default() };
    let mut transactions: Transactions<Timestamp> = Transactions::new(config, [seed; 32]);
    let mut rng = ChaCha8Rng::from_seed([seed; 32]);
    let mut answers: VecDeque<(Timestamp, Bytes)> = VecDeque::new();
    let mut now = Timestamp::ZERO;
    let (mut started, mut succeeded, mut failed) = (0, 0, 0);
    loop {
        while started < runs && transactions.len() < UNDER_WAY {
            let id = transactions.transaction_id();
            let mut buffer = [0; 20];
            let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish();
            transactions.start(now, Transmit::new(PATH, request.unwrap()), now).unwrap();
            started += 1;
        }
        while let Some(transmit) = transactions.poll_transmit(now) {
            // Out, and back.
            if rng.random::<f64>() >= loss && rng.random::<f64>() >= loss {
                answers.push_back((now + ROUND_TRIP, transmit.payload));
            }
        }
        let arrival = answers.front().map(|&(at, _)| at);
        let Some(next) = transactions.poll_timeout().into_iter().chain(arrival).min() else {
            assert_eq!(succeeded + failed, runs);
            return failed;
        };
        now = next;
        while answers.front().is_some_and(|&(at, _)| at <= now)
            && let Some((_, request)) = answers.pop_front()
        {
            let id = Header::parse(&request).unwrap().transaction_id;
            let message_type = MessageType::new(Class::Success, Method::BINDING);
            let mut buffer = [0; 20];
            let answer = MessageBuilder::new(message_type, id, &mut buffer).finish().unwrap();
            let answer = Message::parse(answer).unwrap();
            let answer = transactions.handle_message(now, PATH, &answer, |_, _| Some(()));
            succeeded += usize::from(answer.is_some());
        }
        transactions.handle_timeout(now);
        while let Some(event) = transactions.poll_event() {
            assert_eq!(event.reason, FailureReason::TimedOut);
            assert_eq!(now - event.context, Duration::from_millis(39_500));
            failed += 1;
        }
    }
}

/// Each of the seven sendings comes to nothing when it is lost on the way out or on the way back.
#[test]
fn the_failure_rate_is_that_of_seven_sendings() {
    for (percent, runs) in
        [(50, 20_000), (40, 20_000), (30, 40_000), (20, 250_000), (10, 5_000_000)]
    {
        let loss = f64::from(percent) / 100.0;
        let rate = (1.0 - (1.0 - loss).powi(2)).powi(7);
        let expected = rate * runs as f64;
        let sigma = (expected * (1.0 - rate)).sqrt();
        let failed = failures(loss, runs, percent) as f64;
        assert!(
            (failed - expected).abs() <= 3.0 * sigma,
            "at {percent} %: {failed} of {runs} have failed, and {expected:.1} ± {sigma:.1} should"
        );
        println!("{percent} %: {failed} of {runs}, expected {expected:.1} ± {sigma:.1}");
    }
}

#[test]
fn without_loss_nothing_fails_and_with_nothing_but_loss_everything() {
    assert_eq!(failures(0.0, 10_000, 1), 0);
    assert_eq!(failures(1.0, 1_000, 2), 1_000);
}
