use alloc::boxed::Box;
use alloc::string::String;

use super::Credentials;
use crate::attr::{self, AttributeType};
use crate::auth::security_features::SecurityFeatures;
use crate::build::{MessageBuilder, Open, Sealed};
use crate::header::Class;
use crate::integrity::{Key, user_hash};
use crate::message::Message;
use crate::shape::{AlgorithmList, PasswordAlgorithm};

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
    features: Option<SecurityFeatures>,
    algorithms: Option<Choice>,
    /// What is told instead of the username.
    user_hash: Option<[u8; 32]>,
    key: Key,
}

/// What the server offered, and what is taken of it.
#[derive(Clone, Debug)]
struct Choice {
    list: Box<[u8]>,
    algorithm: PasswordAlgorithm,
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
    /// The challenge lacks a protection that its nonce announces, or that the server offered before:
    /// somebody on the way has struck it out (RFC 8489 §9.2.1).
    #[error("the server's challenge lacks the protection that it should have")]
    BidDown,
    /// The server makes keys in no way that is known here (RFC 8489 §9.2.5).
    #[error("the server offers no known password algorithm")]
    UnknownAlgorithms,
    /// Some other error, which has nothing to do with credentials.
    #[error("the server answered {0}")]
    Other(u16),
}

impl Session {
    /// How many refusals in a row end the session.
    pub const MAX_REFUSALS: u8 = 5;

    /// The longest PASSWORD-ALGORITHMS that is repeated to the server, in bytes: 16 algorithms
    /// without parameters.
    pub const MAX_ALGORITHMS: usize = 64;

    /// A session that has not yet spoken to its server.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { credentials, challenge: None, refusals: 0 }
    }

    /// Ends a request: with credentials and integrity once the server has told its realm and
    /// nonce, without before (RFC 8489 §9.2.3).
    pub fn sign<'b>(&self, request: MessageBuilder<'b, Open>) -> MessageBuilder<'b, Sealed> {
        let Some(challenge) = &self.challenge else { return request.unsigned().seal() };
        let Challenge { realm, nonce, features, algorithms, user_hash, key } = challenge;
        let request = match user_hash {
            Some(hash) => request.put(attr::USERHASH, *hash),
            None => request.put(attr::USERNAME, self.credentials.form(*features).username.as_str()),
        };
        let request = request.put(attr::REALM, realm.as_str()).put(attr::NONCE, nonce.as_str());
        match algorithms {
            Some(Choice { list, algorithm }) => request
                .put_some(attr::PASSWORD_ALGORITHMS, AlgorithmList::new(list).ok())
                .put(attr::PASSWORD_ALGORITHM, (*algorithm).into())
                .sign_sha256(key),
            None => request.sign(key).seal(),
        }
    }

    /// Whether a response may be believed (RFC 8489 §9.2.5). Everything must carry the right
    /// integrity, but for error responses of 401 and 438, which the server cannot sign for somebody
    /// it does not know, and what answers a request that carried no credentials. A 400 and, since it
    /// would send the client elsewhere, a 300 (§14.8) count only with integrity. To a server that
    /// offers PASSWORD-ALGORITHMS, that is MESSAGE-INTEGRITY-SHA256.
    #[must_use]
    pub fn accepts(&self, response: &Message<'_>) -> bool {
        let code = match response.class() {
            Class::Error => response.get(attr::ERROR_CODE).ok().flatten().map(|error| error.code()),
            Class::Success => None,
            Class::Request | Class::Indication => return false,
        };
        if matches!(code, Some(401 | 438)) {
            return true;
        }
        if announces_algorithms(features(response)) && !response.contains(attr::PASSWORD_ALGORITHMS)
        {
            return false;
        }
        match &self.challenge {
            Some(Challenge { key, algorithms, .. }) => response.verify(key).is_ok_and(|response| {
                let sha256 = AttributeType::MESSAGE_INTEGRITY_SHA256;
                algorithms.is_none() || response.integrity_type() == sha256
            }),
            None => !matches!(code, Some(300 | 400)),
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
    /// When that would be pointless, or dangerous.
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
        let features = SecurityFeatures::of(nonce);
        let algorithms = self.choose(features, response)?;
        self.challenge = Some(self.answer(realm, nonce, features, algorithms)?);
        Ok(())
    }

    /// The first algorithm on the server's list that is known here (RFC 8489 §9.2.5).
    fn choose(
        &self,
        features: Option<SecurityFeatures>,
        response: &Message<'_>,
    ) -> Result<Option<Choice>, SessionError> {
        let had = self.challenge.as_ref().is_some_and(|held| held.algorithms.is_some());
        match response.get(attr::PASSWORD_ALGORITHMS) {
            Err(_) => Err(SessionError::MalformedChallenge),
            // Once offered, MESSAGE-INTEGRITY-SHA256 is all that may be used (RFC 8489 §9.2.5).
            Ok(None) if had || announces_algorithms(features) => Err(SessionError::BidDown),
            Ok(None) => Ok(None),
            Ok(Some(list)) if list.as_bytes().len() > Self::MAX_ALGORITHMS => {
                Err(SessionError::MalformedChallenge)
            }
            Ok(Some(list)) => match list.iter().find_map(|named| named.known()) {
                Some(algorithm) => Ok(Some(Choice { list: list.as_bytes().into(), algorithm })),
                None => Err(SessionError::UnknownAlgorithms),
            },
        }
    }

    fn answer(
        &self,
        realm: &str,
        nonce: &str,
        features: Option<SecurityFeatures>,
        algorithms: Option<Choice>,
    ) -> Result<Challenge, SessionError> {
        let form = self.credentials.form(features);
        let is_anonymous = features
            .is_some_and(|features| features.contains(SecurityFeatures::USERNAME_ANONYMITY));
        // A name that was kept secret from those on the way must stay so.
        if !is_anonymous && self.challenge.as_ref().is_some_and(|held| held.user_hash.is_some()) {
            return Err(SessionError::BidDown);
        }
        let user_hash = is_anonymous.then(|| user_hash(&form.username, realm));
        let algorithm = algorithms.as_ref().map_or(PasswordAlgorithm::Md5, |held| held.algorithm);
        let key = Key::long_term_with(algorithm, &form.username, realm, &form.password);
        let (realm, nonce) = (realm.into(), nonce.into());
        Ok(Challenge { realm, nonce, features, algorithms, user_hash, key })
    }
}

fn features(response: &Message<'_>) -> Option<SecurityFeatures> {
    SecurityFeatures::of(response.get(attr::NONCE).ok()??)
}

fn announces_algorithms(features: Option<SecurityFeatures>) -> bool {
    features.is_some_and(|features| features.contains(SecurityFeatures::PASSWORD_ALGORITHMS))
}
