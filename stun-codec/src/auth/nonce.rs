//! A nonce that the server need not remember (RFC 8489 §9.2): the cookie of the security features,
//! the time at which it was made, and an HMAC over that, the client's address and the server's
//! offer. A stranger who asks for a million nonces costs no memory, and one client's nonce is worth
//! nothing to another.
//!
//! ```
//! use core::time::Duration;
//! use sansio::{FiveTuple, Timestamp};
//! use stun_codec::auth::nonce::{NonceError, Nonces};
//! use stun_codec::auth::security_features::Offer;
//!
//! let nonces = Nonces::new([3; 32], Duration::from_secs(600));
//! let client = FiveTuple::udp("198.51.100.2:3478".parse()?, "192.0.2.1:5000".parse()?);
//! let nonce = nonces.issue(Timestamp::from_secs(5), client, Offer::default());
//! let check = |seconds| {
//!     nonces.check(Timestamp::from_secs(seconds), client, Offer::default(), nonce.as_str())
//! };
//! assert_eq!(check(605), Ok(()));
//! assert_eq!(check(606), Err(NonceError::Stale));
//! # Ok::<(), core::net::AddrParseError>(())
//! ```

use core::net::IpAddr;
use core::time::Duration;

use sansio::{FiveTuple, Timestamp, Transport};

use super::base64;
use super::security_features::{Offer, SecurityFeatures};
use crate::integrity::{self, Key};

/// What a server makes and checks its nonces with: up to [`MAX_KEYS`](Self::MAX_KEYS) keys, of
/// which one makes them and all are good for checking.
#[derive(Clone, Copy, Debug)]
pub struct Nonces {
    /// The current one first.
    keys: [Option<NonceKey>; Self::MAX_KEYS],
    lifetime: Duration,
    fleet: bool,
    /// What to add to the caller's time for the wall clock, in seconds; it wraps.
    offset: u32,
}

#[derive(Clone, Copy, Debug)]
struct NonceKey {
    id: u8,
    key: Key,
}

/// Why a nonce is refused. Both are answered with 438 (Stale Nonce) and a fresh one.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NonceError {
    /// It was ours, and its time is over.
    #[error("the nonce is too old")]
    Stale,
    /// It was not made with our keys, for this client and this offer.
    #[error("the nonce is not ours")]
    Foreign,
}

/// A nonce on its way to a client: [`LENGTH`](Self::LENGTH) characters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Nonce([u8; Self::LENGTH]);

impl Nonce {
    /// How many characters it has: as many as fill the padding of the shortest one possible.
    pub const LENGTH: usize = SecurityFeatures::COOKIE_LENGTH + DIGITS;

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is made of digits of base64 only.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Bytes of the MAC: a guess is right once in 2⁷².
const MAC: usize = 9;
/// Digits for a byte of key id, four of time and the MAC: 112 of their 114 bits.
const DIGITS: usize = 19;
/// How far the clocks of a fleet's servers may be apart, in seconds.
const SKEW: u32 = 30;

impl Nonces {
    /// How many keys are held at once.
    pub const MAX_KEYS: usize = 4;

    /// The nonces of one server: a nonce is good for one client address and port at one of the
    /// server's own, for `lifetime` in steps of a second. `secret` must be unpredictable; its key
    /// has the id 0.
    #[must_use]
    pub fn new(secret: [u8; 32], lifetime: Duration) -> Self {
        let first = NonceKey { id: 0, key: Key::from_bytes(&secret) };
        Self { keys: [Some(first), None, None, None], lifetime, fleet: false, offset: 0 }
    }

    /// The nonces of one of several servers that accept each other's: a nonce is good for one client
    /// address and port at each of them. They must have the same keys under the same ids, make the
    /// same [`Offer`], and agree on `wall_clock`, the time since the Unix epoch, within 30 s. `now`
    /// is the same moment by the clock of which the other calls speak.
    #[must_use]
    pub fn for_fleet(
        now: Timestamp,
        wall_clock: Duration,
        id: u8,
        secret: [u8; 32],
        lifetime: Duration,
    ) -> Self {
        let first = NonceKey { id, key: Key::from_bytes(&secret) };
        let keys = [Some(first), None, None, None];
        let mut nonces = Self { keys, lifetime, fleet: true, offset: 0 };
        nonces.set_wall_clock(now, wall_clock);
        nonces
    }

    /// Sets the wall clock anew, say after it has been adjusted.
    pub const fn set_wall_clock(&mut self, now: Timestamp, wall_clock: Duration) {
        let now = now.since_epoch().as_secs() as u32;
        self.offset = (wall_clock.as_secs() as u32).wrapping_sub(now);
    }

    /// Accepts nonces that were made with this key, which must be unpredictable, from now on. A key
    /// of the same id is replaced; of too many the oldest is forgotten, but never the one in use. To replace the key of a fleet, add the new one everywhere, and only then
    /// [use](Self::use_key) it.
    pub fn add_key(&mut self, id: u8, secret: [u8; 32]) {
        let added = Some(NonceKey { id, key: Key::from_bytes(&secret) });
        let of_id = |slot: &&mut Option<NonceKey>| slot.is_some_and(|held| held.id == id);
        if let Some(slot) = self.keys.iter_mut().find(of_id) {
            *slot = added;
            return;
        }
        let [_, others @ ..] = &mut self.keys;
        // The newest stands first.
        let free = others.iter().position(Option::is_none).unwrap_or(others.len() - 1);
        others[..=free].rotate_right(1);
        others[0] = added;
    }

    /// Makes nonces with the key of this id from now on; `false` when there is none. The key used
    /// so far stays good for checking.
    pub fn use_key(&mut self, id: u8) -> bool {
        match self.keys.iter().position(|slot| slot.is_some_and(|held| held.id == id)) {
            Some(at) => {
                self.keys[..=at].rotate_right(1);
                true
            }
            None => false,
        }
    }

    /// Accepts no nonce any more that was made with the key of this id, unless it is in use.
    pub fn remove_key(&mut self, id: u8) {
        let [_, others @ ..] = &mut self.keys;
        for slot in others {
            if slot.is_some_and(|held| held.id == id) {
                *slot = None;
            }
        }
    }

    /// A nonce for the client at the other end of `five_tuple`, from a server that offers this.
    #[must_use]
    pub fn issue(&self, now: Timestamp, five_tuple: FiveTuple, offer: Offer) -> Nonce {
        let mut text = [0; Nonce::LENGTH];
        let (cookie, digits) = text.split_at_mut(SecurityFeatures::COOKIE_LENGTH);
        cookie.copy_from_slice(&offer.features().cookie());
        if let [Some(key), ..] = &self.keys {
            let time = self.time(now).to_be_bytes();
            let mut bytes = [0; 16];
            bytes[2] = key.id;
            bytes[3..7].copy_from_slice(&time);
            bytes[7..].copy_from_slice(&self.mac(key, time, five_tuple, offer));
            base64::encode(u128::from_be_bytes(bytes) << 2, digits);
        }
        Nonce(text)
    }

    /// Whether `nonce` is one of ours, made for the client at the other end of `five_tuple` with
    /// this offer, and still fresh. Nothing else is looked at before the MAC has been found right.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(
        &self,
        now: Timestamp,
        five_tuple: FiveTuple,
        offer: Offer,
        nonce: &str,
    ) -> Result<(), NonceError> {
        let digits = nonce
            .as_bytes()
            .strip_prefix(&offer.features().cookie())
            .filter(|digits| digits.len() == DIGITS)
            .ok_or(NonceError::Foreign)?;
        let value = base64::decode(digits).ok_or(NonceError::Foreign)?;
        let [_, _, id, t0, t1, t2, t3, mac @ ..] = (value >> 2).to_be_bytes();
        let key = self.keys.iter().flatten().find(|key| key.id == id);
        let key = key.ok_or(NonceError::Foreign)?;
        let time = [t0, t1, t2, t3];
        // Two bits carry nothing; they must be as we write them.
        let ours = self.mac(key, time, five_tuple, offer);
        let pairs = mac.iter().zip(&ours).map(|(a, b)| (u32::from(*a), u32::from(*b)));
        if !integrity::equal(pairs) || value & 3 != 0 {
            return Err(NonceError::Foreign);
        }
        let skew = if self.fleet { SKEW } else { 0 };
        let age = self.time(now).wrapping_add(skew).wrapping_sub(u32::from_be_bytes(time));
        if u64::from(age) > self.lifetime.as_secs().saturating_add(skew.into()) {
            return Err(NonceError::Stale);
        }
        Ok(())
    }

    /// In seconds. A clock that has run for 136 years starts again.
    fn time(&self, now: Timestamp) -> u32 {
        (now.since_epoch().as_secs() as u32).wrapping_add(self.offset)
    }

    fn mac(&self, key: &NonceKey, time: [u8; 4], five_tuple: FiveTuple, offer: Offer) -> [u8; MAC] {
        let FiveTuple { transport, local, remote } = five_tuple;
        let mut bytes = [0; 52];
        let (head, addresses) = bytes.split_at_mut(20);
        head[..4].copy_from_slice(&time);
        head[4] = match transport {
            Transport::Udp => 17,
            Transport::Tcp => 6,
            _ => 0,
        };
        head[5] = key.id;
        head[6..8].copy_from_slice(&remote.port().to_be_bytes());
        head[8..12].copy_from_slice(&offer.digest());
        addresses[..16].copy_from_slice(&octets(remote.ip()));
        // Each server of a fleet has an address of its own.
        if !self.fleet {
            head[12..14].copy_from_slice(&local.port().to_be_bytes());
            addresses[16..].copy_from_slice(&octets(local.ip()));
        }
        let mut mac = [0; MAC];
        mac.copy_from_slice(&key.key.hmac_sha256(&bytes)[..MAC]);
        mac
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

#[cfg(test)]
mod tests;
