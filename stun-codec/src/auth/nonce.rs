//! A nonce that the server need not remember (RFC 8489 §9.2): the time at which it was made, and
//! an HMAC over that time and the client's addresses. A stranger who asks for a million nonces
//! costs no memory, and one client's nonce is worth nothing to another.
//!
//! ```
//! use core::time::Duration;
//! use sansio::{FiveTuple, Timestamp};
//! use stun_codec::auth::nonce::{NonceKey, NonceError};
//!
//! let key = NonceKey::new([3; 32], Duration::from_secs(600));
//! let client = FiveTuple::udp("198.51.100.2:3478".parse()?, "192.0.2.1:5000".parse()?);
//! let nonce = key.issue(Timestamp::from_secs(5), client);
//! assert_eq!(key.check(Timestamp::from_secs(605), client, nonce.as_str()), Ok(()));
//! assert_eq!(key.check(Timestamp::from_secs(606), client, nonce.as_str()), Err(NonceError::Stale));
//! # Ok::<(), core::net::AddrParseError>(())
//! ```

use core::net::IpAddr;
use core::time::Duration;

use sansio::{FiveTuple, Timestamp, Transport};

use crate::integrity::{self, Key};

/// The secret that a server makes and checks its nonces with.
#[derive(Clone, Copy, Debug)]
pub struct NonceKey {
    key: Key,
    lifetime: Duration,
}

/// Why a nonce is refused. Both are answered with 438 (Stale Nonce) and a fresh one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NonceError {
    /// It was ours, and its time is over.
    #[error("the nonce is too old")]
    Stale,
    /// It was not made with this key for this client.
    #[error("the nonce is not ours")]
    Foreign,
}

/// A nonce on its way to a client: [`LENGTH`](Self::LENGTH) characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Nonce([u8; Self::LENGTH]);

impl Nonce {
    /// How many characters it has.
    pub const LENGTH: usize = 2 * (TIME + MAC);

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is made of hexadecimal digits only.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Bytes of the time, in seconds: 136 years.
const TIME: usize = 4;
/// Bytes of the MAC: a guess is right once in 2⁶⁴.
const MAC: usize = 8;

impl NonceKey {
    /// A key of 32 unpredictable bytes; its nonces are good for `lifetime`, in steps of a second.
    #[must_use]
    pub fn new(secret: [u8; 32], lifetime: Duration) -> Self {
        Self { key: Key::from_bytes(&secret), lifetime }
    }

    /// A nonce for the client at the other end of `five_tuple`.
    #[must_use]
    pub fn issue(&self, now: Timestamp, five_tuple: FiveTuple) -> Nonce {
        // A clock that has run for 136 years starts again.
        let time = (now.since_epoch().as_secs() as u32).to_be_bytes();
        let mut text = [0; Nonce::LENGTH];
        let bytes = time.into_iter().chain(self.mac(time, five_tuple));
        for (digits, byte) in text.chunks_exact_mut(2).zip(bytes) {
            digits.copy_from_slice(&[digit(byte >> 4), digit(byte & 0x0F)]);
        }
        Nonce(text)
    }

    /// Whether `nonce` is one of ours, made for the client at the other end of `five_tuple`, and
    /// still fresh. Nothing else is looked at before the MAC has been found right.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(
        &self,
        now: Timestamp,
        five_tuple: FiveTuple,
        nonce: &str,
    ) -> Result<(), NonceError> {
        let text: &[u8; Nonce::LENGTH] =
            nonce.as_bytes().try_into().map_err(|_| NonceError::Foreign)?;
        let mut bytes = [0; TIME + MAC];
        for (byte, digits) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let (high, low) = (value(digits[0])?, value(digits[1])?);
            *byte = high << 4 | low;
        }
        let (time, mac) = bytes.split_at(TIME);
        let time: [u8; TIME] = time.try_into().map_err(|_| NonceError::Foreign)?;
        if !integrity::equal(mac, &self.mac(time, five_tuple)) {
            return Err(NonceError::Foreign);
        }
        let now = now.since_epoch().as_secs() as u32;
        let age = now.wrapping_sub(u32::from_be_bytes(time));
        if u64::from(age) > self.lifetime.as_secs() { Err(NonceError::Stale) } else { Ok(()) }
    }

    fn mac(&self, time: [u8; TIME], five_tuple: FiveTuple) -> [u8; MAC] {
        let FiveTuple { transport, local, remote } = five_tuple;
        let mut head = [0; 20];
        head[..4].copy_from_slice(&time);
        head[4] = match transport {
            Transport::Udp => 17,
            Transport::Tcp => 6,
            _ => 0,
        };
        head[6..8].copy_from_slice(&local.port().to_be_bytes());
        head[8..10].copy_from_slice(&remote.port().to_be_bytes());
        let mut addresses = [0; 32];
        addresses[..16].copy_from_slice(&octets(local.ip()));
        addresses[16..].copy_from_slice(&octets(remote.ip()));
        let mut mac = [0; MAC];
        mac.copy_from_slice(&self.key.sha256(&head, &addresses)[..MAC]);
        mac
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

const fn digit(nibble: u8) -> u8 {
    b"0123456789abcdef"[(nibble & 0x0F) as usize]
}

const fn value(digit: u8) -> Result<u8, NonceError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NonceError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(port: u16) -> FiveTuple {
        FiveTuple::udp(([198, 51, 100, 2], 3478).into(), ([192, 0, 2, 1], port).into())
    }

    #[test]
    fn s14_a_nonce_serves_its_own_client_for_its_own_time_only() {
        let key = NonceKey::new([1; 32], Duration::from_secs(60));
        let made = Timestamp::from_secs(1000);
        let nonce = key.issue(made, client(5000));
        let check = |at: u64, client| key.check(Timestamp::from_secs(at), client, nonce.as_str());
        assert_eq!(check(1060, client(5000)), Ok(()));
        assert_eq!(check(1061, client(5000)), Err(NonceError::Stale));
        assert_eq!(check(999, client(5000)), Err(NonceError::Stale), "made in the future");
        assert_eq!(check(1000, client(5001)), Err(NonceError::Foreign));
        let other = NonceKey::new([2; 32], Duration::from_secs(60));
        assert_eq!(other.check(made, client(5000), nonce.as_str()), Err(NonceError::Foreign));
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let key = NonceKey::new([1; 32], Duration::from_secs(60));
        let now = Timestamp::from_secs(1000);
        let nonce = key.issue(now, client(5000));
        for at in 0..Nonce::LENGTH {
            let mut text = nonce.0;
            text[at] = if text[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(
                key.check(now, client(5000), Nonce(text).as_str()),
                Err(NonceError::Foreign)
            );
        }
        for text in ["", "0", "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}012345"] {
            assert_eq!(key.check(now, client(5000), text), Err(NonceError::Foreign));
        }
    }
}
