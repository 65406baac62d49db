//! Which ALTERNATE-SERVER is followed, and which is not.

use std::net::SocketAddr;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::redirection::{RedirectError, Redirections};
use stun_codec::{ErrorCode, Message, MessageBuilder, Method, TransactionId, attr};

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn path(server: &str) -> FiveTuple {
    FiveTuple::udp(address("192.0.2.1:5000"), address(server))
}

/// A 300 with these servers, and this domain.
fn answer(servers: &[&str], domain: Option<&str>) -> Vec<u8> {
    let (mut request, mut buffer) = ([0; 20], [0; 512]);
    let id = TransactionId::new([7; 12]);
    let request = MessageBuilder::request(Method::ALLOCATE, id, &mut request).finish().unwrap();
    let request = Message::parse(request).unwrap();
    let mut builder = MessageBuilder::error(&request, ErrorCode::TRY_ALTERNATE, &mut buffer);
    for server in servers {
        builder = builder.put(attr::ALTERNATE_SERVER, address(server));
    }
    builder.put_some(attr::ALTERNATE_DOMAIN, domain).finish().unwrap().to_vec()
}

fn follow(
    redirections: &mut Redirections,
    now: Timestamp,
    from: &str,
    to: &str,
) -> Result<SocketAddr, RedirectError> {
    let answer = answer(&[to], None);
    let response = Message::parse(&answer).unwrap();
    redirections.follow(now, path(from), &response).map(|alternate| alternate.server)
}

const A: &str = "198.51.100.1:3478";
const B: &str = "198.51.100.2:3478";
const C: &str = "198.51.100.3:3478";

#[test]
fn s25_two_servers_that_point_at_each_other_are_asked_once_each() {
    let now = Timestamp::ZERO;
    let mut redirections = Redirections::new(10);
    redirections.asked(now, address(A));
    assert_eq!(follow(&mut redirections, now, A, B), Ok(address(B)));
    assert_eq!(follow(&mut redirections, now, B, A), Err(RedirectError::Loop));
    assert_eq!(follow(&mut redirections, now, B, B), Err(RedirectError::Loop), "at itself");
    assert_eq!(follow(&mut redirections, now, B, C), Ok(address(C)));
    assert_eq!(follow(&mut redirections, now, C, A), Err(RedirectError::Loop));
    // Another port is another server.
    assert!(follow(&mut redirections, now, C, "198.51.100.1:3479").is_ok());
}

#[test]
fn s25_a_server_may_be_asked_again_after_five_minutes() {
    let mut redirections = Redirections::new(10);
    redirections.asked(Timestamp::ZERO, address(A));
    let now = Timestamp::from_secs(300);
    assert_eq!(follow(&mut redirections, now, B, A), Err(RedirectError::Loop));
    let now = now + Duration::from_millis(1);
    assert_eq!(follow(&mut redirections, now, B, A), Ok(address(A)));
}

#[test]
fn s25_redirections_come_to_an_end_and_are_remembered_in_bounds() {
    let now = Timestamp::ZERO;
    let mut redirections = Redirections::new(3);
    redirections.asked(now, address("198.51.100.1:1"));
    for port in 2..=4 {
        let (from, to) = (format!("198.51.100.1:{}", port - 1), format!("198.51.100.1:{port}"));
        assert!(follow(&mut redirections, now, &from, &to).is_ok());
    }
    let end = follow(&mut redirections, now, "198.51.100.1:4", "198.51.100.1:5");
    assert_eq!(end, Err(RedirectError::TooMany));
    let before = format!("{redirections:?}").len();
    for port in 10..10_000 {
        redirections.asked(now, SocketAddr::new([198, 51, 100, 1].into(), port));
    }
    assert!(format!("{redirections:?}").len() < before + 100);
}

#[test]
fn the_server_of_the_same_family_is_taken_and_none_where_no_server_can_be() {
    let now = Timestamp::ZERO;
    let try_all = |servers: &[&str]| {
        let answer = answer(servers, None);
        let response = Message::parse(&answer).unwrap();
        let mut redirections = Redirections::new(3);
        redirections.follow(now, path(A), &response).map(|alternate| alternate.server)
    };
    assert_eq!(try_all(&["[2001:db8::1]:3478", B]), Ok(address(B)));
    assert_eq!(try_all(&[B, "[2001:db8::1]:3478"]), Ok(address(B)));
    assert_eq!(try_all(&["[2001:db8::1]:3478"]), Err(RedirectError::AddressFamily));
    assert_eq!(try_all(&[]), Err(RedirectError::NoRedirection));
    for nowhere in ["0.0.0.0:3478", "224.0.0.1:3478", "255.255.255.255:3478", "198.51.100.2:0"] {
        assert_eq!(try_all(&[nowhere]), Err(RedirectError::Unusable));
    }
}

#[test]
fn only_a_300_redirects_and_only_when_it_can_be_read() {
    let now = Timestamp::ZERO;
    let mut redirections = Redirections::new(3);
    let mut bytes = answer(&[B], None);
    // Nothing but the family's number: 0x03.
    let family = bytes.len() - 7;
    bytes[family] = 3;
    let response = Message::parse(&bytes).unwrap();
    assert_eq!(redirections.follow(now, path(A), &response), Err(RedirectError::Malformed));
    let mut bytes = answer(&[B], None);
    bytes[20 + 4 + 2] = 4;
    let response = Message::parse(&bytes).unwrap();
    assert_eq!(redirections.follow(now, path(A), &response), Err(RedirectError::NoRedirection));
}

#[test]
fn s25_the_certificate_must_have_the_alternate_domain_or_the_same_one_as_before() {
    let now = Timestamp::ZERO;
    let domain_of = |domain| {
        let answer = answer(&[B], domain);
        let response = Message::parse(&answer).unwrap();
        let alternate = Redirections::new(3).follow(now, path(A), &response)?;
        Ok(alternate.authentication_domain("turn.example.org").to_owned())
    };
    assert_eq!(domain_of(None).as_deref(), Ok("turn.example.org"));
    assert_eq!(domain_of(Some("other.example.net")).as_deref(), Ok("other.example.net"));
    for no_name in ["", "a b", "*.example.org", "-a.org", "a..org", "bücher.example", "a\0b"] {
        assert_eq!(domain_of(Some(no_name)), Err(RedirectError::Malformed), "{no_name}");
    }
}
