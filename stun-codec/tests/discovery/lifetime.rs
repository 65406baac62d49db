//! How long a NAT keeps an address (RFC 5780 §4.6).

use std::time::Duration;

use sansio::{FiveTuple, Transmit};
use stun_codec::discovery::{Config, Lifetime, Responder, Unknown};
use stun_codec::{ErrorCode, Message, MessageBuilder, attr};
use testkit::nat::NatConfig;

use crate::stage::{PRIMARY, SECOND, Server, Stage, at, config, full_server, respond};

fn lifetime_of(nat: NatConfig, longest: u64, server: Responder) -> Result<Lifetime, Unknown> {
    lifetime_by(nat, longest, Server::proper(server))
}

fn lifetime_by(nat: NatConfig, longest: u64, server: Server) -> Result<Lifetime, Unknown> {
    let longest_lifetime = Some(Duration::from_secs(longest));
    let config = Config { second: Some(at(SECOND)), longest_lifetime, ..config() };
    Stage::new(Some(nat), config, server).run().lifetime
}

#[test]
fn the_lifetime_lies_between_what_was_tried() {
    for seconds in [30, 65, 180, 299] {
        for nat in [NatConfig::full_cone(), NatConfig::port_restricted(), NatConfig::symmetric()] {
            let timeout = Duration::from_secs(seconds);
            let nat = NatConfig { timeout, ..nat };
            let found = lifetime_of(nat, 320, full_server()).unwrap();
            let less_than = found.less_than.unwrap();
            assert!(found.at_least <= timeout && timeout <= less_than, "{found} {timeout:?}");
            assert!(less_than - found.at_least <= Duration::from_secs(10), "{found}");
        }
    }
}

#[test]
fn what_outlives_all_that_is_tried_has_no_upper_end() {
    let found = lifetime_of(NatConfig::port_restricted(), 100, full_server());
    let expected = Lifetime { at_least: Duration::from_secs(100), less_than: None };
    assert_eq!(found, Ok(expected));
    assert_eq!(expected.to_string(), "at least 100 seconds");
}

#[test]
fn a_server_with_one_address_is_enough_for_the_lifetime() {
    let found = lifetime_of(NatConfig::symmetric(), 10, Responder::new(at(PRIMARY)));
    assert_eq!(found, Ok(Lifetime { at_least: Duration::from_secs(10), less_than: None }));
}

#[test]
fn response_port_may_be_refused_or_ignored() {
    let refusing = Server::new(|input| {
        let request = Message::parse(input.payload).unwrap();
        if !request.contains(attr::RESPONSE_PORT) {
            return respond(&full_server(), input).into_iter().collect();
        }
        let mut buffer = [0; 64];
        let code = ErrorCode::UNKNOWN_ATTRIBUTE.without_reason();
        let refusal = MessageBuilder::error(&request, code, &mut buffer).finish().unwrap();
        vec![Transmit::new(input.five_tuple, refusal.to_vec())]
    });
    let ignoring = Server::new(|input| {
        let Some(mut answer) = respond(&full_server(), input) else { return vec![] };
        let FiveTuple { remote, .. } = input.five_tuple;
        answer.five_tuple.remote = remote;
        vec![answer]
    });
    let nat = NatConfig::full_cone;
    assert_eq!(lifetime_by(nat(), 100, refusing), Err(Unknown::Refused(420)));
    assert_eq!(lifetime_by(nat(), 100, ignoring), Err(Unknown::NotSupported));
}
