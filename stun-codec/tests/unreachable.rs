//! ICMP errors and broken streams (RFC 8489 §6.2.1, §6.2.2), and answers on another path.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::shape::Icmp;
use stun_codec::transaction::{Config, Failed, FailureReason, PathError, Transactions};
use stun_codec::{Message, MessageBuilder, Method, TransactionId};

const NOW: Timestamp = Timestamp::ZERO;
const PORT_UNREACHABLE: PathError = icmp(3, 3);

const fn icmp(icmp_type: u8, code: u16) -> PathError {
    PathError::Icmp(Icmp { icmp_type, code, error_data: 0 })
}

fn path(port: u16) -> FiveTuple {
    let local: SocketAddr = ([192, 0, 2, 1], 5000).into();
    FiveTuple::udp(local, ([198, 51, 100, 2], port).into())
}

fn start(transactions: &mut Transactions, path: FiveTuple) -> (TransactionId, Bytes) {
    let id = transactions.transaction_id();
    let mut buffer = [0; 64];
    let request = MessageBuilder::request(Method::BINDING, id, &mut buffer)
        .put(stun_codec::attr::SOFTWARE, "test")
        .finish()
        .unwrap();
    transactions.start(NOW, Transmit::new(path, request), ()).unwrap();
    (id, Bytes::copy_from_slice(request))
}

fn answer(request: &[u8]) -> Vec<u8> {
    let mut buffer = [0; 64];
    let request = Message::parse(request).unwrap();
    MessageBuilder::success(&request, &mut buffer).finish().unwrap().to_vec()
}

#[test]
fn a_hard_error_ends_the_request_that_it_quotes_and_no_other() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (id, request) = start(&mut transactions, path(1));
    let (other, _) = start(&mut transactions, path(1));
    let ended = transactions.handle_unreachable(NOW, path(1), PORT_UNREACHABLE, Some(&request));
    assert_eq!(ended, 1);
    let reason = FailureReason::Unreachable;
    assert_eq!(transactions.poll_event(), Some(Failed { id, context: (), reason }));
    assert_eq!(transactions.poll_event(), None);
    assert!(transactions.waiting(id).is_none() && transactions.waiting(other).is_some());
    // What was not yet sent is not sent.
    let sent = transactions.poll_transmit(NOW).unwrap();
    assert_eq!(Message::parse(&sent.payload).unwrap().transaction_id(), other);
    assert!(transactions.poll_transmit(NOW).is_none());
    let input = answer(&request);
    let input = Transmit::new(path(1), input.as_slice());
    assert!(transactions.handle_input(NOW, input, |_, ()| Some(())).is_none(), "it is over");
}

#[test]
fn a_router_that_quotes_no_more_than_the_header_is_enough() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (_, request) = start(&mut transactions, path(1));
    let quoted = Some(&request[..20]);
    assert_eq!(transactions.handle_unreachable(NOW, path(1), PORT_UNREACHABLE, quoted), 1);
}

#[test]
fn a_forged_error_ends_nothing() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (_, request) = start(&mut transactions, path(1));
    let (mut other_id, mut other_tail) = (request.to_vec(), request.to_vec());
    other_id[19] ^= 1;
    other_tail[25] ^= 1;
    let longer = [&request[..], b"more"].concat();
    let forged: [&[u8]; 6] = [&other_id, &other_tail, &longer, &request[..19], &request[..8], &[]];
    for quoted in forged {
        let ended = transactions.handle_unreachable(NOW, path(1), PORT_UNREACHABLE, Some(quoted));
        assert_eq!(ended, 0);
    }
    // The right bytes on another path, and the right path in the other direction.
    for path in [path(2), path(1).reversed(), FiveTuple::tcp(path(1).local, path(1).remote)] {
        for quoted in [Some(&request[..]), None] {
            assert_eq!(transactions.handle_unreachable(NOW, path, PORT_UNREACHABLE, quoted), 0);
        }
    }
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions.poll_event(), None);
}

#[test]
fn only_hard_errors_count() {
    let four: SocketAddr = ([198, 51, 100, 2], 1).into();
    let six: SocketAddr = "[2001:db8::2]:1".parse().unwrap();
    let hard = |server: SocketAddr| {
        let mut hard = Vec::new();
        for icmp_type in 0..128 {
            hard.extend(
                (0..20)
                    .filter(|&code| icmp(icmp_type, code).is_hard(&server))
                    .map(|code| (icmp_type, code)),
            );
        }
        hard
    };
    // RFC 1122 §4.2.3.9; RFC 5461.
    assert_eq!(hard(four), [(3, 2), (3, 3), (3, 4)]);
    assert_eq!(hard(six), [(1, 1), (1, 4), (4, 1)]);

    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let (_, request) = start(&mut transactions, path(1));
    for soft in [icmp(3, 0), icmp(3, 1), icmp(3, 5), icmp(11, 0)] {
        for quoted in [Some(&request[..]), None] {
            assert_eq!(transactions.handle_unreachable(NOW, path(1), soft, quoted), 0);
        }
    }
    assert_eq!(transactions.len(), 1);
}

#[test]
fn a_broken_stream_ends_all_that_is_under_way_on_it() {
    let mut transactions = Transactions::new(Config::default(), [1; 32]);
    let stream = FiveTuple::tcp(path(1).local, path(1).remote);
    for _ in 0..3 {
        start(&mut transactions, stream);
    }
    start(&mut transactions, path(1));
    assert_eq!(transactions.handle_unreachable(NOW, stream, PathError::Broken, None), 3);
    let reasons: Vec<_> =
        core::iter::from_fn(|| transactions.poll_event()).map(|failed| failed.reason).collect();
    assert_eq!(reasons, [FailureReason::Unreachable; 3]);
    assert_eq!(transactions.len(), 1);
    assert_eq!(transactions.poll_timeout(), Some(NOW + Duration::from_millis(500)));
}

#[test]
fn an_answer_may_come_on_the_other_path_that_was_asked_for_and_on_no_third() {
    for (arrives_on, is_answer) in [(path(1), true), (path(2), true), (path(3), false)] {
        let mut transactions = Transactions::new(Config::default(), [1; 32]);
        let id = transactions.transaction_id();
        let mut buffer = [0; 64];
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
        let input = answer(request);
        let request = Transmit::new(path(1), request);
        transactions.start_answered_on(NOW, request, (), path(2)).unwrap();
        let input = Transmit::new(arrives_on, input.as_slice());
        let answer = transactions.handle_input(NOW, input, |_, ()| Some(()));
        assert_eq!(answer.is_some(), is_answer);
    }
}
