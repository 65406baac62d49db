//! Messages in words, for logs and tools: the header, then a line for each attribute with its
//! offset, its name and its value. What is wrong is marked with an exclamation mark where it
//! stands. Nothing is allocated, text from strangers is escaped, long values are cut.
//!
//! A [`Message`] prints so with `{}`, and on a single line with `{:?}`. Bytes that are no whole
//! message print as far as they can be read:
//!
//! ```
//! use stun_codec::dissect::dissect;
//!
//! let bytes = b"\x00\x01\x00\x10\x21\x12\xA4\x42abcdefghijkl\
//!     \x80\x22\0\x04wave\0\x24\0\x02\0\x01\0\0";
//! assert_eq!(
//!     dissect(bytes).to_string(),
//!     r#"Binding Request, 36 bytes, transaction 6162636465666768696a6b6c
//!     20  SOFTWARE                  "wave"
//!     28  PRIORITY                  0001  ! wrong length 2"#
//! );
//! ```

use core::fmt;

use crate::attr::{AttributeType, Entry};
use crate::error::{ParseError, ValueError};
use crate::header::{HEADER_LENGTH, Header, TransactionId};
use crate::message::{Attributes, Message, RawAttribute};
use crate::shape::print_bytes;

/// What these bytes are as a STUN message, right or not.
#[must_use]
pub fn dissect(bytes: &[u8]) -> Dissection<'_> {
    let message = Message::parse(bytes);
    Dissection { bytes, header: Header::parse(bytes), message }
}

/// The parts of a message, as far as they can be read; printed on a line each with `{}`, all on
/// one line with `{:?}`.
#[derive(Clone, Copy)]
pub struct Dissection<'a> {
    bytes: &'a [u8],
    header: Result<Header, ParseError>,
    message: Result<Message<'a>, ParseError>,
}

impl<'a> Dissection<'a> {
    /// The header, if it is one.
    #[must_use]
    pub fn header(&self) -> Option<Header> {
        self.header.ok()
    }

    /// Why the bytes are not one whole message.
    #[must_use]
    pub fn error(&self) -> Option<ParseError> {
        self.message.err()
    }

    /// The attributes, in order, as far as they can be told apart. Other than those of
    /// [`Message::attributes`] they are all here, also those that do not count.
    #[must_use]
    pub fn fields(&self) -> Fields<'a> {
        let (id, end) = match self.header {
            Ok(header) => (header.transaction_id, HEADER_LENGTH + usize::from(header.length)),
            Err(_) => (TransactionId::new([0; 12]), 0),
        };
        let bytes = self.bytes.get(..end).unwrap_or(self.bytes);
        let end = if self.header.is_ok() { bytes.len() } else { 0 };
        Fields { attributes: Attributes::new(bytes, end), id, integrity: false, sha256: false }
    }

    /// What is wrong with the field beyond its value, where that is known.
    fn write_marks(&self, field: &Field<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = self.error().filter(|error| error.offset() == field.raw.offset) {
            write!(f, "  ! {error}")?;
        }
        if field.raw.attribute_type == AttributeType::FINGERPRINT
            && let Ok(message) = &self.message
        {
            match message.verify_fingerprint() {
                Ok(_) => f.write_str("  (right)")?,
                Err(error) => write!(f, "  ! {error}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Dissection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.bytes.len();
        match self.header {
            Ok(Header { message_type, transaction_id, .. }) => {
                write!(f, "{message_type:?}, {length} bytes, transaction {transaction_id}")?;
            }
            Err(_) => write!(f, "Not a STUN message, {length} bytes")?,
        }
        let mut unmarked = self.error();
        if let Some(error) = unmarked.take_if(|error| error.offset() < HEADER_LENGTH) {
            write!(f, "\n{:>6}  ! {error}", error.offset())?;
        }
        for field in self.fields() {
            let RawAttribute { attribute_type, offset, value } = field.raw;
            write!(f, "\n{offset:>6}  ")?;
            let width = if value.is_empty() { 0 } else { NAME_WIDTH };
            match field.name() {
                Some(name) => write!(f, "{name:<width$}")?,
                // The type's own formatting knows no width.
                None => write!(f, "{attribute_type}{:1$}", "", width.saturating_sub(6))?,
            }
            if !value.is_empty() {
                write!(f, "  {field}")?;
            }
            if let Some(error) = field.error() {
                write!(f, "  ! {error}")?;
            }
            if !field.counts() {
                f.write_str("  (ignored: it follows the integrity)")?;
            }
            self.write_marks(&field, f)?;
            let _ = unmarked.take_if(|error| error.offset() == offset);
        }
        match unmarked {
            Some(error) => write!(f, "\n{:>6}  ! {error}", error.offset()),
            None => Ok(()),
        }
    }
}

/// As wide as MESSAGE-INTEGRITY-SHA256.
const NAME_WIDTH: usize = 24;

impl fmt::Debug for Dissection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        match self.header {
            Ok(header) => write!(f, "{:?} {} ", header.message_type, header.transaction_id)?,
            Err(_) => f.write_str("Not a STUN message ")?,
        }
        f.debug_list().entries(self.fields()).finish()?;
        self.error().map_or(Ok(()), |error| write!(f, " ! {error}"))
    }
}

impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&dissect(self.as_bytes()), f)
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&dissect(self.as_bytes()), f)
    }
}

/// The attributes of a [`Dissection`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    attributes: Attributes<'a>,
    id: TransactionId,
    integrity: bool,
    sha256: bool,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let raw = self.attributes.next()?;
        let counts = match raw.attribute_type {
            AttributeType::MESSAGE_INTEGRITY => {
                let before = self.integrity || self.sha256;
                self.integrity = true;
                !before
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 => !core::mem::replace(&mut self.sha256, true),
            AttributeType::FINGERPRINT => true,
            _ => !self.integrity && !self.sha256,
        };
        Some(Field { raw, id: self.id, counts })
    }
}

/// One attribute in words: `{}` prints its value alone, in hexadecimal where it is not known or
/// malformed; `{:?}` its name too.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    raw: RawAttribute<'a>,
    id: TransactionId,
    counts: bool,
}

impl<'a> Field<'a> {
    /// The attribute as it stands in the message.
    #[must_use]
    pub const fn raw(&self) -> RawAttribute<'a> {
        self.raw
    }

    /// Its name in the registry, if it is one of [`attr::ALL`](crate::attr::ALL).
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.raw.attribute_type.name()
    }

    /// What is wrong with its value.
    #[must_use]
    pub fn error(&self) -> Option<ValueError> {
        Entry::of(self.raw.attribute_type)?.check(self.raw.value, self.id).err()
    }

    /// Whether it counts: what follows the integrity does not (RFC 8489 §14.5, §14.6).
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.counts
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Entry::of(self.raw.attribute_type) {
            Some(entry) => entry.print(self.raw.value, self.id, f),
            None => print_bytes(self.raw.value, f),
        }
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name)?,
            None => fmt::Display::fmt(&self.raw.attribute_type, f)?,
        }
        if !self.raw.value.is_empty() {
            write!(f, " {self}")?;
        }
        self.error().map_or(Ok(()), |error| write!(f, " ! {error}"))
    }
}
