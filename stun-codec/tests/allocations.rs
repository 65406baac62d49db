//! Reading, verifying and writing allocate nothing, whatever the bytes are.

use std::net::SocketAddr;

use stun_codec::channel_data::ChannelData;
use stun_codec::demux::{is_stun, protocol};
use stun_codec::uri::Uri;
use stun_codec::{
    Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr,
    legacy,
};
use testkit::mutator::Mutator;

const ID: TransactionId = TransactionId::new([7; 12]);

/// How many allocations `run` makes.
fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1_u8]))), 1);
}

#[test]
fn writing_and_signing_allocate_nothing() {
    let key = Key::short_term("secret");
    let address: SocketAddr = "[2001:db8::1]:3478".parse().expect("it is an address");
    let mut buffer = [0; 512];
    let count = allocations(|| {
        let message = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
            .put(attr::SOFTWARE, "a server")
            .put(attr::USERNAME, "a user")
            .put(attr::XOR_PEER_ADDRESS, address)
            .put(attr::ERROR_CODE, ErrorCode::STALE_NONCE)
            .sign(&key)
            .sign_sha256(&key)
            .fingerprint()
            .finish();
        assert!(message.is_ok_and(|message| message.len() > 100));
    });
    assert_eq!(count, 0);
}

/// All that can be asked of a datagram.
fn ask(datagram: &[u8], key: &Key) {
    let _ = (is_stun(datagram), protocol(datagram), ChannelData::parse(datagram));
    let _ = legacy::Message::parse(datagram);
    let Ok(message) = Message::parse(datagram) else { return };
    for attribute in message.attributes() {
        let entry = attr::Entry::of(attribute.attribute_type);
        let _ = entry.map(|entry| entry.check(attribute.value, message.transaction_id()));
    }
    let _ = message.get(attr::USERNAME);
    let _ = message.get(attr::XOR_MAPPED_ADDRESS);
    let _ = message.get(attr::ERROR_CODE);
    let _ = (message.verify_fingerprint(), message.verify_truncated(key, 16).is_ok());
    let mut buffer = [0; 128];
    let _ = message.refuse_unknown(|_| false, &mut buffer).map(MessageBuilder::finish);
}

#[test]
fn reading_allocates_nothing_whatever_the_bytes_are() {
    let key = Key::short_term("secret");
    let mut buffer = [0; 256];
    let success = MessageType::new(Class::Success, Method::BINDING);
    let message = MessageBuilder::new(success, ID, &mut buffer)
        .put(attr::SOFTWARE, "a server")
        .put(attr::USERNAME, "a user")
        .put(attr::XOR_MAPPED_ADDRESS, SocketAddr::from(([192, 0, 2, 1], 32_853)))
        .sign(&key)
        .sign_sha256(&key)
        .fingerprint()
        .finish()
        .expect("the buffer is large enough");
    assert_eq!(allocations(|| ask(message, &key)), 0);
    let mut mutator = Mutator::new([3; 32], &[message]);
    for _ in 0..20_000 {
        let datagram = mutator.next_datagram();
        assert_eq!(allocations(|| ask(datagram, &key)), 0, "{datagram:02x?}");
    }
}

#[test]
fn uris_are_read_without_allocating() {
    let texts =
        ["stun:example.org", "turns:[2001:db8::1]:5349?transport=tcp", "turn:%zz", "http://x"];
    for text in texts {
        let count = allocations(|| {
            let _ = Uri::parse(text);
        });
        assert_eq!(count, 0, "{text}");
    }
}
