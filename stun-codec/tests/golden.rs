//! Each attribute as it stands on the wire, byte by byte, written and read.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::time::Duration;

use stun_codec::attr::{self, Attribute};
use stun_codec::shape::{
    AccessToken, AddressError, AddressFamily, AlgorithmList, ChangeRequest, Icmp, NamedAlgorithm,
    NetworkInfo, PasswordAlgorithm, Shape, TransmitCounter,
};
use stun_codec::{
    AttributeType, ErrorCode, Message, MessageBuilder, Method, TransactionId, ValueError,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// The attributes that were held against their bytes.
#[derive(Default)]
struct Golden(BTreeSet<AttributeType>);

impl Golden {
    /// `value` is written as `bytes` (the length as the attribute tells it, then the value with
    /// its padding), these are read as `value`, and printed as `printed`.
    fn holds<'v, S: Shape>(
        &mut self,
        attribute: Attribute<S>,
        value: S::Value<'v>,
        (length, bytes): (u8, &'v [u8]),
        printed: &str,
    ) where
        for<'a> S::Value<'a>: Debug,
        S::Value<'v>: PartialEq + Copy,
    {
        let mut expected = attribute.attribute_type().value().to_be_bytes().to_vec();
        expected.extend([0, length]);
        expected.extend(bytes);
        let mut buffer = [0xAA; 256];
        let built = MessageBuilder::request(Method::BINDING, ID, &mut buffer)
            .put(attribute, value)
            .finish()
            .unwrap();
        assert_eq!(built[20..], expected, "{attribute:?}");
        let content = &bytes[..usize::from(length)];
        assert_eq!(S::decode(content, ID).unwrap(), value, "{attribute:?}");
        let line = format!("{:?}", Message::parse(built).unwrap());
        let name = attribute.name();
        let space = if printed.is_empty() { "" } else { " " };
        assert!(line.ends_with(&format!("[{name}{space}{printed}]")), "{line}");
        self.0.insert(attribute.attribute_type());
    }
}

#[test]
fn each_attribute_is_written_and_read_byte_by_byte() {
    let v4: SocketAddr = ([192, 0, 2, 1], 0x8055).into();
    let v6: SocketAddr = ([0x2001, 0xDB8, 0, 0, 0, 0, 0, 1], 0x8055).into();
    let v4_clear = (8, &b"\0\x01\x80\x55\xC0\0\x02\x01"[..]);
    let v4_masked = (8, &b"\0\x01\xA1\x47\xE1\x12\xA6\x43"[..]);
    let v6_clear = (20, &b"\0\x02\x80\x55\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"[..]);
    let v6_masked = (20, &b"\0\x02\xA1\x47\x01\x13\xA9\xFAabcdefghijkm"[..]);
    let (v4_text, v6_text) = ("192.0.2.1:32853", "[2001:db8::1]:32853");
    let mut golden = Golden::default();

    for attribute in [
        attr::MAPPED_ADDRESS,
        attr::ALTERNATE_SERVER,
        attr::RESPONSE_ORIGIN,
        attr::OTHER_ADDRESS,
        attr::RESPONSE_ADDRESS,
        attr::SOURCE_ADDRESS,
        attr::CHANGED_ADDRESS,
        attr::REFLECTED_FROM,
    ] {
        golden.holds(attribute, v4, v4_clear, v4_text);
        golden.holds(attribute, v6, v6_clear, v6_text);
    }
    for attribute in [
        attr::XOR_MAPPED_ADDRESS,
        attr::XOR_PEER_ADDRESS,
        attr::XOR_RELAYED_ADDRESS,
        attr::EARLY_XOR_MAPPED_ADDRESS,
    ] {
        golden.holds(attribute, v4, v4_masked, v4_text);
        golden.holds(attribute, v6, v6_masked, v6_text);
    }

    let text = (5, &b"wer\xC3\xA9\0\0\0"[..]);
    golden.holds(attr::USERNAME, "wer\u{E9}", text, "\"wer\u{E9}\"");
    for attribute in [attr::REALM, attr::NONCE, attr::THIRD_PARTY_AUTHORIZATION, attr::ORIGIN] {
        golden.holds(attribute, "wer\u{E9}", text, "\"wer\u{E9}\"");
    }
    golden.holds(attr::SOFTWARE, "wer\u{E9}", text, "\"wer\u{E9}\"");
    let code = ErrorCode::new(699, "no").unwrap();
    golden.holds(attr::ERROR_CODE, code, (6, b"\0\0\x06\x63no\0\0"), "699 \"no\"");
    golden.holds(attr::ERROR_CODE, code.without_reason(), (4, b"\0\0\x06\x63"), "699");
    let types = [0x7001, 0x0022, 0x7003].map(AttributeType::new).into_iter().collect();
    golden.holds(
        attr::UNKNOWN_ATTRIBUTES,
        types,
        (6, b"\x70\x01\0\x22\x70\x03\0\0"),
        "[0x7001, 0x0022, 0x7003]",
    );

    golden.holds(attr::CHANNEL_NUMBER, 0x4001, (4, b"\x40\x01\0\0"), "0x4001");
    let hour = Duration::from_secs(3600);
    golden.holds(attr::LIFETIME, hour, (4, b"\0\0\x0E\x10"), "3600s");
    golden.holds(attr::CACHE_TIMEOUT, hour, (4, b"\0\0\x0E\x10"), "3600s");
    golden.holds(attr::REQUESTED_ADDRESS_FAMILY, AddressFamily::V4, (4, b"\x01\0\0\0"), "IPv4");
    golden.holds(attr::ADDITIONAL_ADDRESS_FAMILY, AddressFamily::V6, (4, b"\x02\0\0\0"), "IPv6");
    golden.holds(attr::EVEN_PORT, false, (1, b"\0\0\0\0"), "even");
    golden.holds(attr::EVEN_PORT, true, (1, b"\x80\0\0\0"), "even, and the next one reserved");
    golden.holds(attr::REQUESTED_TRANSPORT, 17, (4, b"\x11\0\0\0"), "UDP");
    golden.holds(attr::REQUESTED_TRANSPORT, 6, (4, b"\x06\0\0\0"), "TCP");
    golden.holds(attr::REQUESTED_TRANSPORT, 132, (4, b"\x84\0\0\0"), "IP protocol 132");
    golden.holds(attr::DONT_FRAGMENT, (), (0, b""), "");
    golden.holds(attr::USE_CANDIDATE, (), (0, b""), "");
    golden.holds(attr::RESERVATION_TOKEN, *b"8 bytes!", (8, b"8 bytes!"), "3820627974657321");
    golden.holds(
        attr::ADDRESS_ERROR_CODE,
        AddressError {
            family: AddressFamily::V6,
            error: ErrorCode::ADDRESS_FAMILY_NOT_SUPPORTED.without_reason(),
        },
        (4, b"\x02\0\x04\x28"),
        "IPv6: 440",
    );
    golden.holds(
        attr::ADDRESS_ERROR_CODE,
        AddressError { family: AddressFamily::V4, error: ErrorCode::new(508, "full").unwrap() },
        (8, b"\x01\0\x05\x08full"),
        "IPv4: 508 \"full\"",
    );
    golden.holds(
        attr::ICMP,
        Icmp { icmp_type: 3, code: 4, error_data: 1400 },
        (8, b"\0\0\x06\x04\0\0\x05\x78"),
        "type 3, code 4, data 1400",
    );
    golden.holds(
        attr::ICMP,
        Icmp { icmp_type: 127, code: 511, error_data: 0 },
        (8, b"\0\0\xFF\xFF\0\0\0\0"),
        "type 127, code 511, data 0",
    );
    golden.holds(
        attr::ACCESS_TOKEN,
        AccessToken { nonce: b"abc", encrypted_block: b"sealed" },
        (11, b"\0\x03abcsealed\0"),
        "nonce 616263, block 7365616c6564",
    );

    golden.holds(attr::PRIORITY, 0x6E00_01FF, (4, b"\x6E\0\x01\xFF"), "1845494271");
    for (attribute, printed) in
        [(attr::ICE_CONTROLLED, "0x0000010203040506"), (attr::GOOG_DELTA_ACK, "0x0000010203040506")]
    {
        golden.holds(
            attribute,
            0x0000_0102_0304_0506,
            (8, b"\0\0\x01\x02\x03\x04\x05\x06"),
            printed,
        );
    }
    let tie_breaker = 0xFEDC_BA98_7654_3210;
    let bytes = (8, &b"\xFE\xDC\xBA\x98\x76\x54\x32\x10"[..]);
    golden.holds(attr::ICE_CONTROLLING, tie_breaker, bytes, "0xfedcba9876543210");
    for attribute in [
        attr::NOMINATION,
        attr::CONNECTION_ID,
        attr::ECN_CHECK,
        attr::GOOG_CONNECTION_ID,
        attr::RETRANSMIT_COUNT,
    ] {
        golden.holds(attribute, 0x0102_0304, (4, b"\x01\x02\x03\x04"), "16909060");
    }

    let (nothing, ip, port, both) = (
        ChangeRequest::default(),
        ChangeRequest { ip: true, port: false },
        ChangeRequest { ip: false, port: true },
        ChangeRequest { ip: true, port: true },
    );
    golden.holds(attr::CHANGE_REQUEST, nothing, (4, b"\0\0\0\0"), "change nothing");
    golden.holds(attr::CHANGE_REQUEST, ip, (4, b"\0\0\0\x04"), "change IP");
    golden.holds(attr::CHANGE_REQUEST, port, (4, b"\0\0\0\x02"), "change port");
    golden.holds(attr::CHANGE_REQUEST, both, (4, b"\0\0\0\x06"), "change IP and port");
    golden.holds(attr::RESPONSE_PORT, 0x8055, (2, b"\x80\x55\0\0"), "32853");
    golden.holds(
        attr::TRANSACTION_TRANSMIT_COUNTER,
        TransmitCounter { request: 3, response: 1 },
        (4, b"\0\0\x03\x01"),
        "request 3, response 1",
    );
    golden.holds(
        attr::GOOG_NETWORK_INFO,
        NetworkInfo { id: 1, cost: 900 },
        (4, b"\0\x01\x03\x84"),
        "network 1, cost 900",
    );
    golden.holds(attr::GOOG_MESSAGE_INTEGRITY_32, [1, 2, 3, 4], (4, &[1, 2, 3, 4]), "01020304");
    for attribute in [
        attr::DATA,
        attr::PADDING,
        attr::PASSWORD,
        attr::MOBILITY_TICKET,
        attr::GOOG_LAST_ICE_CHECK_RECEIVED,
        attr::GOOG_MISC_INFO,
        attr::GOOG_DELTA,
        attr::DTLS_IN_STUN,
        attr::DTLS_IN_STUN_ACKNOWLEDGEMENT,
    ] {
        golden.holds(attribute, b"\0\x01\xFF", (3, b"\0\x01\xFF\0"), "0001ff");
        golden.holds(attribute, b"", (0, b""), "");
    }

    let hash: [u8; 32] = core::array::from_fn(|i| i as u8);
    let printed = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    golden.holds(attr::USERHASH, hash, (32, &hash), printed);
    let domain = "example.org";
    golden.holds(attr::ALTERNATE_DOMAIN, domain, (11, b"example.org\0"), "\"example.org\"");
    let sha256 = PasswordAlgorithm::Sha256.into();
    golden.holds(attr::PASSWORD_ALGORITHM, sha256, (4, b"\0\x02\0\0"), "SHA-256");
    let other = NamedAlgorithm { number: 9, parameters: b"abc" };
    golden.holds(attr::PASSWORD_ALGORITHM, other, (8, b"\0\x09\0\x03abc\0"), "9 with 616263");
    let list = b"\0\x02\0\0\0\x01\0\0\0\x09\0\0";
    golden.holds(
        attr::PASSWORD_ALGORITHMS,
        AlgorithmList::new(list).unwrap(),
        (12, list),
        "SHA-256, MD5, 9",
    );

    let by_the_builder = [
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
        AttributeType::FINGERPRINT,
    ];
    let all: BTreeSet<AttributeType> = attr::ALL.iter().map(attr::Entry::attribute_type).collect();
    let mut held = golden.0;
    held.extend(by_the_builder);
    let missing: Vec<_> = all.difference(&held).map(|held| held.name()).collect();
    assert!(missing.is_empty(), "no bytes to hold these against: {missing:?}");
}

#[test]
fn what_an_attribute_cannot_hold_is_not_written() {
    let mut buffer = vec![0; 70_000];
    for icmp in [
        Icmp { icmp_type: 128, code: 0, error_data: 0 },
        Icmp { icmp_type: 0, code: 512, error_data: 0 },
    ] {
        let built = MessageBuilder::indication(Method::DATA, ID, &mut buffer)
            .put(attr::ICMP, icmp)
            .finish();
        assert!(built.is_err(), "{icmp:?}");
    }
    let nonce = vec![0; 65_536];
    let token = AccessToken { nonce: &nonce, encrypted_block: b"" };
    let built = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
        .put(attr::ACCESS_TOKEN, token)
        .finish();
    assert!(built.is_err());
}

#[test]
fn values_that_are_none() {
    fn error<S: Shape>(_: Attribute<S>, value: &[u8]) -> Option<ValueError> {
        S::decode(value, ID).err()
    }
    let length = |length| Some(ValueError::Length { length });
    // The padding of RESPONSE-PORT may be part of its length; nothing else may.
    assert_eq!(<stun_codec::shape::Port as Shape>::decode(b"\x80\x55\xFF\xFF", ID), Ok(0x8055));
    for bytes in [0, 1, 3, 5] {
        assert_eq!(error(attr::RESPONSE_PORT, &b"12345"[..bytes]), length(bytes));
    }
    for bytes in [0, 1, 3, 5] {
        assert_eq!(error(attr::CHANGE_REQUEST, &b"12345"[..bytes]), length(bytes));
        assert_eq!(error(attr::GOOG_NETWORK_INFO, &b"12345"[..bytes]), length(bytes));
        assert_eq!(error(attr::TRANSACTION_TRANSMIT_COUNTER, &b"12345"[..bytes]), length(bytes));
        assert_eq!(error(attr::ICMP, &b"12345"[..bytes]), length(bytes));
        assert_eq!(error(attr::GOOG_MESSAGE_INTEGRITY_32, &b"12345"[..bytes]), length(bytes));
    }
    assert_eq!(error(attr::ACCESS_TOKEN, b""), length(0));
    assert_eq!(error(attr::ACCESS_TOKEN, b"\0"), length(1));
    assert_eq!(error(attr::ACCESS_TOKEN, b"\0\x03ab"), length(4));
    assert_eq!(error(attr::ACCESS_TOKEN, b"\0\x02ab"), None);
    assert_eq!(error(attr::ADDRESS_ERROR_CODE, b"\x01\0\x04"), length(3));
    assert_eq!(
        error(attr::ADDRESS_ERROR_CODE, b"\x03\0\x04\x28"),
        Some(ValueError::Family { family: 3 })
    );
    assert_eq!(
        error(attr::ADDRESS_ERROR_CODE, b"\x01\0\x02\x28"),
        Some(ValueError::ErrorCode { class: 2, number: 40 })
    );
}
