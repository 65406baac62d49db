use core::fmt;

use super::{Shape, exactly, print_bytes};
use crate::error::ValueError;
use crate::header::TransactionId;

/// The 32 bytes that [`user_hash`](crate::integrity::user_hash) makes of username and realm:
/// USERHASH (RFC 8489 §14.4).
#[derive(Debug)]
pub enum UserHash {}

impl Shape for UserHash {
    type Value<'a> = [u8; 32];

    fn length(_: &[u8; 32]) -> Result<usize, ValueError> {
        Ok(32)
    }

    fn encode(value: &[u8; 32], _: TransactionId, out: &mut [u8]) {
        out.copy_from_slice(value);
    }

    fn decode(value: &[u8], _: TransactionId) -> Result<[u8; 32], ValueError> {
        exactly(value)
    }

    fn print(value: &[u8; 32], f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_bytes(value, f)
    }
}
