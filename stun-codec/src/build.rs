//! Writing messages; [`MessageBuilder`] is where to look.
//!
//! The other types here name what a message under construction still lets in. They have no
//! values; only the builder's type parameter uses them.
//!
//! ```
//! use stun_codec::{Key, MessageBuilder, Method, TransactionId};
//!
//! let mut buffer = [0; 64];
//! let message = MessageBuilder::request(Method::BINDING, TransactionId::new([1; 12]), &mut buffer)
//!     .sign(&Key::short_term("secret")) // from here on no attribute can be added
//!     .fingerprint() // and from here on nothing
//!     .finish()?;
//! assert_eq!(message.len(), 20 + 24 + 8);
//! # Ok::<(), stun_codec::BuildError>(())
//! ```

use core::marker::PhantomData;

use crate::attr::{self, Attribute, AttributeType};
use crate::error::{BuildError, ValueError};
use crate::fingerprint;
use crate::header::{Class, HEADER_LENGTH, MAGIC_COOKIE, MessageType, Method, TransactionId};
use crate::integrity::Key;
use crate::message::Message;
use crate::shape::{ErrorCode, Shape};

/// Attributes may be added.
#[derive(Debug)]
pub enum Open {}
/// The attributes are complete: only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT may follow.
#[derive(Debug)]
pub enum Signed {}
/// The integrity is complete: only FINGERPRINT may follow.
#[derive(Debug)]
pub enum Sealed {}
/// FINGERPRINT was written: nothing may follow.
#[derive(Debug)]
pub enum Finished {}

/// Writes a message into a buffer of the caller's. It allocates nothing.
///
/// What may come next is in its type: after [`sign`](Self::sign) no attribute can be added, and
/// after [`fingerprint`](Self::fingerprint) nothing at all. What goes wrong on the way is told
/// once, by [`finish`](Self::finish).
///
/// ```
/// use stun_codec::{attr, Message, MessageBuilder, Method, TransactionId};
/// # let datagram = *b"\0\x01\0\0\x21\x12\xA4\x42abcdefghijkl";
/// # let from = "192.0.2.1:32853".parse::<core::net::SocketAddr>()?;
/// let request = Message::parse(&datagram)?;
/// let mut buffer = [0; 128];
/// let answer = MessageBuilder::success(&request, &mut buffer)
///     .put(attr::XOR_MAPPED_ADDRESS, from)
///     .fingerprint()
///     .finish()?;
/// assert_eq!(answer.len(), 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "the message is in the slice that `finish` returns"]
pub struct MessageBuilder<'b, State = Open> {
    buffer: &'b mut [u8],
    length: usize,
    id: TransactionId,
    error: Option<BuildError>,
    state: PhantomData<State>,
}

impl<'b> MessageBuilder<'b> {
    /// A message of any type.
    #[inline]
    pub fn new(message_type: MessageType, id: TransactionId, buffer: &'b mut [u8]) -> Self {
        let mut error = None;
        match buffer.first_chunk_mut::<HEADER_LENGTH>() {
            Some(head) => {
                head[..2].copy_from_slice(&message_type.value().to_be_bytes());
                head[2..4].fill(0);
                head[4..8].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
                head[8..].copy_from_slice(id.as_bytes());
            }
            None => error = Some(BuildError::BufferTooSmall { capacity: buffer.len() }),
        }
        Self { buffer, length: HEADER_LENGTH, id, error, state: PhantomData }
    }

    /// A request. Its id must be unpredictable.
    #[inline]
    pub fn request(method: Method, id: TransactionId, buffer: &'b mut [u8]) -> Self {
        Self::new(MessageType::new(Class::Request, method), id, buffer)
    }

    /// An indication. Its id must be unpredictable.
    #[inline]
    pub fn indication(method: Method, id: TransactionId, buffer: &'b mut [u8]) -> Self {
        Self::new(MessageType::new(Class::Indication, method), id, buffer)
    }

    /// The success response to `request`.
    #[inline]
    pub fn success(request: &Message<'_>, buffer: &'b mut [u8]) -> Self {
        let message_type = MessageType::new(Class::Success, request.method());
        Self::new(message_type, request.transaction_id(), buffer)
    }

    /// The error response to `request`, with its ERROR-CODE.
    #[inline]
    pub fn error(request: &Message<'_>, code: ErrorCode<'_>, buffer: &'b mut [u8]) -> Self {
        let message_type = MessageType::new(Class::Error, request.method());
        Self::new(message_type, request.transaction_id(), buffer).put(attr::ERROR_CODE, code)
    }

    /// Adds an attribute.
    #[inline]
    pub fn put<S: Shape>(mut self, attribute: Attribute<S>, value: S::Value<'_>) -> Self {
        let attribute_type = attribute.attribute_type();
        match S::length(&value) {
            Ok(length) => {
                let id = self.id;
                if let Some((_, out)) = self.append(attribute_type, length) {
                    S::encode(&value, id, out);
                }
            }
            Err(error) => {
                let error = BuildError::Value { attribute: attribute_type, error };
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Adds an attribute when there is a value.
    #[inline]
    pub fn put_some<S: Shape>(self, attribute: Attribute<S>, value: Option<S::Value<'_>>) -> Self {
        match value {
            Some(value) => self.put(attribute, value),
            None => self,
        }
    }

    /// Adds MESSAGE-INTEGRITY (HMAC-SHA1, RFC 8489 §14.5).
    #[inline]
    pub fn sign(mut self, key: &Key) -> MessageBuilder<'b, Signed> {
        if let Some((covered, out)) = self.append_check(AttributeType::MESSAGE_INTEGRITY, 20) {
            out.copy_from_slice(&key.integrity(covered));
        }
        self.into_state()
    }

    /// Ends the attributes without any integrity: the first request of the long-term mechanism
    /// goes out so (RFC 8489 §9.2.3.1).
    #[inline]
    pub fn unsigned(self) -> MessageBuilder<'b, Signed> {
        self.into_state()
    }

    /// Adds MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6), whole.
    #[inline]
    pub fn sign_sha256(self, key: &Key) -> MessageBuilder<'b, Sealed> {
        self.into_state::<Signed>().sign_sha256(key)
    }

    /// Adds MESSAGE-INTEGRITY-SHA256 cut short to `length` bytes: 16 to 32 in steps of 4, and
    /// only where the usage allows it (RFC 8489 §14.6). Neither TURN nor ICE does.
    #[inline]
    pub fn sign_sha256_truncated(self, key: &Key, length: usize) -> MessageBuilder<'b, Sealed> {
        self.into_state::<Signed>().sign_sha256_truncated(key, length)
    }

    /// Adds FINGERPRINT (RFC 8489 §14.7).
    #[inline]
    pub fn fingerprint(self) -> MessageBuilder<'b, Finished> {
        self.into_state::<Sealed>().fingerprint()
    }
}

impl<'b> MessageBuilder<'b, Signed> {
    /// Adds MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6), whole.
    #[inline]
    pub fn sign_sha256(self, key: &Key) -> MessageBuilder<'b, Sealed> {
        self.sign_sha256_truncated(key, 32)
    }

    /// Adds MESSAGE-INTEGRITY-SHA256 cut short to `length` bytes: 16 to 32 in steps of 4, and
    /// only where the usage allows it (RFC 8489 §14.6). Neither TURN nor ICE does.
    #[inline]
    pub fn sign_sha256_truncated(mut self, key: &Key, length: usize) -> MessageBuilder<'b, Sealed> {
        let attribute = AttributeType::MESSAGE_INTEGRITY_SHA256;
        if (16..=32).contains(&length) && length.is_multiple_of(4) {
            if let Some((covered, out)) = self.append_check(attribute, length) {
                out.copy_from_slice(&key.integrity_sha256(covered, length)[..length]);
            }
        } else {
            let error = ValueError::Length { length };
            self.error.get_or_insert(BuildError::Value { attribute, error });
        }
        self.into_state()
    }

    /// Nothing but FINGERPRINT may follow.
    #[cfg(feature = "alloc")]
    pub(crate) fn seal(self) -> MessageBuilder<'b, Sealed> {
        self.into_state()
    }

    /// Adds FINGERPRINT (RFC 8489 §14.7).
    #[inline]
    pub fn fingerprint(self) -> MessageBuilder<'b, Finished> {
        self.into_state::<Sealed>().fingerprint()
    }
}

impl<'b> MessageBuilder<'b, Sealed> {
    /// Adds FINGERPRINT (RFC 8489 §14.7).
    #[inline]
    pub fn fingerprint(mut self) -> MessageBuilder<'b, Finished> {
        if let Some((covered, out)) = self.append_check(AttributeType::FINGERPRINT, 4) {
            out.copy_from_slice(&fingerprint::value(covered).to_be_bytes());
        }
        self.into_state()
    }
}

impl<'b, State> MessageBuilder<'b, State> {
    /// The message.
    ///
    /// # Errors
    /// The first thing that went wrong: the buffer was too small, an attribute cannot hold its
    /// value, or the message is longer than its header can say.
    #[inline]
    pub fn finish(mut self) -> Result<&'b [u8], BuildError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.write_length(self.length);
        let capacity = self.buffer.len();
        self.buffer.get(..self.length).ok_or(BuildError::BufferTooSmall { capacity })
    }

    #[inline]
    fn into_state<Next>(self) -> MessageBuilder<'b, Next> {
        let Self { buffer, length, id, error, state: _ } = self;
        MessageBuilder { buffer, length, id, error, state: PhantomData }
    }

    /// Writes the header and the padding of an attribute. Gives what was written before it, and the
    /// `length` bytes of its value.
    #[inline]
    fn append(
        &mut self,
        attribute_type: AttributeType,
        length: usize,
    ) -> Option<(&[u8], &mut [u8])> {
        if self.error.is_some() {
            return None;
        }
        let start = self.length;
        // The length in the header has 16 bits; so have the lengths of values.
        let end = start + 4 + ((length.min(usize::from(u16::MAX) + 1) + 3) & !3);
        if end - HEADER_LENGTH > usize::from(u16::MAX) {
            self.error = Some(BuildError::MessageTooLong);
            return None;
        }
        let capacity = self.buffer.len();
        let Some((written, out)) =
            self.buffer.get_mut(..end).and_then(|bytes| bytes.split_at_mut_checked(start))
        else {
            self.error = Some(BuildError::BufferTooSmall { capacity });
            return None;
        };
        let (head, value) = out.split_first_chunk_mut()?;
        let ([t0, t1], [l0, l1]) =
            (attribute_type.value().to_be_bytes(), (length as u16).to_be_bytes());
        *head = [t0, t1, l0, l1];
        // The value will leave the padding of these as it is.
        if let Some(last) = value.last_chunk_mut() {
            *last = [0; 4];
        }
        self.length = end;
        Some((written, value.get_mut(..length)?))
    }

    /// As [`append`](Self::append), for a value that is made over all that was written before, with the
    /// length in the header that it has once the attribute is there.
    #[inline]
    fn append_check(
        &mut self,
        attribute_type: AttributeType,
        length: usize,
    ) -> Option<(&[u8], &mut [u8])> {
        self.write_length(self.length + 4 + length);
        self.append(attribute_type, length)
    }

    #[inline]
    fn write_length(&mut self, end: usize) {
        if let Some(field) = self.buffer.get_mut(2..4) {
            field.copy_from_slice(&((end - HEADER_LENGTH) as u16).to_be_bytes());
        }
    }
}
