//! The keys that sign and verify messages (RFC 8489 §9, §14.5, §14.6).
//!
//! HMAC begins by hashing the key, twice. A [`Key`] keeps the two states that this leads to, so
//! that it is done once a key and not once a message; for a message of some hundred bytes that
//! saves two of five rounds of the hash.
//!
//! ```
//! use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId};
//!
//! let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
//! let mut buffer = [0; 128];
//! let request = MessageBuilder::request(Method::BINDING, TransactionId::new([1; 12]), &mut buffer)
//!     .sign(&key)
//!     .fingerprint()
//!     .finish()?;
//! assert!(Message::parse(request)?.verify(&key).is_ok());
//! assert!(Message::parse(request)?.verify(&Key::short_term("another")).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use core::fmt;

use md5::{Digest as _, Md5};
use subtle::ConstantTimeEq as _;

use crate::header::HEADER_LENGTH;
use crate::shape::PasswordAlgorithm;

/// A secret, ready to sign and verify: some 100 bytes, `Copy`, no lock.
#[derive(Clone, Copy)]
pub struct Key {
    sha1: Midstates<Sha1>,
    sha256: Midstates<Sha256>,
}

impl Key {
    /// The key of the short-term credential mechanism: the password itself (RFC 8489 §9.1.1).
    /// ICE uses it (RFC 8445 §7.1.2).
    ///
    /// The password is taken as it stands. One that holds characters beyond ASCII must have
    /// gone through the OpaqueString profile (RFC 8265) before.
    #[must_use]
    pub fn short_term(password: &str) -> Self {
        Self::from_bytes(password.as_bytes())
    }

    /// The key of the long-term credential mechanism, made with MD5 (RFC 8489 §9.2.2, §18.5.1.1).
    /// TURN uses it (RFC 8656 §5).
    ///
    /// Quotes around username and realm, and NULs that end any of the three, are no part of it.
    /// Beyond that they are taken as they stand, as in [`short_term`](Self::short_term).
    #[must_use]
    pub fn long_term(username: &str, realm: &str, password: &str) -> Self {
        Self::from_bytes(&long_term_digest::<Md5>(username, realm, password))
    }

    /// As [`long_term`](Self::long_term), made with this algorithm: the one that the request
    /// names in PASSWORD-ALGORITHM (RFC 8489 §18.5.1).
    #[must_use]
    pub fn long_term_with(
        algorithm: PasswordAlgorithm,
        username: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        match algorithm {
            PasswordAlgorithm::Md5 => Self::long_term(username, realm, password),
            PasswordAlgorithm::Sha256 => {
                Self::from_bytes(&long_term_digest::<sha2::Sha256>(username, realm, password))
            }
        }
    }

    /// The key of these bytes, say one that a database keeps.
    #[must_use]
    pub fn from_bytes(key: &[u8]) -> Self {
        Self { sha1: Midstates::new(key), sha256: Midstates::new(key) }
    }

    /// The value of MESSAGE-INTEGRITY after `covered`: a message up to the attribute.
    pub(crate) fn integrity(&self, covered: &[u8]) -> [u8; 20] {
        Sha1::bytes(self.sha1.mac(covered, Some(length_up_to(covered, 20))))
    }

    /// The value of MESSAGE-INTEGRITY-SHA256 after `covered`, a message up to the attribute, of which
    /// `length` bytes will stand in the attribute. All 32 are given.
    pub(crate) fn integrity_sha256(&self, covered: &[u8], length: usize) -> [u8; 32] {
        Sha256::bytes(self.sha256.mac(covered, Some(length_up_to(covered, length))))
    }

    /// Whether `value` is that of MESSAGE-INTEGRITY after `covered`.
    pub(crate) fn is_integrity(&self, covered: &[u8], value: &[u8]) -> bool {
        let mac = self.sha1.mac(covered, Some(length_up_to(covered, 20)));
        starts_with(&mac, value)
    }

    /// Whether `value` is that of MESSAGE-INTEGRITY-SHA256 after `covered`, or the start of it.
    pub(crate) fn is_integrity_sha256(&self, covered: &[u8], value: &[u8]) -> bool {
        let mac = self.sha256.mac(covered, Some(length_up_to(covered, value.len())));
        starts_with(&mac, value)
    }

    /// HMAC-SHA256 over bytes that are no message.
    #[cfg(feature = "alloc")]
    pub(crate) fn hmac_sha256(&self, bytes: &[u8]) -> [u8; 32] {
        Sha256::bytes(self.sha256.mac(bytes, None))
    }
}

/// What the length in the header counts when a check value of `value` bytes ends the message
/// (RFC 8489 §14.5).
#[inline]
const fn length_up_to(covered: &[u8], value: usize) -> [u8; 2] {
    let length = (covered.len() + 4 + value).wrapping_sub(HEADER_LENGTH);
    (length as u16).to_be_bytes()
}

impl fmt::Debug for Key {
    /// Says that it is a key, and nothing of what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(secret)")
    }
}

/// What USERHASH tells instead of the username (RFC 8489 §14.4). Both are taken as they stand.
#[must_use]
pub fn user_hash(username: &str, realm: &str) -> [u8; 32] {
    sha2::Sha256::new()
        .chain_update(username)
        .chain_update(":")
        .chain_update(realm)
        .finalize()
        .into()
}

fn long_term_digest<D: md5::Digest>(
    username: &str,
    realm: &str,
    password: &str,
) -> md5::digest::Output<D> {
    D::new()
        .chain_update(without_quotes(username))
        .chain_update(":")
        .chain_update(without_quotes(realm))
        .chain_update(":")
        .chain_update(password.trim_end_matches('\0'))
        .finalize()
}

fn without_quotes(text: &str) -> &str {
    let text = text.trim_end_matches('\0');
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
}

/// The one comparison of secrets in this crate: its time does not depend on where two values differ.
#[inline]
pub(crate) fn equal(pairs: impl Iterator<Item = (u32, u32)>) -> bool {
    pairs.fold(0, |differences, (a, b)| differences | a ^ b).ct_eq(&0).into()
}

/// Whether a hash, not yet written as bytes, starts with `value`, which must have the 16 bytes that any
/// integrity attribute has.
#[inline]
fn starts_with(state: &[u32], value: &[u8]) -> bool {
    let (words, rest) = value.as_chunks();
    let words = words.iter().map(|word| u32::from_be_bytes(*word));
    (4..=state.len()).contains(&words.len())
        && rest.is_empty()
        && equal(state.iter().copied().zip(words))
}

/// A hash of the family of MD4: blocks of 64 bytes, a state of 32-bit words.
trait Hash {
    type State: Copy;
    const INITIAL: Self::State;
    const LENGTH: usize;
    type Bytes: AsRef<[u8]>;

    fn compress(state: &mut Self::State, blocks: &[[u8; 64]]);
    fn bytes(state: Self::State) -> Self::Bytes;
    fn digest(data: &[u8]) -> Self::Bytes;
}

#[derive(Clone, Copy)]
enum Sha1 {}

impl Hash for Sha1 {
    type State = [u32; 5];
    const INITIAL: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    const LENGTH: usize = 20;
    type Bytes = [u8; 20];

    #[inline]
    fn compress(state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::block_api::compress(state, blocks);
    }

    fn bytes(state: [u32; 5]) -> [u8; 20] {
        let mut bytes = [0; 20];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    fn digest(data: &[u8]) -> [u8; 20] {
        sha1::Sha1::digest(data).into()
    }
}

#[derive(Clone, Copy)]
enum Sha256 {}

impl Hash for Sha256 {
    type State = [u32; 8];
    const INITIAL: [u32; 8] = [
        0x6A09_E667,
        0xBB67_AE85,
        0x3C6E_F372,
        0xA54F_F53A,
        0x510E_527F,
        0x9B05_688C,
        0x1F83_D9AB,
        0x5BE0_CD19,
    ];
    const LENGTH: usize = 32;
    type Bytes = [u8; 32];

    #[inline]
    fn compress(state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha2::block_api::compress256(state, blocks);
    }

    fn bytes(state: [u32; 8]) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (bytes, word) in bytes.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_be_bytes());
        }
        bytes
    }

    fn digest(data: &[u8]) -> [u8; 32] {
        sha2::Sha256::digest(data).into()
    }
}

/// The states of the inner and the outer hash after the key (RFC 2104 §4).
struct Midstates<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> Clone for Midstates<H> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<H: Hash> Copy for Midstates<H> {}

impl<H: Hash> Midstates<H> {
    fn new(key: &[u8]) -> Self {
        let mut block = [0; 64];
        match block.get_mut(..key.len()) {
            Some(start) => start.copy_from_slice(key),
            None => block[..H::LENGTH].copy_from_slice(H::digest(key).as_ref()),
        }
        let (mut inner, mut outer) = (H::INITIAL, H::INITIAL);
        H::compress(&mut inner, &[block.map(|byte| byte ^ 0x36)]);
        H::compress(&mut outer, &[block.map(|byte| byte ^ 0x5C)]);
        Self { inner, outer }
    }

    /// HMAC over `bytes`, with `length` in place of the third and the fourth.
    ///
    /// What must be copied is copied before the first round: the hash unit then finds it in the
    /// cache, and does not wait in between.
    #[inline]
    fn mac(&self, bytes: &[u8], length: Option<[u8; 2]>) -> H::State {
        let (mut blocks, rest) = bytes.as_chunks::<64>();
        let mut last = [[0; 64]; 2];
        let lasts = pad(&mut last, rest, bytes.len());
        let mut inner = self.inner;
        if let Some(length) = length {
            match blocks.split_first() {
                Some((with_header, others)) if with_header[2..4] != length => {
                    let mut first = *with_header;
                    first[2..4].copy_from_slice(&length);
                    H::compress(&mut inner, &[first]);
                    blocks = others;
                }
                Some(_) => {}
                None => last[0][2..4].copy_from_slice(&length),
            }
        }
        if !blocks.is_empty() {
            H::compress(&mut inner, blocks);
        }
        H::compress(&mut inner, &last[..lasts]);
        let mut outer = self.outer;
        let mut last = [[0; 64]; 2];
        let lasts = pad(&mut last, H::bytes(inner).as_ref(), H::LENGTH);
        H::compress(&mut outer, &last[..lasts]);
        outer
    }
}

/// Pads a hash of one block of key and `length` bytes more, of which `rest` fill no block, and says
/// how many blocks it takes.
#[inline]
fn pad(last: &mut [[u8; 64]; 2], rest: &[u8], length: usize) -> usize {
    last[0][..rest.len()].copy_from_slice(rest);
    last[0][rest.len()] = 0x80;
    let lasts = if rest.len() < 56 { 1 } else { 2 };
    let bits = (64 + length as u64) * 8;
    last[lasts - 1][56..].copy_from_slice(&bits.to_be_bytes());
    lasts
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use hmac::{Hmac, KeyInit as _, Mac as _};
    use proptest::prelude::*;

    use super::*;

    /// The message up to its integrity attribute, with the length that counts a value of `value` bytes.
    fn with_length(covered: &[u8], value: usize) -> Vec<u8> {
        let mut covered = covered.to_vec();
        let length = (covered.len() - HEADER_LENGTH + 4 + value) as u16;
        covered[2..4].copy_from_slice(&length.to_be_bytes());
        covered
    }

    proptest! {
        #[test]
        fn agrees_with_the_hmac_crate(
            key in proptest::collection::vec(any::<u8>(), 0..200),
            covered in proptest::collection::vec(any::<u8>(), 20..320),
            length_is_right: bool,
            truncated in 4..=8_usize,
        ) {
            let ours = Key::from_bytes(&key);
            let covered = if length_is_right { with_length(&covered, 20) } else { covered };
            let mut theirs = Hmac::<sha1::Sha1>::new_from_slice(&key).expect("any length");
            theirs.update(&with_length(&covered, 20));
            let theirs = <[u8; 20]>::from(theirs.finalize().into_bytes());
            prop_assert_eq!(ours.integrity(&covered), theirs);
            prop_assert!(ours.is_integrity(&covered, &theirs));

            let mut theirs = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("any length");
            theirs.update(&with_length(&covered, 4 * truncated));
            let theirs = <[u8; 32]>::from(theirs.finalize().into_bytes());
            prop_assert_eq!(ours.integrity_sha256(&covered, 4 * truncated), theirs);
            prop_assert!(ours.is_integrity_sha256(&covered, &theirs[..4 * truncated]));
        }
    }

    #[test]
    fn every_flipped_bit_is_seen() {
        let (key, covered) = (Key::short_term("secret"), [7; 100]);
        let mut value = key.integrity(&covered);
        for bit in 0..8 * value.len() {
            value[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.is_integrity(&covered, &value), "bit {bit}");
            value[bit / 8] ^= 1 << (bit % 8);
        }
        for length in [16, 20, 24, 28, 32] {
            let mut value = key.integrity_sha256(&covered, length)[..length].to_vec();
            for bit in 0..8 * length {
                value[bit / 8] ^= 1 << (bit % 8);
                assert!(!key.is_integrity_sha256(&covered, &value), "bit {bit} of {length} bytes");
                value[bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    #[test]
    fn a_value_too_short_or_too_long_is_never_right() {
        let (key, covered) = (Key::short_term("secret"), [7; 100]);
        for length in (0..16).chain([17, 18, 19]) {
            let value = &key.integrity_sha256(&covered, length)[..length];
            assert!(!key.is_integrity_sha256(&covered, value), "{length} bytes");
        }
        let mut longer = key.integrity(&covered).to_vec();
        longer.extend([0; 4]);
        assert!(!key.is_integrity(&covered, &longer));
    }

    fn bytes_of_long_term(username: &str, realm: &str, password: &str) -> [u8; 20] {
        Key::long_term(username, realm, password).integrity(&[0; 20])
    }

    #[test]
    fn long_term_key_of_rfc_5769() {
        let username = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
        let same = Key::from_bytes(&[
            0xE8, 0xCA, 0x7A, 0xD5, 0x9D, 0x5E, 0xB0, 0x51, 0x8E, 0x31, 0x29, 0x11, 0xD2, 0xDA,
            0xB2, 0xA9,
        ]);
        let made = bytes_of_long_term(username, "example.org", "TheMatrIX");
        assert_eq!(made, same.integrity(&[0; 20]));
    }

    #[test]
    fn long_term_key_of_rfc_8489_9_2_2() {
        let same = Key::from_bytes(&0x8493_FBC5_3BA5_82FB_4C04_4C45_6BDC_40EB_u128.to_be_bytes());
        assert_eq!(bytes_of_long_term("user", "realm", "pass"), same.integrity(&[0; 20]));
    }

    #[test]
    fn quotes_and_trailing_nuls_are_no_part_of_the_long_term_key() {
        let plain = bytes_of_long_term("user", "realm", "pass");
        assert_eq!(bytes_of_long_term("\"user\"\0", "\"realm\"", "pass\0\0"), plain);
        assert_eq!(bytes_of_long_term("user\0", "realm\0", "pass"), plain);
        for (username, realm, password) in
            [("\"user", "realm", "pass"), ("user", "\"", "pass"), ("user", "realm", "\"pass\"")]
        {
            assert_ne!(bytes_of_long_term(username, realm, password), plain);
        }
    }

    #[test]
    fn a_key_does_not_print_itself() {
        assert_eq!(std::format!("{:?}", Key::short_term("open sesame")), "Key(secret)");
    }
}
