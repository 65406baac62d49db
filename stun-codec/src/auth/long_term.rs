//! The long-term credential mechanism (RFC 8489 §9.2), both sides: a client that is challenged
//! with a realm and a nonce and tries again, and a server that challenges without remembering whom.
//!
//! ```
//! use core::time::Duration;
//! use sansio::{FiveTuple, Timestamp};
//! use stun_codec::auth::long_term::{Authenticator, Credentials, Session};
//! use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId};
//!
//! let server = Authenticator::new("example.org", [9; 32], Duration::from_secs(600));
//! let mut client = Session::new(Credentials::new("alice", "wonderland"));
//! let now = Timestamp::ZERO;
//! let path = FiveTuple::udp("198.51.100.2:3478".parse()?, "192.0.2.1:5000".parse()?);
//! let key_of = |user: &str| (user == "alice").then(|| Key::long_term(user, "example.org", "wonderland"));
//!
//! // The first request carries no credentials and is refused with 401, a realm and a nonce.
//! let (mut first, mut refusal, mut second) = ([0; 64], [0; 128], [0; 256]);
//! let id = TransactionId::new([1; 12]);
//! let request = client.sign(MessageBuilder::request(Method::ALLOCATE, id, &mut first)).finish()?;
//! let request = Message::parse(request)?;
//! let Err(rejection) = server.authenticate(now, path, &request, key_of) else { panic!() };
//! let refusal = server.reject(now, path, &request, rejection, &mut refusal)?;
//!
//! // The client learns from it, and the second one is let in.
//! client.handle_error(&Message::parse(refusal)?)?;
//! let id = TransactionId::new([2; 12]);
//! let request = client.sign(MessageBuilder::request(Method::ALLOCATE, id, &mut second)).finish()?;
//! let request = Message::parse(request)?;
//! let user = server.authenticate(now, path, &request, key_of).map_err(|_| "refused")?;
//! assert_eq!(user.username, "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use sansio::{FiveTuple, Timestamp};

use super::nonce::NonceKey;
use crate::attr;
use crate::build::{MessageBuilder, Open, Signed};
use crate::error::BuildError;
use crate::header::Class;
use crate::integrity::Key;
use crate::message::{Message, Verified};
use crate::shape::{ErrorCode, Phrase, Shape as _};

/// A username and its password. The password does not print itself.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    username: String,
    password: String,
}

impl Credentials {
    /// Both as they stand: text beyond ASCII must have gone through the OpaqueString profile
    /// (RFC 8265) before.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        Self { username: username.into(), password: password.into() }
    }

    /// Who.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.username
    }

    /// The key in the realm `realm`.
    #[must_use]
    pub fn key(&self, realm: &str) -> Key {
        Key::long_term(&self.username, realm, &self.password)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?}, secret)", self.username)
    }
}

/// The client's side: what it has learned from one server.
#[derive(Clone, Debug)]
pub struct Session {
    credentials: Credentials,
    challenge: Option<Challenge>,
    /// Refusals since the last success.
    refusals: u8,
}

#[derive(Clone, Debug)]
struct Challenge {
    realm: String,
    nonce: String,
    key: Key,
}

/// Why there is no point in trying again.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SessionError {
    /// The server refuses the credentials: 401 to a request that carried them for this very realm
    /// (RFC 8489 §9.2.5).
    #[error("the server refuses the credentials")]
    WrongCredentials,
    /// The server challenges again and again; a client must not go on for ever.
    #[error("the server refused {0} times in a row")]
    TooManyRefusals(u8),
    /// An error response without a readable ERROR-CODE, or a challenge without REALM or NONCE.
    #[error("the server's challenge has no usable error code, realm and nonce")]
    MalformedChallenge,
    /// Some other error, which has nothing to do with credentials.
    #[error("the server answered {0}")]
    Other(u16),
}

impl Session {
    /// How many refusals in a row end the session.
    pub const MAX_REFUSALS: u8 = 5;

    /// A session that has not yet spoken to its server.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { credentials, challenge: None, refusals: 0 }
    }

    /// Ends a request: with credentials and integrity once the server has told its realm and
    /// nonce, without before (RFC 8489 §9.2.3).
    pub fn sign<'b>(&self, request: MessageBuilder<'b, Open>) -> MessageBuilder<'b, Signed> {
        match &self.challenge {
            Some(Challenge { realm, nonce, key }) => request
                .put(attr::USERNAME, self.credentials.username.as_str())
                .put(attr::REALM, realm.as_str())
                .put(attr::NONCE, nonce.as_str())
                .sign(key),
            None => request.unsigned(),
        }
    }

    /// Whether a response may be believed (RFC 8489 §9.2.5). Everything must carry the right
    /// integrity, but for error responses of 401 and 438, which the server cannot sign for somebody
    /// it does not know, and what answers a request that carried no credentials. A 400 and, since it
    /// would send the client elsewhere, a 300 (§14.8) count only with integrity.
    #[must_use]
    pub fn accepts(&self, response: &Message<'_>) -> bool {
        let code = match response.class() {
            Class::Error => response.get(attr::ERROR_CODE).ok().flatten().map(|error| error.code()),
            Class::Success => None,
            Class::Request | Class::Indication => return false,
        };
        match (&self.challenge, code) {
            (_, Some(401 | 438)) => true,
            (Some(Challenge { key, .. }), _) => response.verify(key).is_ok(),
            (None, code) => !matches!(code, Some(300 | 400)),
        }
    }

    /// Notes that the server has let a request in.
    pub fn handle_success(&mut self) {
        self.refusals = 0;
    }

    /// Learns from an error response to a request that was signed last. `Ok` says: sign the
    /// request anew, with a new transaction id, and send it again.
    ///
    /// # Errors
    /// When that would be pointless.
    pub fn handle_error(&mut self, response: &Message<'_>) -> Result<(), SessionError> {
        let Ok(Some(error)) = response.get(attr::ERROR_CODE) else {
            return Err(SessionError::MalformedChallenge);
        };
        let code = error.code();
        if code != 401 && code != 438 {
            return Err(SessionError::Other(code));
        }
        let held = self.challenge.as_ref().map(|challenge| challenge.realm.as_str());
        // A stale nonce need not come with the realm again.
        let Some(realm) = response.get(attr::REALM).ok().flatten().or(held) else {
            return Err(SessionError::MalformedChallenge);
        };
        if code == 401 && held == Some(realm) {
            return Err(SessionError::WrongCredentials);
        }
        self.refusals = self.refusals.saturating_add(1);
        if self.refusals >= Self::MAX_REFUSALS {
            return Err(SessionError::TooManyRefusals(self.refusals));
        }
        let Ok(Some(nonce)) = response.get(attr::NONCE) else {
            return Err(SessionError::MalformedChallenge);
        };
        let key = self.credentials.key(realm);
        self.challenge = Some(Challenge { realm: realm.into(), nonce: nonce.into(), key });
        Ok(())
    }
}

/// The server's side: a realm and a key for nonces, and no state for any client.
#[derive(Clone, Debug)]
pub struct Authenticator {
    realm: String,
    nonces: NonceKey,
    /// What the request of an unknown user is verified with, so that it takes as long to refuse
    /// as one with a wrong password. Nobody is let in with it.
    decoy: Key,
}

/// A request that was let in.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated<'a> {
    /// The request; only what the integrity covers can be read.
    pub request: Verified<'a>,
    /// Who sent it.
    pub username: &'a str,
    /// The key, with which the response is signed.
    pub key: Key,
}

/// Why a request was not let in (RFC 8489 §9.2.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rejection {
    /// No credentials, or wrong ones; unknown user and wrong password are told apart by nobody.
    Unauthenticated,
    /// Integrity without the attributes that go with it.
    BadRequest,
    /// The nonce is old, or was not made for this client.
    StaleNonce,
}

impl Authenticator {
    /// An authenticator of the realm `realm`, which must have fewer than 128 characters
    /// (RFC 8489 §14.9). `secret` makes the nonces, which are good for `nonce_lifetime`; it must
    /// be unpredictable.
    pub fn new(realm: impl Into<String>, secret: [u8; 32], nonce_lifetime: Duration) -> Self {
        let nonces = NonceKey::new(secret, nonce_lifetime);
        Self { realm: realm.into(), nonces, decoy: Key::from_bytes(&[]) }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Lets a request in or not (RFC 8489 §9.2.4). The nonce is checked before `key_of` is asked
    /// for the user's key, and not last, so that a flood of forgeries costs no look-up. An unknown
    /// user takes as long to refuse as a wrong password, as far as `key_of` does.
    ///
    /// # Errors
    /// When it is not let in; [`reject`](Self::reject) writes the answer.
    pub fn authenticate<'a>(
        &self,
        now: Timestamp,
        five_tuple: FiveTuple,
        request: &Message<'a>,
        key_of: impl FnOnce(&str) -> Option<Key>,
    ) -> Result<Authenticated<'a>, Rejection> {
        if !request.has_integrity() {
            return Err(Rejection::Unauthenticated);
        }
        let (Ok(Some(username)), Ok(Some(realm)), Ok(Some(nonce))) =
            (request.get(attr::USERNAME), request.get(attr::REALM), request.get(attr::NONCE))
        else {
            return Err(Rejection::BadRequest);
        };
        if self.nonces.check(now, five_tuple, nonce).is_err() {
            return Err(Rejection::StaleNonce);
        }
        if realm != self.realm {
            return Err(Rejection::Unauthenticated);
        }
        let known = key_of(username);
        match (request.verify(&known.unwrap_or(self.decoy)), known) {
            (Ok(request), Some(key)) => Ok(Authenticated { request, username, key }),
            _ => Err(Rejection::Unauthenticated),
        }
    }

    /// Writes the answer to a request that was not let in: short, without words and SOFTWARE,
    /// since its true receiver may be somebody who never asked.
    ///
    /// # Errors
    /// When `buffer` is too small (128 bytes are enough for a realm of up to 40 bytes), or the
    /// realm too long.
    pub fn reject<'b>(
        &self,
        now: Timestamp,
        five_tuple: FiveTuple,
        request: &Message<'_>,
        rejection: Rejection,
        buffer: &'b mut [u8],
    ) -> Result<&'b [u8], BuildError> {
        let error = match rejection {
            Rejection::BadRequest => {
                let code = ErrorCode::BAD_REQUEST.without_reason();
                return MessageBuilder::error(request, code, buffer).finish();
            }
            Rejection::Unauthenticated => ErrorCode::UNAUTHENTICATED,
            Rejection::StaleNonce => ErrorCode::STALE_NONCE,
        };
        if let Err(error) = Phrase::length(&self.realm.as_str()) {
            let attribute = attr::REALM.attribute_type();
            return Err(BuildError::Value { attribute, error });
        }
        MessageBuilder::error(request, error.without_reason(), buffer)
            .put(attr::REALM, self.realm.as_str())
            .put(attr::NONCE, self.nonces.issue(now, five_tuple).as_str())
            .finish()
    }
}
