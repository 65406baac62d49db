//! The short-term credential mechanism, rule by rule (RFC 8489 §9.1).

use stun_codec::auth::short_term::{self, Authenticated, Rejection, Session};
use stun_codec::{
    AttributeType, Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method,
    TransactionId, attr,
};

const ID: TransactionId = TransactionId::new([7; 12]);
const SHA1: AttributeType = AttributeType::MESSAGE_INTEGRITY;
const SHA256: AttributeType = AttributeType::MESSAGE_INTEGRITY_SHA256;

fn session() -> Session {
    Session::new("alice", "wonderland")
}

fn key() -> Key {
    Key::short_term("wonderland")
}

fn key_of(name: &str) -> Option<(usize, Key)> {
    (name == "alice").then(|| (1, key()))
}

fn message(session: &Session, class: Class) -> Vec<u8> {
    let mut buffer = [0; 256];
    let builder = MessageBuilder::new(MessageType::new(class, Method::BINDING), ID, &mut buffer);
    session.sign(builder).finish().unwrap().to_vec()
}

/// The types of all attributes, integrity included.
fn types(bytes: &[u8]) -> Vec<u16> {
    let (mut types, mut rest) = (Vec::new(), &bytes[20..]);
    while let [a, b, c, d, ..] = *rest {
        types.push(u16::from_be_bytes([a, b]));
        rest = &rest[4 + usize::from(u16::from_be_bytes([c, d])).next_multiple_of(4)..];
    }
    types
}

fn success(bytes: &[u8]) -> Vec<u8> {
    let request = Message::parse(bytes).unwrap();
    let Authenticated { request, user, response_key } =
        short_term::authenticate(&request, key_of).unwrap();
    assert_eq!(user, 1);
    let mut buffer = [0; 128];
    let answer = MessageBuilder::success(&request, &mut buffer);
    response_key.sign(answer).finish().unwrap().to_vec()
}

#[test]
fn the_first_message_has_username_and_both_integrity_attributes() {
    for class in [Class::Request, Class::Indication] {
        assert_eq!(types(&message(&session(), class)), [0x0006, 0x0008, 0x001C]);
    }
}

#[test]
fn the_response_has_the_strongest_integrity_attribute_of_the_request_and_only_that() {
    for (session, expected) in [
        (session(), 0x001C),
        (session().with_integrity(SHA256), 0x001C),
        (session().with_integrity(SHA1), 0x0008),
    ] {
        assert_eq!(types(&success(&message(&session, Class::Request))), [expected]);
    }
}

#[test]
fn later_messages_have_the_attribute_of_the_first_response_only() {
    for (sha256, expected) in [(true, 0x001C), (false, 0x0008)] {
        let mut session = session();
        let mut buffer = [0; 128];
        let answer =
            MessageBuilder::new(MessageType::new(Class::Success, Method::BINDING), ID, &mut buffer);
        let answer = match sha256 {
            true => answer.sign_sha256(&key()).finish(),
            // A server that knows MESSAGE-INTEGRITY only.
            false => answer.sign(&key()).finish(),
        };
        let answer = Message::parse(answer.unwrap()).unwrap();
        let answer = session.verify(&answer).unwrap();
        session.handle_response(&answer);
        assert_eq!(types(&message(&session, Class::Request)), [0x0006, expected]);
    }
}

#[test]
fn s12_a_response_with_another_integrity_attribute_than_the_request_is_discarded() {
    for (sent, other) in [(SHA1, SHA256), (SHA256, SHA1)] {
        let answer = success(&message(&session().with_integrity(sent), Class::Request));
        let answer = Message::parse(&answer).unwrap();
        assert!(session().verify(&answer).is_some());
        assert!(session().with_integrity(sent).verify(&answer).is_some());
        assert!(session().with_integrity(other).verify(&answer).is_none());
    }
}

#[test]
fn a_response_without_or_with_wrong_integrity_is_discarded() {
    let request = message(&session(), Class::Request);
    let request = Message::parse(&request).unwrap();
    for wrong in [None, Some(Key::short_term("guess"))] {
        for rejection in [Rejection::BadRequest, Rejection::Unauthenticated] {
            let mut buffer = [0; 128];
            let answer = match wrong {
                Some(key) => MessageBuilder::error(&request, ErrorCode::BAD_REQUEST, &mut buffer)
                    .sign(&key)
                    .finish()
                    .unwrap(),
                None => short_term::reject(&request, rejection, &mut buffer).unwrap().unwrap(),
            };
            assert!(session().verify(&Message::parse(answer).unwrap()).is_none());
        }
    }
    // Nor is a request a response, however well it is signed.
    assert!(session().verify(&request).is_none());
}

#[test]
fn without_username_or_integrity_400_with_an_unknown_name_or_wrong_integrity_401() {
    for (name, key, code) in [
        (None, Some(key()), 400),
        (Some("alice"), None, 400),
        (Some("bob"), Some(key()), 401),
        (Some("alice"), Some(Key::short_term("guess")), 401),
    ] {
        for class in [Class::Request, Class::Indication] {
            let mut buffer = [0; 256];
            let message_type = MessageType::new(class, Method::BINDING);
            let builder =
                MessageBuilder::new(message_type, ID, &mut buffer).put_some(attr::USERNAME, name);
            let bytes = match &key {
                Some(key) => builder.sign(key).sign_sha256(key).finish().unwrap(),
                None => builder.finish().unwrap(),
            };
            let message = Message::parse(bytes).unwrap();
            let rejection = short_term::authenticate(&message, key_of).err().unwrap();
            let mut buffer = [0; 28];
            let answer = short_term::reject(&message, rejection, &mut buffer).unwrap();
            let Some(answer) = answer else {
                assert_eq!(class, Class::Indication);
                continue;
            };
            assert_eq!(class, Class::Request);
            let answer = Message::parse(answer).unwrap();
            assert_eq!(answer.get(attr::ERROR_CODE).unwrap().unwrap().code(), code);
            assert_eq!(types(answer.as_bytes()), [0x0009]);
        }
    }
}

#[test]
fn an_indication_that_is_signed_is_let_in() {
    let bytes = message(&session(), Class::Indication);
    let message = Message::parse(&bytes).unwrap();
    assert!(short_term::authenticate(&message, key_of).is_ok());
}

#[test]
fn with_both_attributes_the_stronger_one_decides() {
    let mut bytes = message(&session(), Class::Request);
    *bytes.last_mut().unwrap() ^= 1;
    let message = Message::parse(&bytes).unwrap();
    let verdict = short_term::authenticate(&message, key_of);
    assert_eq!(verdict.err(), Some(Rejection::Unauthenticated));
}

#[test]
fn a_session_does_not_print_its_password() {
    assert_eq!(format!("{:?}", session()), "Session(\"alice\", secret)");
}
