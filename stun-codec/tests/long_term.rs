//! The long-term credential mechanism, rule by rule (RFC 8489 §9.2): what the server lets in and
//! how it refuses, what the client believes and when it gives up.

use std::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::auth::long_term::{
    Authenticated, Authenticator, Claim, Credentials, Rejection, Session, SessionError, User,
};
use stun_codec::shape::PasswordAlgorithm;
use stun_codec::{
    AttributeType, BuildError, Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method,
    TransactionId, attr,
};

const ID: TransactionId = TransactionId::new([7; 12]);
const NOW: Timestamp = Timestamp::from_secs(100);

fn client(port: u16) -> FiveTuple {
    FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], port).into())
}

fn server() -> Authenticator {
    Authenticator::new("example.org", [9; 32], Duration::from_secs(600))
}

fn session() -> Session {
    Session::new(Credentials::new("alice", "wonderland"))
}

fn alice() -> Key {
    Key::long_term("alice", "example.org", "wonderland")
}

fn key_of(claim: Claim<'_>) -> Option<(&'static str, Key)> {
    assert_eq!(claim.algorithm, PasswordAlgorithm::Md5, "nothing else was offered");
    (claim.user == User::Name("alice")).then(|| ("alice", alice()))
}

fn request(session: &Session) -> Vec<u8> {
    let mut buffer = [0; 512];
    let builder = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer);
    session.sign(builder).finish().unwrap().to_vec()
}

/// The server's verdict; its answer when it refuses.
fn verdict(
    server: &Authenticator,
    now: Timestamp,
    request: &[u8],
) -> Result<String, (Rejection, Vec<u8>)> {
    let request = Message::parse(request).unwrap();
    match server.authenticate(now, client(5000), &request, key_of) {
        Ok(Authenticated { user, .. }) => Ok(user.to_owned()),
        Err(rejection) => {
            let mut buffer = [0; 128];
            let answer = server.reject(now, client(5000), &request, rejection, &mut buffer);
            Err((rejection, answer.unwrap().to_vec()))
        }
    }
}

fn challenged(server: &Authenticator) -> Session {
    let mut session = session();
    let (_, refusal) = verdict(server, NOW, &request(&session)).unwrap_err();
    session.handle_error(&Message::parse(&refusal).unwrap()).unwrap();
    session
}

/// A response of the server's, or of somebody who forges one.
fn response(class: Class, code: Option<u16>, key: Option<&Key>) -> Vec<u8> {
    let mut buffer = [0; 256];
    let code = code.map(|code| ErrorCode::new(code, "").unwrap());
    let builder = MessageBuilder::new(MessageType::new(class, Method::ALLOCATE), ID, &mut buffer)
        .put_some(attr::ERROR_CODE, code);
    match key {
        Some(key) => builder.sign(key).finish().unwrap().to_vec(),
        None => builder.finish().unwrap().to_vec(),
    }
}

fn challenge(code: u16, realm: Option<&str>, nonce: Option<&str>) -> Vec<u8> {
    let mut buffer = [0; 256];
    let message_type = MessageType::new(Class::Error, Method::ALLOCATE);
    MessageBuilder::new(message_type, ID, &mut buffer)
        .put(attr::ERROR_CODE, ErrorCode::new(code, "").unwrap())
        .put_some(attr::REALM, realm)
        .put_some(attr::NONCE, nonce)
        .finish()
        .unwrap()
        .to_vec()
}

fn tell(session: &mut Session, bytes: &[u8]) -> Result<(), SessionError> {
    session.handle_error(&Message::parse(bytes).unwrap())
}

#[test]
fn the_first_request_carries_no_credentials() {
    let request = request(&session());
    let message = Message::parse(&request).unwrap();
    assert!(!message.has_integrity());
    assert_eq!(message.attributes().count(), 0);
}

#[test]
fn without_integrity_401_with_realm_and_nonce_and_no_more() {
    let (rejection, answer) = verdict(&server(), NOW, &request(&session())).unwrap_err();
    assert_eq!(rejection, Rejection::Unauthenticated);
    let answer = Message::parse(&answer).unwrap();
    assert_eq!(answer.get(attr::ERROR_CODE).unwrap().unwrap().code(), 401);
    assert_eq!(answer.get(attr::REALM), Ok(Some("example.org")));
    assert!(answer.contains(attr::NONCE));
    assert_eq!(answer.attributes().count(), 3);
    assert!(!answer.has_integrity());
}

#[test]
fn s20_a_refusal_is_short() {
    let (_, answer) = verdict(&server(), NOW, &request(&session())).unwrap_err();
    assert!(answer.len() <= 92, "{} bytes", answer.len());
}

#[test]
fn the_second_request_repeats_realm_and_nonce_and_is_let_in() {
    let server = server();
    let session = challenged(&server);
    let bytes = request(&session);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(attr::USERNAME), Ok(Some("alice")));
    assert_eq!(message.get(attr::REALM), Ok(Some("example.org")));
    assert_eq!(verdict(&server, NOW, &bytes), Ok("alice".to_owned()));
    // It is cached: the next request does the same.
    assert_eq!(verdict(&server, NOW, &request(&session)), Ok("alice".to_owned()));
}

#[test]
fn integrity_without_username_realm_or_nonce_is_400_that_tells_nothing() {
    let server = server();
    let key = alice();
    let (_, refusal) = verdict(&server, NOW, &request(&session())).unwrap_err();
    let refusal = Message::parse(&refusal).unwrap();
    let nonce = refusal.get(attr::NONCE).unwrap();
    for absent in 0..3 {
        let mut buffer = [0; 256];
        let request = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
            .put_some(attr::USERNAME, (absent != 0).then_some("alice"))
            .put_some(attr::REALM, (absent != 1).then_some("example.org"))
            .put_some(attr::NONCE, nonce.filter(|_| absent != 2))
            .sign(&key)
            .finish()
            .unwrap();
        let (rejection, answer) = verdict(&server, NOW, request).unwrap_err();
        assert_eq!(rejection, Rejection::BadRequest);
        let answer = Message::parse(&answer).unwrap();
        assert_eq!(answer.get(attr::ERROR_CODE).unwrap().unwrap().code(), 400);
        assert_eq!(answer.attributes().count(), 1);
    }
}

#[test]
fn t08_unknown_user_and_wrong_password_are_answered_alike() {
    let server = server();
    let answers = [("alice", "looking glass"), ("bob", "wonderland")].map(|(user, password)| {
        let mut session = Session::new(Credentials::new(user, password));
        let (_, refusal) = verdict(&server, NOW, &request(&session)).unwrap_err();
        tell(&mut session, &refusal).unwrap();
        let (rejection, answer) = verdict(&server, NOW, &request(&session)).unwrap_err();
        assert_eq!(rejection, Rejection::Unauthenticated);
        answer
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn nobody_is_let_in_by_signing_with_an_empty_key() {
    let server = server();
    let (_, refusal) = verdict(&server, NOW, &request(&session())).unwrap_err();
    let refusal = Message::parse(&refusal).unwrap();
    let mut buffer = [0; 256];
    let request = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
        .put(attr::USERNAME, "mallory")
        .put(attr::REALM, "example.org")
        .put_some(attr::NONCE, refusal.get(attr::NONCE).unwrap())
        .sign(&Key::from_bytes(&[]))
        .finish()
        .unwrap();
    assert_eq!(verdict(&server, NOW, request).unwrap_err().0, Rejection::Unauthenticated);
}

#[test]
fn s14_a_stale_nonce_is_438_with_a_fresh_one_that_is_good() {
    let server = server();
    let mut session = challenged(&server);
    let late = NOW + Duration::from_secs(601);
    let (rejection, answer) = verdict(&server, late, &request(&session)).unwrap_err();
    assert_eq!(rejection, Rejection::StaleNonce);
    let message = Message::parse(&answer).unwrap();
    assert_eq!(message.get(attr::ERROR_CODE).unwrap().unwrap().code(), 438);
    assert_eq!(message.get(attr::REALM), Ok(Some("example.org")));
    assert_eq!(message.attributes().count(), 3);
    assert!(session.accepts(&message));
    tell(&mut session, &answer).unwrap();
    assert_eq!(verdict(&server, late, &request(&session)), Ok("alice".to_owned()));
}

#[test]
fn t07_a_wrong_nonce_costs_no_look_up() {
    let mut session = session();
    tell(&mut session, &challenge(401, Some("example.org"), Some("f//499k954d6OL34"))).unwrap();
    let bytes = request(&session);
    let request = Message::parse(&bytes).unwrap();
    let verdict = server().authenticate::<()>(NOW, client(5000), &request, |_| panic!("a look-up"));
    assert_eq!(verdict.err(), Some(Rejection::StaleNonce));
}

#[test]
fn two_clients_never_get_the_same_nonce() {
    let server = server();
    let bytes = request(&session());
    let request = Message::parse(&bytes).unwrap();
    let nonces: std::collections::BTreeSet<Vec<u8>> = (5000..5100)
        .map(|port| {
            let mut buffer = [0; 128];
            let rejection = Rejection::Unauthenticated;
            let answer = server.reject(NOW, client(port), &request, rejection, &mut buffer);
            let answer = Message::parse(answer.unwrap()).unwrap();
            answer.get(attr::NONCE).unwrap().unwrap().as_bytes().to_vec()
        })
        .collect();
    assert_eq!(nonces.len(), 100);
}

#[test]
fn a_realm_of_128_characters_is_not_sent() {
    for (length, fits) in [(127, true), (128, false)] {
        let realm = "\u{30DE}".repeat(length);
        let server = Authenticator::new(realm, [9; 32], Duration::from_secs(600));
        let bytes = request(&session());
        let request = Message::parse(&bytes).unwrap();
        let mut buffer = [0; 1024];
        let rejection = Rejection::Unauthenticated;
        let answer = server.reject(NOW, client(5000), &request, rejection, &mut buffer);
        assert_eq!(answer.is_ok(), fits);
        assert!(fits || matches!(answer, Err(BuildError::Value { .. })));
    }
}

#[test]
fn the_response_to_an_authenticated_request_is_believed_when_signed_with_its_key() {
    let server = server();
    let session = challenged(&server);
    let bytes = request(&session);
    let request = Message::parse(&bytes).unwrap();
    let user = server.authenticate(NOW, client(5000), &request, key_of).unwrap();
    let mut buffer = [0; 128];
    let answer = MessageBuilder::success(&user.request, &mut buffer);
    let answer = user.response_key.sign(answer).finish().unwrap();
    let answer = Message::parse(answer).unwrap();
    assert!(session.accepts(&answer));
    // The request named no algorithm.
    let answer = answer.verify(&alice()).unwrap();
    assert_eq!(answer.integrity_type(), AttributeType::MESSAGE_INTEGRITY);
}

#[test]
fn once_challenged_only_401_and_438_need_no_integrity() {
    let session = challenged(&server());
    let (right, wrong) = (alice(), Key::short_term("guess"));
    for code in [None, Some(300), Some(400), Some(420), Some(437), Some(500)] {
        let class = if code.is_some() { Class::Error } else { Class::Success };
        let believed = |key| session.accepts(&Message::parse(&response(class, code, key)).unwrap());
        assert!(!believed(None), "{code:?}");
        assert!(!believed(Some(&wrong)), "{code:?}");
        assert!(believed(Some(&right)), "{code:?}");
    }
    for code in [401, 438] {
        let bytes = response(Class::Error, Some(code), None);
        assert!(session.accepts(&Message::parse(&bytes).unwrap()));
    }
}

#[test]
fn an_error_code_does_not_make_a_success_response_believable() {
    let session = challenged(&server());
    for code in [401, 438] {
        let forged = response(Class::Success, Some(code), None);
        assert!(!session.accepts(&Message::parse(&forged).unwrap()));
    }
}

#[test]
fn a_request_is_no_response() {
    for session in [session(), challenged(&server())] {
        for class in [Class::Request, Class::Indication] {
            let bytes = response(class, Some(401), Some(&alice()));
            assert!(!session.accepts(&Message::parse(&bytes).unwrap()));
        }
    }
}

#[test]
fn before_any_challenge_all_is_believed_but_400_and_300() {
    let session = session();
    for (class, code, believed) in [
        (Class::Success, None, true),
        (Class::Error, Some(401), true),
        (Class::Error, Some(420), true),
        (Class::Error, Some(500), true),
        (Class::Error, Some(400), false),
        (Class::Error, Some(300), false),
    ] {
        let bytes = response(class, code, None);
        assert_eq!(session.accepts(&Message::parse(&bytes).unwrap()), believed, "{code:?}");
    }
}

#[test]
fn a_401_for_the_same_realm_ends_the_session_even_after_a_success() {
    let mut session = session();
    tell(&mut session, &challenge(401, Some("a"), Some("1"))).unwrap();
    let again = challenge(401, Some("a"), Some("2"));
    assert_eq!(tell(&mut session, &again), Err(SessionError::WrongCredentials));
    session.handle_success();
    assert_eq!(tell(&mut session, &again), Err(SessionError::WrongCredentials));
}

#[test]
fn a_401_for_another_realm_is_tried() {
    let mut session = session();
    tell(&mut session, &challenge(401, Some("a"), Some("1"))).unwrap();
    tell(&mut session, &challenge(401, Some("b"), Some("2"))).unwrap();
    let bytes = request(&session);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(attr::REALM), Ok(Some("b")));
    assert_eq!(message.get(attr::NONCE), Ok(Some("2")));
    assert!(message.verify(&Key::long_term("alice", "b", "wonderland")).is_ok());
}

#[test]
fn a_438_is_tried_again_with_its_nonce_and_needs_no_realm() {
    let mut session = session();
    tell(&mut session, &challenge(401, Some("a"), Some("1"))).unwrap();
    tell(&mut session, &challenge(438, None, Some("2"))).unwrap();
    let bytes = request(&session);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(attr::NONCE), Ok(Some("2")));
    assert_eq!(message.get(attr::REALM), Ok(Some("a")));
    assert!(message.contains(attr::USERNAME));
    assert!(message.verify(&Key::long_term("alice", "a", "wonderland")).is_ok());
}

#[test]
fn s15_endless_refusals_end_the_session() {
    let mut session = session();
    let stale = challenge(438, Some("a"), Some("1"));
    let tries = (0..1000).take_while(|_| tell(&mut session, &stale).is_ok()).count();
    assert_eq!(tries, 4);
    // And however often it is told, it stays so.
    for _ in 0..1000 {
        assert!(matches!(tell(&mut session, &stale), Err(SessionError::TooManyRefusals(_))));
    }
    session.handle_success();
    assert_eq!(tell(&mut session, &stale), Ok(()));
}

#[test]
fn a_challenge_that_lacks_something_is_malformed() {
    for bytes in [
        challenge(401, None, Some("1")),
        challenge(401, Some("a"), None),
        challenge(438, None, None),
        response(Class::Error, None, None),
    ] {
        assert_eq!(tell(&mut session(), &bytes), Err(SessionError::MalformedChallenge));
    }
    let other = response(Class::Error, Some(486), None);
    assert_eq!(tell(&mut session(), &other), Err(SessionError::Other(486)));
}
