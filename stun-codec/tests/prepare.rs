//! Usernames and passwords beyond ASCII, as people type them (RFC 8265, RFC 4013).

use sansio::{FiveTuple, Timestamp};
use std::time::Duration;
use stun_codec::auth::long_term::{Authenticator, Credentials, Keys, Session, User};
use stun_codec::auth::prepare::{PrepareError, opaque_string, saslprep};
use stun_codec::auth::security_features::Offer;
use stun_codec::shape::PasswordAlgorithm::{Md5, Sha256};
use stun_codec::{
    Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method, TransactionId, attr,
};

const ID: TransactionId = TransactionId::new([7; 12]);
/// Of RFC 5769 §2.4: with a soft hyphen, a feminine ordinal and a Roman nine.
const PASSWORD: &str = "The\u{AD}M\u{AA}tr\u{2168}";
const USERNAME: &str = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";

fn challenged(credentials: Credentials, nonce: &str) -> Session {
    let mut buffer = [0; 256];
    let message_type = MessageType::new(Class::Error, Method::BINDING);
    let challenge = MessageBuilder::new(message_type, ID, &mut buffer)
        .put(attr::ERROR_CODE, ErrorCode::UNAUTHENTICATED)
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, nonce)
        .finish()
        .unwrap();
    let mut session = Session::new(credentials);
    session.handle_error(&Message::parse(challenge).unwrap()).unwrap();
    session
}

fn request(session: &Session) -> Vec<u8> {
    let mut buffer = [0; 512];
    let request = MessageBuilder::request(Method::BINDING, ID, &mut buffer);
    session.sign(request).finish().unwrap().to_vec()
}

#[test]
fn rfc5769_2_4_password_as_it_is_typed() {
    assert_eq!(saslprep(PASSWORD).unwrap(), "TheMatrIX");
    let credentials = Credentials::prepare(USERNAME, PASSWORD).unwrap();
    let session = challenged(credentials, "f//499k954d6OL34oL9FSTvy64sA");
    let bytes = request(&session);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get(attr::USERNAME), Ok(Some(USERNAME)));
    assert!(message.verify(&Key::long_term(USERNAME, "example.org", "TheMatrIX")).is_ok());
    // And to make a newer server's key there is no other form than that.
    let credentials = Credentials::prepare(USERNAME, PASSWORD).unwrap();
    let bytes = request(&challenged(credentials, "obMatJos2AAAA"));
    let key = Key::long_term(USERNAME, "example.org", "TheMatrIX");
    assert!(Message::parse(&bytes).unwrap().verify(&key).is_ok());
}

/// The Roman nine stays what it is in OpaqueString, and becomes two letters in SASLprep.
#[test]
fn the_servers_nonce_tells_which_form_it_takes() {
    for (nonce, name, password) in [
        ("obMatJos2AAAA and on", "\u{2168}", "caf\u{E9}\u{AA}"),
        ("f//499k954d6OL34oL9F", "IX", "caf\u{E9}a"),
    ] {
        let credentials = Credentials::prepare("\u{2168}", "cafe\u{301}\u{AA}").unwrap();
        let bytes = request(&challenged(credentials, nonce));
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.get(attr::USERNAME), Ok(Some(name)));
        assert!(message.verify(&Key::long_term(name, "example.org", password)).is_ok(), "{nonce}");
    }
}

#[test]
fn a_server_and_a_client_of_rfc_8489_agree_on_what_people_type() {
    let name = opaque_string("Ren\u{E9}\u{3000}B").unwrap();
    assert_eq!(name, "Ren\u{E9} B");
    let keys = Keys::new(&name, "example.org", &opaque_string("p\u{E4}ss").unwrap());
    let server = Authenticator::new("example.org", [1; 32], Duration::from_secs(60))
        .offering(Offer::new(&[Sha256, Md5]));
    let path = FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], 5000).into());
    let mut session =
        Session::new(Credentials::prepare("Rene\u{301}\u{3000}B", "pa\u{308}ss").unwrap());
    let key_of = |claim: stun_codec::auth::long_term::Claim<'_>| {
        let key = keys.made_with(claim.algorithm)?;
        (claim.user == User::Name(&name)).then_some(((), key))
    };
    let bytes = request(&session);
    let first = Message::parse(&bytes).unwrap();
    let rejection = server.authenticate(Timestamp::ZERO, path, &first, key_of).err().unwrap();
    let mut buffer = [0; 128];
    let refusal = server.reject(Timestamp::ZERO, path, &first, rejection, &mut buffer).unwrap();
    session.handle_error(&Message::parse(refusal).unwrap()).unwrap();
    let bytes = request(&session);
    let second = Message::parse(&bytes).unwrap();
    assert!(server.authenticate(Timestamp::ZERO, path, &second, key_of).is_ok());
}

#[test]
fn s22_what_a_profile_forbids_is_no_username_and_no_password() {
    const OK: Result<(), PrepareError> = Ok(());
    const FORBIDDEN: Result<(), PrepareError> = Err(PrepareError::Forbidden);
    const EMPTY: Result<(), PrepareError> = Err(PrepareError::Empty);
    for (text, opaque, sasl) in [
        ("", EMPTY, EMPTY),
        ("plain", OK, OK),
        ("a\0", FORBIDDEN, FORBIDDEN),
        ("a\u{7F}b", FORBIDDEN, FORBIDDEN),
        ("a\tb", FORBIDDEN, FORBIDDEN),
        ("\u{AD}", FORBIDDEN, EMPTY),
        ("\u{200E}", FORBIDDEN, FORBIDDEN),
        ("\u{E000}", FORBIDDEN, FORBIDDEN),
        ("\u{FFFE}", FORBIDDEN, FORBIDDEN),
        // Unassigned in every version of Unicode so far.
        ("\u{378}", FORBIDDEN, FORBIDDEN),
        // Hebrew on its own, and with Latin letters: OpaqueString has no rule for directions.
        ("\u{5D0}\u{5D1}", OK, OK),
        ("\u{5D0}a\u{5D1}", OK, FORBIDDEN),
        // Assigned after Unicode 3.2, which is all that SASLprep knows.
        ("\u{1F600}", OK, FORBIDDEN),
    ] {
        assert_eq!(opaque_string(text).map(|_| ()), opaque, "OpaqueString of {text:?}");
        assert_eq!(saslprep(text).map(|_| ()), sasl, "SASLprep of {text:?}");
        let credentials = Credentials::prepare(text, "plain").map(|_| ());
        assert_eq!(credentials, if sasl.is_ok() { sasl } else { opaque }, "{text:?}");
        assert_eq!(Credentials::prepare("plain", text).is_ok(), credentials.is_ok());
    }
}
