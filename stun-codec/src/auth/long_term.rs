//! The long-term credential mechanism (RFC 8489 §9.2), both sides: a client that is challenged
//! with a realm and a nonce and tries again, and a server that challenges without remembering whom.
//!
//! ```
//! use core::time::Duration;
//! use sansio::{FiveTuple, Timestamp};
//! use stun_codec::auth::long_term::{Authenticator, Claim, Credentials, Keys, Session, User};
//! use stun_codec::auth::security_features::Offer;
//! use stun_codec::shape::PasswordAlgorithm::{Md5, Sha256};
//! use stun_codec::{Message, MessageBuilder, Method, TransactionId};
//!
//! let server = Authenticator::new("example.org", [9; 32], Duration::from_secs(600))
//!     .offering(Offer::new(&[Sha256, Md5])); // what older clients leave aside
//! let mut client = Session::new(Credentials::new("alice", "wonderland"));
//! let now = Timestamp::ZERO;
//! let path = FiveTuple::udp("198.51.100.2:3478".parse()?, "192.0.2.1:5000".parse()?);
//! let keys = Keys::new("alice", "example.org", "wonderland");
//! let key_of = |Claim { user, algorithm }: Claim<'_>| match user {
//!     User::Name("alice") => Some(("alice", keys.made_with(algorithm)?)),
//!     _ => None,
//! };
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
//! assert_eq!(user.user, "alice");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::security_features::SecurityFeatures;
use crate::integrity::Key;
use crate::shape::PasswordAlgorithm;

mod authenticator;
mod session;

pub use authenticator::{Authenticated, Authenticator, Claim, Rejection, User};
pub use session::{Session, SessionError};

/// The keys of one user, made with each algorithm: what a server keeps instead of the password.
/// Some 200 bytes.
#[derive(Clone, Copy, Debug)]
pub struct Keys {
    md5: Option<Key>,
    sha256: Option<Key>,
}

impl Keys {
    /// The keys of this user. The texts are taken as by [`Key::long_term`].
    #[must_use]
    pub fn new(username: &str, realm: &str, password: &str) -> Self {
        let key = |algorithm| Key::long_term_with(algorithm, username, realm, password);
        Self {
            md5: Some(key(PasswordAlgorithm::Md5)),
            sha256: Some(key(PasswordAlgorithm::Sha256)),
        }
    }

    /// The one key that is known, say of a database that has no passwords. A server must offer
    /// no other algorithm to such a user: who takes it is refused.
    #[must_use]
    pub const fn only(algorithm: PasswordAlgorithm, key: Key) -> Self {
        match algorithm {
            PasswordAlgorithm::Md5 => Self { md5: Some(key), sha256: None },
            PasswordAlgorithm::Sha256 => Self { md5: None, sha256: Some(key) },
        }
    }

    /// The one that this algorithm makes, if it is known.
    #[must_use]
    pub const fn made_with(&self, algorithm: PasswordAlgorithm) -> Option<Key> {
        match algorithm {
            PasswordAlgorithm::Md5 => self.md5,
            PasswordAlgorithm::Sha256 => self.sha256,
        }
    }
}

/// A username and its password. The password does not print itself.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    form: Form,
    /// What servers from before RFC 8489 are told, where that differs.
    legacy: Option<Box<Form>>,
}

#[derive(Clone, Eq, PartialEq)]
struct Form {
    username: String,
    password: String,
}

impl Credentials {
    /// Both as they stand: text beyond ASCII must have gone through the OpaqueString profile
    /// (RFC 8265) before.
    pub fn new(username: impl Into<String>, password: impl Into<String>) -> Self {
        let form = Form { username: username.into(), password: password.into() };
        Self { form, legacy: None }
    }

    /// Both as a person has typed them. A server of RFC 8489 is told what the OpaqueString profile
    /// makes of them, an older one what SASLprep does (RFC 8489 §14.3). Where one of the profiles
    /// forbids what the other lets pass, the other's form serves for both.
    ///
    /// # Errors
    /// When both profiles forbid the username, or the password.
    #[cfg(feature = "precis")]
    #[cfg_attr(docsrs, doc(cfg(feature = "precis")))]
    pub fn prepare(username: &str, password: &str) -> Result<Self, super::prepare::PrepareError> {
        let username = super::prepare::both(username)?;
        let password = super::prepare::both(password)?;
        let form = Form { username: username.opaque, password: password.opaque };
        let legacy = Form { username: username.sasl, password: password.sasl };
        let legacy = (legacy != form).then(|| Box::new(legacy));
        Ok(Self { form, legacy })
    }

    /// Who.
    #[must_use]
    pub fn username(&self) -> &str {
        &self.form.username
    }

    /// The key in the realm `realm`, made with MD5 as for RFC 5389.
    #[must_use]
    pub fn key(&self, realm: &str) -> Key {
        let Form { username, password } = self.form(None);
        Key::long_term(username, realm, password)
    }

    /// What is told to a server whose nonce lists these features.
    fn form(&self, features: Option<SecurityFeatures>) -> &Form {
        self.legacy.as_deref().filter(|_| features.is_none()).unwrap_or(&self.form)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?}, secret)", self.form.username)
    }
}
