//! What becomes of usernames and passwords beyond ASCII before they are sent or made into keys:
//! the OpaqueString profile (RFC 8265 §4.2), which RFC 8489 asks for, and SASLprep (RFC 4013), which
//! RFC 5389 did. [`Credentials::prepare`](super::long_term::Credentials::prepare) uses the
//! one that the server knows.
//!
//! ```
//! use stun_codec::auth::prepare::{PrepareError, opaque_string, saslprep};
//!
//! // The same letter in two ways of writing.
//! assert_eq!(opaque_string("cafe\u{301}")?, "caf\u{e9}");
//! // A soft hyphen is nothing to one profile, and forbidden by the other.
//! assert_eq!(saslprep("I\u{ad}X")?, "IX");
//! assert_eq!(opaque_string("I\u{ad}X"), Err(PrepareError::Forbidden));
//! # Ok::<(), PrepareError>(())
//! ```

use alloc::borrow::Cow;
use alloc::string::String;

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;

/// Why a text cannot be a username or a password.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PrepareError {
    /// Nothing is left of it.
    #[error("the text is empty")]
    Empty,
    /// It has characters that the profile forbids, does not know, or does not allow together:
    /// control characters, unassigned ones, in SASLprep also a mixture of directions.
    #[error("the text has characters that the profile forbids")]
    Forbidden,
}

/// The text as the OpaqueString profile has it (RFC 8265 §4.2.2). Characters of all directions may
/// stand together; the profile has no rule for that.
///
/// # Errors
/// When it is empty, or the profile forbids it.
pub fn opaque_string(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    if text.is_empty() {
        return Err(PrepareError::Empty);
    }
    OpaqueString::enforce(text).map_err(|_| PrepareError::Forbidden)
}

/// The text as the SASLprep profile has it, without unassigned characters (RFC 4013).
///
/// # Errors
/// When it is empty, or the profile forbids it.
pub fn saslprep(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    match stringprep::saslprep(text) {
        Ok(prepared) if prepared.is_empty() => Err(PrepareError::Empty),
        Ok(prepared) => Ok(prepared),
        Err(_) => Err(PrepareError::Forbidden),
    }
}

/// A text in the forms of both profiles.
pub(super) struct Both {
    pub(super) opaque: String,
    pub(super) sasl: String,
}

/// Both forms; the other one where only one of the profiles lets the text pass.
pub(super) fn both(text: &str) -> Result<Both, PrepareError> {
    let (opaque, sasl) = match (opaque_string(text), saslprep(text)) {
        (Ok(opaque), Ok(sasl)) => (opaque, sasl),
        (Ok(either), Err(_)) | (Err(_), Ok(either)) => (either.clone(), either),
        (Err(error), Err(_)) => return Err(error),
    };
    Ok(Both { opaque: opaque.into_owned(), sasl: sasl.into_owned() })
}
