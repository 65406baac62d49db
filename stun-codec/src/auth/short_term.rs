//! The short-term credential mechanism (RFC 8489 §9.1), both sides: username and password are
//! known from elsewhere, so there is no challenge, and every message is signed.
//!
//! ```
//! use stun_codec::auth::short_term::{self, Session};
//! use stun_codec::{Key, Message, MessageBuilder, Method, TransactionId};
//!
//! let mut client = Session::new("evtj:h6vY", "VOkJxbRl1RmTxUk/WvJxBt");
//! let (mut question, mut answer) = ([0; 128], [0; 128]);
//! let request = MessageBuilder::request(Method::BINDING, TransactionId::new([1; 12]), &mut question);
//! let request = Message::parse(client.sign(request).finish()?)?;
//!
//! let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
//! let key_of = |name| (name == "evtj:h6vY").then_some(((), key));
//! let asker = short_term::authenticate(&request, key_of).map_err(|_| "refused")?;
//! let response = MessageBuilder::success(&asker.request, &mut answer);
//! let response = Message::parse(asker.response_key.sign(response).finish()?)?;
//!
//! let response = client.verify(&response).ok_or("not authentic")?;
//! client.handle_response(&response);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::string::String;
use core::fmt;

use super::ResponseKey;
use crate::attr::{self, AttributeType};
use crate::build::{MessageBuilder, Open, Sealed};
use crate::error::BuildError;
use crate::header::Class;
use crate::integrity::Key;
use crate::message::{Message, Verified};
use crate::shape::ErrorCode;

/// The client's side: what signs messages to one server, which is one IP address and port
/// (RFC 8489 §9.1.5). It does not print the password.
#[derive(Clone)]
pub struct Session {
    username: String,
    key: Key,
    /// The one integrity attribute that is sent; both until it is known.
    integrity: Option<AttributeType>,
}

impl Session {
    /// A session whose messages carry both integrity attributes, until the first response tells
    /// which one the server takes (RFC 8489 §9.1.2). Both texts are taken as they stand.
    pub fn new(username: impl Into<String>, password: &str) -> Self {
        Self { username: username.into(), key: Key::short_term(password), integrity: None }
    }

    /// The same, when it is known from elsewhere that the server takes this integrity attribute.
    /// Anything but MESSAGE-INTEGRITY-SHA256 means MESSAGE-INTEGRITY.
    #[must_use]
    pub fn with_integrity(self, integrity: AttributeType) -> Self {
        Self { integrity: Some(integrity), ..self }
    }

    /// Ends a request or an indication: USERNAME and integrity (RFC 8489 §9.1.2).
    pub fn sign<'b>(&self, message: MessageBuilder<'b, Open>) -> MessageBuilder<'b, Sealed> {
        let message = message.put(attr::USERNAME, self.username.as_str());
        match self.integrity {
            None => message.sign(&self.key).sign_sha256(&self.key),
            Some(integrity) => ResponseKey::new(self.key, integrity).sign(message),
        }
    }

    /// The response, when it is one and is authentic: `None` is as good as never received
    /// (RFC 8489 §9.1.4). When one integrity attribute was sent, the response must have the same.
    #[must_use]
    pub fn verify<'a>(&self, response: &Message<'a>) -> Option<Verified<'a>> {
        if !matches!(response.class(), Class::Success | Class::Error) {
            return None;
        }
        let response = response.verify(&self.key).ok()?;
        let has_right_one =
            self.integrity.is_none_or(|integrity| integrity == response.integrity_type());
        has_right_one.then_some(response)
    }

    /// Learns from a response that [`verify`](Self::verify) has returned: later messages carry
    /// the integrity attribute that it has, and only that one (RFC 8489 §9.1.5).
    pub fn handle_response(&mut self, response: &Verified<'_>) {
        self.integrity = Some(response.integrity_type());
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Session({:?}, secret)", self.username)
    }
}

/// A request or an indication that was let in.
#[derive(Clone, Copy, Debug)]
pub struct Authenticated<'a, U> {
    /// The message; only what the integrity covers can be read.
    pub request: Verified<'a>,
    /// Who sent it, as told along with the key.
    pub user: U,
    /// What signs the response: with the integrity attribute that the request was verified by.
    pub response_key: ResponseKey,
}

/// Why a message was not let in (RFC 8489 §9.1.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rejection {
    /// No username, or no integrity.
    BadRequest,
    /// Unknown user, or wrong integrity.
    Unauthenticated,
}

/// The server's side: lets a request or an indication in or not (RFC 8489 §9.1.3). `key_of` knows
/// the users: who this is, in whatever form, and the key.
///
/// # Errors
/// When it is not let in; [`reject`] writes the answer.
pub fn authenticate<'a, U>(
    request: &Message<'a>,
    key_of: impl FnOnce(&'a str) -> Option<(U, Key)>,
) -> Result<Authenticated<'a, U>, Rejection> {
    let Ok(Some(username)) = request.get(attr::USERNAME) else {
        return Err(Rejection::BadRequest);
    };
    if !request.has_integrity() {
        return Err(Rejection::BadRequest);
    }
    let (user, key) = key_of(username).ok_or(Rejection::Unauthenticated)?;
    let request = request.verify(&key).map_err(|_| Rejection::Unauthenticated)?;
    let response_key = ResponseKey::new(key, request.integrity_type());
    Ok(Authenticated { request, user, response_key })
}

/// Writes the answer to a message that was not let in; `None` for an indication, which is
/// dropped. It has no integrity, since there is no key for that.
///
/// # Errors
/// When `buffer` has fewer than 28 bytes.
pub fn reject<'b>(
    request: &Message<'_>,
    rejection: Rejection,
    buffer: &'b mut [u8],
) -> Result<Option<&'b [u8]>, BuildError> {
    if request.class() != Class::Request {
        return Ok(None);
    }
    let error = match rejection {
        Rejection::BadRequest => ErrorCode::BAD_REQUEST,
        Rejection::Unauthenticated => ErrorCode::UNAUTHENTICATED,
    };
    MessageBuilder::error(request, error.without_reason(), buffer).finish().map(Some)
}
