//! What RFC 8489 adds to the long-term credential mechanism (§9.2): the choice of the algorithm that
//! makes the key, names that are told as hashes, and the nonce's cookie, which shows when somebody
//! on the way has struck out either.

use std::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::auth::long_term::{
    Authenticator, Claim, Credentials, Keys, Rejection, Session, SessionError, User,
};
use stun_codec::auth::nonce::Nonces;
use stun_codec::auth::security_features::{Offer, SecurityFeatures};
use stun_codec::integrity::user_hash;
use stun_codec::shape::PasswordAlgorithm::{self, Md5, Sha256};
use stun_codec::shape::{Algorithm, AlgorithmList, NamedAlgorithm, Shape as _};
use stun_codec::{
    AttributeType, Class, ErrorCode, Key, Message, MessageBuilder, MessageType, Method,
    TransactionId, attr,
};

const ID: TransactionId = TransactionId::new([7; 12]);
const NOW: Timestamp = Timestamp::from_secs(100);
const REALM: &str = "example.org";
const BOTH: [u8; 8] = [0, 2, 0, 0, 0, 1, 0, 0];
const MD5_ONLY: [u8; 4] = [0, 1, 0, 0];

fn client() -> FiveTuple {
    FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], 5000).into())
}

fn server(offer: Offer) -> Authenticator {
    Authenticator::new(REALM, [9; 32], Duration::from_secs(600)).offering(offer)
}

fn both() -> Authenticator {
    server(Offer::new(&[Sha256, Md5]))
}

fn session() -> Session {
    Session::new(Credentials::new("alice", "wonderland"))
}

fn key(algorithm: PasswordAlgorithm) -> Key {
    Keys::new("alice", REALM, "wonderland").made_with(algorithm).unwrap()
}

fn key_of(claim: Claim<'_>) -> Option<(&'static str, Key)> {
    let known = [User::Name("alice"), User::Hash(user_hash("alice", REALM))];
    known.contains(&claim.user).then(|| ("alice", key(claim.algorithm)))
}

fn request(session: &Session) -> Vec<u8> {
    let mut buffer = [0; 512];
    let builder = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer);
    session.sign(builder).finish().unwrap().to_vec()
}

/// The server's signed success, or what it answers instead.
fn serve(server: &Authenticator, now: Timestamp, request: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
    let request = Message::parse(request).unwrap();
    let mut buffer = [0; 128];
    match server.authenticate(now, client(), &request, key_of) {
        Ok(user) => {
            assert_eq!(user.user, "alice");
            let answer = MessageBuilder::success(&user.request, &mut buffer);
            Ok(user.response_key.sign(answer).finish().unwrap().to_vec())
        }
        Err(rejection) => {
            let answer = server.reject(now, client(), &request, rejection, &mut buffer);
            Err(answer.unwrap().to_vec())
        }
    }
}

fn code(bytes: &[u8]) -> u16 {
    Message::parse(bytes).unwrap().get(attr::ERROR_CODE).unwrap().unwrap().code()
}

fn tell(session: &mut Session, bytes: &[u8]) -> Result<(), SessionError> {
    session.handle_error(&Message::parse(bytes).unwrap())
}

fn challenged(server: &Authenticator) -> Session {
    let mut session = session();
    let refusal = serve(server, NOW, &request(&session)).unwrap_err();
    tell(&mut session, &refusal).unwrap();
    session
}

/// The challenge after somebody has changed its nonce and its list.
fn tampered(challenge: &[u8], nonce: impl Fn(&str) -> String, list: Option<&[u8]>) -> Vec<u8> {
    let challenge = Message::parse(challenge).unwrap();
    let list = list.map(|list| AlgorithmList::new(list).unwrap());
    let mut buffer = [0; 512];
    MessageBuilder::new(challenge.message_type(), ID, &mut buffer)
        .put_some(attr::ERROR_CODE, challenge.get(attr::ERROR_CODE).unwrap())
        .put_some(attr::REALM, challenge.get(attr::REALM).unwrap())
        .put(attr::NONCE, &*nonce(challenge.get(attr::NONCE).unwrap().unwrap()))
        .put_some(attr::PASSWORD_ALGORITHMS, list)
        .finish()
        .unwrap()
        .to_vec()
}

fn challenge(nonce: &str, list: Option<&[u8]>) -> Vec<u8> {
    let mut buffer = [0; 512];
    let message_type = MessageType::new(Class::Error, Method::ALLOCATE);
    MessageBuilder::new(message_type, ID, &mut buffer)
        .put(attr::ERROR_CODE, ErrorCode::UNAUTHENTICATED)
        .put(attr::REALM, REALM)
        .put(attr::NONCE, nonce)
        .put_some(attr::PASSWORD_ALGORITHMS, list.map(|list| AlgorithmList::new(list).unwrap()))
        .finish()
        .unwrap()
        .to_vec()
}

#[test]
fn the_challenge_lists_the_algorithms_and_its_nonce_says_so() {
    let refusal = serve(&both(), NOW, &request(&session())).unwrap_err();
    let refusal = Message::parse(&refusal).unwrap();
    let list = refusal.get(attr::PASSWORD_ALGORITHMS).unwrap().unwrap();
    assert_eq!(list.as_bytes(), BOTH);
    let nonce = refusal.get(attr::NONCE).unwrap().unwrap();
    assert!(nonce.starts_with("obMatJos2gAAA"), "{nonce}");
    let plain = serve(&server(Offer::default()), NOW, &request(&session())).unwrap_err();
    let plain = Message::parse(&plain).unwrap();
    assert!(!plain.contains(attr::PASSWORD_ALGORITHMS));
    assert!(plain.get(attr::NONCE).unwrap().unwrap().starts_with("obMatJos2AAAA"));
}

#[test]
fn s20_a_refusal_with_algorithms_is_short() {
    for offer in [Offer::new(&[Sha256, Md5]), Offer::new(&[Sha256, Md5]).with_anonymity()] {
        let refusal = serve(&server(offer), NOW, &request(&session())).unwrap_err();
        assert!(refusal.len() <= 92, "{} bytes", refusal.len());
    }
}

#[test]
fn the_first_algorithm_that_is_known_makes_the_key_and_sha256_signs() {
    let foreign = [0, 9, 0, 3, 1, 2, 3, 0, 0, 1, 0, 0, 0, 2, 0, 0];
    let cases: [(&[u8], _); 4] =
        [(&BOTH, Sha256), (&MD5_ONLY, Md5), (&foreign, Md5), (&foreign[8..], Md5)];
    for (list, algorithm) in cases {
        let mut session = session();
        tell(&mut session, &challenge("obMatJos2gAAA", Some(list))).unwrap();
        let bytes = request(&session);
        let message = Message::parse(&bytes).unwrap().verify(&key(algorithm)).unwrap();
        assert_eq!(message.integrity_type(), AttributeType::MESSAGE_INTEGRITY_SHA256);
        assert_eq!(message.get(attr::PASSWORD_ALGORITHMS).unwrap().unwrap().as_bytes(), list);
        let named = message.get(attr::PASSWORD_ALGORITHM).unwrap().unwrap();
        assert_eq!(named, NamedAlgorithm::from(algorithm));
        let kinds: Vec<u16> = message.attributes().map(|raw| raw.attribute_type.value()).collect();
        assert_eq!(kinds, [0x0006, 0x0014, 0x0015, 0x8002, 0x001D]);
    }
}

#[test]
fn client_and_server_agree_whatever_is_offered() {
    for algorithms in [&[][..], &[Md5], &[Sha256], &[Md5, Sha256], &[Sha256, Md5]] {
        for anonymity in [false, true] {
            let offer = Offer::new(algorithms);
            let server = server(if anonymity { offer.with_anonymity() } else { offer });
            let session = challenged(&server);
            let bytes = request(&session);
            let message = Message::parse(&bytes).unwrap();
            assert_eq!(message.contains(attr::USERHASH), anonymity);
            assert_eq!(message.contains(attr::USERNAME), !anonymity);
            let answer = serve(&server, NOW, &bytes).expect("let in");
            let answer = Message::parse(&answer).unwrap();
            assert!(session.accepts(&answer));
            let algorithm = algorithms.first().copied().unwrap_or(Md5);
            let integrity = match algorithms {
                [] => AttributeType::MESSAGE_INTEGRITY,
                _ => AttributeType::MESSAGE_INTEGRITY_SHA256,
            };
            let answer = answer.verify(&key(algorithm)).unwrap();
            assert_eq!(answer.integrity_type(), integrity);
            assert_eq!(answer.attributes().count(), 0, "no REALM, NONCE, USERNAME or USERHASH");
        }
    }
}

/// As such a client does: it knows nothing of the cookie and of the list.
fn rfc_5389_request(challenge: &[u8]) -> Vec<u8> {
    let challenge = Message::parse(challenge).unwrap();
    let mut buffer = [0; 512];
    MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
        .put(attr::USERNAME, "alice")
        .put_some(attr::REALM, challenge.get(attr::REALM).unwrap())
        .put_some(attr::NONCE, challenge.get(attr::NONCE).unwrap())
        .sign(&key(Md5))
        .finish()
        .unwrap()
        .to_vec()
}

#[test]
fn a_client_of_rfc_5389_is_served_while_md5_is_offered() {
    for (algorithms, is_served) in
        [(&[][..], true), (&[Sha256, Md5], true), (&[Md5], true), (&[Sha256], false)]
    {
        let server = server(Offer::new(algorithms).with_anonymity());
        let refusal = serve(&server, NOW, &request(&session())).unwrap_err();
        match serve(&server, NOW, &rfc_5389_request(&refusal)) {
            Ok(answer) => {
                assert!(is_served);
                let answer = Message::parse(&answer).unwrap().verify(&key(Md5)).unwrap();
                assert_eq!(answer.integrity_type(), AttributeType::MESSAGE_INTEGRITY);
            }
            Err(answer) => assert_eq!((code(&answer), is_served), (401, false)),
        }
    }
}

#[test]
fn a_database_that_knows_one_key_only_has_no_other() {
    for (known, other) in [(Md5, Sha256), (Sha256, Md5)] {
        let keys = Keys::only(known, key(known));
        assert!(keys.made_with(known).is_some() && keys.made_with(other).is_none());
    }
}

#[test]
fn a_server_of_rfc_5389_is_asked_as_before() {
    let mut session = session();
    tell(&mut session, &challenge("f//499k954d6OL34oL9FSTvy64sA", None)).unwrap();
    let bytes = request(&session);
    let message = Message::parse(&bytes).unwrap().verify(&key(Md5)).unwrap();
    assert_eq!(message.integrity_type(), AttributeType::MESSAGE_INTEGRITY);
    let kinds: Vec<u16> = message.attributes().map(|raw| raw.attribute_type.value()).collect();
    assert_eq!(kinds, [0x0006, 0x0014, 0x0015]);
}

#[test]
fn s12_without_the_list_that_the_nonce_announces_the_client_gives_up() {
    let refusal = serve(&both(), NOW, &request(&session())).unwrap_err();
    let stripped = tampered(&refusal, str::to_owned, None);
    assert_eq!(tell(&mut session(), &stripped), Err(SessionError::BidDown));
    // Nor may another challenge take back what was once offered.
    let mut session = challenged(&both());
    let again = tampered(&refusal, |_| "obMatJos2AAAA and on".to_owned(), None);
    let mut buffer = [0; 256];
    let again = Message::parse(&again).unwrap();
    let stale = MessageBuilder::new(again.message_type(), ID, &mut buffer)
        .put(attr::ERROR_CODE, ErrorCode::STALE_NONCE)
        .put_some(attr::NONCE, again.get(attr::NONCE).unwrap())
        .finish()
        .unwrap();
    assert_eq!(tell(&mut session, stale), Err(SessionError::BidDown));
}

#[test]
fn s12_a_name_that_was_kept_secret_stays_so() {
    let mut session = challenged(&server(Offer::default().with_anonymity()));
    let mut buffer = [0; 256];
    let stale =
        MessageBuilder::new(MessageType::new(Class::Error, Method::ALLOCATE), ID, &mut buffer)
            .put(attr::ERROR_CODE, ErrorCode::STALE_NONCE)
            .put(attr::NONCE, "obMatJos2AAAA and on")
            .finish()
            .unwrap();
    assert_eq!(tell(&mut session, stale), Err(SessionError::BidDown));
}

#[test]
fn s12_a_list_that_was_edited_is_400() {
    let server = both();
    let refusal = serve(&server, NOW, &request(&session())).unwrap_err();
    let more = [0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0];
    let edits: [&[u8]; 4] = [&MD5_ONLY, &BOTH[..4], &[0, 1, 0, 0, 0, 2, 0, 0], &more];
    for list in edits {
        let mut session = session();
        tell(&mut session, &tampered(&refusal, str::to_owned, Some(list))).unwrap();
        let answer = serve(&server, NOW, &request(&session)).unwrap_err();
        assert_eq!(code(&answer), 400, "{list:?}");
        let answer = Message::parse(&answer).unwrap();
        assert_eq!(answer.attributes().count(), 1);
        assert!(!session.accepts(&answer), "a 400 without integrity is nobody's");
    }
}

#[test]
fn s12_one_of_the_two_attributes_without_the_other_or_an_unknown_algorithm_is_400() {
    let list = Some(AlgorithmList::new(&BOTH).unwrap());
    let named = |number, parameters| Some(NamedAlgorithm { number, parameters });
    for (offer, list, named, verdict) in [
        (Offer::new(&[Sha256, Md5]), list, named(2, &[][..]), None),
        (Offer::new(&[Sha256, Md5]), list, None, Some(Rejection::BadRequest)),
        (Offer::new(&[Sha256, Md5]), None, named(2, &[]), Some(Rejection::BadRequest)),
        (Offer::new(&[Sha256, Md5]), list, named(3, &[]), Some(Rejection::BadRequest)),
        (Offer::new(&[Sha256, Md5]), list, named(2, &[1]), Some(Rejection::BadRequest)),
        // Somebody made up an offer.
        (Offer::default(), list, named(2, &[]), Some(Rejection::BadRequest)),
    ] {
        let server = server(offer);
        let refusal = serve(&server, NOW, &request(&session())).unwrap_err();
        let refusal = Message::parse(&refusal).unwrap();
        let mut buffer = [0; 512];
        let request = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
            .put(attr::USERNAME, "alice")
            .put(attr::REALM, REALM)
            .put_some(attr::NONCE, refusal.get(attr::NONCE).unwrap())
            .put_some(attr::PASSWORD_ALGORITHMS, list)
            .put_some(attr::PASSWORD_ALGORITHM, named)
            .sign_sha256(&key(Sha256))
            .finish()
            .unwrap();
        let request = Message::parse(request).unwrap();
        let got = server.authenticate(NOW, client(), &request, key_of).err();
        assert_eq!(got, verdict, "{list:?} {named:?}");
    }
}

#[test]
fn s13_bits_that_were_stripped_from_the_nonce_are_438() {
    let server = server(Offer::new(&[Sha256, Md5]).with_anonymity());
    let refusal = serve(&server, NOW, &request(&session())).unwrap_err();
    let without = |bits: &'static str| move |nonce: &str| nonce.replace("obMatJos2wAAA", bits);
    for bits in ["obMatJos2AAAA", "obMatJos2gAAA", "obMatJos2QAAA", "obMatJos3wAAA", ""] {
        // The attacker strips the list too where the client would miss it.
        for list in [None, Some(&BOTH[..])] {
            let mut session = session();
            match tell(&mut session, &tampered(&refusal, without(bits), list)) {
                Ok(()) => {
                    let answer = serve(&server, NOW, &request(&session)).unwrap_err();
                    assert_eq!(code(&answer), 438, "{bits}");
                }
                Err(error) => {
                    assert_eq!((error, bits), (SessionError::BidDown, "obMatJos2gAAA"));
                }
            }
        }
    }
}

#[test]
fn s14_a_stale_nonce_is_438_with_the_list_again() {
    let server = both();
    let mut session = challenged(&server);
    let late = NOW + Duration::from_secs(601);
    let refusal = serve(&server, late, &request(&session)).unwrap_err();
    assert_eq!(code(&refusal), 438);
    assert!(Message::parse(&refusal).unwrap().contains(attr::PASSWORD_ALGORITHMS));
    tell(&mut session, &refusal).unwrap();
    assert!(serve(&server, late, &request(&session)).is_ok());
}

#[test]
fn s14_after_a_change_of_keys_old_nonces_are_good_until_the_old_key_is_removed() {
    let mut server = Authenticator::with_nonces(REALM, Nonces::new([1; 32], Duration::MAX))
        .offering(Offer::new(&[Sha256]));
    let mut session = challenged(&server);
    server.nonces_mut().add_key(1, [2; 32]);
    assert!(server.nonces_mut().use_key(1));
    assert!(serve(&server, NOW, &request(&session)).is_ok());
    server.nonces_mut().remove_key(0);
    let refusal = serve(&server, NOW, &request(&session)).unwrap_err();
    assert_eq!(code(&refusal), 438);
    tell(&mut session, &refusal).unwrap();
    assert!(serve(&server, NOW, &request(&session)).is_ok());
}

#[test]
fn s15_a_server_that_offers_and_refuses_for_ever_is_left() {
    let mut session = session();
    let refusals = (0..1000).take_while(|round| {
        let realm = format!("realm {round}");
        let mut buffer = [0; 512];
        let message_type = MessageType::new(Class::Error, Method::ALLOCATE);
        let refusal = MessageBuilder::new(message_type, ID, &mut buffer)
            .put(attr::ERROR_CODE, ErrorCode::UNAUTHENTICATED)
            .put(attr::REALM, &realm)
            .put(attr::NONCE, "obMatJos2gAAA")
            .put(attr::PASSWORD_ALGORITHMS, AlgorithmList::new(&BOTH).unwrap())
            .finish()
            .unwrap();
        tell(&mut session, refusal).is_ok()
    });
    assert_eq!(refusals.count(), usize::from(Session::MAX_REFUSALS) - 1);
}

#[test]
fn a_list_without_any_known_algorithm_or_too_long_to_repeat_ends_the_session() {
    let long = [0, 2, 0, 0].repeat(17);
    let cases: [(&[u8], _); 4] = [
        (&[], SessionError::UnknownAlgorithms),
        (&[0, 3, 0, 0], SessionError::UnknownAlgorithms),
        (&[0, 2, 0, 1, 9, 0, 0, 0], SessionError::UnknownAlgorithms),
        (&long, SessionError::MalformedChallenge),
    ];
    for (list, error) in cases {
        let challenge = challenge("obMatJos2gAAA", Some(list));
        assert_eq!(tell(&mut session(), &challenge), Err(error), "{list:?}");
    }
    assert_eq!(tell(&mut session(), &challenge("obMatJos2gAAA", Some(&long[..64]))), Ok(()));
}

#[test]
fn s12_to_a_request_with_sha256_no_answer_with_sha1_is_believed() {
    let session = challenged(&both());
    let answer = |sha256| {
        let mut buffer = [0; 128];
        let message_type = MessageType::new(Class::Success, Method::ALLOCATE);
        let answer = MessageBuilder::new(message_type, ID, &mut buffer);
        let bytes = match sha256 {
            true => answer.sign_sha256(&key(Sha256)).finish().unwrap().to_vec(),
            false => answer.sign(&key(Sha256)).finish().unwrap().to_vec(),
        };
        session.accepts(&Message::parse(&bytes).unwrap())
    };
    assert!(answer(true));
    assert!(!answer(false));
}

#[test]
fn s12_any_answer_whose_nonce_announces_a_list_must_have_it() {
    for (list, believed) in [(None, false), (Some(AlgorithmList::new(&BOTH).unwrap()), true)] {
        for session in [session(), challenged(&both())] {
            let mut buffer = [0; 256];
            let message_type = MessageType::new(Class::Success, Method::ALLOCATE);
            let answer = MessageBuilder::new(message_type, ID, &mut buffer)
                .put(attr::NONCE, "obMatJos2gAAA")
                .put_some(attr::PASSWORD_ALGORITHMS, list)
                .sign_sha256(&key(Sha256))
                .finish()
                .unwrap();
            assert_eq!(session.accepts(&Message::parse(answer).unwrap()), believed);
        }
    }
}

#[test]
fn a_userhash_where_none_was_offered_or_beside_a_username_is_refused() {
    for (offer, name, code) in [
        (Offer::default(), None, Rejection::Unauthenticated),
        (Offer::default().with_anonymity(), Some("alice"), Rejection::BadRequest),
    ] {
        let server = server(offer);
        let refusal = serve(&server, NOW, &request(&session())).unwrap_err();
        let refusal = Message::parse(&refusal).unwrap();
        let mut buffer = [0; 512];
        let request = MessageBuilder::request(Method::ALLOCATE, ID, &mut buffer)
            .put_some(attr::USERNAME, name)
            .put(attr::USERHASH, user_hash("alice", REALM))
            .put(attr::REALM, REALM)
            .put_some(attr::NONCE, refusal.get(attr::NONCE).unwrap())
            .sign(&key(Md5))
            .finish()
            .unwrap();
        let request = Message::parse(request).unwrap();
        let verdict = server.authenticate(NOW, client(), &request, key_of);
        assert_eq!(verdict.err(), Some(code));
    }
}

#[test]
fn nonces_of_one_member_of_a_fleet_are_good_at_another() {
    let member = |started: u64, local: [u8; 4]| {
        let (now, wall_clock) = (Timestamp::from_secs(started), Duration::from_secs(1_800_000_000));
        let nonces = Nonces::for_fleet(now, wall_clock, 3, [5; 32], Duration::from_secs(600));
        let path = FiveTuple::udp((local, 3478).into(), ([192, 0, 2, 1], 5000).into());
        (Authenticator::with_nonces(REALM, nonces).offering(Offer::new(&[Sha256, Md5])), now, path)
    };
    let (first, first_now, first_path) = member(5, [198, 51, 100, 2]);
    let (second, second_now, second_path) = member(77_777, [198, 51, 100, 3]);
    let mut session = session();
    let bytes = request(&session);
    let mut buffer = [0; 128];
    let refusal = first.reject(
        first_now,
        first_path,
        &Message::parse(&bytes).unwrap(),
        Rejection::Unauthenticated,
        &mut buffer,
    );
    tell(&mut session, refusal.unwrap()).unwrap();
    let bytes = request(&session);
    let signed = Message::parse(&bytes).unwrap();
    assert!(second.authenticate(second_now, second_path, &signed, key_of).is_ok());
}

#[test]
fn the_cookie_is_read_only_where_it_is_whole() {
    let both = Offer::new(&[Sha256]).with_anonymity().features();
    assert!(both.contains(SecurityFeatures::PASSWORD_ALGORITHMS));
    assert!(both.contains(SecurityFeatures::USERNAME_ANONYMITY));
    assert_eq!(SecurityFeatures::of("obMatJos2wAAA"), Some(both));
    for nonce in
        ["", "obMatJos2", "obMatJos2wAA", "obMatJos2wA=A", "ObMatJos2wAAA", " obMatJos2wAAA"]
    {
        assert_eq!(SecurityFeatures::of(nonce), None, "{nonce}");
    }
}

#[test]
fn algorithms_whose_parameters_run_past_the_end_are_malformed() {
    let cases: [(&[u8], bool); 7] = [
        (&[], true),
        (&[0, 1, 0, 0], true),
        (&[0, 7, 0, 1, 9, 0, 0, 0], true),
        // The attribute's own padding may be taken for that of the last algorithm.
        (&[0, 7, 0, 1, 9], true),
        (&[0, 7, 0], false),
        (&[0, 7, 0, 1], false),
        (&[0, 1, 0, 0, 0, 2, 0xFF, 0xFF, 1, 2, 3, 4], false),
    ];
    for (bytes, is_list) in cases {
        assert_eq!(AlgorithmList::new(bytes).is_ok(), is_list, "{bytes:?}");
    }
    for (bytes, named) in [
        (&[0, 2, 0, 0][..], Some((2, &[][..]))),
        (&[0, 7, 0, 1, 9, 0xFF, 0xFF, 0xFF], Some((7, &[9]))),
        (&[0, 2, 0, 0, 0, 1, 0, 0], None),
        (&[], None),
    ] {
        let decoded = Algorithm::decode(bytes, ID).ok();
        assert_eq!(decoded.map(|named| (named.number, named.parameters)), named);
    }
}
