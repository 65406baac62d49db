//! The credential mechanisms of RFC 8489 §9 as state without I/O: both sides of the
//! [short-term](short_term) mechanism, which ICE uses, and of the [long-term](long_term) one, which
//! TURN uses, with a [nonce] that the server need not remember.

mod base64;
pub mod key_cache;
pub mod long_term;
pub mod nonce;
#[cfg(feature = "precis")]
#[cfg_attr(docsrs, doc(cfg(feature = "precis")))]
pub mod prepare;
pub mod security_features;
pub mod short_term;

use crate::attr::AttributeType;
use crate::build::{MessageBuilder, Open, Sealed};
use crate::integrity::Key;
use crate::shape::PasswordAlgorithm;

/// How the response to a request is signed: with the request's key, and with one integrity
/// attribute, the one that the mechanism wants (RFC 8489 §9.1.3, §9.2.4).
#[derive(Clone, Copy, Debug)]
pub struct ResponseKey {
    key: Key,
    integrity: AttributeType,
}

impl ResponseKey {
    /// With this integrity attribute; anything but MESSAGE-INTEGRITY-SHA256 means MESSAGE-INTEGRITY.
    #[must_use]
    pub const fn new(key: Key, integrity: AttributeType) -> Self {
        Self { key, integrity }
    }

    /// As the long-term mechanism wants it for a request that `named` this algorithm, or none
    /// (RFC 8489 §9.2.4).
    #[must_use]
    pub const fn long_term(key: Key, named: Option<PasswordAlgorithm>) -> Self {
        let integrity = match named {
            Some(_) => AttributeType::MESSAGE_INTEGRITY_SHA256,
            None => AttributeType::MESSAGE_INTEGRITY,
        };
        Self { key, integrity }
    }

    /// Ends a response.
    pub fn sign<'b>(&self, response: MessageBuilder<'b, Open>) -> MessageBuilder<'b, Sealed> {
        match self.integrity {
            AttributeType::MESSAGE_INTEGRITY_SHA256 => response.sign_sha256(&self.key),
            _ => response.sign(&self.key).seal(),
        }
    }
}
