//! The client against servers that are broken, hostile or elsewhere.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sansio::{FiveTuple, Timestamp, Transmit};
use stun_codec::auth::long_term::SessionError;
use stun_codec::channel_data::{ChannelData, ChannelNumber};
use stun_codec::{ErrorCode, Key, Message, MessageBuilder, Method, TransactionId, attr};
use turn_proto::client::{Client, Event, Failure, Input, MAX_OVERHEAD, SendError};

use crate::nodes::{ALICE, PEER, PEER_V6, SERVER, at, client_config, v6};

/// A client, and answers to it that a test writes.
struct Bench {
    client: Client,
    now: Timestamp,
    events: Vec<Event>,
}

const RELAYED: &str = "5.5.5.1:50000";

/// How an answer ends.
type Fill = dyn Fn(MessageBuilder<'_>) -> MessageBuilder<'_>;

impl Bench {
    fn new(config: turn_proto::client::Config) -> Self {
        let client = Client::new(config, [8; 32]);
        Self { client, now: Timestamp::from_secs(50), events: vec![] }
    }

    fn standard() -> Self {
        Self::new(client_config(ALICE))
    }

    fn next_request(&mut self) -> Option<Transmit<Bytes>> {
        self.client.poll_transmit(self.now)
    }

    fn input(&mut self, path: FiveTuple, datagram: &[u8]) {
        assert_eq!(
            self.client.handle_input(self.now, Transmit::new(path, datagram)),
            Input::Handled
        );
        while let Some(event) = self.client.poll_event() {
            self.events.push(event);
        }
    }

    fn key() -> Key {
        Key::long_term("alice", "example.org", "wonderland")
    }

    /// Answers the next request with success.
    fn grant(&mut self, method: Method, fill: &Fill) -> Transmit<Bytes> {
        let request = self.next_request().expect("a request");
        let message = Message::parse(&request.payload).unwrap();
        assert_eq!(message.method(), method);
        let mut buffer = [0; 512];
        let answer = fill(MessageBuilder::success(&message, &mut buffer)).sign(&Self::key());
        self.input(request.five_tuple, answer.finish().unwrap());
        request
    }

    /// Answers the next request with an error.
    fn refuse(&mut self, method: Method, code: u16, fill: &Fill) -> Transmit<Bytes> {
        let request = self.next_request().expect("a request");
        let message = Message::parse(&request.payload).unwrap();
        assert_eq!(message.method(), method);
        let mut buffer = [0; 512];
        let code = ErrorCode::new(code, "").unwrap();
        let answer = fill(MessageBuilder::error(&message, code, &mut buffer)).sign(&Self::key());
        self.input(request.five_tuple, answer.finish().unwrap());
        request
    }

    fn challenge(&mut self, method: Method, code: u16, nonce: &'static str) -> Transmit<Bytes> {
        self.refuse(method, code, &move |builder| {
            builder.put(attr::REALM, "example.org").put(attr::NONCE, nonce)
        })
    }

    fn allocate(&mut self) {
        self.client.allocate(self.now);
        self.challenge(Method::ALLOCATE, 401, "nonce");
        self.grant(Method::ALLOCATE, &allocated);
        assert_eq!(self.client.relayed(), Some(at(RELAYED)));
        self.events.clear();
    }
}

fn allocated(builder: MessageBuilder<'_>) -> MessageBuilder<'_> {
    builder
        .put(attr::XOR_RELAYED_ADDRESS, at(RELAYED))
        .put(attr::LIFETIME, Duration::from_secs(600))
        .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
}

fn nothing(builder: MessageBuilder<'_>) -> MessageBuilder<'_> {
    builder
}

#[test]
fn nothing_can_be_sent_before_its_time() {
    let mut bench = Bench::standard();
    let mut buffer = [0; 200];
    let mut send = |bench: &mut Bench, peer, payload: &[u8], room: usize| {
        let sent = bench.client.send(bench.now, at(peer), payload, &mut buffer[..room]);
        sent.map(|transmit| transmit.payload.len())
    };
    assert_eq!(send(&mut bench, PEER, b"hello", 200), Err(SendError::NotAllocated));
    bench.allocate();
    assert_eq!(send(&mut bench, PEER, b"hello", 200), Err(SendError::NoPermission));
    bench.client.create_permission(bench.now, at(PEER).ip());
    assert_eq!(send(&mut bench, PEER, b"hello", 200), Err(SendError::NoPermission));
    bench.grant(Method::CREATE_PERMISSION, &nothing);
    assert_eq!(bench.events, [Event::PermissionCreated { peer: at(PEER).ip() }]);
    let needed = 5 + MAX_OVERHEAD;
    assert_eq!(send(&mut bench, PEER, b"hello", 20), Err(SendError::BufferTooSmall { needed }));
    assert_eq!(send(&mut bench, PEER, b"hello", needed), Ok(36 + 8));
    bench.client.bind_channel(bench.now, at(PEER));
    assert_eq!(send(&mut bench, PEER, b"hello", needed), Ok(36 + 8), "not bound yet");
    bench.grant(Method::CHANNEL_BIND, &nothing);
    assert_eq!(send(&mut bench, PEER, b"hello", 9), Ok(9));
    let too_small = SendError::BufferTooSmall { needed: 9 };
    assert_eq!(send(&mut bench, PEER, b"hello", 8), Err(too_small));
    let long = vec![0; 65_536];
    let mut buffer = vec![0; 70_000];
    for peer in [PEER, "7.7.7.1:1"] {
        let sent = bench.client.send(bench.now, at(peer), &long, &mut buffer);
        assert_eq!(sent, Err(SendError::PayloadTooLong { length: 65_536 }));
    }
}

#[test]
fn the_overhead_is_what_it_is_said_to_be() {
    let mut bench = Bench::new(v6(client_config(ALICE)));
    bench.client.allocate(bench.now);
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    bench.grant(Method::ALLOCATE, &|builder| {
        builder
            .put(attr::XOR_RELAYED_ADDRESS, at("[2a00::1]:50000"))
            .put(attr::LIFETIME, Duration::from_secs(600))
            .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
    });
    bench.client.create_permission(bench.now, at(PEER_V6).ip());
    bench.grant(Method::CREATE_PERMISSION, &nothing);
    let mut buffer = [0; 100];
    let sent = bench.client.send(bench.now, at(PEER_V6), b"hello", &mut buffer).unwrap();
    assert_eq!(sent.payload.len(), 5 + MAX_OVERHEAD);
}

#[test]
fn what_is_asked_twice_is_asked_once() {
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    bench.client.allocate(bench.now);
    bench.client.create_permission(bench.now, at(PEER).ip());
    bench.client.create_permission(bench.now, at(PEER).ip());
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    bench.grant(Method::ALLOCATE, &allocated);
    bench.client.allocate(bench.now);
    bench.client.create_permission(bench.now, at(PEER).ip());
    bench.grant(Method::CREATE_PERMISSION, &nothing);
    bench.client.create_permission(bench.now, at(PEER).ip());
    bench.client.bind_channel(bench.now, at(PEER));
    bench.client.bind_channel(bench.now, at(PEER));
    bench.grant(Method::CHANNEL_BIND, &nothing);
    bench.client.bind_channel(bench.now, at(PEER));
    assert_eq!(bench.next_request(), None);
}

#[test]
fn what_is_somebody_elses_is_left_alone() {
    let mut bench = Bench::standard();
    bench.allocate();
    let path = FiveTuple::udp(at(ALICE), at(SERVER));
    let mut buffer = [0; 128];
    let id = TransactionId::new([5; 12]);
    let binding = MessageBuilder::request(Method::BINDING, id, &mut buffer).finish().unwrap();
    let mut answer = [0; 128];
    let answer = MessageBuilder::success(&Message::parse(binding).unwrap(), &mut answer)
        .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
        .finish()
        .unwrap();
    let from = |remote| FiveTuple { remote: at(remote), ..path };
    let on = |local| FiveTuple { local: at(local), ..path };
    let data = b"\x40\0\0\x05hello";
    for (path, datagram) in [
        (path, binding),
        (path, answer),
        (path, &b""[..]),
        (path, b"\x80 looks like RTP"),
        (path, b"\x16 looks like DTLS"),
        (path, b"\x00 looks like STUN at first"),
        (from(PEER), data),
        (from("5.5.5.1:3479"), data),
        (on("6.6.6.1:5001"), data),
    ] {
        let input = bench.client.handle_input(bench.now, Transmit::new(path, datagram));
        assert_eq!(input, Input::NotMine, "{datagram:02x?}");
    }
    // TURN, but late, or for nobody.
    assert_eq!(bench.client.handle_input(bench.now, Transmit::new(path, data)), Input::Handled);
}

#[test]
fn data_from_whom_the_client_has_not_let_in_is_dropped() {
    let mut bench = Bench::standard();
    bench.allocate();
    let path = FiveTuple::udp(at(ALICE), at(SERVER));
    let mut buffer = [0; 128];
    let indication =
        MessageBuilder::indication(Method::DATA, TransactionId::new([5; 12]), &mut buffer)
            .put(attr::XOR_PEER_ADDRESS, at(PEER))
            .put(attr::DATA, b"hello")
            .finish()
            .unwrap();
    let input = |bench: &mut Bench, datagram: &[u8]| -> Option<(SocketAddr, Vec<u8>)> {
        match bench.client.handle_input(bench.now, Transmit::new(path, datagram)) {
            Input::Data { peer, payload } => Some((peer, payload.to_vec())),
            Input::Handled => None,
            Input::NotMine => panic!("TURN it is"),
        }
    };
    assert_eq!(input(&mut bench, indication), None);
    let hello = Some((at(PEER), b"hello".to_vec()));
    // Data may be faster than the answer that lets it in (RFC 8656 §12).
    bench.client.create_permission(bench.now, at(PEER).ip());
    assert_eq!(input(&mut bench, indication), hello);
    let on_channel = b"\x40\0\0\x05hello";
    assert_eq!(input(&mut bench, on_channel), None);
    bench.client.bind_channel(bench.now, at(PEER));
    assert_eq!(input(&mut bench, on_channel), hello);
    bench.client.close(bench.now);
    assert_eq!(input(&mut bench, on_channel), None);
    assert_eq!(input(&mut bench, indication), None);
}

#[test]
fn s15_a_server_that_challenges_for_ever_is_given_up() {
    for code in [401, 438] {
        let mut bench = Bench::standard();
        bench.client.allocate(bench.now);
        let mut requests = 0;
        while !bench.events.iter().any(|event| matches!(event, Event::AllocationFailed(_))) {
            bench.challenge(Method::ALLOCATE, code, "again");
            requests += 1;
            assert!(requests < 10);
        }
        assert_eq!(bench.next_request(), None);
        let expected = match code {
            401 => SessionError::WrongCredentials,
            _ => SessionError::TooManyRefusals(5),
        };
        assert_eq!(bench.events, [Event::AllocationFailed(Failure::Credentials(expected))]);
    }
    // In the middle of a session too, though successes come between.
    let mut bench = Bench::standard();
    bench.allocate();
    bench.client.create_permission(bench.now, at(PEER).ip());
    let mut requests = 0;
    while bench.events.is_empty() {
        bench.challenge(Method::CREATE_PERMISSION, 438, "again");
        bench.client.create_permission(bench.now, [7, 7, 7, 100 + requests].into());
        requests += 1;
        // The other permissions are granted, which starts the session's count anew.
        let waiting = bench.next_request().expect("first the one that was refused");
        bench.grant(Method::CREATE_PERMISSION, &nothing);
        bench.events.clear();
        let message = Message::parse(&waiting.payload).unwrap();
        let mut buffer = [0; 256];
        let answer = MessageBuilder::error(&message, ErrorCode::STALE_NONCE, &mut buffer)
            .put(attr::REALM, "example.org")
            .put(attr::NONCE, "and again")
            .finish()
            .unwrap();
        bench.input(waiting.five_tuple, answer);
        assert!(requests < 10);
    }
    let [Event::PermissionFailed { reason: Failure::Credentials(_), .. }] = bench.events[..] else {
        panic!("{:?}", bench.events)
    };
}

#[test]
fn s18_forged_and_foreign_answers_change_nothing() {
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    let request = bench.next_request().unwrap();
    let message = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 512];
    // Not signed, signed with another key, another id, another method.
    let unsigned = allocated(MessageBuilder::success(&message, &mut buffer)).finish().unwrap();
    bench.input(request.five_tuple, unsigned);
    let wrong = Key::from_bytes(b"wrong");
    let forged = allocated(MessageBuilder::success(&message, &mut buffer)).sign(&wrong);
    bench.input(request.five_tuple, forged.finish().unwrap());
    let error = MessageBuilder::error(&message, ErrorCode::FORBIDDEN, &mut buffer);
    bench.input(request.five_tuple, error.finish().unwrap());
    let other = MessageBuilder::request(Method::ALLOCATE, TransactionId::new([9; 12]), &mut buffer);
    let other = other.finish().unwrap().to_vec();
    let other = Message::parse(&other).unwrap();
    let foreign = allocated(MessageBuilder::success(&other, &mut buffer)).sign(&Bench::key());
    bench.input(request.five_tuple, foreign.finish().unwrap());
    assert_eq!(bench.events, []);
    // From elsewhere it is not the client's at all.
    let right = allocated(MessageBuilder::success(&message, &mut buffer)).sign(&Bench::key());
    let right = right.finish().unwrap();
    let elsewhere = FiveTuple { remote: at(PEER), ..request.five_tuple };
    let input = bench.client.handle_input(bench.now, Transmit::new(elsewhere, right));
    assert_eq!(input, Input::NotMine);
    bench.input(request.five_tuple, right);
    assert!(matches!(bench.events[..], [Event::Allocated { .. }]));
}

#[test]
fn an_allocation_that_cannot_be_used_is_given_back() {
    let cases: [(&Fill, Failure); 6] = [
        (&|b| b, Failure::MalformedResponse),
        (&|b| b.put(attr::XOR_RELAYED_ADDRESS, at(RELAYED)), Failure::MalformedResponse),
        (
            &|b| {
                b.put(attr::XOR_RELAYED_ADDRESS, at(RELAYED))
                    .put(attr::LIFETIME, Duration::ZERO)
                    .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
            },
            Failure::MalformedResponse,
        ),
        (
            &|b| {
                b.put(attr::XOR_RELAYED_ADDRESS, at("0.0.0.0:50000"))
                    .put(attr::LIFETIME, Duration::from_secs(600))
                    .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
            },
            Failure::MalformedResponse,
        ),
        (&|b| allocated(b).put(attr::DONT_FRAGMENT, ()), Failure::MalformedResponse),
        (&allocated, Failure::AddressFamily),
    ];
    for (fill, reason) in cases {
        let config = match reason {
            Failure::AddressFamily => v6(client_config(ALICE)),
            _ => client_config(ALICE),
        };
        let mut bench = Bench::new(config);
        bench.client.allocate(bench.now);
        bench.challenge(Method::ALLOCATE, 401, "nonce");
        bench.grant(Method::ALLOCATE, fill);
        assert_eq!(bench.events, [Event::AllocationFailed(reason)]);
        assert_eq!(bench.client.relayed(), None);
        let Some(release) = bench.next_request() else {
            // A response that is not understood at all is no success (RFC 8489 §6.3.3).
            continue;
        };
        let release = Message::parse(&release.payload).unwrap();
        assert_eq!(release.method(), Method::REFRESH);
        assert_eq!(release.get(attr::LIFETIME), Ok(Some(Duration::ZERO)));
    }
}

#[test]
fn s25_a_redirection_is_followed_but_not_round_in_circles() {
    let redirect = |bench: &mut Bench, server: &'static str| {
        bench.challenge(Method::ALLOCATE, 401, "nonce");
        bench.refuse(Method::ALLOCATE, 300, &|builder| {
            builder.put(attr::ALTERNATE_SERVER, at(server))
        })
    };
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    redirect(&mut bench, "5.5.5.2:3478");
    assert_eq!(bench.client.five_tuple().remote, at("5.5.5.2:3478"));
    // Back to the first.
    let request = redirect(&mut bench, SERVER);
    assert_eq!(request.five_tuple.remote, at("5.5.5.2:3478"));
    assert_eq!(bench.events, [Event::AllocationFailed(Failure::Redirect)]);
    assert_eq!(bench.next_request(), None);

    // Another try begins at the first server again, and ends after three others.
    bench.events.clear();
    bench.client.allocate(bench.now);
    assert_eq!(bench.client.five_tuple().remote, at(SERVER));
    for server in ["5.5.5.2:3478", "5.5.5.3:3478", "5.5.5.4:3478"] {
        redirect(&mut bench, server);
        assert_eq!(bench.events, []);
    }
    redirect(&mut bench, "5.5.5.5:3478");
    assert_eq!(bench.events, [Event::AllocationFailed(Failure::Redirect)]);

    for nowhere in ["[2a00::1]:3478", "5.5.5.2:0", "0.0.0.0:3478", "224.0.0.1:3478"] {
        let mut bench = Bench::standard();
        bench.client.allocate(bench.now);
        redirect(&mut bench, nowhere);
        assert_eq!(bench.events, [Event::AllocationFailed(Failure::Redirect)]);
    }
}

#[test]
fn a_redirection_that_nobody_has_signed_is_not_followed() {
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    let request = bench.next_request().unwrap();
    let message = Message::parse(&request.payload).unwrap();
    let mut buffer = [0; 128];
    let answer = MessageBuilder::error(&message, ErrorCode::TRY_ALTERNATE, &mut buffer)
        .put(attr::ALTERNATE_SERVER, at("5.5.5.2:3478"));
    bench.input(request.five_tuple, answer.finish().unwrap());
    assert_eq!((bench.events.len(), bench.next_request()), (0, None));
    assert_eq!(bench.client.five_tuple().remote, at(SERVER));
}

#[test]
fn a_silent_server_fails_after_all_the_time_of_a_transaction() {
    let mut bench = Bench::standard();
    let start = bench.now;
    bench.client.allocate(start);
    let mut sent = 0;
    while bench.events.is_empty() {
        while bench.next_request().is_some() {
            sent += 1;
        }
        bench.now = bench.client.poll_timeout().unwrap();
        bench.client.handle_timeout(bench.now);
        bench.events.extend(bench.client.poll_event());
    }
    assert_eq!(bench.events, [Event::AllocationFailed(Failure::TimedOut)]);
    assert_eq!((sent, bench.now - start), (7, Duration::from_millis(39_500)));
    assert_eq!(bench.client.poll_timeout(), None);
}

#[test]
fn a_server_that_cannot_prove_itself_is_told_from_a_silent_one() {
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    while bench.events.is_empty() {
        while let Some(request) = bench.next_request() {
            let message = Message::parse(&request.payload).unwrap();
            let mut buffer = [0; 512];
            let answer = allocated(MessageBuilder::success(&message, &mut buffer)).finish();
            bench.input(request.five_tuple, answer.unwrap());
        }
        bench.now = bench.client.poll_timeout().unwrap();
        bench.client.handle_timeout(bench.now);
        bench.events.extend(bench.client.poll_event());
    }
    assert_eq!(bench.events, [Event::AllocationFailed(Failure::IntegrityViolated)]);
}

#[test]
fn a_refresh_without_an_answer_is_tried_again_until_the_lifetime_is_over() {
    let mut bench = Bench::standard();
    bench.allocate();
    let start = bench.now;
    let mut ids = std::collections::BTreeSet::new();
    while bench.events.is_empty() {
        bench.now = bench.client.poll_timeout().unwrap();
        bench.client.handle_timeout(bench.now);
        while let Some(request) = bench.next_request() {
            ids.insert(Message::parse(&request.payload).unwrap().transaction_id());
        }
        bench.events.extend(bench.client.poll_event());
    }
    assert_eq!(bench.events, [Event::AllocationLost(Failure::Expired)]);
    assert_eq!(bench.now - start, Duration::from_secs(600));
    assert_eq!(ids.len(), 2, "after 540 s and after 579.5 s");
}

#[test]
fn refusals_of_every_kind_are_told_once() {
    for code in [400, 403, 440, 442, 486, 500, 508, 699] {
        let mut bench = Bench::standard();
        bench.client.allocate(bench.now);
        bench.challenge(Method::ALLOCATE, 401, "nonce");
        bench.refuse(Method::ALLOCATE, code, &nothing);
        assert_eq!(bench.events, [Event::AllocationFailed(Failure::Rejected(code))]);
        assert_eq!((bench.next_request(), bench.client.poll_timeout()), (None, None));
    }
    let mut bench = Bench::standard();
    bench.allocate();
    let reason = Failure::Rejected(403);
    bench.client.create_permission(bench.now, at(PEER).ip());
    bench.refuse(Method::CREATE_PERMISSION, 403, &nothing);
    bench.client.bind_channel(bench.now, at(PEER));
    bench.refuse(Method::CHANNEL_BIND, 403, &nothing);
    let failed = [
        Event::PermissionFailed { peer: at(PEER).ip(), reason },
        Event::ChannelFailed { peer: at(PEER), reason },
    ];
    assert_eq!(bench.events, failed);
    let path = FiveTuple::udp(at(ALICE), at(SERVER));
    let on_channel = Transmit::new(path, &b"\x40\0\0\x05hello"[..]);
    assert_eq!(bench.client.handle_input(bench.now, on_channel), Input::Handled, "not bound");
    // Asked again, it is asked again, and the peer keeps its number.
    bench.events.clear();
    bench.client.bind_channel(bench.now, at(PEER));
    bench.grant(Method::CHANNEL_BIND, &nothing);
    let channel = ChannelNumber::MIN;
    assert!(bench.events.contains(&Event::ChannelBound { peer: at(PEER), channel }));
}

#[test]
fn when_the_server_knows_nothing_of_the_allocation_it_is_lost() {
    for wish in [Method::CREATE_PERMISSION, Method::CHANNEL_BIND, Method::REFRESH] {
        let mut bench = Bench::standard();
        bench.allocate();
        match wish {
            Method::CREATE_PERMISSION => bench.client.create_permission(bench.now, at(PEER).ip()),
            Method::CHANNEL_BIND => bench.client.bind_channel(bench.now, at(PEER)),
            _ => {
                bench.now = bench.client.poll_timeout().unwrap();
                bench.client.handle_timeout(bench.now);
            }
        }
        bench.refuse(wish, 437, &nothing);
        assert_eq!(bench.events, [Event::AllocationLost(Failure::Rejected(437))]);
        assert_eq!((bench.client.relayed(), bench.client.poll_timeout()), (None, None));
    }
}

#[test]
fn refreshes_come_in_time() {
    let mut bench = Bench::standard();
    bench.allocate();
    let start = bench.now;
    bench.client.bind_channel(start, at(PEER));
    bench.grant(Method::CHANNEL_BIND, &nothing);
    bench.client.create_permission(start, [7, 7, 7, 2].into());
    bench.grant(Method::CREATE_PERMISSION, &nothing);
    let mut seen = vec![];
    while bench.now < start + Duration::from_secs(600) {
        bench.now = bench.client.poll_timeout().unwrap();
        bench.client.handle_timeout(bench.now);
        let Some(request) = bench.next_request() else { continue };
        let message = Message::parse(&request.payload).unwrap();
        seen.push(((bench.now - start).as_secs(), message.method()));
        let mut buffer = [0; 512];
        let mut answer = MessageBuilder::success(&message, &mut buffer);
        if message.method() == Method::REFRESH {
            answer = answer.put(attr::LIFETIME, Duration::from_secs(600));
        }
        bench.input(request.five_tuple, answer.sign(&Bench::key()).finish().unwrap());
    }
    let expected = [
        (200, Method::CHANNEL_BIND), // which renews the peer's permission too
        (240, Method::CREATE_PERMISSION),
        (400, Method::CHANNEL_BIND),
        (480, Method::CREATE_PERMISSION),
        (540, Method::REFRESH),
        (600, Method::CHANNEL_BIND),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_short_lifetime_is_refreshed_at_its_half() {
    let mut bench = Bench::standard();
    bench.client.allocate(bench.now);
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    bench.grant(Method::ALLOCATE, &|builder| {
        builder
            .put(attr::XOR_RELAYED_ADDRESS, at(RELAYED))
            .put(attr::LIFETIME, Duration::from_secs(10))
            .put(attr::XOR_MAPPED_ADDRESS, at(ALICE))
    });
    assert_eq!(bench.client.poll_timeout(), Some(bench.now + Duration::from_secs(5)));
}

#[test]
fn close_before_the_end_of_allocate_leaves_nothing_behind() {
    let mut bench = Bench::standard();
    bench.client.close(bench.now);
    assert_eq!(bench.client.poll_event(), Some(Event::Closed));
    bench.client.allocate(bench.now);
    bench.client.close(bench.now);
    assert_eq!(bench.client.poll_event(), Some(Event::Closed));
    assert_eq!((bench.next_request(), bench.client.poll_timeout()), (None, None));
    // The second request may have made an allocation, whatever becomes of its answer.
    bench.client.allocate(bench.now);
    bench.challenge(Method::ALLOCATE, 401, "nonce");
    assert!(bench.next_request().is_some());
    bench.client.close(bench.now);
    bench.client.close(bench.now);
    bench.refuse(Method::REFRESH, 437, &nothing);
    assert_eq!(bench.events, [Event::Closed]);
    assert_eq!((bench.next_request(), bench.client.poll_timeout()), (None, None));
}

#[test]
fn a_close_that_is_never_answered_ends_too() {
    let mut bench = Bench::standard();
    bench.allocate();
    let start = bench.now;
    bench.client.close(start);
    while bench.events.is_empty() {
        bench.now = bench.client.poll_timeout().unwrap();
        bench.client.handle_timeout(bench.now);
        bench.events.extend(bench.client.poll_event());
    }
    assert_eq!(bench.events, [Event::Closed]);
    assert_eq!(bench.now - start, Duration::from_millis(39_500));
}

#[test]
fn channels_run_out_after_4096() {
    let mut bench = Bench::standard();
    for port in 1..=4096 {
        bench.client.bind_channel(bench.now, SocketAddr::new([7, 7, 7, 1].into(), port));
    }
    assert_eq!(bench.client.poll_event(), None);
    bench.client.bind_channel(bench.now, SocketAddr::new([7, 7, 7, 1].into(), 4097));
    let peer = at("7.7.7.1:4097");
    let reason = Failure::ChannelsExhausted;
    assert_eq!(bench.client.poll_event(), Some(Event::ChannelFailed { peer, reason }));
    // What was asked for twice has its number still.
    bench.client.bind_channel(bench.now, at("7.7.7.1:4096"));
    assert_eq!(bench.client.poll_event(), None);
}

#[test]
fn a_name_that_is_too_long_is_an_event_and_no_panic() {
    let mut config = client_config(ALICE);
    config.software = Some("x".repeat(764));
    let mut bench = Bench::new(config);
    bench.client.allocate(bench.now);
    let told = bench.client.poll_event();
    assert!(matches!(told, Some(Event::AllocationFailed(Failure::Unwritable(_)))), "{told:?}");
    assert_eq!(bench.next_request(), None);
}

#[test]
fn what_the_client_sends_is_what_the_codec_reads() {
    let mut bench = Bench::standard();
    bench.allocate();
    bench.client.bind_channel(bench.now, at(PEER));
    bench.grant(Method::CHANNEL_BIND, &nothing);
    let mut buffer = [0; 100];
    let sent = bench.client.send(bench.now, at(PEER), b"hello", &mut buffer).unwrap();
    let data = ChannelData::parse(sent.payload).unwrap();
    assert_eq!((data.channel, data.payload), (ChannelNumber::MIN, &b"hello"[..]));
    let other = at("7.7.7.1:1");
    let sent = bench.client.send(bench.now, other, b"hello", &mut buffer).unwrap();
    assert_eq!(sent.five_tuple, FiveTuple::udp(at(ALICE), at(SERVER)));
    let message = Message::parse(sent.payload).unwrap();
    assert_eq!(message.method(), Method::SEND);
    assert_eq!(message.get(attr::XOR_PEER_ADDRESS), Ok(Some(other)));
    assert_eq!(message.get(attr::DATA), Ok(Some(&b"hello"[..])));
}
