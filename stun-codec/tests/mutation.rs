//! Mutated datagrams: a hundred thousand from a fixed seed, and every captured message when
//! the corpus lies beside the project. Nothing may panic, and what parses must be readable.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use sansio::{FiveTuple, Timestamp};
use stun_codec::auth::long_term::{Authenticator, Credentials, Session};
use stun_codec::auth::security_features::Offer;
use stun_codec::auth::short_term;
use stun_codec::channel_data::ChannelData;
use stun_codec::integrity::user_hash;
use stun_codec::shape::{AlgorithmList, PasswordAlgorithm};
use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId, attr, demux};
use testkit::Mutator;

fn corpus() -> Vec<Vec<u8>> {
    let key = Key::short_term("secret");
    let mut messages = Vec::new();
    let mut buffer = [0; 512];
    let id = TransactionId::new([3; 12]);
    let request = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer)
        .put(attr::SOFTWARE, "a test")
        .put(attr::USERNAME, "user:name")
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, "0123456789abcdef")
        .put(attr::PRIORITY, 1)
        .put(attr::XOR_PEER_ADDRESS, ([192, 0, 2, 1], 5000).into())
        .put(attr::DATA, b"payload")
        .sign(&key)
        .sign_sha256(&key)
        .fingerprint()
        .finish()
        .unwrap();
    messages.push(request.to_vec());
    let request = Message::parse(&messages[0]).unwrap();
    let mut buffer = [0; 512];
    let error = MessageBuilder::error(&request, stun_codec::ErrorCode::STALE_NONCE, &mut buffer)
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, "fedcba9876543210")
        .finish()
        .unwrap()
        .to_vec();
    messages.push(error);
    let (list, named) = (AlgorithmList::new(&[0, 2, 0, 0, 0, 1, 0, 0]), PasswordAlgorithm::Sha256);
    let mut buffer = [0; 512];
    let request = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer)
        .put(attr::USERHASH, user_hash("user:name", "example.org"))
        .put(attr::REALM, "example.org")
        .put(attr::NONCE, "obMatJos2wAAA0123456789012345678")
        .put(attr::PASSWORD_ALGORITHMS, list.unwrap())
        .put(attr::PASSWORD_ALGORITHM, named.into())
        .sign_sha256(&key)
        .finish()
        .unwrap()
        .to_vec();
    messages.push(request);
    let request = Message::parse(&messages[0]).unwrap();
    let mut buffer = [0; 512];
    let challenge =
        MessageBuilder::error(&request, stun_codec::ErrorCode::UNAUTHENTICATED, &mut buffer)
            .put(attr::REALM, "example.org")
            .put(attr::NONCE, "obMatJos2wAAA0123456789012345678")
            .put(attr::PASSWORD_ALGORITHMS, list.unwrap())
            .finish()
            .unwrap()
            .to_vec();
    messages.push(challenge);
    messages.push(b"\x40\x01\x00\x05hello\0\0\0".to_vec());
    messages
}

/// Reads all that can be read.
fn read(bytes: &[u8], key: &Key, session: &mut Session, server: &Authenticator) {
    let _ = demux::protocol(bytes);
    if let Ok(data) = ChannelData::parse(bytes) {
        assert!(data.payload.len() + 4 <= bytes.len());
    }
    let Ok(message) = Message::parse(bytes) else { return };
    assert!(demux::is_stun(bytes));
    let covered: usize =
        message.attributes().map(|raw| 4 + raw.value.len().next_multiple_of(4)).sum();
    assert!(covered + 20 <= bytes.len());
    let _ = message.verify_fingerprint();
    let _ = message.verify(key);
    let _ = format!("{message:?}");
    let _ = message.get(attr::USERNAME);
    let _ = message.get(attr::ERROR_CODE);
    let _ = message.get(attr::UNKNOWN_ATTRIBUTES);
    let _ = message.get(attr::XOR_PEER_ADDRESS);
    let _ = message.get(attr::MAPPED_ADDRESS);
    let _ = message.get(attr::LIFETIME);
    let _ = message.get(attr::REQUESTED_ADDRESS_FAMILY);
    let _ = message.get(attr::EVEN_PORT);
    let _ = message.get(attr::CHANNEL_NUMBER);
    let _ = message.get(attr::ICE_CONTROLLED);
    let _ = session.accepts(&message);
    if session.handle_error(&message).is_ok() {
        let mut buffer = [0; 2048];
        let id = TransactionId::new([4; 12]);
        let request = MessageBuilder::request(Method::ALLOCATE, id, &mut buffer);
        Message::parse(session.sign(request).finish().unwrap()).unwrap();
    }
    let _ = short_term::authenticate(&message, |_| Some(((), *key)));
    let path = FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], 5000).into());
    let verdict = server.authenticate(Timestamp::ZERO, path, &message, |_| Some(((), *key)));
    if let Err(rejection) = verdict {
        let mut buffer = [0; 128];
        let answer =
            server.reject(Timestamp::ZERO, path, &message, rejection, &mut buffer).unwrap();
        Message::parse(answer).unwrap();
    }
}

#[test]
fn a_hundred_thousand_mutated_datagrams() {
    let corpus = corpus();
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    let mut mutator = Mutator::new([5; 32], &corpus);
    let key = Key::short_term("secret");
    let server = Authenticator::new("example.org", [1; 32], Duration::from_secs(60)).offering(
        Offer::new(&[PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5]).with_anonymity(),
    );
    let mut parsed = 0;
    for round in 0..100_000 {
        let mut session = Session::new(Credentials::new("user", "password"));
        let bytes = mutator.next_datagram();
        parsed += usize::from(Message::parse(bytes).is_ok());
        read(bytes, &key, &mut session, &server);
        assert!(parsed > 0 || round < 10_000, "the mutator must leave some whole");
    }
}

#[test]
fn every_captured_message() {
    let shared = std::env::var_os("THALWEG_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let Ok(text) = fs::read_to_string(shared.join("corpus/stun/messages.hex")) else {
        eprintln!("left out: no corpus (set THALWEG_SHARED to the folder that holds corpus/)");
        return;
    };
    let server = Authenticator::new("example.org", [1; 32], Duration::from_secs(60)).offering(
        Offer::new(&[PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5]).with_anonymity(),
    );
    let key = Key::short_term("secret");
    let mut count = 0;
    let read_all = |bytes: &[u8]| {
        read(bytes, &key, &mut Session::new(Credentials::new("user", "password")), &server);
    };
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let bytes: Vec<u8> = (0..line.len() / 2)
            .map(|at| u8::from_str_radix(&line[2 * at..2 * at + 2], 16).expect("hexadecimal"))
            .collect();
        if let Err(error) = Message::parse(&bytes) {
            panic!("message {count} of the corpus: {error}");
        }
        read_all(&bytes);
        count += 1;
    }
    assert!(count > 300, "{count} messages");
    for seed in fs::read_dir(shared.join("corpus/stun/seeds")).expect("the seeds") {
        read_all(&fs::read(seed.expect("a seed").path()).expect("a readable seed"));
    }
}
