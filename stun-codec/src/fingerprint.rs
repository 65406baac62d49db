//! FINGERPRINT: a CRC that tells STUN from other protocols on the same port (RFC 8489 §14.7).

/// What the CRC is masked with, so that it differs from one that another protocol has put there.
const MASK: u32 = 0x5354_554E;

/// The value of FINGERPRINT over `head` (whose length counts the attribute), then `tail`.
#[inline]
pub(crate) fn value(head: &[u8; 20], tail: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(head);
    crc.update(tail);
    crc.finalize() ^ MASK
}
