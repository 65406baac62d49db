//! What a server offers beyond RFC 5389, and how its nonce says so (RFC 8489 §9.2, §9.2.1).
//!
//! The challenge of a server carries no integrity, so somebody in between can strike out what it
//! offers. The nonce begins with a cookie that lists the features once more, and cannot be
//! changed: the server knows its own nonces.
//!
//! ```
//! use stun_codec::auth::security_features::{Offer, SecurityFeatures};
//! use stun_codec::shape::PasswordAlgorithm;
//!
//! let offer = Offer::new(&[PasswordAlgorithm::Sha256, PasswordAlgorithm::Md5]);
//! assert_eq!(offer.features(), SecurityFeatures::PASSWORD_ALGORITHMS);
//! let cookie = offer.features().cookie();
//! assert_eq!(&cookie, b"obMatJos2gAAA");
//! assert_eq!(SecurityFeatures::of("obMatJos2gAAA and more"), Some(offer.features()));
//! assert_eq!(SecurityFeatures::of("the nonce of an older server"), None);
//! ```

use super::base64;
use crate::shape::{AlgorithmList, PasswordAlgorithm};

/// The set of 24 bits in a nonce's cookie (RFC 8489 §18.1).
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct SecurityFeatures(u32);

const MARK: &[u8; 9] = b"obMatJos2";

impl SecurityFeatures {
    /// The length of the cookie, in characters.
    pub const COOKIE_LENGTH: usize = 13;

    /// The server lists PASSWORD-ALGORITHMS, and the client names one of them.
    pub const PASSWORD_ALGORITHMS: Self = Self(1 << 23);
    /// The client tells a USERHASH instead of its USERNAME.
    pub const USERNAME_ANONYMITY: Self = Self(1 << 22);

    /// The features that the cookie of this nonce lists; `None` when it has no cookie, as those of
    /// servers before RFC 8489.
    #[must_use]
    pub fn of(nonce: &str) -> Option<Self> {
        let (mark, rest) = nonce.as_bytes().split_first_chunk()?;
        if mark != MARK {
            return None;
        }
        let bits = base64::decode(rest.first_chunk::<4>()?)?;
        Some(Self(bits as u32))
    }

    /// The cookie with which a nonce begins that lists these features.
    #[must_use]
    pub fn cookie(self) -> [u8; Self::COOKIE_LENGTH] {
        let mut cookie = [0; Self::COOKIE_LENGTH];
        let (mark, bits) = cookie.split_at_mut(MARK.len());
        mark.copy_from_slice(MARK);
        base64::encode(self.0.into(), bits);
        cookie
    }

    /// Whether all of `features` are in the set.
    #[must_use]
    pub const fn contains(self, features: Self) -> bool {
        self.0 & features.0 == features.0
    }
}

/// What a server offers to its clients. By default nothing, and then it does as RFC 5389 says.
/// Whatever it offers, clients that know nothing of it are served as before, as long as MD5 is on
/// the list.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Offer {
    /// The value of PASSWORD-ALGORITHMS.
    list: [u8; 8],
    length: u8,
    anonymity: bool,
}

impl Offer {
    /// Keys that are made with these algorithms, the best first. An empty list offers no choice:
    /// the key is made with MD5.
    #[must_use]
    pub fn new(algorithms: &[PasswordAlgorithm]) -> Self {
        let mut offer = Self::default();
        for &algorithm in algorithms {
            if !offer.lists(algorithm) {
                let start = usize::from(offer.length);
                offer.list[start..start + 2].copy_from_slice(&algorithm.number().to_be_bytes());
                offer.length += 4;
            }
        }
        offer
    }

    /// And to tell hashes of usernames instead of usernames. The server must be able to find a
    /// user by it.
    #[must_use]
    pub const fn with_anonymity(self) -> Self {
        Self { anonymity: true, ..self }
    }

    /// Whether users may tell hashes of their names.
    #[must_use]
    pub const fn anonymity(&self) -> bool {
        self.anonymity
    }

    /// The algorithms as PASSWORD-ALGORITHMS lists them; `None` when there is no choice.
    #[must_use]
    pub fn algorithms(&self) -> Option<AlgorithmList<'_>> {
        let list = self.list.get(..usize::from(self.length))?;
        AlgorithmList::new(list).ok().filter(|_| !list.is_empty())
    }

    /// The features that the nonce's cookie lists.
    #[must_use]
    pub const fn features(&self) -> SecurityFeatures {
        let mut bits = 0;
        if self.length > 0 {
            bits |= SecurityFeatures::PASSWORD_ALGORITHMS.0;
        }
        if self.anonymity {
            bits |= SecurityFeatures::USERNAME_ANONYMITY.0;
        }
        SecurityFeatures(bits)
    }

    /// Whether a key may be made with this algorithm.
    pub(super) fn allows(&self, algorithm: PasswordAlgorithm) -> bool {
        self.lists(algorithm) || self.length == 0 && algorithm == PasswordAlgorithm::Md5
    }

    fn lists(&self, algorithm: PasswordAlgorithm) -> bool {
        self.algorithms()
            .is_some_and(|list| list.iter().any(|named| named.known() == Some(algorithm)))
    }

    /// What tells this offer from any other, for the nonce's MAC.
    pub(super) fn digest(&self) -> [u8; 4] {
        let [_, first, _, _, _, second, _, _] = self.list;
        [self.anonymity.into(), self.length, first, second]
    }
}
