//! FINGERPRINT: a CRC that tells STUN from other protocols on the same port (RFC 8489 §14.7).

/// What the CRC is masked with, so that it differs from one that another protocol has put there.
const MASK: u32 = 0x5354_554E;

/// The value of FINGERPRINT over `covered`: the message up to the attribute, whose length in the header
/// counts the attribute already.
#[inline]
pub(crate) fn value(covered: &[u8]) -> u32 {
    crc32fast::hash(covered) ^ MASK
}
