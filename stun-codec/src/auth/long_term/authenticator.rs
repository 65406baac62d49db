use alloc::string::String;
use core::time::Duration;

use sansio::{FiveTuple, Timestamp};

use crate::attr;
use crate::auth::ResponseKey;
use crate::auth::nonce::Nonces;
use crate::auth::security_features::Offer;
use crate::build::MessageBuilder;
use crate::error::BuildError;
use crate::integrity::Key;
use crate::message::{Message, Verified};
use crate::shape::{ErrorCode, PasswordAlgorithm, Phrase, Shape as _};

/// The server's side: a realm, keys for nonces and an offer, and no state for any client.
#[derive(Clone, Debug)]
pub struct Authenticator {
    realm: String,
    nonces: Nonces,
    offer: Offer,
    /// What the request of an unknown user is verified with, so that it takes as long to refuse
    /// as one with a wrong password. Nobody is let in with it.
    decoy: Key,
}

/// Whom a request says to come from, and how its key was made. It has not been verified.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Claim<'a> {
    /// Who.
    pub user: User<'a>,
    /// The algorithm that makes the key, see [`Key::long_term_with`]: one that the server offers.
    pub algorithm: PasswordAlgorithm,
}

/// How a user is told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum User<'a> {
    /// By name.
    Name(&'a str),
    /// By what [`user_hash`](crate::integrity::user_hash) makes of the name and the realm. Only
    /// where the server [offers](Offer::with_anonymity) it.
    Hash([u8; 32]),
}

/// A request that was let in.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated<'a, U> {
    /// The request; only what the integrity covers can be read.
    pub request: Verified<'a>,
    /// Who sent it, as told along with the key.
    pub user: U,
    /// The algorithm that it names; the key of one that names none is made with MD5.
    pub algorithm: Option<PasswordAlgorithm>,
    /// What signs the response.
    pub response_key: ResponseKey,
}

/// Why a request was not let in (RFC 8489 §9.2.4).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rejection {
    /// No credentials, or wrong ones; unknown user and wrong password are told apart by nobody.
    Unauthenticated,
    /// Integrity without the attributes that go with it, or with PASSWORD-ALGORITHMS that are not
    /// what the server offered.
    BadRequest,
    /// The nonce is old, or was not made for this client.
    StaleNonce,
}

impl Authenticator {
    /// An authenticator of the realm `realm`, which must have fewer than 128 characters
    /// (RFC 8489 §14.9). `secret` makes the nonces, which are good for `nonce_lifetime`; it must
    /// be unpredictable. It offers nothing that RFC 5389 does not have.
    pub fn new(realm: impl Into<String>, secret: [u8; 32], nonce_lifetime: Duration) -> Self {
        Self::with_nonces(realm, Nonces::new(secret, nonce_lifetime))
    }

    /// As [`new`](Self::new), with nonces that several servers share, say.
    pub fn with_nonces(realm: impl Into<String>, nonces: Nonces) -> Self {
        let (offer, decoy) = (Offer::default(), Key::from_bytes(&[]));
        Self { realm: realm.into(), nonces, offer, decoy }
    }

    /// The same, with this offer. Nonces that were made for another one are stale.
    #[must_use]
    pub fn offering(self, offer: Offer) -> Self {
        Self { offer, ..self }
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// What makes the nonces, to change its keys.
    pub const fn nonces_mut(&mut self) -> &mut Nonces {
        &mut self.nonces
    }

    /// Lets a request in or not (RFC 8489 §9.2.4). `key_of` knows the users: who this is, in whatever
    /// form, and the key. The nonce is checked before it is asked, and not last, so that a flood
    /// of forgeries costs no look-up. An unknown user takes as long to refuse as a wrong password,
    /// as far as `key_of` does.
    ///
    /// # Errors
    /// When it is not let in; [`reject`](Self::reject) writes the answer.
    pub fn authenticate<'a, U>(
        &self,
        now: Timestamp,
        five_tuple: FiveTuple,
        request: &Message<'a>,
        key_of: impl FnOnce(Claim<'a>) -> Option<(U, Key)>,
    ) -> Result<Authenticated<'a, U>, Rejection> {
        if !request.has_integrity() {
            return Err(Rejection::Unauthenticated);
        }
        let (Some(user), Ok(Some(realm)), Ok(Some(nonce))) =
            (user(request), request.get(attr::REALM), request.get(attr::NONCE))
        else {
            return Err(Rejection::BadRequest);
        };
        if self.nonces.check(now, five_tuple, self.offer, nonce).is_err() {
            return Err(Rejection::StaleNonce);
        }
        if realm != self.realm {
            return Err(Rejection::Unauthenticated);
        }
        let named = self.named_algorithm(request)?;
        let algorithm = named.unwrap_or(PasswordAlgorithm::Md5);
        let is_offered = self.offer.allows(algorithm)
            && (self.offer.anonymity() || matches!(user, User::Name(_)));
        let known = is_offered.then(|| key_of(Claim { user, algorithm })).flatten();
        let key = known.as_ref().map_or(&self.decoy, |(_, key)| key);
        match (request.verify(key), known) {
            (Ok(request), Some((user, key))) => {
                let response_key = ResponseKey::long_term(key, named);
                Ok(Authenticated { request, user, algorithm: named, response_key })
            }
            _ => Err(Rejection::Unauthenticated),
        }
    }

    /// What PASSWORD-ALGORITHM names: `None` when neither it nor PASSWORD-ALGORITHMS is there. The
    /// list must be the one that was sent: somebody may have changed it on the way.
    fn named_algorithm(
        &self,
        request: &Message<'_>,
    ) -> Result<Option<PasswordAlgorithm>, Rejection> {
        let named = request.get(attr::PASSWORD_ALGORITHM);
        let repeated = request.get(attr::PASSWORD_ALGORITHMS);
        match (named, repeated) {
            (Ok(None), Ok(None)) => Ok(None),
            (Ok(Some(named)), Ok(Some(repeated)))
                if self.offer.algorithms() == Some(repeated)
                    && named.known().is_some_and(|algorithm| self.offer.allows(algorithm)) =>
            {
                Ok(named.known())
            }
            _ => Err(Rejection::BadRequest),
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
            .put(attr::NONCE, self.nonces.issue(now, five_tuple, self.offer).as_str())
            .put_some(attr::PASSWORD_ALGORITHMS, self.offer.algorithms())
            .finish()
    }
}

/// Whom the request says to come from; both attributes are one too many.
fn user<'a>(request: &Message<'a>) -> Option<User<'a>> {
    match (request.get(attr::USERNAME), request.get(attr::USERHASH)) {
        (Ok(Some(name)), Ok(None)) => Some(User::Name(name)),
        (Ok(None), Ok(Some(hash))) => Some(User::Hash(hash)),
        _ => None,
    }
}
