use super::{Shape, copy};
use crate::error::ValueError;
use crate::header::TransactionId;

/// UTF-8 text: at most `WRITTEN` bytes of it are written, at most `READ` are read.
#[derive(Debug)]
pub enum Text<const WRITTEN: usize, const READ: usize = WRITTEN> {}

impl<const WRITTEN: usize, const READ: usize> Shape for Text<WRITTEN, READ> {
    type Value<'a> = &'a str;

    #[inline]
    fn length(value: &&str) -> Result<usize, ValueError> {
        at_most(WRITTEN, value.len())
    }

    #[inline]
    fn encode(value: &&str, _: TransactionId, out: &mut [u8]) {
        copy(value.as_bytes(), out);
    }

    #[inline]
    fn decode(value: &[u8], _: TransactionId) -> Result<&str, ValueError> {
        at_most(READ, value.len())?;
        core::str::from_utf8(value).map_err(|_| ValueError::Utf8)
    }
}

/// UTF-8 text for people: fewer than 128 characters are written, at most 763 bytes are read
/// (RFC 8489 §14.8, §14.14).
#[derive(Debug)]
pub enum Phrase {}

impl Phrase {
    /// How many characters may be written.
    pub const MAX_CHARACTERS: usize = 127;
}

impl Shape for Phrase {
    type Value<'a> = &'a str;

    #[inline]
    fn length(value: &&str) -> Result<usize, ValueError> {
        let length = value.len();
        // No text has more characters than bytes, so a short one need not be counted.
        if length <= Self::MAX_CHARACTERS || value.chars().count() <= Self::MAX_CHARACTERS {
            Ok(length)
        } else {
            Err(ValueError::Length { length })
        }
    }

    #[inline]
    fn encode(value: &&str, id: TransactionId, out: &mut [u8]) {
        Text::<763>::encode(value, id, out);
    }

    #[inline]
    fn decode(value: &[u8], id: TransactionId) -> Result<&str, ValueError> {
        Text::<763>::decode(value, id)
    }
}

#[inline]
fn at_most(max: usize, length: usize) -> Result<usize, ValueError> {
    if length <= max { Ok(length) } else { Err(ValueError::Length { length }) }
}
