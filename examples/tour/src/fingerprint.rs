//! The fingerprint of a certificate, as signaling carries it (RFC 8122 §5).

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a certificate. It prints as `sha-256 4A:AD:…`, the value of an `a=fingerprint`
/// line.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Fingerprint([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum FingerprintError {
    #[error("the hash function is not sha-256")]
    HashFunction,
    #[error("it is not 32 bytes in hexadecimal with colons between them")]
    Bytes,
}

impl Fingerprint {
    /// The fingerprint of this certificate (DER).
    pub(crate) fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (function, bytes) = text.split_once(' ').ok_or(FingerprintError::Bytes)?;
        if !function.eq_ignore_ascii_case("sha-256") {
            return Err(FingerprintError::HashFunction);
        }
        let mut fingerprint = [0; 32];
        let mut parts = bytes.split(':');
        for byte in &mut fingerprint {
            *byte = parts.next().and_then(byte_in_hex).ok_or(FingerprintError::Bytes)?;
        }
        match parts.next() {
            None => Ok(Self(fingerprint)),
            Some(_) => Err(FingerprintError::Bytes),
        }
    }
}

fn byte_in_hex(text: &str) -> Option<u8> {
    let proper = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    proper.then(|| u8::from_str_radix(text, 16).ok()).flatten()
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha-256")?;
        for (position, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if position == 0 { ' ' } else { ':' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_parses() {
        let fingerprint = Fingerprint::of(b"abc");
        let text = fingerprint.to_string();
        assert!(text.starts_with("sha-256 BA:78:16:BF:"), "{text}");
        assert_eq!(text.parse(), Ok(fingerprint));
        assert_eq!(text.to_lowercase().parse(), Ok(fingerprint));
    }

    #[test]
    fn what_is_no_fingerprint_is_refused() {
        let text = Fingerprint::of(b"abc").to_string();
        let weak = text.replace("sha-256", "sha-1");
        assert_eq!(weak.parse::<Fingerprint>(), Err(FingerprintError::HashFunction));
        let short = &text[..text.len() - 3];
        let long = format!("{text}:00");
        let signed = text.replacen("BA", "+A", 1);
        let wide = text.replacen("BA", "0BA", 1);
        for text in ["", "sha-256", "sha-256 ", short, &long, &signed, &wide] {
            assert_eq!(text.parse::<Fingerprint>(), Err(FingerprintError::Bytes), "{text}");
        }
    }
}
