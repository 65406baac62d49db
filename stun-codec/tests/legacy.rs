//! RFC 3489: messages without the magic cookie.

use std::net::SocketAddr;

use proptest::prelude::*;
use stun_codec::shape::ChangeRequest;
use stun_codec::{
    AttributeType, Class, ErrorCode, Message, Method, ParseError, ValueError, attr, legacy,
};

const ID: &[u8; 16] = b"\x01\x02\x03\x04abcdefghijkl";

/// A message of this type, with `body` as its attributes.
fn message(message_type: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = message_type.to_be_bytes().to_vec();
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend(ID);
    bytes.extend(body);
    bytes
}

#[test]
fn only_who_asks_reads_a_message_without_the_cookie() {
    let bytes = message(1, b"\0\x03\0\x04\0\0\0\x06");
    assert_eq!(Message::parse(&bytes).err(), Some(ParseError::MagicCookie));
    let request = legacy::Message::parse(&bytes).unwrap();
    assert_eq!((request.class(), request.method()), (Class::Request, Method::BINDING));
    assert_eq!(request.transaction_id(), ID);
    assert_eq!(request.change_request(), Ok(Some(ChangeRequest { ip: true, port: true })));
    assert_eq!(request.mapped_address(), Ok(None));
    // And the other way round: a message of today that was refused gets no second chance here.
    let mut today = bytes;
    today[4..8].copy_from_slice(&[0x21, 0x12, 0xA4, 0x42]);
    assert!(Message::parse(&today).is_ok());
    assert_eq!(legacy::Message::parse(&today).err(), Some(ParseError::NotLegacy));
}

#[test]
fn an_answer_byte_for_byte() {
    let request = message(1, b"");
    let request = legacy::Message::parse(&request).unwrap();
    let mut buffer = [0xAA; 128];
    let mut addresses = legacy::Addresses {
        mapped: ([192, 0, 2, 1], 0x8055).into(),
        source: Some(([198, 51, 100, 1], 3478).into()),
        changed: Some(([198, 51, 100, 2], 3479).into()),
        masked: true,
    };
    let body = b"\0\x01\0\x08\0\x01\x80\x55\xC0\0\x02\x01\
        \0\x04\0\x08\0\x01\x0D\x96\xC6\x33\x64\x01\
        \0\x05\0\x08\0\x01\x0D\x97\xC6\x33\x64\x02\
        \x80\x20\0\x08\0\x01\x81\x57\xC1\x02\x01\x05";
    assert_eq!(request.answer(&addresses, &mut buffer).unwrap(), message(0x0101, body));
    addresses = legacy::Addresses { source: None, changed: None, masked: false, ..addresses };
    assert_eq!(request.answer(&addresses, &mut buffer).unwrap(), message(0x0101, &body[..12]));
}

#[test]
fn an_answer_is_read() {
    let (mapped, source, changed): (SocketAddr, SocketAddr, SocketAddr) = (
        "[2001:db8::7]:4000".parse().unwrap(),
        "192.0.2.1:3478".parse().unwrap(),
        "192.0.2.2:3479".parse().unwrap(),
    );
    let request = message(1, b"");
    let request = legacy::Message::parse(&request).unwrap();
    let addresses =
        legacy::Addresses { mapped, source: Some(source), changed: Some(changed), masked: true };
    let mut buffer = [0; 116];
    let answer = request.answer(&addresses, &mut buffer).unwrap().to_vec();
    let answer = legacy::Message::parse(&answer).unwrap();
    assert_eq!(answer.class(), Class::Success);
    assert_eq!(answer.transaction_id(), ID);
    assert_eq!(answer.mapped_address(), Ok(Some(mapped)));
    assert_eq!(answer.source_address(), Ok(Some(source)));
    assert_eq!(answer.changed_address(), Ok(Some(changed)));
    assert_eq!(answer.reflected_from(), Ok(None));
    // The masked address is believed before the one that a router may have edited.
    let edited = message(
        0x0101,
        b"\0\x01\0\x08\0\x01\0\x01\x0A\0\0\x01\x80\x20\0\x08\0\x01\x81\x57\xC1\x02\x01\x05",
    );
    let mapped = legacy::Message::parse(&edited).unwrap().mapped_address();
    assert_eq!(mapped, Ok(Some(([192, 0, 2, 1], 0x8055).into())));
}

#[test]
fn refusals_have_no_padding_and_are_bounded() {
    let mut buffer = [0; 64];
    let request = message(1, b"\0\x02\0\x08\0\x01\0\x50\xC0\0\x02\x01");
    let request = legacy::Message::parse(&request).unwrap();
    let refused = request.refuse(ErrorCode::BAD_REQUEST, &mut buffer).unwrap();
    assert_eq!(refused, message(0x0111, b"\0\x09\0\x04\0\0\x04\0"));
    let code = legacy::Message::parse(refused).unwrap().error_code();
    assert_eq!(code.unwrap().map(|error| error.code()), Some(400));

    // RESPONSE-ADDRESS, which would send the answer to somebody else, is nobody's to know.
    let knows = |known: AttributeType| known == attr::CHANGE_REQUEST.attribute_type();
    let refused = request.refuse_unknown(knows, &mut buffer).unwrap().unwrap();
    assert_eq!(refused, message(0x0111, b"\0\x09\0\x04\0\0\x04\x14\0\x0A\0\x04\0\x02\0\x02"));
    assert_eq!(request.refuse_unknown(|_| true, &mut buffer), None);
    let many: Vec<u8> = (0..100).flat_map(|low| [0x70, low, 0, 0]).collect();
    for count in 1..100 {
        let request = message(1, &many[..4 * count]);
        let request = legacy::Message::parse(&request).unwrap();
        let refused = request.refuse_unknown(knows, &mut buffer).unwrap().unwrap();
        assert_eq!(refused.len(), 32 + 2 * count.next_multiple_of(2).min(16));
        assert!(legacy::Message::parse(refused).is_ok());
    }
}

#[test]
fn a_request_is_written() {
    let mut buffer = [0; 28];
    assert_eq!(legacy::request(*ID, None, &mut buffer), Ok(&message(1, b"")[..]));
    let change = ChangeRequest { ip: false, port: true };
    let expected = message(1, b"\0\x03\0\x04\0\0\0\x02");
    assert_eq!(legacy::request(*ID, Some(change), &mut buffer), Ok(&expected[..]));
    assert!(legacy::request(*ID, Some(change), &mut buffer[..27]).is_err());
    assert!(legacy::request(*ID, None, &mut []).is_err());
}

#[test]
fn broken_framing_is_an_error_that_names_the_offset() {
    let error = |bytes: &[u8]| legacy::Message::parse(bytes).err();
    let bytes = message(1, b"\0\x03\0\x04\0\0\0\x06");
    for length in 0..20 {
        assert_eq!(error(&bytes[..length]), Some(ParseError::TooShort { length }));
    }
    assert_eq!(error(&bytes[..24]), Some(ParseError::LengthMismatch { header: 28, datagram: 24 }));
    assert_eq!(error(&message(0x4001, b"")), Some(ParseError::NotStun));
    assert_eq!(error(&message(1, b"ab")), Some(ParseError::UnalignedLength { length: 2 }));
    for length in [5, 8, 0x7FFF, 0xFFFD, 0xFFFF] {
        let mut bytes = message(1, b"\0\x03\0\x04\0\0\0\x06\0\x03\0\x04\0\0\0\x06");
        bytes[30..32].copy_from_slice(&u16::to_be_bytes(length));
        assert_eq!(error(&bytes), Some(ParseError::AttributePastEnd { offset: 28, length }));
    }
    let bytes = message(1, b"\0\x03\0\x02\0\0\0\x06");
    let malformed = legacy::Message::parse(&bytes).unwrap().change_request().unwrap_err();
    assert_eq!((malformed.offset, malformed.error), (20, ValueError::Length { length: 2 }));
}

#[test]
fn what_a_new_client_must_ignore_in_an_old_servers_answer() {
    for attribute in
        [attr::RESPONSE_ADDRESS, attr::SOURCE_ADDRESS, attr::CHANGED_ADDRESS, attr::REFLECTED_FROM]
    {
        assert!(legacy::is_ignored_in_responses(attribute.attribute_type()));
    }
    assert!(!legacy::is_ignored_in_responses(attr::CHANGE_REQUEST.attribute_type()));
    assert!(!legacy::is_ignored_in_responses(attr::MAPPED_ADDRESS.attribute_type()));
}

proptest! {
    #[test]
    fn no_bytes_do_any_harm(mut bytes: Vec<u8>, framed: bool) {
        bytes.truncate(bytes.len() / 4 * 4);
        if framed && bytes.len() >= 20 {
            bytes[0] &= 0x3F;
            let length = u16::try_from(bytes.len() - 20).unwrap();
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
        }
        let Ok(message) = legacy::Message::parse(&bytes) else { return Ok(()) };
        let _ = (message.mapped_address(), message.source_address(), message.changed_address());
        let _ = (message.reflected_from(), message.change_request(), message.error_code());
        let printed = format!("{message:?}");
        prop_assert!(printed.len() < 100 * bytes.len());
        let mut buffer = [0; 64];
        if let Some(refused) = message.refuse_unknown(|_| false, &mut buffer) {
            let refused = refused.unwrap();
            prop_assert_eq!(&refused[4..20], &bytes[4..20]);
        }
    }
}
