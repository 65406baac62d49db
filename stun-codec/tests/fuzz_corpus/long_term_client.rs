//! A client's long-term session and all that a server, or somebody in its place, can answer. Commands
//! of four bytes.

use std::sync::OnceLock;

use stun_codec::auth::long_term::{Credentials, Session};
use stun_codec::auth::security_features::SecurityFeatures;
use stun_codec::shape::{AlgorithmList, PasswordAlgorithm};
use stun_codec::{Class, ErrorCode, Key, Message, MessageBuilder, Method, TransactionId, attr};

pub(crate) fn run(data: &[u8]) {
    let mut session = Session::new(Credentials::new("alice", "wonderland"));
    let (mut challenged, mut refusals) = (false, 0);
    for command in data.chunks_exact(4).take(MOST_COMMANDS) {
        let &[what, a, b, c] = command else { return };
        let (mut request, mut response) = ([0; 1024], [0; 1024]);
        let Some(request) = sign(&session, &mut request, challenged) else { return };
        let Some(bytes) = answer(&request, [what, a, b, c], &mut response) else { continue };
        let Ok(message) = Message::parse(bytes) else { continue };
        let code = match message.class() {
            Class::Error => message.get(attr::ERROR_CODE).ok().flatten().map(|error| error.code()),
            _ => None,
        };
        if !session.accepts(&message) {
            assert!(!matches!(code, Some(401 | 438)), "these are heard in any case");
            continue;
        }
        let is_challenge = matches!(code, Some(401 | 438));
        assert!(!challenged || is_challenge || is_signed(&message), "believed without a reason");
        if message.class() == Class::Success {
            session.handle_success();
            refusals = 0;
            continue;
        }
        match session.handle_error(&message) {
            Ok(()) => {
                assert!(is_challenge);
                refusals += 1;
                assert!(refusals < Session::MAX_REFUSALS);
                challenged = true;
            }
            Err(error) => return assert!(!error.to_string().is_empty()),
        }
    }
}

/// More teach nothing, and take their time.
const MOST_COMMANDS: usize = 12;

const REALMS: [&str; 2] = ["example.org", "another realm"];
const LISTS: [&[u8]; 6] = [
    b"\0\x02\0\0\0\x01\0\0",
    b"\0\x01\0\0",
    b"\0\x07\0\x03abc\0\0\x02\0\0",
    b"\0\x07\0\0",
    b"\0\x02\0\x09",
    b"",
];

/// The right keys, and in the end a wrong one.
fn keys() -> &'static [Key] {
    static KEYS: OnceLock<Vec<Key>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let mut keys = Vec::new();
        for realm in REALMS {
            for algorithm in [PasswordAlgorithm::Md5, PasswordAlgorithm::Sha256] {
                keys.push(Key::long_term_with(algorithm, "alice", realm, "wonderland"));
            }
        }
        keys.push(Key::short_term("wrong"));
        keys
    })
}

fn is_signed(message: &Message<'_>) -> bool {
    let right = keys().split_last().map_or(&[][..], |(_, right)| right);
    right.iter().any(|key| message.verify(key).is_ok())
}

/// The next request: unsigned until there was a challenge, signed with one of the keys after.
fn sign<'b>(session: &Session, buffer: &'b mut [u8], challenged: bool) -> Option<Message<'b>> {
    let id = TransactionId::new([7; 12]);
    let request = MessageBuilder::request(Method::ALLOCATE, id, buffer);
    // A realm and a nonce can be read that are too long to be written into this buffer.
    let bytes = session.sign(request).finish().ok()?;
    let request = Message::parse(bytes).expect("ours");
    assert_eq!(request.has_integrity(), challenged);
    assert_eq!(request.contains(attr::NONCE), challenged);
    Some(request)
}

fn answer<'b>(
    request: &Message<'_>,
    [what, a, b, c]: [u8; 4],
    buffer: &'b mut [u8],
) -> Option<&'b [u8]> {
    let codes = [401, 438, 300, 400, 403, 420, 500, 699];
    let nonce_of = |features: SecurityFeatures| {
        let mut nonce = String::from_utf8_lossy(&features.cookie()).into_owned();
        nonce.push_str(["", "x", "another"][usize::from(c >> 6).min(2)]);
        nonce
    };
    let nonce = match b >> 2 & 7 {
        0 => None,
        1 => Some("a nonce".to_owned()),
        2 => Some(nonce_of(SecurityFeatures::default())),
        3 | 4 => Some(nonce_of(SecurityFeatures::PASSWORD_ALGORITHMS)),
        5 => Some(nonce_of(SecurityFeatures::USERNAME_ANONYMITY)),
        6 => Some("obMatJos2w".to_owned()),
        _ => Some("n".repeat(usize::from(c))),
    };
    let response = match what & 3 {
        0 => MessageBuilder::success(request, buffer),
        3 if what & 4 != 0 => {
            MessageBuilder::new(request.message_type(), request.transaction_id(), buffer)
        }
        _ => {
            let code = ErrorCode::new(codes[usize::from(a & 7)], "words").expect("in range");
            MessageBuilder::error(request, code, buffer)
        }
    };
    let realm = (b & 1 == 0).then_some(REALMS[usize::from(b >> 1 & 1)]);
    let list = LISTS.get(usize::from(c & 7)).map(|list| AlgorithmList::new(list).ok());
    let response = response
        .put_some(attr::REALM, realm)
        .put_some(attr::NONCE, nonce.as_deref())
        .put_some(attr::PASSWORD_ALGORITHMS, list.flatten());
    let key = &keys()[usize::from(a >> 3) % keys().len()];
    let bytes = match what >> 3 & 3 {
        0 => response.finish(),
        1 => response.sign(key).finish(),
        2 => response.sign_sha256(key).finish(),
        _ => response.sign(key).sign_sha256(key).fingerprint().finish(),
    };
    let length = bytes.ok()?.len();
    if what & 0x80 != 0 {
        buffer[20 + usize::from(b) % (length - 19).min(length)] ^= c;
    }
    buffer.get(..length)
}
