use alloc::string::String;
use core::fmt;

use rand::Rng;
use stun_codec::Key;

use crate::candidate::is_ice_char;

/// The username fragment and password of one agent (RFC 8445 §5.3, RFC 8839 §5.4), told to the other
/// one by signaling. Whoever has both agents' can speak for either.
#[derive(Clone, Eq, PartialEq)]
pub struct Credentials {
    ufrag: String,
    password: String,
}

/// Why a text cannot be an agent's credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CredentialsError {
    /// The ufrag has not 4 to 256 characters, or others than letters, digits, `+` and `/`.
    #[error("an ice-ufrag is 4 to 256 letters, digits, '+' or '/'")]
    Ufrag,
    /// The password has not 22 to 256 characters, or others than letters, digits, `+` and `/`.
    #[error("an ice-pwd is 22 to 256 letters, digits, '+' or '/'")]
    Password,
}

impl Credentials {
    /// The credentials that the other agent has signaled.
    ///
    /// # Errors
    /// When one is too short, too long, or has other characters than RFC 8839 §5.4 allows.
    pub fn new(
        ufrag: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<Self, CredentialsError> {
        let (ufrag, password) = (ufrag.into(), password.into());
        let proper = |text: &str, least| {
            (least..=256).contains(&text.len()) && text.bytes().all(is_ice_char)
        };
        if !proper(&ufrag, 4) {
            return Err(CredentialsError::Ufrag);
        }
        if !proper(&password, 22) {
            return Err(CredentialsError::Password);
        }
        Ok(Self { ufrag, password })
    }

    /// Fresh ones: 48 bits of ufrag and 144 of password (RFC 8445 §5.3 wants 24 and 128).
    pub(crate) fn random(rng: &mut impl Rng) -> Self {
        Self { ufrag: random_text(rng, 8), password: random_text(rng, 24) }
    }

    /// The username fragment.
    #[must_use]
    pub fn ufrag(&self) -> &str {
        &self.ufrag
    }

    /// The password. It is a secret between the two agents and the signaling.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn key(&self) -> Key {
        Key::short_term(&self.password)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({:?}, secret)", self.ufrag)
    }
}

/// Text of six random bits a character.
fn random_text(rng: &mut impl Rng, length: usize) -> String {
    const ICE_CHARS: &[u8; 64] =
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..length).map(|_| char::from(ICE_CHARS[(rng.next_u32() & 63) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::ChaCha12Rng;

    use super::*;

    #[test]
    fn i04_generated_credentials_are_long_enough_and_proper() {
        let mut rng = ChaCha12Rng::from_seed([1; 32]);
        let first = Credentials::random(&mut rng);
        let second = Credentials::random(&mut rng);
        assert_ne!(first, second);
        assert!(first.ufrag().len() * 6 >= 24 && first.password().len() * 6 >= 128);
        assert!(first.ufrag().len() <= 32);
        assert_eq!(Credentials::new(first.ufrag(), first.password()), Ok(first.clone()));
    }

    #[test]
    fn signaled_credentials_are_checked() {
        let password = "0123456789012345678901";
        assert_eq!(Credentials::new("abc", password), Err(CredentialsError::Ufrag));
        assert_eq!(Credentials::new("abc:", password), Err(CredentialsError::Ufrag));
        assert_eq!(Credentials::new("a".repeat(257), password), Err(CredentialsError::Ufrag));
        assert_eq!(Credentials::new("abcd", &password[1..]), Err(CredentialsError::Password));
        assert!(Credentials::new("abcd", password).is_ok());
        assert!(Credentials::new("a".repeat(256), "p".repeat(256)).is_ok());
    }
}
