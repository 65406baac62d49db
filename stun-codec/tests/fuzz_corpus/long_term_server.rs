//! A server's authenticator and requests of users who know their password, and of all others. A byte
//! that says what the server offers, and then commands of five bytes.

use core::time::Duration;
use std::sync::OnceLock;

use sansio::{FiveTuple, Timestamp};
use stun_codec::auth::long_term::{Authenticator, Claim, Keys, User};
use stun_codec::auth::security_features::Offer;
use stun_codec::integrity::user_hash;
use stun_codec::shape::{AlgorithmList, PasswordAlgorithm};
use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId, attr};

pub(crate) fn run(data: &[u8]) {
    let Some((&offer, data)) = data.split_first() else { return };
    let server = &house().servers[usize::from(offer) % house().servers.len()];
    let mut now = Timestamp::ZERO;
    let mut nonce = String::new();
    for command in data.chunks_exact(5).take(MOST_COMMANDS) {
        let &[what, a, b, c, d] = command else { return };
        if what & 7 == 0 {
            now += Duration::from_secs(u16::from_be_bytes([a, b]).into());
            continue;
        }
        let path = path(a >> 7);
        let mut buffer = [0; 1024];
        let wish = [what, a, b, c, d];
        let Some(bytes) = request(&nonce, wish, &mut buffer) else { continue };
        let Ok(request) = Message::parse(bytes) else { continue };
        match server.authenticate(now, path, &request, key_of) {
            Ok(authenticated) => {
                assert_eq!(authenticated.user, "alice");
                let right = right_key(authenticated.algorithm);
                assert!(request.verify(&right).is_ok(), "let in without the password");
                assert_eq!(request.get(attr::REALM), Ok(Some(REALM)));
                let mut answer = [0; 128];
                let response = MessageBuilder::success(&request, &mut answer);
                let response = authenticated.response_key.sign(response).finish();
                let response = Message::parse(response.expect("there is room")).expect("ours");
                assert!(response.verify(&right).is_ok());
            }
            Err(rejection) => {
                let mut answer = [0; 128];
                let answer = server.reject(now, path, &request, rejection, &mut answer);
                let answer = Message::parse(answer.expect("there is room")).expect("ours");
                let code = answer.get(attr::ERROR_CODE).expect("ours").map(|error| error.code());
                assert!(matches!(code, Some(400 | 401 | 438)));
                assert_eq!(answer.contains(attr::NONCE), code != Some(400));
                if let Ok(Some(issued)) = answer.get(attr::NONCE) {
                    nonce = issued.to_owned();
                }
            }
        }
    }
}

/// More teach nothing, and take their time.
const MOST_COMMANDS: usize = 12;

const REALM: &str = "example.org";

struct House {
    servers: [Authenticator; 4],
    keys: Keys,
    wrong: Key,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| {
        use PasswordAlgorithm::{Md5, Sha256};
        let server =
            |offer| Authenticator::new(REALM, [9; 32], Duration::from_secs(600)).offering(offer);
        let servers = [
            server(Offer::default()),
            server(Offer::new(&[Sha256, Md5])),
            server(Offer::new(&[Sha256]).with_anonymity()),
            server(Offer::default().with_anonymity()),
        ];
        let keys = Keys::new("alice", REALM, "wonderland");
        House { servers, keys, wrong: Key::short_term("wrong") }
    })
}

fn key_of(claim: Claim<'_>) -> Option<(&'static str, Key)> {
    static HASH: OnceLock<[u8; 32]> = OnceLock::new();
    let is_alice = match claim.user {
        User::Name(name) => name == "alice",
        User::Hash(hash) => hash == *HASH.get_or_init(|| user_hash("alice", REALM)),
    };
    is_alice.then_some(("alice", house().keys.made_with(claim.algorithm)?))
}

fn right_key(named: Option<PasswordAlgorithm>) -> Key {
    let algorithm = named.unwrap_or(PasswordAlgorithm::Md5);
    house().keys.made_with(algorithm).expect("there are both")
}

fn path(client: u8) -> FiveTuple {
    FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, client], 5000).into())
}

/// `nonce` is that of whoever was refused last, who may be another client.
fn request<'b>(nonce: &str, [what, a, b, c, d]: [u8; 5], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    use PasswordAlgorithm::{Md5, Sha256};
    static HASH: OnceLock<[u8; 32]> = OnceLock::new();
    let mut nonce = nonce.to_owned();
    if what & 0x40 != 0 && !nonce.is_empty() {
        let at = usize::from(d) % nonce.len();
        nonce.replace_range(at..=at, ["A", "x", "", "\0"][usize::from(c >> 6)]);
    }
    let names = ["alice", "bob", ""];
    let name = names.get(usize::from(a & 3)).copied();
    let hash = (a & 4 != 0).then(|| *HASH.get_or_init(|| user_hash("alice", REALM)));
    let realm = [Some(REALM), Some(REALM), Some("another realm"), None][usize::from(a >> 3 & 3)];
    let lists: [&[u8]; 4] = [b"\0\x02\0\0\0\x01\0\0", b"\0\x02\0\0", b"\0\x01\0\0", b"\0\x07\0\0"];
    let list = (b & 4 != 0).then(|| AlgorithmList::new(lists[usize::from(b & 3)]).ok());
    let algorithm = [None, Some(Md5), Some(Sha256), Some(Sha256)][usize::from(b >> 3 & 3)];
    let id = TransactionId::new([7; 12]);
    let request = MessageBuilder::request(Method::ALLOCATE, id, buffer)
        .put_some(attr::USERNAME, name)
        .put_some(attr::USERHASH, hash)
        .put_some(attr::REALM, realm)
        .put_some(attr::NONCE, (b & 0x20 == 0).then_some(nonce.as_str()))
        .put_some(attr::PASSWORD_ALGORITHMS, list.flatten())
        .put_some(attr::PASSWORD_ALGORITHM, algorithm.map(Into::into));
    let key = match c & 3 {
        0 => right_key(None),
        1 | 2 => right_key(Some(Sha256)),
        _ => house().wrong,
    };
    let bytes = match c >> 2 & 3 {
        0 => request.finish(),
        1 => request.sign(&key).finish(),
        2 => request.sign_sha256(&key).finish(),
        _ => request.sign(&key).sign_sha256(&key).fingerprint().finish(),
    };
    let length = bytes.ok()?.len();
    if what & 0x80 != 0 {
        buffer[20 + usize::from(d) % (length - 20).max(1)] ^= b | 1;
    }
    buffer.get(..length)
}
