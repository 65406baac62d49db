use core::fmt;

use super::{Shape, print_bytes};
use crate::error::ValueError;
use crate::header::TransactionId;

/// A self-contained token of a third party: ACCESS-TOKEN (RFC 7635 §6.2). Only the server that
/// shares a key with the authorization server can open it; a client passes it on as it is.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct AccessToken<'a> {
    /// The nonce of the encryption, at most 65,535 bytes.
    pub nonce: &'a [u8],
    /// The session key, when it was made and how long it serves, encrypted and authenticated.
    pub encrypted_block: &'a [u8],
}

impl Shape for AccessToken<'static> {
    type Value<'a> = AccessToken<'a>;

    #[inline]
    fn length(value: &AccessToken<'_>) -> Result<usize, ValueError> {
        let length = value.nonce.len();
        if u16::try_from(length).is_err() {
            return Err(ValueError::Length { length });
        }
        Ok(2 + length + value.encrypted_block.len())
    }

    #[inline]
    fn encode(value: &AccessToken<'_>, _: TransactionId, out: &mut [u8]) {
        let (length, rest) = out.split_at_mut(2);
        length.copy_from_slice(&(value.nonce.len() as u16).to_be_bytes());
        let (nonce, block) = rest.split_at_mut(value.nonce.len());
        nonce.copy_from_slice(value.nonce);
        block.copy_from_slice(value.encrypted_block);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<AccessToken<'_>, ValueError> {
        let token = value
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(u16::from_be_bytes(*length).into()));
        let (nonce, encrypted_block) = token.ok_or(ValueError::Length { length: value.len() })?;
        Ok(AccessToken { nonce, encrypted_block })
    }

    fn print(value: &AccessToken<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nonce ")?;
        print_bytes(value.nonce, f)?;
        f.write_str(", block ")?;
        print_bytes(value.encrypted_block, f)
    }
}
