//! The known-answer messages of RFC 5769, and of RFC 8489 B.1 as erratum 6268 corrects it.

use std::net::SocketAddr;

use stun_codec::integrity::user_hash;
use stun_codec::shape::PasswordAlgorithm;
use stun_codec::{
    AttributeType, Class, IntegrityError, Key, Message, MessageBuilder, Method, ParseError, attr,
};

const REQUEST: &str = "000100582112a442b7e7a701bc34d686fa87dfae802200105354554e20746573\
    7420636c69656e74002400046e0001ff80290008932ff9b151263b36000600096576746a3a683676592020200008\
    00149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf";
const RESPONSE_V4: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563\
    746f7220002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d\
    4c96";
const RESPONSE_V6: &str = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563\
    746f7220002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292\
    c275bfe3ed4180280004c8fb0b4c";
const LONG_TERM: &str = "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aa\
    e38383e382afe382b900000015001c662f2f3439396b39353464364f4c33346f4c394653547679363473410014\
    000b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666";
const SHA256: &str = "000100902112a44278ad3433c6ad72c029da412e001e00204a3cf38fef6992bda952\
    c6780417da0f24819415569e60b205c46e41407f1704001500296f624d61744a6f733241414143662f2f3439396b\
    39353464364f4c33346f4c394653547679363473410000000014000b6578616d706c652e6f726700001d00040002\
    0000001c0020b5c7bf005b6c52a21c51c5e892f81924136296cb927c43149309278cc6518e65";

const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn short_term() -> Key {
    Key::short_term("VOkJxbRl1RmTxUk/WvJxBt")
}

#[test]
fn rfc5769_2_1_request() {
    let datagram = bytes(REQUEST);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!((message.class(), message.method()), (Class::Request, Method::BINDING));
    assert_eq!(message.transaction_id().to_string(), "b7e7a701bc34d686fa87dfae");
    assert_eq!(message.verify_fingerprint(), Ok(true));
    let message = message.verify(&short_term()).unwrap();
    assert_eq!(message.get(attr::SOFTWARE), Ok(Some("STUN test client")));
    assert_eq!(message.get(attr::PRIORITY), Ok(Some(0x6E00_01FF)));
    assert_eq!(message.get(attr::ICE_CONTROLLED), Ok(Some(0x932F_F9B1_5126_3B36)));
    assert_eq!(message.get(attr::USERNAME), Ok(Some("evtj:h6vY")));
    assert_eq!(message.get(attr::ICE_CONTROLLING), Ok(None));
}

#[test]
fn rfc5769_2_2_and_2_3_responses() {
    for (hex, address) in [
        (RESPONSE_V4, "192.0.2.1:32853"),
        (RESPONSE_V6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ] {
        let datagram = bytes(hex);
        let message = Message::parse(&datagram).unwrap();
        assert_eq!((message.class(), message.method()), (Class::Success, Method::BINDING));
        assert_eq!(message.verify_fingerprint(), Ok(true));
        let message = message.verify(&short_term()).unwrap();
        assert_eq!(message.get(attr::SOFTWARE), Ok(Some("test vector")));
        let address: SocketAddr = address.parse().unwrap();
        assert_eq!(message.get(attr::XOR_MAPPED_ADDRESS), Ok(Some(address)));
    }
}

#[test]
fn rfc5769_2_4_long_term() {
    let datagram = bytes(LONG_TERM);
    let message = Message::parse(&datagram).unwrap();
    assert_eq!(message.verify_fingerprint(), Ok(false), "it carries none");
    assert_eq!(message.get(attr::USERNAME), Ok(Some(USERNAME)));
    assert_eq!(message.get(attr::NONCE), Ok(Some("f//499k954d6OL34oL9FSTvy64sA")));
    assert_eq!(message.get(attr::REALM), Ok(Some("example.org")));
    assert!(message.verify(&Key::long_term(USERNAME, "example.org", "TheMatrIX")).is_ok());
    assert_eq!(message.verify(&short_term()).err(), Some(IntegrityError::Mismatch));
}

#[test]
fn rfc8489_b_1_sha256() {
    let datagram = bytes(SHA256);
    let message = Message::parse(&datagram).unwrap();
    let key = bytes("dd295a613b9058c3c23d6dc7165bda072304d989c9d0af3a8c7e184b4f9bb4a1");
    assert!(message.verify(&Key::from_bytes(&key)).is_ok());
    assert!(message.verify(&Key::long_term(USERNAME, "example.org", "TheMatrIX")).is_err());
}

#[test]
fn rfc8489_b_1_end_to_end() {
    let datagram = bytes(SHA256);
    let key = Key::long_term_with(PasswordAlgorithm::Sha256, USERNAME, "example.org", "TheMatrIX");
    let message = Message::parse(&datagram).unwrap().verify(&key).unwrap();
    assert_eq!(message.integrity_type(), AttributeType::MESSAGE_INTEGRITY_SHA256);
    assert_eq!(message.get(attr::USERHASH), Ok(Some(user_hash(USERNAME, "example.org"))));
    let named = message.get(attr::PASSWORD_ALGORITHM).unwrap().unwrap();
    assert_eq!(named.known(), Some(PasswordAlgorithm::Sha256));
    let nonce = message.get(attr::NONCE).unwrap().unwrap();
    assert_eq!(nonce, "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
    // And our writer makes the very same bytes.
    let mut buffer = [0xAA; 256];
    let ours = MessageBuilder::request(Method::BINDING, message.transaction_id(), &mut buffer)
        .put(attr::USERHASH, user_hash(USERNAME, "example.org"))
        .put(attr::NONCE, nonce)
        .put(attr::REALM, "example.org")
        .put(attr::PASSWORD_ALGORITHM, PasswordAlgorithm::Sha256.into())
        .sign_sha256(&key)
        .finish()
        .unwrap();
    assert_eq!(ours, datagram);
}

#[test]
fn rfc8489_b_1_as_printed_is_truncated() {
    // Its header claims 176 bytes; the text that follows has 156.
    let mut datagram = bytes(SHA256);
    datagram.truncate(156);
    datagram[3] = 0x9C;
    assert_eq!(
        Message::parse(&datagram).err(),
        Some(ParseError::LengthMismatch { header: 176, datagram: 156 })
    );
}

#[test]
fn our_writer_makes_the_same_responses_but_for_the_padding() {
    for (hex, address) in [
        (RESPONSE_V4, "192.0.2.1:32853"),
        (RESPONSE_V6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
    ] {
        let (request, response) = (bytes(REQUEST), bytes(hex));
        let mut buffer = [0xAA; 128];
        let ours = MessageBuilder::success(&Message::parse(&request).unwrap(), &mut buffer)
            .put(attr::SOFTWARE, "test vector")
            .put(attr::XOR_MAPPED_ADDRESS, address.parse().unwrap())
            .sign(&short_term())
            .fingerprint()
            .finish()
            .unwrap();
        assert_eq!(ours.len(), response.len());
        // The vectors pad SOFTWARE with a space, at offset 35; we must write zeros. All up to
        // MESSAGE-INTEGRITY is the same otherwise.
        let mut padded = response.clone();
        padded[35] = 0;
        let integrity = response.len() - 8 - 24;
        assert_eq!(ours[..integrity], padded[..integrity]);
        let ours = Message::parse(ours).unwrap();
        assert!(ours.verify(&short_term()).is_ok() && ours.verify_fingerprint() == Ok(true));
    }
}

/// Each bit of a signed message is covered: by the integrity, or by the framing, or (in the
/// FINGERPRINT itself) by the CRC.
#[test]
fn every_flipped_bit_is_noticed() {
    for hex in [REQUEST, RESPONSE_V4, RESPONSE_V6] {
        let datagram = bytes(hex);
        for bit in 0..datagram.len() * 8 {
            let mut changed = datagram.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let noticed = match Message::parse(&changed) {
                Err(_) => true,
                Ok(message) => {
                    message.verify(&short_term()).is_err()
                        || message.verify_fingerprint() != Ok(true)
                }
            };
            assert!(noticed, "bit {bit}");
        }
    }
}
