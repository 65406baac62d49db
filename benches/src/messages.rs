//! STUN messages to read, and what they hold.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use stun_codec::{Class, Key, MessageBuilder, MessageType, Method, TransactionId, attr};

/// The password that [`request`] was signed with.
pub const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// The transaction id of all messages here.
pub const TRANSACTION_ID: [u8; 12] =
    [0xB7, 0xE7, 0xA7, 0x01, 0xBC, 0x34, 0xD6, 0x86, 0xFA, 0x87, 0xDF, 0xAE];

/// What a response tells: where the request came from.
pub const ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 32853);

/// What a server puts into a response. It is handed to every contestant through a `black_box`, lest
/// the compiler write the message in advance.
#[derive(Clone, Copy, Debug)]
pub struct Response {
    /// That of the request.
    pub transaction_id: [u8; 12],
    /// XOR-MAPPED-ADDRESS.
    pub address: SocketAddr,
    /// SOFTWARE.
    pub software: &'static str,
}

/// The response that is written.
pub const RESPONSE: Response =
    Response { transaction_id: TRANSACTION_ID, address: ADDRESS, software: "test vector" };

/// A key of 16 bytes, for the peer that takes no other length.
pub const KEY_OF_16_BYTES: [u8; 16] = *b"VOkJxbRl1RmTxUk/";

const RFC5769_2_1: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e20746573\
    7420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a683676592020200008\
    00149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";

/// What an agent reads in a connectivity check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Request<Text> {
    /// SOFTWARE.
    pub software: Text,
    /// USERNAME.
    pub username: Text,
    /// PRIORITY.
    pub priority: u32,
    /// ICE-CONTROLLED.
    pub ice_controlled: u64,
}

/// What [`request`] holds.
pub const EXPECTED: Request<&str> = Request {
    software: "STUN test client",
    username: "evtj:h6vY",
    priority: 0x6E00_01FF,
    ice_controlled: 0x932F_F9B1_5126_3B36,
};

impl<Text: AsRef<str>> Request<Text> {
    /// Whether this is what [`request`] holds.
    pub fn is_expected(&self) -> bool {
        let Self { software, username, priority, ice_controlled } = self;
        let (software, username) = (software.as_ref(), username.as_ref());
        Request { software, username, priority: *priority, ice_controlled: *ice_controlled }
            == EXPECTED
    }
}

/// The sample request of RFC 5769 §2.1: 108 bytes, of which integrity covers 76, and the
/// fingerprint 100.
pub fn request() -> Vec<u8> {
    from_hex(RFC5769_2_1)
}

/// The same attributes, signed with [`KEY_OF_16_BYTES`].
pub fn request_for_key_of_16_bytes() -> Vec<u8> {
    written(|buffer| {
        MessageBuilder::request(Method::BINDING, TRANSACTION_ID.into(), buffer)
            .put(attr::SOFTWARE, EXPECTED.software)
            .put(attr::PRIORITY, EXPECTED.priority)
            .put(attr::ICE_CONTROLLED, EXPECTED.ice_controlled)
            .put(attr::USERNAME, EXPECTED.username)
            .sign(&Key::from_bytes(&KEY_OF_16_BYTES))
            .fingerprint()
            .finish()
    })
}

/// A request with MESSAGE-INTEGRITY-SHA256 that covers 128 bytes: three blocks of the inner hash
/// and one of the outer.
pub fn request_sha256() -> Vec<u8> {
    let username = "a".repeat(64);
    let message = written(|buffer| {
        MessageBuilder::request(Method::BINDING, TRANSACTION_ID.into(), buffer)
            .put(attr::SOFTWARE, EXPECTED.software)
            .put(attr::PRIORITY, EXPECTED.priority)
            .put(attr::ICE_CONTROLLED, EXPECTED.ice_controlled)
            .put(attr::USERNAME, &username)
            .sign_sha256(&Key::short_term(PASSWORD))
            .finish()
    });
    assert_eq!(message.len(), 128 + 36);
    message
}

/// A success response with nothing but XOR-MAPPED-ADDRESS: 32 bytes.
pub fn response() -> Vec<u8> {
    let message = written(|buffer| {
        let success = MessageType::new(Class::Success, Method::BINDING);
        MessageBuilder::new(success, TransactionId::new(TRANSACTION_ID), buffer)
            .put(attr::XOR_MAPPED_ADDRESS, ADDRESS)
            .finish()
    });
    assert_eq!(message.len(), 32);
    message
}

/// A packet of RTP: 1200 bytes that are not STUN.
pub fn rtp() -> Vec<u8> {
    let mut packet = vec![0x80, 0x60];
    packet.extend((2..1200).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8));
    packet
}

/// Messages captured from programs in the wild, one a line in hexadecimal. They are no part of the
/// repository: `None` where the folder beside it is missing.
pub fn corpus() -> Option<Vec<Vec<u8>>> {
    let file: PathBuf =
        [env!("CARGO_MANIFEST_DIR"), "../../shared/corpus/stun/messages.hex"].iter().collect();
    Some(std::fs::read_to_string(file).ok()?.lines().map(from_hex).collect())
}

fn written(write: impl FnOnce(&mut [u8]) -> Result<&[u8], stun_codec::BuildError>) -> Vec<u8> {
    write(&mut [0; 256]).expect("the buffer is large enough").to_vec()
}

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| (byte as char).to_digit(16).expect("hexadecimal") as u8;
    text.as_bytes().chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}
