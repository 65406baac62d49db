//! What goes back over UDP: never more than it takes to tell an address, but from a server for NAT
//! tests.

use std::net::SocketAddr;

use sansio::{FiveTuple, Transmit};
use stun_codec::attr::{self, AttributeType};
use stun_codec::discovery::Responder;
use stun_codec::{Class, ErrorCode, Message, MessageBuilder, Method};

/// How a UDP server answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answers {
    /// In no more than [`most`] bytes: whoever asks may have forged the source address.
    Plain(Responder),
    /// As RFC 5780 wants it.
    ForNatTests(Responder),
}

impl Answers {
    /// The most that an answer to `request` takes.
    pub(super) const fn capacity(&self, request: usize) -> usize {
        match self {
            Self::Plain(_) => MOST_IPV6,
            // PADDING comes back as it came.
            Self::ForNatTests(_) => Responder::MAX_LENGTH + request,
        }
    }

    /// The answer to a datagram that has come in on `path`, and its way back.
    pub(super) fn to<'b>(
        &self,
        path: FiveTuple,
        datagram: &[u8],
        buffer: &'b mut [u8],
    ) -> Option<Transmit<&'b [u8]>> {
        let request = Message::parse(datagram).ok()?;
        match self {
            Self::ForNatTests(responder) => responder.answer(path, &request, buffer),
            Self::Plain(responder) => {
                let buffer = buffer.get_mut(..most(path.remote))?;
                let unknown = request.unknown_required(is_known);
                if unknown.is_empty() {
                    return responder.answer(path, &request, buffer);
                }
                let is_right = request.class() == Class::Request
                    && request.method() == Method::BINDING
                    && request.verify_fingerprint().is_ok();
                if !is_right {
                    return None;
                }
                // RFC 8489 §6.3.1, so far as there is room: over IPv4 there is none for any type.
                let room = (buffer.len() - WITHOUT_TYPES) / 2;
                let code = ErrorCode::UNKNOWN_ATTRIBUTE.without_reason();
                let refusal = MessageBuilder::error(&request, code, buffer)
                    .put(attr::UNKNOWN_ATTRIBUTES, unknown.iter().take(room).collect());
                Some(Transmit::new(path, refusal.finish().ok()?))
            }
        }
    }
}

/// A header, and XOR-MAPPED-ADDRESS.
const MOST_IPV4: usize = 32;
const MOST_IPV6: usize = 44;

/// A header, ERROR-CODE, and UNKNOWN-ATTRIBUTES without any.
const WITHOUT_TYPES: usize = 32;

/// The most bytes that are sent to a stranger.
const fn most(stranger: SocketAddr) -> usize {
    match stranger {
        SocketAddr::V4(_) => MOST_IPV4,
        SocketAddr::V6(_) => MOST_IPV6,
    }
}

/// Credentials, which nobody asks for. What else may stand in a request, RESPONSE-PORT and PADDING,
/// would make the answer longer.
fn is_known(attribute: AttributeType) -> bool {
    [
        attr::USERNAME.attribute_type(),
        attr::USERHASH.attribute_type(),
        attr::REALM.attribute_type(),
        attr::NONCE.attribute_type(),
        attr::PASSWORD_ALGORITHM.attribute_type(),
    ]
    .contains(&attribute)
}

#[cfg(test)]
mod tests {
    use stun_codec::TransactionId;
    use stun_codec::shape::ChangeRequest;

    use super::*;

    const V4: [&str; 2] = ["192.0.2.1:3478", "198.51.100.9:5000"];
    const V6: [&str; 2] = ["[2001:db8::1]:3478", "[2001:db8::9]:5000"];

    fn path([local, remote]: [&str; 2]) -> FiveTuple {
        FiveTuple::udp(local.parse().unwrap(), remote.parse().unwrap())
    }

    fn request(
        build: impl FnOnce(MessageBuilder<'_>) -> MessageBuilder<'_>,
        buffer: &mut [u8],
    ) -> &[u8] {
        let id = TransactionId::new([7; 12]);
        build(MessageBuilder::request(Method::BINDING, id, buffer)).finish().unwrap()
    }

    fn answer(addresses: [&str; 2], datagram: &[u8]) -> Option<Vec<u8>> {
        let path = path(addresses);
        let answers = Answers::Plain(Responder::new(path.local));
        let mut buffer = vec![0; answers.capacity(datagram.len())];
        let answer = answers.to(path, datagram, &mut buffer)?;
        assert_eq!(answer.five_tuple, path);
        Some(answer.payload.to_vec())
    }

    #[test]
    fn s20_no_answer_of_a_plain_server_is_longer_than_an_address_takes() {
        let mut buffers = vec![[0; 2048]; 8];
        let [a, b, c, d, e, f, g, h] = &mut buffers[..] else { panic!() };
        let requests = [
            request(|request| request, a),
            request(|request| request.put(attr::SOFTWARE, "a program with a long name"), b),
            request(|request| request.put(attr::CHANGE_REQUEST, ChangeRequest::default()), c),
            request(|request| request.put(attr::RESPONSE_PORT, 9), d),
            request(|request| request.put(attr::PADDING, &[0; 1500]), e),
            request(|request| request.put(attr::PRIORITY, 1).put(attr::USE_CANDIDATE, ()), f),
            request(|request| request.put(attr::USERNAME, "a").put(attr::REALM, "b"), g),
            request(
                |mut request| {
                    for codepoint in 0x7000..0x7040 {
                        let attribute =
                            attr::Attribute::<stun_codec::shape::Flag>::new(codepoint, "X");
                        request = request.put(attribute, ());
                    }
                    request
                },
                h,
            ),
        ];
        for (i, request) in requests.into_iter().enumerate() {
            let v4 = answer(V4, request).unwrap();
            let v6 = answer(V6, request).unwrap();
            assert!(v4.len() <= 32 && v6.len() <= 44, "{i}: {} {}", v4.len(), v6.len());
            let (v4, v6) = (Message::parse(&v4).unwrap(), Message::parse(&v6).unwrap());
            let is_plain = [0, 1, 6].contains(&i);
            assert_eq!(v4.class() == Class::Success, is_plain, "{i}");
            assert_eq!(v6.class() == Class::Success, is_plain, "{i}");
            if !is_plain {
                let code = v4.get(attr::ERROR_CODE).unwrap().unwrap().code();
                assert_eq!(code, 420, "{i}");
                assert!(v4.contains(attr::UNKNOWN_ATTRIBUTES));
                assert!(!v6.get(attr::UNKNOWN_ATTRIBUTES).unwrap().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn what_is_no_request_gets_no_answer() {
        let id = TransactionId::new([7; 12]);
        let mut buffer = [0; 64];
        let garbage = [&b""[..], b"hello", &[0; 20], &[0xFF; 1200]];
        for datagram in garbage {
            assert_eq!(answer(V4, datagram), None);
        }
        let indication = MessageBuilder::indication(Method::BINDING, id, &mut buffer);
        assert_eq!(answer(V4, indication.finish().unwrap()), None);
        let allocate = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer);
        assert_eq!(answer(V4, allocate.put(attr::EVEN_PORT, false).finish().unwrap()), None);
        let request = MessageBuilder::request(Method::BINDING, id, &mut buffer);
        let request = request.put(attr::PRIORITY, 1).fingerprint().finish().unwrap();
        let mut request = request.to_vec();
        assert!(answer(V4, &request).is_some());
        *request.last_mut().unwrap() ^= 1;
        assert_eq!(answer(V4, &request), None, "wrong FINGERPRINT");
        let answered = answer(V4, &[&b"\x00\x01\0\0\x21\x12\xA4\x42"[..], &[7; 12]].concat());
        assert_eq!(answer(V4, &answered.unwrap()), None, "an answer to an answer");
    }
}
