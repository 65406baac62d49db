//! The server's side of RFC 5780.

use std::net::SocketAddr;

use sansio::{FiveTuple, Transmit};
use stun_codec::discovery::{AlternateError, Responder};
use stun_codec::shape::ChangeRequest;
use stun_codec::{Class, Message, MessageBuilder, Method, TransactionId, attr};

use crate::stage::{ALTERNATE, PRIMARY, at, full_server};

const CLIENT: &str = "192.0.2.7:6000";

fn request(fill: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>) -> Vec<u8> {
    let mut buffer = [0; 2048];
    let id = TransactionId::new([7; 12]);
    fill(MessageBuilder::request(Method::BINDING, id, &mut buffer)).finish().unwrap().to_vec()
}

fn answer(server: &Responder, socket: SocketAddr, request: &[u8]) -> Transmit<Vec<u8>> {
    let path = FiveTuple::udp(socket, at(CLIENT));
    let mut buffer = [0; 2048];
    let request = Message::parse(request).unwrap();
    server.answer(path, &request, &mut buffer).unwrap().map(<[u8]>::to_vec)
}

fn code(answer: &Transmit<Vec<u8>>) -> Option<u16> {
    let answer = Message::parse(&answer.payload).unwrap();
    answer.get(attr::ERROR_CODE).unwrap().map(|error| error.code())
}

#[test]
fn s20_the_answer_to_a_plain_request_has_32_or_44_bytes() {
    let plain = request(|request| request);
    assert_eq!(plain.len(), 20);
    let server = Responder::new(at(PRIMARY));
    assert_eq!(answer(&server, at(PRIMARY), &plain).payload.len(), 32);
    assert_eq!(answer(&full_server().sparing(), at(ALTERNATE), &plain).payload.len(), 32);
    // Two addresses, as RFC 5780 §6.1 wants it.
    assert_eq!(answer(&full_server(), at(PRIMARY), &plain).payload.len(), 68);
    let path = FiveTuple::udp(at("[2001:db8::1]:3478"), at("[2001:db8::7]:6000"));
    let mut buffer = [0; 128];
    let message = Message::parse(&plain).unwrap();
    let six = Responder::new(path.local);
    assert_eq!(six.answer(path, &message, &mut buffer).unwrap().payload.len(), 44);
    let six = six.with_alternate(at("[2001:db8::2]:3479")).unwrap();
    assert_eq!(six.answer(path, &message, &mut buffer).unwrap().payload.len(), 116);
    const { assert!(116 <= Responder::MAX_LENGTH) };
    // Nor is a refusal long.
    let odd = request(|request| {
        request.put(attr::Attribute::<stun_codec::shape::Flag>::new(0x7001, "ODD"), ())
    });
    assert!(answer(&server, at(PRIMARY), &odd).payload.len() <= 36);
}

/// The table of RFC 5780 §6.1, for each of the four sockets.
#[test]
fn the_answer_comes_from_where_it_was_asked_to() {
    let (primary, alternate) = (at(PRIMARY), at(ALTERNATE));
    for server in [full_server(), full_server().sparing()] {
        for socket in server.sockets() {
            let other = SocketAddr::new(
                if socket.ip() == primary.ip() { alternate.ip() } else { primary.ip() },
                if socket.port() == primary.port() { alternate.port() } else { primary.port() },
            );
            for (ip, port) in [(false, false), (true, false), (false, true), (true, true)] {
                let change = ChangeRequest { ip, port };
                let bytes = request(|request| request.put(attr::CHANGE_REQUEST, change));
                let answer = answer(&server, socket, &bytes);
                let origin = SocketAddr::new(
                    if ip { other.ip() } else { socket.ip() },
                    if port { other.port() } else { socket.port() },
                );
                assert_eq!(answer.five_tuple, FiveTuple::udp(origin, at(CLIENT)));
                let message = Message::parse(&answer.payload).unwrap();
                assert_eq!(message.class(), Class::Success);
                assert_eq!(message.get(attr::RESPONSE_ORIGIN), Ok(Some(origin)));
                assert_eq!(message.get(attr::OTHER_ADDRESS), Ok(Some(other)));
                assert_eq!(message.get(attr::MAPPED_ADDRESS), Ok(Some(at(CLIENT))));
                assert_eq!(message.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(at(CLIENT))));
            }
        }
        assert_eq!(server.sockets().count(), 4);
    }
}

#[test]
fn without_a_second_address_change_request_is_420_and_no_other_address_is_told() {
    let server = Responder::new(at(PRIMARY));
    assert_eq!(server.sockets().collect::<Vec<_>>(), [at(PRIMARY)]);
    for change in [ChangeRequest::default(), ChangeRequest { ip: true, port: true }] {
        let bytes = request(|request| request.put(attr::CHANGE_REQUEST, change));
        let refusal = answer(&server, at(PRIMARY), &bytes);
        assert_eq!(code(&refusal), Some(420));
        let refusal = Message::parse(&refusal.payload).unwrap();
        let unknown = refusal.get(attr::UNKNOWN_ATTRIBUTES).unwrap().unwrap();
        assert!(unknown.iter().eq([attr::CHANGE_REQUEST.attribute_type()]));
    }
    let bytes = request(|request| request.put(attr::RESPONSE_PORT, 7000));
    let answer = answer(&server, at(PRIMARY), &bytes);
    let answer = Message::parse(&answer.payload).unwrap();
    assert!(!answer.contains(attr::OTHER_ADDRESS) && answer.contains(attr::RESPONSE_ORIGIN));
}

#[test]
fn the_answer_goes_to_the_response_port_but_with_padding_nowhere() {
    let server = full_server();
    let bytes = request(|request| request.put(attr::RESPONSE_PORT, 7000));
    let there = answer(&server, at(PRIMARY), &bytes);
    assert_eq!(there.five_tuple, FiveTuple::udp(at(PRIMARY), at("192.0.2.7:7000")));
    let message = Message::parse(&there.payload).unwrap();
    assert_eq!(message.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(at(CLIENT))), "who asked");

    let bytes =
        request(|request| request.put(attr::RESPONSE_PORT, 7000).put(attr::PADDING, &[0; 100]));
    let refusal = answer(&server, at(PRIMARY), &bytes);
    assert_eq!((code(&refusal), refusal.five_tuple.remote), (Some(400), at(CLIENT)));
    let bytes = request(|request| request.put(attr::RESPONSE_PORT, 0));
    assert_eq!(code(&answer(&server, at(PRIMARY), &bytes)), Some(400));
    // A CHANGE-REQUEST of two bytes.
    let mut bytes = request(|request| request.put(attr::CHANGE_REQUEST, ChangeRequest::default()));
    bytes[23] = 2;
    assert_eq!(code(&answer(&server, at(PRIMARY), &bytes)), Some(400));
}

#[test]
fn padding_comes_back_as_long_as_it_was() {
    let bytes = request(|request| request.put(attr::PADDING, &[b'x'; 1400]));
    let answer = answer(&full_server(), at(PRIMARY), &bytes);
    let message = Message::parse(&answer.payload).unwrap();
    assert_eq!(message.get(attr::PADDING).unwrap().map(<[u8]>::len), Some(1400));
    assert!(answer.payload.len() - bytes.len() <= 48);
}

#[test]
fn streams_have_one_path_and_what_is_no_request_no_answer() {
    let server = full_server();
    let path = FiveTuple::tcp(at(PRIMARY), at(CLIENT));
    let mut buffer = [0; 256];
    let bytes = request(|request| request.put(attr::RESPONSE_PORT, 7000));
    let answer = server.answer(path, &Message::parse(&bytes).unwrap(), &mut buffer).unwrap();
    assert_eq!(code(&answer.map(<[u8]>::to_vec)), Some(420));
    let plain = request(|request| request);
    let plain = Message::parse(&plain).unwrap();
    assert_eq!(server.answer(path, &plain, &mut buffer).unwrap().five_tuple, path);

    let elsewhere = FiveTuple::udp(at("198.51.100.3:3478"), at(CLIENT));
    assert!(server.answer(elsewhere, &plain, &mut [0; 256]).is_none());
    assert!(server.answer(path, &plain, &mut [0; 30]).is_none());
    let mut buffer = [0; 64];
    for class in [Class::Success, Class::Error, Class::Indication] {
        let message_type = stun_codec::MessageType::new(class, Method::BINDING);
        let id = TransactionId::new([7; 12]);
        let bytes = MessageBuilder::new(message_type, id, &mut buffer).finish().unwrap();
        assert!(server.answer(path, &Message::parse(bytes).unwrap(), &mut [0; 256]).is_none());
    }
    let id = TransactionId::new([7; 12]);
    let bytes = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer).finish().unwrap();
    assert!(server.answer(path, &Message::parse(bytes).unwrap(), &mut [0; 256]).is_none());
}

#[test]
fn two_addresses_that_are_not_wholly_different_make_no_server() {
    let with = |alternate| Responder::new(at(PRIMARY)).with_alternate(at(alternate)).err();
    assert_eq!(with("198.51.100.1:3479"), Some(AlternateError::SameIp));
    assert_eq!(with("198.51.100.2:3478"), Some(AlternateError::SamePort));
    assert_eq!(with("[2001:db8::1]:3479"), Some(AlternateError::Family));
    assert_eq!(with("0.0.0.0:3479"), Some(AlternateError::Unspecified));
    assert_eq!(with(ALTERNATE), None);
}

#[test]
fn an_ipv4_client_of_a_socket_for_both_families_is_told_its_ipv4_address() {
    let path = FiveTuple::udp(at("[::]:3478"), at("[::ffff:192.0.2.7]:6000"));
    let bytes = request(|request| request);
    let mut buffer = [0; 128];
    let request = Message::parse(&bytes).unwrap();
    let answer = Responder::new(path.local).answer(path, &request, &mut buffer).unwrap();
    assert_eq!(answer.five_tuple, path);
    let answer = Message::parse(answer.payload).unwrap();
    assert_eq!(answer.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(at(CLIENT))));
}
