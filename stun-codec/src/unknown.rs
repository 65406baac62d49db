use crate::attr::{self, AttributeType};
use crate::build::MessageBuilder;
use crate::header::Class;
use crate::message::Message;
use crate::shape::{AttributeTypes, ErrorCode};

/// What was not understood, and the answer to it (RFC 8489 §6.3.1).
impl Message<'_> {
    /// The comprehension-required attributes of which `knows` says no, for
    /// UNKNOWN-ATTRIBUTES (RFC 8489 §6.3.1): at most [`AttributeTypes::MAX`] of them.
    #[must_use]
    pub fn unknown_required(&self, knows: impl Fn(AttributeType) -> bool) -> AttributeTypes {
        self.attributes()
            .map(|attribute| attribute.attribute_type)
            .filter(|attribute_type| {
                attribute_type.is_comprehension_required() && !knows(*attribute_type)
            })
            .collect()
    }

    /// The 420 that answers a request with comprehension-required attributes of which `knows`
    /// says no; `None` when there are none. It holds ERROR-CODE, without a reason, and
    /// UNKNOWN-ATTRIBUTES with at most [`AttributeTypes::MAX`] types, in 64 bytes at the most;
    /// sign it where the request was signed.
    ///
    /// Only requests have an answer: an indication with unknown attributes is dropped, a
    /// response with them has failed (RFC 8489 §6.3.2 to §6.3.4); for these ask
    /// [`unknown_required`](Self::unknown_required).
    ///
    /// ```
    /// use stun_codec::{AttributeType, Message, attr};
    ///
    /// fn is_known(attribute: AttributeType) -> bool {
    ///     attribute == attr::USERNAME.attribute_type()
    /// }
    ///
    /// let request = b"\x00\x01\x00\x04\x21\x12\xA4\x42abcdefghijkl\x70\x01\0\0";
    /// let request = Message::parse(request)?;
    /// let mut buffer = [0; 64];
    /// if let Some(refusal) = request.refuse_unknown(is_known, &mut buffer) {
    ///     let answer = Message::parse(refusal.finish()?)?;
    ///     assert_eq!(answer.get(attr::ERROR_CODE)?.map(|error| error.code()), Some(420));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refuse_unknown<'b>(
        &self,
        knows: impl Fn(AttributeType) -> bool,
        buffer: &'b mut [u8],
    ) -> Option<MessageBuilder<'b>> {
        if self.class() != Class::Request {
            return None;
        }
        let unknown = self.unknown_required(knows);
        if unknown.is_empty() {
            return None;
        }
        let code = ErrorCode::UNKNOWN_ATTRIBUTE.without_reason();
        Some(MessageBuilder::error(self, code, buffer).put(attr::UNKNOWN_ATTRIBUTES, unknown))
    }
}
