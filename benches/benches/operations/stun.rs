//! The operations on STUN messages: who does them, and what ours shall reach.

use std::hint::black_box;

use benches::floor::{self, Midstates};
use benches::messages::{self, ADDRESS, KEY_OF_16_BYTES, PASSWORD, RESPONSE};
use benches::operation::{Against, Operation, Role};
use benches::stun as ours;
use stun_codec::{AttributeType, Key, Message};

use crate::peers::stun as peers;

const OURS: &str = "stun-codec";
const STUN_TYPES: &str = "stun-types";
const SILE: &str = "stun_codec (sile)";
const STUN_RS: &str = "stun-rs";
const RTC_STUN: &str = "rtc-stun";
const WEBRTC: &str = "stun (webrtc-rs)";
const IS: &str = "is";
const STUN_FORMAT: &str = "stun-format";
const TURN_SERVER: &str = "turn-server";
const STUN_CODER: &str = "stun-coder";
const BARE: &str = "bare HMAC + crc32fast";
const BLOCKS: &str = "four blocks of SHA-256";
const COOKIE: &str = "cookie alone";
const MEMCPY: &str = "memcpy";

/// All of them.
pub(crate) fn operations() -> Vec<Operation> {
    let mut operations = vec![
        decode(),
        decode_and_verify(),
        encode(),
        encode_and_sign(),
        decode_response(),
        is_stun(),
        demultiplex(),
        verify_sha256(),
    ];
    operations.extend(parse_all());
    operations
}

fn decode() -> Operation {
    let datagram: &'static [u8] = messages::request().leak();
    let mut sile = peers::stun_codec::Decoder::new();
    let stun_rs = stun_rs_decoder(false);
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let mut attributes = turn_server::codec::Attributes::default();

    assert!(ours::decode(datagram).unwrap().is_expected());
    assert!(peers::stun_types::decode(datagram).unwrap().is_expected());
    assert!(peers::stun_codec::decode(&mut sile, datagram).unwrap().is_expected());
    assert!(peers::stun_rs::decode(&stun_rs, datagram).unwrap().is_expected());
    assert!(peers::rtc_stun::decode(&mut rtc, datagram).unwrap().is_expected());
    assert!(peers::webrtc_stun::decode(&mut webrtc, datagram).unwrap().is_expected());
    assert!(peers::is::decode(datagram).unwrap().is_expected());
    assert!(peers::stun_format::decode(&datagram.into()).unwrap().is_expected());
    assert!(peers::turn_server::decode(&mut attributes, datagram).unwrap().is_expected());
    assert!(peers::stun_coder::decode(datagram).unwrap().is_expected());

    let mut copy = [0; 108];
    Operation::new("decode RFC 5769 §2.1 to typed attributes")
        .with(Role::Ours, OURS, || ours::decode(black_box(datagram)))
        .with(Role::Peer, STUN_TYPES, || peers::stun_types::decode(black_box(datagram)))
        .with(Role::Peer, SILE, move || peers::stun_codec::decode(&mut sile, black_box(datagram)))
        .with(Role::Peer, STUN_RS, move || peers::stun_rs::decode(&stun_rs, black_box(datagram)))
        .with(Role::Peer, RTC_STUN, move || peers::rtc_stun::decode(&mut rtc, black_box(datagram)))
        .with(Role::Peer, WEBRTC, move || {
            peers::webrtc_stun::decode(&mut webrtc, black_box(datagram))
        })
        .with(Role::Aside, IS, || peers::is::decode(black_box(datagram)))
        .with(Role::Peer, STUN_FORMAT, move || {
            black_box(peers::stun_format::decode(&black_box(datagram).into()));
        })
        .with(Role::Peer, TURN_SERVER, move || {
            black_box(peers::turn_server::decode(&mut attributes, black_box(datagram)));
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::decode(black_box(datagram)))
        .with(Role::Floor, MEMCPY, move || {
            copy.copy_from_slice(black_box(datagram));
            black_box(&copy);
        })
        .goal(Against::FastestPeer, 0.65)
}

/// Only peers that check both count. The key of turn-server has 16 bytes: it reads the same
/// message, signed with such a key.
fn decode_and_verify() -> Operation {
    let datagram: &'static [u8] = messages::request().leak();
    let for_turn_server: &'static [u8] = messages::request_for_key_of_16_bytes().leak();
    let key = Key::short_term(PASSWORD);
    let integrity_key = integrity_key();
    let mut sile = peers::stun_codec::Decoder::new();
    let stun_rs = stun_rs_decoder(true);
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let provider = rtc_stun::crypto::default_provider().expect("one is built in");
    let webrtc_integrity =
        stun::integrity::MessageIntegrity::new_short_term_integrity(PASSWORD.to_owned());
    let mut attributes = turn_server::codec::Attributes::default();
    let password = turn_server::codec::crypto::Password::Md5(KEY_OF_16_BYTES);
    let midstates = Midstates::new(PASSWORD.as_bytes());

    assert!(ours::decode_and_verify(datagram, &key).unwrap().is_expected());
    assert!(peers::stun_types::decode_and_verify(datagram, &integrity_key).unwrap().is_expected());
    assert!(peers::stun_codec::decode_and_verify(&mut sile, datagram).unwrap().is_expected());
    assert!(peers::stun_rs::decode_and_verify(&stun_rs, datagram).unwrap().is_expected());
    let read = peers::rtc_stun::decode_and_verify(
        &mut rtc,
        datagram,
        PASSWORD.as_bytes(),
        provider.crypto(),
    );
    assert!(read.unwrap().is_expected());
    let read = peers::webrtc_stun::decode_and_verify(&mut webrtc, datagram, &webrtc_integrity);
    assert!(read.unwrap().is_expected());
    assert!(peers::is::decode_and_verify(datagram).unwrap().is_expected());
    let read = peers::turn_server::decode_and_verify(&mut attributes, for_turn_server, &password);
    assert!(read.unwrap().is_expected());
    assert!(peers::stun_coder::decode_and_verify(datagram).unwrap().is_expected());

    Operation::new("the same + MESSAGE-INTEGRITY + FINGERPRINT")
        .with(Role::Ours, OURS, move || {
            ours::decode_and_verify(black_box(datagram), black_box(&key))
        })
        .with(Role::Peer, STUN_TYPES, move || {
            peers::stun_types::decode_and_verify(black_box(datagram), black_box(&integrity_key))
        })
        .with(Role::Peer, SILE, move || {
            peers::stun_codec::decode_and_verify(&mut sile, black_box(datagram))
        })
        .with(Role::Peer, STUN_RS, move || {
            peers::stun_rs::decode_and_verify(&stun_rs, black_box(datagram))
        })
        .with(Role::Peer, RTC_STUN, move || {
            let key = black_box(PASSWORD.as_bytes());
            peers::rtc_stun::decode_and_verify(
                &mut rtc,
                black_box(datagram),
                key,
                provider.crypto(),
            )
        })
        .with(Role::Peer, WEBRTC, move || {
            peers::webrtc_stun::decode_and_verify(
                &mut webrtc,
                black_box(datagram),
                black_box(&webrtc_integrity),
            )
        })
        .with(Role::Aside, IS, || peers::is::decode_and_verify(black_box(datagram)))
        .with(Role::Peer, TURN_SERVER, move || {
            black_box(peers::turn_server::decode_and_verify(
                &mut attributes,
                black_box(for_turn_server),
                black_box(&password),
            ));
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::decode_and_verify(black_box(datagram)))
        .with(Role::Floor, BARE, move || {
            let (midstates, message) = (black_box(&midstates), black_box(datagram));
            floor::integrity_and_fingerprint(midstates, message, 76, 100)
        })
        .goal(Against::FastestPeer, 0.37)
        .goal(Against::Named(BARE), 1.15)
}

/// SOFTWARE and XOR-MAPPED-ADDRESS.
fn encode() -> Operation {
    let expected: &'static [u8] = ours::encode(&mut [0; 64], &RESPONSE).unwrap().to_vec().leak();
    assert_eq!(expected.len(), 48);
    assert_eq!(ours::decode_response(expected), Some(ADDRESS));

    let mut sile = peers::stun_codec::Encoder::new();
    let stun_rs = stun_rs::MessageEncoderBuilder::default().build();
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let mut bytes = bytes::BytesMut::with_capacity(128);
    let (mut buffer, mut for_types, mut for_rs) = ([0; 64], [0; 64], [0; 64]);
    let (mut for_format, mut copy) = ([0; 48], [0; 48]);

    assert_eq!(peers::stun_types::encode(&mut for_types, &RESPONSE), Some(48));
    assert_eq!(for_types[..48], *expected);
    assert_eq!(peers::stun_codec::encode(&mut sile, &RESPONSE).unwrap(), expected);
    assert_eq!(peers::stun_rs::encode(&stun_rs, &mut for_rs, &RESPONSE).unwrap(), expected);
    assert_eq!(peers::rtc_stun::encode(&mut rtc, &RESPONSE).unwrap(), expected);
    assert_eq!(peers::webrtc_stun::encode(&mut webrtc, &RESPONSE).unwrap(), expected);
    assert_eq!(peers::stun_format::encode(&mut for_format, &RESPONSE), Some(48));
    assert_eq!(for_format, *expected);
    assert_eq!(peers::turn_server::encode(&mut bytes, &RESPONSE).unwrap(), expected);
    assert_eq!(peers::stun_coder::encode(&RESPONSE).unwrap(), expected);

    Operation::new("encode a 48-byte response")
        .with(Role::Ours, OURS, move || {
            black_box(ours::encode(black_box(&mut buffer), black_box(&RESPONSE)));
        })
        .with(Role::Peer, STUN_TYPES, move || {
            peers::stun_types::encode(black_box(&mut for_types), black_box(&RESPONSE))
        })
        .with(Role::Peer, SILE, move || peers::stun_codec::encode(&mut sile, black_box(&RESPONSE)))
        .with(Role::Peer, STUN_RS, move || {
            black_box(peers::stun_rs::encode(
                &stun_rs,
                black_box(&mut for_rs),
                black_box(&RESPONSE),
            ));
        })
        .with(Role::Peer, RTC_STUN, move || {
            black_box(peers::rtc_stun::encode(&mut rtc, black_box(&RESPONSE)));
        })
        .with(Role::Peer, WEBRTC, move || {
            black_box(peers::webrtc_stun::encode(&mut webrtc, black_box(&RESPONSE)));
        })
        .with(Role::Peer, STUN_FORMAT, move || {
            let length =
                peers::stun_format::encode(black_box(&mut for_format), black_box(&RESPONSE));
            black_box(&for_format);
            length
        })
        .with(Role::Peer, TURN_SERVER, move || {
            black_box(peers::turn_server::encode(&mut bytes, black_box(&RESPONSE)));
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::encode(black_box(&RESPONSE)))
        .with(Role::Floor, MEMCPY, move || {
            copy.copy_from_slice(black_box(expected));
            black_box(&copy);
        })
        .goal(Against::FastestPeer, 0.36)
}

fn encode_and_sign() -> Operation {
    let key = Key::short_term(PASSWORD);
    let expected: &'static [u8] =
        ours::encode_and_sign(&mut [0; 96], &RESPONSE, &key).unwrap().to_vec().leak();
    let is_right = |bytes: &[u8], key: &Key| {
        let message = Message::parse(bytes).expect("it is a message");
        message.verify_fingerprint() == Ok(true) && message.verify(key).is_ok()
    };
    assert_eq!(expected.len(), 80);
    assert!(is_right(expected, &key));

    let integrity_key = integrity_key();
    let mut sile = peers::stun_codec::Encoder::new();
    let stun_rs = stun_rs::MessageEncoderBuilder::default().build();
    let stun_rs_key = stun_rs::HMACKey::new_short_term(PASSWORD).expect("it is a password");
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let provider = rtc_stun::crypto::default_provider().expect("one is built in");
    let webrtc_integrity =
        stun::integrity::MessageIntegrity::new_short_term_integrity(PASSWORD.to_owned());
    let is_id = peers::is::transaction_id(&messages::request());
    let mut bytes = bytes::BytesMut::with_capacity(128);
    let password = turn_server::codec::crypto::Password::Md5(KEY_OF_16_BYTES);
    let (mut buffer, mut for_types, mut for_rs, mut for_is) = ([0; 96], [0; 96], [0; 96], [0; 96]);
    let midstates = Midstates::new(PASSWORD.as_bytes());

    assert_eq!(
        peers::stun_types::encode_and_sign(&mut for_types, &RESPONSE, &integrity_key),
        Some(80)
    );
    assert_eq!(for_types[..80], *expected);
    assert_eq!(peers::stun_codec::encode_and_sign(&mut sile, &RESPONSE).unwrap(), expected);
    let written = peers::stun_rs::encode_and_sign(&stun_rs, &mut for_rs, &RESPONSE, &stun_rs_key);
    assert_eq!(written.unwrap(), expected);
    let integrity = rtc_integrity(provider.crypto());
    assert_eq!(
        peers::rtc_stun::encode_and_sign(&mut rtc, &RESPONSE, &integrity).unwrap(),
        expected
    );
    drop(integrity);
    let written = peers::webrtc_stun::encode_and_sign(&mut webrtc, &RESPONSE, &webrtc_integrity);
    assert_eq!(written.unwrap(), expected);
    let written = peers::is::encode_and_sign(&mut for_is, &RESPONSE, is_id).unwrap();
    assert_eq!(written.len(), 64);
    assert!(is_right(written, &key));
    let written = peers::turn_server::encode_and_sign(&mut bytes, &RESPONSE, &password).unwrap();
    assert_eq!(written.len(), 80);
    assert!(is_right(written, &Key::from_bytes(&KEY_OF_16_BYTES)));
    assert_eq!(peers::stun_coder::encode_and_sign(&RESPONSE).unwrap(), expected);

    let provider: &'static _ = Box::leak(Box::new(provider));
    let integrity = rtc_integrity(provider.crypto());
    Operation::new("encode + integrity + fingerprint")
        .with(Role::Ours, OURS, move || {
            black_box(ours::encode_and_sign(
                black_box(&mut buffer),
                black_box(&RESPONSE),
                black_box(&key),
            ));
        })
        .with(Role::Peer, STUN_TYPES, move || {
            peers::stun_types::encode_and_sign(
                black_box(&mut for_types),
                black_box(&RESPONSE),
                black_box(&integrity_key),
            )
        })
        .with(Role::Peer, SILE, move || {
            peers::stun_codec::encode_and_sign(&mut sile, black_box(&RESPONSE))
        })
        .with(Role::Peer, STUN_RS, move || {
            let key = black_box(&stun_rs_key);
            black_box(peers::stun_rs::encode_and_sign(
                &stun_rs,
                black_box(&mut for_rs),
                black_box(&RESPONSE),
                key,
            ));
        })
        .with(Role::Peer, RTC_STUN, move || {
            black_box(peers::rtc_stun::encode_and_sign(
                &mut rtc,
                black_box(&RESPONSE),
                black_box(&integrity),
            ));
        })
        .with(Role::Peer, WEBRTC, move || {
            black_box(peers::webrtc_stun::encode_and_sign(
                &mut webrtc,
                black_box(&RESPONSE),
                black_box(&webrtc_integrity),
            ));
        })
        .with(Role::Aside, IS, move || {
            black_box(peers::is::encode_and_sign(
                black_box(&mut for_is),
                black_box(&RESPONSE),
                is_id,
            ));
        })
        .with(Role::Peer, TURN_SERVER, move || {
            black_box(peers::turn_server::encode_and_sign(
                &mut bytes,
                black_box(&RESPONSE),
                black_box(&password),
            ));
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::encode_and_sign(black_box(&RESPONSE)))
        .with(Role::Floor, BARE, move || {
            let (midstates, message) = (black_box(&midstates), black_box(expected));
            floor::integrity_and_fingerprint(midstates, message, 48, 72)
        })
        .goal(Against::FastestPeer, 0.45)
        .goal(Against::Named(BARE), 1.15)
}

/// `is` refuses it: a response without integrity.
fn decode_response() -> Operation {
    let datagram: &'static [u8] = messages::response().leak();
    let mut sile = peers::stun_codec::Decoder::new();
    let stun_rs = stun_rs_decoder(false);
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let mut attributes = turn_server::codec::Attributes::default();

    assert_eq!(ours::decode_response(datagram), Some(ADDRESS));
    assert_eq!(peers::stun_types::decode_response(datagram), Some(ADDRESS));
    assert_eq!(peers::stun_codec::decode_response(&mut sile, datagram), Some(ADDRESS));
    assert_eq!(peers::stun_rs::decode_response(&stun_rs, datagram), Some(ADDRESS));
    assert_eq!(peers::rtc_stun::decode_response(&mut rtc, datagram), Some(ADDRESS));
    assert_eq!(peers::webrtc_stun::decode_response(&mut webrtc, datagram), Some(ADDRESS));
    assert_eq!(peers::stun_format::decode_response(datagram), Some(ADDRESS));
    assert_eq!(peers::turn_server::decode_response(&mut attributes, datagram), Some(ADDRESS));
    assert_eq!(peers::stun_coder::decode_response(datagram), Some(ADDRESS));

    Operation::new("decode a 32-byte response")
        .with(Role::Ours, OURS, || ours::decode_response(black_box(datagram)))
        .with(Role::Peer, STUN_TYPES, || peers::stun_types::decode_response(black_box(datagram)))
        .with(Role::Peer, SILE, move || {
            peers::stun_codec::decode_response(&mut sile, black_box(datagram))
        })
        .with(Role::Peer, STUN_RS, move || {
            peers::stun_rs::decode_response(&stun_rs, black_box(datagram))
        })
        .with(Role::Peer, RTC_STUN, move || {
            peers::rtc_stun::decode_response(&mut rtc, black_box(datagram))
        })
        .with(Role::Peer, WEBRTC, move || {
            peers::webrtc_stun::decode_response(&mut webrtc, black_box(datagram))
        })
        .with(Role::Peer, STUN_FORMAT, || peers::stun_format::decode_response(black_box(datagram)))
        .with(Role::Peer, TURN_SERVER, move || {
            peers::turn_server::decode_response(&mut attributes, black_box(datagram))
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::decode_response(black_box(datagram)))
        .goal(Against::FastestPeer, 0.40)
}

/// What the peers have for it: some look at the cookie alone, some parse the header, some all.
fn is_stun() -> Operation {
    let packet: &'static [u8] = messages::rtp().leak();
    let message = messages::request();
    let mut sile = peers::stun_codec::Decoder::new();
    let stun_rs = stun_rs_decoder(false);

    assert!(ours::is_stun(&message) && !ours::is_stun(packet));
    assert!(peers::stun_types::is_stun(&message) && !peers::stun_types::is_stun(packet));
    assert!(peers::stun_codec::is_stun(&mut sile, &message));
    assert!(!peers::stun_codec::is_stun(&mut sile, packet));
    assert!(peers::stun_rs::is_stun(&stun_rs, &message));
    assert!(!peers::stun_rs::is_stun(&stun_rs, packet));
    assert!(peers::rtc_stun::is_stun(&message) && !peers::rtc_stun::is_stun(packet));
    assert!(peers::webrtc_stun::is_stun(&message) && !peers::webrtc_stun::is_stun(packet));
    assert!(peers::is::is_stun(&message) && !peers::is::is_stun(packet));
    assert!(peers::stun_format::is_stun(&message) && !peers::stun_format::is_stun(packet));
    let mut attributes = turn_server::codec::Attributes::default();
    assert!(peers::turn_server::is_stun(&mut attributes, &message));
    assert!(!peers::turn_server::is_stun(&mut attributes, packet));
    assert!(peers::stun_coder::is_stun(&message) && !peers::stun_coder::is_stun(packet));

    Operation::new("is it STUN? 1200 bytes of RTP")
        .with(Role::Ours, OURS, || ours::is_stun(black_box(packet)))
        .with(Role::Peer, STUN_TYPES, || peers::stun_types::is_stun(black_box(packet)))
        .with(Role::Peer, SILE, move || peers::stun_codec::is_stun(&mut sile, black_box(packet)))
        .with(Role::Peer, STUN_RS, move || peers::stun_rs::is_stun(&stun_rs, black_box(packet)))
        .with(Role::Aside, RTC_STUN, || peers::rtc_stun::is_stun(black_box(packet)))
        .with(Role::Aside, WEBRTC, || peers::webrtc_stun::is_stun(black_box(packet)))
        .with(Role::Peer, IS, || peers::is::is_stun(black_box(packet)))
        .with(Role::Aside, STUN_FORMAT, || peers::stun_format::is_stun(black_box(packet)))
        .with(Role::Peer, TURN_SERVER, move || {
            peers::turn_server::is_stun(&mut attributes, black_box(packet))
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::is_stun(black_box(packet)))
        .with(Role::Floor, COOKIE, || floor::has_cookie(black_box(packet)))
        .goal(Against::Named(COOKIE), 1.15)
}

/// No peer has it.
fn demultiplex() -> Operation {
    let packet: &'static [u8] = messages::rtp().leak();
    assert_eq!(ours::demultiplex(packet), Some(stun_codec::demux::Protocol::Rtp));
    Operation::new("which protocol? 1200 bytes of RTP")
        .with(Role::Ours, OURS, || ours::demultiplex(black_box(packet)))
        .with(Role::Floor, COOKIE, || floor::has_cookie(black_box(packet)))
        .goal(Against::Named(COOKIE), 1.5)
}

fn verify_sha256() -> Operation {
    let datagram: &'static [u8] = messages::request_sha256().leak();
    let key = Key::short_term(PASSWORD);
    let integrity_key = integrity_key();
    let stun_rs = stun_rs_decoder(true);
    let mut blocks = [[0; 64]; 4];
    for (block, bytes) in blocks.iter_mut().zip(datagram.chunks(64)) {
        block[..bytes.len()].copy_from_slice(bytes);
    }

    let right = Some(AttributeType::MESSAGE_INTEGRITY_SHA256);
    assert_eq!(ours::verify_sha256(datagram, &key), right);
    assert!(peers::stun_types::verify_sha256(datagram, &integrity_key).is_some());
    assert!(peers::stun_rs::verify_sha256(&stun_rs, datagram));

    Operation::new("verify MESSAGE-INTEGRITY-SHA256 over 128 bytes")
        .with(Role::Ours, OURS, move || ours::verify_sha256(black_box(datagram), black_box(&key)))
        .with(Role::Peer, STUN_TYPES, move || {
            peers::stun_types::verify_sha256(black_box(datagram), black_box(&integrity_key))
        })
        .with(Role::Peer, STUN_RS, move || {
            peers::stun_rs::verify_sha256(&stun_rs, black_box(datagram))
        })
        .with(Role::Floor, BLOCKS, move || floor::four_blocks(black_box(&blocks)))
        .goal(Against::Named(BLOCKS), 1.15)
}

/// `None` where the corpus is missing.
fn parse_all() -> Option<Operation> {
    let Some(messages) = messages::corpus() else {
        eprintln!("no corpus beside the repository: real messages are left out");
        return None;
    };
    let messages: &'static [Vec<u8>] = messages.leak();
    let mut sile = peers::stun_codec::Decoder::new();
    let stun_rs = stun_rs_decoder(false);
    let (mut rtc, mut webrtc) = (rtc_stun::message::Message::new(), stun::message::Message::new());
    let mut attributes = turn_server::codec::Attributes::default();

    assert_eq!(ours::parse_all(messages), messages.len());
    let accepted = [
        (STUN_TYPES, peers::stun_types::parse_all(messages)),
        (SILE, peers::stun_codec::parse_all(&mut sile, messages)),
        (STUN_RS, peers::stun_rs::parse_all(&stun_rs, messages)),
        (RTC_STUN, peers::rtc_stun::parse_all(&mut rtc, messages)),
        (WEBRTC, peers::webrtc_stun::parse_all(&mut webrtc, messages)),
        (IS, peers::is::parse_all(messages)),
        (STUN_FORMAT, peers::stun_format::parse_all(messages)),
        (TURN_SERVER, peers::turn_server::parse_all(&mut attributes, messages)),
        (STUN_CODER, peers::stun_coder::parse_all(messages)),
    ];
    for (name, accepted) in accepted {
        println!("{name} accepts {accepted} of {} real messages", messages.len());
    }

    let operation = Operation::new("parse all real messages, each")
        .items(messages.len())
        .with(Role::Ours, OURS, || ours::parse_all(black_box(messages)))
        .with(Role::Peer, STUN_TYPES, || peers::stun_types::parse_all(black_box(messages)))
        .with(Role::Peer, SILE, move || {
            peers::stun_codec::parse_all(&mut sile, black_box(messages))
        })
        .with(Role::Peer, STUN_RS, move || peers::stun_rs::parse_all(&stun_rs, black_box(messages)))
        .with(Role::Peer, RTC_STUN, move || {
            peers::rtc_stun::parse_all(&mut rtc, black_box(messages))
        })
        .with(Role::Peer, WEBRTC, move || {
            peers::webrtc_stun::parse_all(&mut webrtc, black_box(messages))
        })
        .with(Role::Peer, IS, || peers::is::parse_all(black_box(messages)))
        .with(Role::Peer, STUN_FORMAT, || peers::stun_format::parse_all(black_box(messages)))
        .with(Role::Peer, TURN_SERVER, move || {
            peers::turn_server::parse_all(&mut attributes, black_box(messages))
        })
        .with(Role::Peer, STUN_CODER, || peers::stun_coder::parse_all(black_box(messages)))
        .goal(Against::FastestPeer, 0.72);
    Some(operation)
}

fn integrity_key() -> stun_types::message::IntegrityKey {
    stun_types::message::ShortTermCredentials::new(PASSWORD.to_owned()).make_key()
}

fn rtc_integrity(
    crypto: &dyn rtc_stun::crypto::RTCCrypto,
) -> rtc_stun::integrity::MessageIntegrity<'_> {
    let key = PASSWORD.as_bytes();
    rtc_stun::integrity::MessageIntegrity::new_raw_integrity_with_provider(key, crypto)
}

fn stun_rs_decoder(validates: bool) -> stun_rs::MessageDecoder {
    let builder = stun_rs::MessageDecoderBuilder::default();
    if !validates {
        return builder.build();
    }
    let key = stun_rs::HMACKey::new_short_term(PASSWORD).expect("it is a password");
    let context = stun_rs::DecoderContextBuilder::default().with_key(key).with_validation().build();
    builder.with_context(context).build()
}
