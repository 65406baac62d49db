//! Servers that lie, contradict themselves, or say nothing; and strangers who answer in their place.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::discovery::{Config, Discovery, Event, Filtering, Mapping, Responder, Unknown};
use stun_codec::shape::ChangeRequest;
use stun_codec::{ErrorCode, Message, MessageBuilder, attr};
use testkit::nat::NatConfig;

use crate::stage::{
    ALTERNATE, LOCAL, PRIMARY, SECOND, SECOND_SERVER, Server, Stage, at, config, full_server,
    respond,
};

/// The answer to `input`, from the socket that it came to.
fn success(
    input: Transmit<&[u8]>,
    fill: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>,
) -> Transmit<Vec<u8>> {
    let request = Message::parse(input.payload).unwrap();
    let mut buffer = [0; 512];
    let answer = fill(MessageBuilder::success(&request, &mut buffer)).finish().unwrap();
    Transmit::new(input.five_tuple, answer.to_vec())
}

/// A server that tells this as its other address, and otherwise does what a plain one does.
fn telling(other: SocketAddr) -> Server {
    Server::new(move |input| {
        let mapped = input.five_tuple.remote;
        vec![success(input, |answer| {
            answer.put(attr::XOR_MAPPED_ADDRESS, mapped).put(attr::OTHER_ADDRESS, other)
        })]
    })
}

#[test]
fn nobody_answers() {
    let mut stage = Stage::new(Some(NatConfig::symmetric()), config(), Server::new(|_| vec![]));
    let report = stage.run();
    assert_eq!(report.mapping, Err(Unknown::NoAnswer));
    assert_eq!(report.filtering, Err(Unknown::NoAnswer));
    assert_eq!((report.server, report.mapped, report.is_behind_nat()), (None, None, None));
    assert!(report.to_string().contains("UDP is blocked"));
    assert_eq!(stage.world[stage.client].sent.len(), 7);
    let (server, reason) = (at(PRIMARY), Unknown::NoAnswer);
    assert_eq!(stage.events, [Event::Unsuitable { server, reason }, Event::Finished(report)]);
}

#[test]
fn no_server_at_all_and_none_of_the_right_family() {
    for servers in [vec![], vec![at("[2001:db8::1]:3478"), at("198.51.100.1:0")]] {
        let mut discovery = Discovery::new(Config::new(at(LOCAL), servers), [7; 32]);
        assert!(discovery.poll_timeout().is_none() && discovery.poll_event().is_none());
        discovery.start(Timestamp::ZERO);
        assert!(matches!(discovery.poll_event(), Some(Event::Finished(_))));
        assert!(discovery.poll_transmit(Timestamp::ZERO).is_none());
        assert!(discovery.poll_timeout().is_none() && discovery.poll_event().is_none());
        discovery.start(Timestamp::ZERO);
        assert!(discovery.poll_event().is_none(), "it has come to its end");
    }
}

#[test]
fn an_other_address_that_cannot_be_is_never_sent_to() {
    for other in [
        PRIMARY,
        "198.51.100.1:3479",
        "198.51.100.2:3478",
        "[2001:db8::1]:3479",
        "0.0.0.0:3479",
        "255.255.255.255:3479",
        "224.0.0.1:3479",
        "198.51.100.2:0",
        "10.0.0.1:3479",
        "127.0.0.1:3479",
        "169.254.169.254:80",
        "100.64.0.1:3479",
        "192.168.1.1:53",
        "172.16.0.1:3479",
        "0.1.2.3:3479",
    ] {
        let mut stage = Stage::new(Some(NatConfig::full_cone()), config(), telling(at(other)));
        let report = stage.run();
        assert_eq!(report.mapping, Err(Unknown::OtherAddress), "{other}");
        assert_eq!(report.filtering, Err(Unknown::OtherAddress), "{other}");
        assert_eq!(stage.destinations(), [at(PRIMARY)], "{other}");
        assert_eq!(stage.world[stage.client].sent.len(), 1);
    }
}

/// The address of a victim: it is sent to, as there is no telling, but not often.
#[test]
fn an_other_address_that_never_answers_costs_little_and_proves_nothing() {
    let victim = at("192.0.2.99:53");
    let second = Some(at(SECOND));
    let config = Config { second, ..config() };
    let mut stage = Stage::new(Some(NatConfig::full_cone()), config, telling(victim));
    let report = stage.run();
    assert_eq!(report.mapping, Err(Unknown::OtherSilent));
    // The server has answered where CHANGE-REQUEST says that it must not.
    assert_eq!(report.filtering, Err(Unknown::NotSupported));
    let sent = &stage.world[stage.client].sent;
    let to_victim: Vec<_> = sent
        .iter()
        .filter(|(_, transmit)| transmit.five_tuple.remote.ip() == victim.ip())
        .map(|(_, transmit)| transmit.payload.len())
        .collect();
    assert_eq!(to_victim, [20; 7]);
}

#[test]
fn a_filter_is_not_judged_by_an_address_that_is_silent_anyhow() {
    let other = at(ALTERNATE);
    let server = Server::new(move |input| {
        let message = Message::parse(input.payload).unwrap();
        if message.contains(attr::CHANGE_REQUEST) {
            return vec![];
        }
        let mapped = input.five_tuple.remote;
        vec![success(input, |answer| {
            answer.put(attr::XOR_MAPPED_ADDRESS, mapped).put(attr::OTHER_ADDRESS, other)
        })]
        .into_iter()
        .filter(|answer| answer.five_tuple.local == at(PRIMARY))
        .collect()
    });
    let report = Stage::new(Some(NatConfig::full_cone()), config(), server).run();
    assert_eq!(report.filtering, Err(Unknown::OtherSilent));
}

#[test]
fn change_request_may_be_refused() {
    let server = Server::new(|input| {
        let request = Message::parse(input.payload).unwrap();
        if !request.contains(attr::CHANGE_REQUEST) {
            return respond(&full_server(), input).into_iter().collect();
        }
        let mut buffer = [0; 64];
        let code = ErrorCode::UNKNOWN_ATTRIBUTE.without_reason();
        let refusal = MessageBuilder::error(&request, code, &mut buffer).finish().unwrap();
        vec![Transmit::new(input.five_tuple, refusal.to_vec())]
    });
    let report = Stage::new(Some(NatConfig::symmetric()), config(), server).run();
    assert_eq!(report.filtering, Err(Unknown::Refused(420)));
    assert_eq!(report.mapping, Ok(Mapping::AddressAndPortDependent));
    assert!(report.to_string().contains("Filtering: unknown (the server answered 420)"));
}

#[test]
fn a_server_that_wants_credentials_or_sends_elsewhere_is_unsuitable() {
    for code in [ErrorCode::UNAUTHENTICATED, ErrorCode::TRY_ALTERNATE] {
        let server = Server::new(move |input| {
            let request = Message::parse(input.payload).unwrap();
            let mut buffer = [0; 128];
            let refusal = MessageBuilder::error(&request, code, &mut buffer)
                .put(attr::ALTERNATE_SERVER, at("192.0.2.99:3478"))
                .finish()
                .unwrap();
            vec![Transmit::new(input.five_tuple, refusal.to_vec())]
        });
        let mut stage = Stage::new(Some(NatConfig::symmetric()), config(), server);
        let report = stage.run();
        assert_eq!(report.mapping, Err(Unknown::Refused(code.code())));
        assert_eq!(stage.destinations(), [at(PRIMARY)], "ALTERNATE-SERVER is not followed");
    }
}

/// What comes from a stranger's address, or with a stranger's id, is nobody's; only the paths
/// that were asked for count.
#[test]
fn answers_from_elsewhere_do_not_count() {
    let server = Server::new(|input| {
        let Some(right) = respond(&full_server(), input) else { return vec![] };
        let request = Message::parse(input.payload).unwrap();
        let from = |local| Transmit::new(FiveTuple { local, ..input.five_tuple }, ());
        let forged = |path: Transmit<()>| {
            let lie = success(input, |answer| {
                answer.put(attr::XOR_MAPPED_ADDRESS, at("192.0.2.66:6666"))
            });
            path.map(|()| lie.payload)
        };
        // From the same host, but another port than was asked for.
        let mut answers = vec![forged(from(at("198.51.100.1:9999")))];
        if request.contains(attr::CHANGE_REQUEST) {
            answers.push(forged(from(at("198.51.100.2:3478"))));
        }
        // And the id of nobody.
        let mut other = right.clone();
        other.payload[8] ^= 1;
        answers.extend([other, right]);
        answers
    });
    let report = Stage::new(Some(NatConfig::full_cone()), config(), server).run();
    assert_eq!(report.mapping, Ok(Mapping::EndpointIndependent));
    assert_eq!(report.filtering, Ok(Filtering::EndpointIndependent));
    assert_eq!(report.mapped, Some(at("203.0.113.1:1024")));
}

/// The right answer to the wrong test: from the other port when both were to change.
#[test]
fn each_test_wants_its_answer_from_its_own_address() {
    let server = Server::new(|input| {
        let Some(mut right) = respond(&full_server(), input) else { return vec![] };
        let request = Message::parse(input.payload).unwrap();
        let both = ChangeRequest { ip: true, port: true };
        if request.get(attr::CHANGE_REQUEST) == Ok(Some(both)) {
            right.five_tuple.local = at("198.51.100.1:3479");
        }
        vec![right]
    });
    let report = Stage::new(Some(NatConfig::full_cone()), config(), server).run();
    assert_eq!(report.filtering, Ok(Filtering::AddressDependent), "as far as it can be seen");
}

#[test]
fn a_response_origin_that_differs_and_an_address_that_was_rewritten_are_told() {
    let server = Server::new(|input| {
        let mapped = input.five_tuple.remote;
        vec![success(input, |answer| {
            answer
                .put(attr::XOR_MAPPED_ADDRESS, mapped)
                .put(attr::MAPPED_ADDRESS, at("10.0.0.2:50000"))
                .put(attr::RESPONSE_ORIGIN, at("172.31.0.5:3478"))
                .put(attr::OTHER_ADDRESS, at("172.31.0.6:3479"))
        })]
    });
    let report = Stage::new(Some(NatConfig::symmetric()), config(), server).run();
    assert!(report.origin_differs && report.rewrites_payloads);
    assert_eq!(report.mapping, Err(Unknown::OtherAddress), "a private one");
    let text = report.to_string();
    assert!(text.contains("behind a NAT itself") && text.contains("rewrites addresses"));
}

#[test]
fn answers_without_sense_end_it_too() {
    let odd = attr::Attribute::<stun_codec::shape::Flag>::new(0x7001, "ODD");
    let empty = Server::new(|input| vec![success(input, |answer| answer)]);
    let unknown = Server::new(move |input| {
        let mapped = input.five_tuple.remote;
        vec![success(input, |answer| answer.put(attr::XOR_MAPPED_ADDRESS, mapped).put(odd, ()))]
    });
    for server in [empty, unknown] {
        let report = Stage::new(Some(NatConfig::symmetric()), config(), server).run();
        assert_eq!(report.mapping, Err(Unknown::Contradiction));
        assert_eq!(report.server, None);
    }
    // An address that no NAT has is not sent to.
    let nowhere = Server::new(|input| {
        vec![success(input, |answer| {
            answer
                .put(attr::XOR_MAPPED_ADDRESS, at("0.0.0.0:0"))
                .put(attr::OTHER_ADDRESS, at(ALTERNATE))
        })]
    });
    let config = Config { second: Some(at(SECOND)), ..config() };
    let mut stage = Stage::new(Some(NatConfig::full_cone()), config, nowhere);
    assert_eq!(stage.run().hairpinning, Err(Unknown::Contradiction));
    let all = stage.destinations();
    assert_eq!(all, [at(PRIMARY), at("198.51.100.2:3478")]);
}

/// Every answer sees another address, names another other one, and comes three times.
#[test]
fn a_server_that_says_something_else_each_time_cannot_keep_it_busy() {
    let count = Rc::new(RefCell::new(0_u16));
    let counted = Rc::clone(&count);
    let server = Server::new(move |input| {
        *counted.borrow_mut() += 1;
        let port = 1000 + *counted.borrow();
        let answer = success(input, |answer| {
            answer
                .put(attr::XOR_MAPPED_ADDRESS, SocketAddr::new([192, 0, 2, 66].into(), port))
                .put(attr::OTHER_ADDRESS, SocketAddr::new([192, 0, 2, 67].into(), port))
        });
        vec![answer; 3]
    });
    let config = Config {
        second: Some(at(SECOND)),
        longest_lifetime: Some(Duration::from_secs(600)),
        ..Config::new(at(LOCAL), [at(PRIMARY), at(ALTERNATE), at(SECOND_SERVER)])
    };
    let mut stage = Stage::new(Some(NatConfig::full_cone()), config, server);
    stage.run();
    let sent = &stage.world[stage.client].sent;
    let elsewhere = sent
        .iter()
        .filter(|(_, transmit)| transmit.five_tuple.remote.ip() != at(PRIMARY).ip())
        .count();
    assert!(elsewhere <= 7 * Discovery::MAX_SENDINGS, "{elsewhere}");
    assert!(sent.len() <= 7 * 12, "{}", sent.len());
}

#[test]
fn a_server_that_was_asked_before_cannot_test_the_filter() {
    // The first one has one address, and is the other address of the second.
    let one = Responder::new(at("198.51.100.2:3478"));
    let server = Server::new(move |input| {
        let plain = input.five_tuple.local == at("198.51.100.2:3478");
        let by = if plain { one } else { full_server() };
        respond(&by, input).into_iter().collect()
    });
    let servers = [at("198.51.100.2:3478"), at(PRIMARY)];
    let config = Config::new(at(LOCAL), servers);
    let report = Stage::new(Some(NatConfig::symmetric()), config, server).run();
    assert_eq!(report.server, Some(at(PRIMARY)));
    assert_eq!(report.filtering, Err(Unknown::AlreadyContacted));
}

#[test]
fn an_answer_with_a_wrong_fingerprint_does_not_count() {
    let server = Server::new(|input| {
        let mapped = input.five_tuple.remote;
        let request = Message::parse(input.payload).unwrap();
        let mut buffer = [0; 64];
        let length = MessageBuilder::success(&request, &mut buffer)
            .put(attr::XOR_MAPPED_ADDRESS, mapped)
            .fingerprint()
            .finish()
            .unwrap()
            .len();
        buffer[length - 1] ^= 1;
        vec![Transmit::new(input.five_tuple, buffer[..length].to_vec())]
    });
    let report = Stage::new(Some(NatConfig::full_cone()), config(), server).run();
    assert_eq!((report.server, report.mapping), (None, Err(Unknown::NoAnswer)));
}
