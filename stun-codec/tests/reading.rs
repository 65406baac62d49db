//! The rules of reading, attack by attack (the numbers are those of the project's list of
//! threats), and round trips through the writer.

use std::net::SocketAddr;
use std::time::Duration;

use proptest::prelude::*;
use stun_codec::shape::{AddressFamily, AttributeTypes};
use stun_codec::{
    AttributeType, BuildError, ErrorCode, IntegrityError, Key, Message, MessageBuilder, Method,
    ParseError, TransactionId, ValueError, attr, demux,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// A Binding request of these attributes, each a type, a length as written, and a value; padded
/// where the value has no padding of its own.
fn message(attributes: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (attribute_type, length, value) in attributes {
        body.extend(attribute_type.to_be_bytes());
        body.extend(length.to_be_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut bytes = vec![0, 1];
    bytes.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
    bytes.extend([0x21, 0x12, 0xA4, 0x42]);
    bytes.extend(ID.as_bytes());
    bytes.extend(body);
    bytes
}

#[test]
fn s01_too_short_or_random_is_an_error() {
    for length in 0..20 {
        assert_eq!(Message::parse(&vec![0; length]).err(), Some(ParseError::TooShort { length }));
    }
    assert!(Message::parse(&vec![0x5A; 65_507]).is_err());
}

#[test]
fn s02_top_bits_are_not_stun() {
    let mut bytes = message(&[]);
    for top in [0x40, 0x80, 0xC0] {
        bytes[0] = top;
        assert_eq!(Message::parse(&bytes).err(), Some(ParseError::NotStun));
        assert!(!demux::is_stun(&bytes));
    }
}

#[test]
fn s03_wrong_cookie() {
    for at in 4..8 {
        let mut bytes = message(&[]);
        bytes[at] ^= 1;
        assert_eq!(Message::parse(&bytes).err(), Some(ParseError::MagicCookie));
    }
}

#[test]
fn s04_length_unaligned_longer_or_shorter_than_the_datagram() {
    let mut bytes = message(&[(0x8022, 4, b"abcd")]);
    bytes[3] = 6;
    assert_eq!(Message::parse(&bytes).err(), Some(ParseError::UnalignedLength { length: 6 }));
    for (length, header) in [(4, 24), (12, 32)] {
        bytes[3] = length;
        assert_eq!(
            Message::parse(&bytes).err(),
            Some(ParseError::LengthMismatch { header, datagram: 28 })
        );
    }
}

#[test]
fn s05_attribute_length_past_end() {
    for length in [5, 8, 0x7FFF, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF] {
        assert_eq!(
            Message::parse(&message(&[(0x8022, 0, b""), (0x8022, length, b"abcd")])).err(),
            Some(ParseError::AttributePastEnd { offset: 24, length })
        );
    }
}

#[test]
fn s06_padding_is_covered_as_received_and_written_as_zero() {
    let key = Key::short_term("secret");
    let mut buffer = [0xAA; 64];
    let written = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
        .put(attr::SOFTWARE, "abcde")
        .sign(&key)
        .finish()
        .unwrap();
    assert_eq!(written[29..32], [0; 3]);
    // Not even our own bytes pass for ours when the padding has been changed on the way.
    let mut changed = written.to_vec();
    changed[31] = 1;
    let changed = Message::parse(&changed).unwrap();
    assert_eq!(changed.get(attr::SOFTWARE), Ok(Some("abcde")));
    assert_eq!(changed.verify(&key).err(), Some(IntegrityError::Mismatch));
}

#[test]
fn s07_the_first_of_a_duplicate_wins() {
    let bytes = message(&[(0x24, 4, &[0, 0, 0, 1]), (0x24, 4, &[0, 0, 0, 2])]);
    assert_eq!(Message::parse(&bytes).unwrap().get(attr::PRIORITY), Ok(Some(1)));
    assert_eq!(Message::parse(&bytes).unwrap().attributes().count(), 2);
}

#[test]
fn s07_the_first_wins_beyond_any_table() {
    let mut attributes = vec![(0x8022, 4, &b"many"[..]); 100];
    attributes.push((0x24, 4, &[0, 0, 0, 1]));
    attributes.push((0x24, 4, &[0, 0, 0, 2]));
    let bytes = message(&attributes);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(attr::PRIORITY), Ok(Some(1)));
    assert_eq!(message.get(attr::ICE_CONTROLLED), Ok(None));
    assert_eq!(message.attributes().count(), 102);
}

/// Builds a signed message, then lets a stranger put something behind the integrity.
fn appended(sha256: bool, appended: &[(u16, u16, &[u8])]) -> Vec<u8> {
    let key = Key::short_term("secret");
    let mut buffer = [0; 128];
    let builder = MessageBuilder::request(Method::BINDING, ID, &mut buffer).put(attr::PRIORITY, 1);
    let signed =
        if sha256 { builder.sign_sha256(&key).finish() } else { builder.sign(&key).finish() };
    let mut bytes = signed.unwrap().to_vec();
    for (attribute_type, length, value) in appended {
        bytes.extend(attribute_type.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend(*value);
    }
    let length = u16::try_from(bytes.len() - 20).unwrap();
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    bytes
}

#[test]
fn s08_what_follows_the_integrity_does_not_exist() {
    for sha256 in [false, true] {
        let bytes =
            appended(sha256, &[(0x06, 4, b"evil"), (0x24, 4, &[9; 4]), (0x0D, 4, &[0, 0, 0, 0])]);
        let message = Message::parse(&bytes).unwrap();
        assert!(!message.contains(attr::USERNAME) && !message.contains(attr::LIFETIME));
        assert_eq!(message.attributes().count(), 1);
        let message = message.verify(&Key::short_term("secret")).unwrap();
        assert_eq!(message.get(attr::USERNAME), Ok(None));
        assert_eq!(message.get(attr::PRIORITY), Ok(Some(1)));
    }
}

#[test]
fn s08_sha1_after_sha256_does_not_count() {
    let bytes = appended(true, &[(0x08, 20, &[0; 20])]);
    assert!(Message::parse(&bytes).unwrap().verify(&Key::short_term("secret")).is_ok());
}

#[test]
fn s08_a_second_integrity_does_not_count_whatever_its_length() {
    for sha256 in [false, true] {
        for length in [4, 20] {
            let mut second = vec![(0x08, length, &[0; 20][..usize::from(length)])];
            if sha256 {
                second.push((0x1C, length, &[0; 20][..usize::from(length)]));
            }
            let bytes = appended(sha256, &second);
            let message = Message::parse(&bytes).unwrap();
            assert!(message.verify(&Key::short_term("secret")).is_ok(), "{sha256} {length}");
        }
    }
}

#[test]
fn both_integrities_in_one_message_and_the_stronger_one_decides() {
    let key = Key::short_term("secret");
    let mut buffer = [0; 128];
    let built = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
        .put(attr::PRIORITY, 1)
        .sign(&key)
        .sign_sha256(&key)
        .fingerprint()
        .finish()
        .unwrap();
    let message = Message::parse(built).unwrap();
    assert_eq!(message.verify_fingerprint(), Ok(true));
    let strongest = message.verify(&key).unwrap().integrity_type();
    assert_eq!(strongest, AttributeType::MESSAGE_INTEGRITY_SHA256);
    let mut forged = built.to_vec();
    forged[20 + 8 + 24 + 4] ^= 1;
    assert!(Message::parse(&forged).unwrap().verify(&key).is_err());
}

#[test]
fn s09_fingerprint_not_last_twice_or_wrong() {
    let fingerprint = (0x8028, 4, &[0; 4][..]);
    assert_eq!(
        Message::parse(&message(&[fingerprint, (0x8022, 0, b"")])).err(),
        Some(ParseError::FingerprintNotLast { offset: 20 })
    );
    assert_eq!(
        Message::parse(&message(&[fingerprint, fingerprint])).err(),
        Some(ParseError::FingerprintNotLast { offset: 20 })
    );
    assert_eq!(
        Message::parse(&message(&[(0x8028, 8, &[0; 8])])).err(),
        Some(ParseError::FingerprintLength { offset: 20, length: 8 })
    );
    assert!(Message::parse(&message(&[fingerprint])).unwrap().verify_fingerprint().is_err());
    assert_eq!(Message::parse(&message(&[])).unwrap().verify_fingerprint(), Ok(false));
}

#[test]
fn s10_integrity_of_an_impossible_length() {
    for length in (0..=36).filter(|length| *length != 20) {
        let value = vec![0; usize::from(length).next_multiple_of(4)];
        assert_eq!(
            Message::parse(&message(&[(0x08, length, &value)])).err(),
            Some(ParseError::IntegrityLength { offset: 20, length })
        );
    }
    for length in 0..=40_u16 {
        let value = vec![0; usize::from(length).next_multiple_of(4)];
        let bytes = message(&[(0x1C, length, &value)]);
        let parsed = Message::parse(&bytes);
        if [16, 20, 24, 28, 32].contains(&length) {
            assert!(parsed.unwrap().verify(&Key::short_term("secret")).is_err());
        } else {
            assert_eq!(parsed.err(), Some(ParseError::IntegrityLength { offset: 20, length }));
        }
    }
}

#[test]
fn sha256_cut_short_is_compared_over_what_is_left() {
    let key = Key::short_term("secret");
    for length in [16_u16, 20, 24, 28] {
        // The length in the header is part of what is signed, so the cut message is signed anew.
        let zeros = vec![0; usize::from(length)];
        let mut bytes = message(&[(0x1C, length, &zeros)]);
        use hmac::{Hmac, KeyInit as _, Mac as _};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret").unwrap();
        mac.update(&bytes[..20]);
        let mac = mac.finalize().into_bytes();
        bytes[24..].copy_from_slice(&mac[..usize::from(length)]);
        let message = Message::parse(&bytes).unwrap();
        let length = usize::from(length);
        assert!(message.verify_truncated(&key, length).is_ok());
        let cut = IntegrityError::Truncated { length };
        assert_eq!(message.verify_truncated(&key, length + 4).err(), Some(cut));
        assert_eq!(message.verify(&key).err(), Some(cut), "unless the usage says otherwise");
        *bytes.last_mut().unwrap() ^= 1;
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.verify_truncated(&key, 16).err(), Some(IntegrityError::Mismatch));
    }
}

#[test]
fn s16_unknown_comprehension_required_attributes_are_listed_and_capped() {
    let unknown: Vec<_> = (0x3000..0x3100).map(|value| (value, 0, &b""[..])).collect();
    let bytes = message(&unknown);
    let list = Message::parse(&bytes).unwrap().unknown_required(|_| false);
    assert_eq!(list.iter().count(), AttributeTypes::MAX);
    assert_eq!(list.iter().next(), Some(AttributeType::new(0x3000)));

    let bytes =
        message(&[(0x24, 4, &[0; 4]), (0x7000, 0, b""), (0x8000, 0, b""), (0x7000, 0, b"")]);
    let known = attr::PRIORITY.attribute_type();
    let list = Message::parse(&bytes).unwrap().unknown_required(|held| held == known);
    assert_eq!(list.iter().collect::<Vec<_>>(), [AttributeType::new(0x7000)]);
}

#[test]
fn s21_error_codes() {
    let code = |value: &[u8]| {
        let bytes = message(&[(0x09, u16::try_from(value.len()).unwrap(), value)]);
        let message = Message::parse(&bytes).unwrap();
        message.get(attr::ERROR_CODE).map(|code| code.map(|code| code.code())).map_err(|e| e.error)
    };
    assert_eq!(code(&[0, 0, 4, 1]), Ok(Some(401)));
    assert_eq!(code(&[0xFF, 0xFF, 0xFC, 1]), Ok(Some(401)), "reserved bits are ignored");
    for (class, number) in [(0, 0), (2, 99), (7, 0), (4, 100), (4, 255)] {
        assert_eq!(code(&[0, 0, class, number]), Err(ValueError::ErrorCode { class, number }));
    }
    assert_eq!(code(&[0, 0, 4, 1, 0xFF, 0xFE, 0xFF, 0xFF]), Err(ValueError::Utf8));
    assert_eq!(code(&[0, 0, 4]), Err(ValueError::Length { length: 3 }));
    let mut long = vec![b'x'; 4 + 764];
    long[..4].copy_from_slice(&[0, 0, 4, 0]);
    assert_eq!(code(&long), Err(ValueError::Length { length: 764 }));
    assert_eq!(ErrorCode::new(299, ""), None);
    assert_eq!(ErrorCode::new(700, ""), None);
}

#[test]
fn s22_texts_that_are_too_long_or_not_utf8() {
    let long = "x".repeat(764);
    let mut buffer = [0; 1024];
    let built =
        MessageBuilder::request(Method::BINDING, ID, &mut buffer).put(attr::REALM, &long).finish();
    assert_eq!(
        built,
        Err(BuildError::Value {
            attribute: attr::REALM.attribute_type(),
            error: ValueError::Length { length: 764 }
        })
    );
    let bytes = message(&[(0x06, 764, &[b'x'; 764])]);
    assert!(Message::parse(&bytes).unwrap().get(attr::USERNAME).is_err());
    let bytes = message(&[(0x06, 4, &[0xC3, 0x28, 0x41, 0x41])]);
    let error = Message::parse(&bytes).unwrap().get(attr::USERNAME).unwrap_err();
    assert_eq!((error.offset, error.error), (20, ValueError::Utf8));
}

#[test]
fn s23_addresses_of_another_family_or_length() {
    let address = |value: &[u8]| {
        let bytes = message(&[(0x20, u16::try_from(value.len()).unwrap(), value)]);
        Message::parse(&bytes).unwrap().get(attr::XOR_MAPPED_ADDRESS).map_err(|e| e.error)
    };
    assert_eq!(address(&[0, 0, 0, 0, 0, 0, 0, 0]), Err(ValueError::Family { family: 0 }));
    assert_eq!(address(&[0, 3, 0, 0, 0, 0, 0, 0]), Err(ValueError::Family { family: 3 }));
    assert_eq!(address(&[0, 2, 0, 0, 0, 0, 0, 0]), Err(ValueError::Length { length: 8 }));
    assert_eq!(address(&[0, 1, 0, 0]), Err(ValueError::Length { length: 4 }));
    assert_eq!(address(&[]), Err(ValueError::Length { length: 0 }));
    assert!(address(&[0xFF, 1, 0, 0, 0, 0, 0, 0]).is_ok(), "the first byte is ignored");
}

#[test]
fn a_malformed_attribute_does_not_hide_the_others() {
    let bytes = message(&[(0x24, 2, &[0; 4]), (0x8022, 4, b"good")]);
    let message = Message::parse(&bytes).unwrap();
    let error = message.get(attr::PRIORITY).unwrap_err();
    assert_eq!(error.to_string(), "attribute 0x0024 at offset 20: wrong length 2");
    assert_eq!(message.get(attr::SOFTWARE), Ok(Some("good")));
}

#[test]
fn a_buffer_that_is_too_small_is_told_at_the_end() {
    let mut whole = [0; 200];
    let key = Key::short_term("secret");
    let build = |buffer: &mut [u8]| {
        MessageBuilder::request(Method::BINDING, ID, buffer)
            .put(attr::SOFTWARE, "abcde")
            .sign(&key)
            .fingerprint()
            .finish()
            .map(<[u8]>::len)
    };
    let length = build(&mut whole).unwrap();
    for capacity in 0..length {
        assert_eq!(build(&mut whole[..capacity]), Err(BuildError::BufferTooSmall { capacity }));
    }
}

#[test]
fn a_message_longer_than_its_length_field_can_say_is_not_built() {
    let mut buffer = vec![0; 70_000];
    let mut build = |length: usize| {
        let data = vec![7; length];
        let bytes = MessageBuilder::indication(Method::SEND, ID, &mut buffer)
            .put(attr::DATA, &data)
            .finish()?;
        assert_eq!(Message::parse(bytes).unwrap().get(attr::DATA), Ok(Some(&data[..])));
        Ok(())
    };
    assert_eq!(build(65_528), Ok(()));
    for length in [65_529, 65_536, 65_600, 200_000] {
        assert_eq!(build(length), Err(BuildError::MessageTooLong), "{length}");
    }
    // Not even by an attribute without a value, nor by FINGERPRINT.
    let data = vec![7; 65_528];
    let full = MessageBuilder::indication(Method::SEND, ID, &mut buffer).put(attr::DATA, &data);
    let flag = full.put(attr::DONT_FRAGMENT, ()).finish();
    assert_eq!(flag, Err(BuildError::MessageTooLong));
    let full = MessageBuilder::indication(Method::SEND, ID, &mut buffer).put(attr::DATA, &data);
    assert_eq!(full.fingerprint().finish(), Err(BuildError::MessageTooLong));
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        (any::<[u8; 4]>(), any::<u16>()).prop_map(|(ip, port)| (ip, port).into()),
        (any::<[u8; 16]>(), any::<u16>()).prop_map(|(ip, port)| (ip, port).into()),
    ]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        id: [u8; 12],
        password in ".{0,80}",
        software in proptest::option::of("\\PC{0,127}"),
        username in "\\PC{0,120}",
        mapped in any_address(),
        peer in any_address(),
        plain in any_address(),
        priority: u32,
        tie_breaker: u64,
        lifetime: u32,
        channel: u16,
        data in proptest::collection::vec(any::<u8>(), 0..1300),
        token: [u8; 8],
        even: bool,
        (code, reason) in (300..=699_u16, ".{0,127}"),
        unknown in proptest::collection::vec(any::<u16>(), 0..30),
        fingerprint: bool,
    ) {
        let key = Key::short_term(&password);
        let mut buffer = vec![0x5A; 8192];
        let unknown: AttributeTypes = unknown.into_iter().map(AttributeType::new).collect();
        let builder = MessageBuilder::request(Method::ALLOCATE, id.into(), &mut buffer)
            .put_some(attr::SOFTWARE, software.as_deref())
            .put(attr::USERNAME, &username)
            .put(attr::XOR_MAPPED_ADDRESS, mapped)
            .put(attr::XOR_PEER_ADDRESS, peer)
            .put(attr::MAPPED_ADDRESS, plain)
            .put(attr::PRIORITY, priority)
            .put(attr::ICE_CONTROLLING, tie_breaker)
            .put(attr::LIFETIME, Duration::from_secs(lifetime.into()))
            .put(attr::CHANNEL_NUMBER, channel)
            .put(attr::DATA, &data)
            .put(attr::RESERVATION_TOKEN, token)
            .put(attr::EVEN_PORT, even)
            .put(attr::REQUESTED_TRANSPORT, 17)
            .put(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::of(&peer))
            .put(attr::DONT_FRAGMENT, ())
            .put(attr::ERROR_CODE, ErrorCode::new(code, &reason).unwrap())
            .put(attr::UNKNOWN_ATTRIBUTES, unknown)
            .sign(&key);
        let built = if fingerprint { builder.fingerprint().finish() } else { builder.finish() };
        let bytes = built.unwrap().to_vec();
        let message = Message::parse(&bytes).unwrap();
        prop_assert_eq!(message.verify_fingerprint(), Ok(fingerprint));
        let message = message.verify(&key).unwrap();
        prop_assert_eq!(message.transaction_id(), TransactionId::new(id));
        prop_assert_eq!(message.get(attr::SOFTWARE), Ok(software.as_deref()));
        prop_assert_eq!(message.get(attr::USERNAME), Ok(Some(username.as_str())));
        prop_assert_eq!(message.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(mapped)));
        prop_assert_eq!(message.get(attr::XOR_PEER_ADDRESS), Ok(Some(peer)));
        prop_assert_eq!(message.get(attr::MAPPED_ADDRESS), Ok(Some(plain)));
        prop_assert_eq!(message.get(attr::PRIORITY), Ok(Some(priority)));
        prop_assert_eq!(message.get(attr::ICE_CONTROLLING), Ok(Some(tie_breaker)));
        prop_assert_eq!(message.get(attr::LIFETIME), Ok(Some(Duration::from_secs(lifetime.into()))));
        prop_assert_eq!(message.get(attr::CHANNEL_NUMBER), Ok(Some(channel)));
        prop_assert_eq!(message.get(attr::DATA), Ok(Some(data.as_slice())));
        prop_assert_eq!(message.get(attr::RESERVATION_TOKEN), Ok(Some(token)));
        prop_assert_eq!(message.get(attr::EVEN_PORT), Ok(Some(even)));
        prop_assert_eq!(message.get(attr::REQUESTED_TRANSPORT), Ok(Some(17)));
        prop_assert_eq!(message.get(attr::REQUESTED_ADDRESS_FAMILY), Ok(Some(AddressFamily::of(&peer))));
        prop_assert_eq!(message.get(attr::DONT_FRAGMENT), Ok(Some(())));
        let error = message.get(attr::ERROR_CODE).unwrap().unwrap();
        prop_assert_eq!((error.code(), error.reason()), (code, reason.as_str()));
        prop_assert_eq!(message.get(attr::UNKNOWN_ATTRIBUTES), Ok(Some(unknown)));
    }
}
