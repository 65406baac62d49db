use alloc::string::String;
use core::fmt;

use super::WriteError;
use super::output::{check_text, check_unquoted};
use crate::attributes::AttributeList;
use crate::byte_range::ByteRange;
use crate::date::DateTime;
use crate::digits::{push_number, push_seconds};
use crate::key::Method;
use crate::time::Ticks;

/// A tag or a comment to be written, checked while it is put together.
///
/// ```
/// use hls_index::write::{NewTag, WriteError};
///
/// let tag = NewTag::new("EXT-X-CUE-OUT")?.quoted("ID", "ad 7")?.unquoted("DURATION", "30")?;
/// assert_eq!(tag.to_string(), "#EXT-X-CUE-OUT:ID=\"ad 7\",DURATION=30");
/// assert_eq!(tag.quoted("NAME", "a\nb"), Err(WriteError::ControlCharacter));
/// # Ok::<(), WriteError>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NewTag {
    /// Everything after the `#`.
    text: String,
    /// How many bytes come before the value, its colon among them; 0 without value.
    value: usize,
}

impl NewTag {
    /// The tag `name`, as `EXT-X-CUE-IN`, without value.
    ///
    /// # Errors
    /// When the name is none of a tag.
    pub fn new(name: &str) -> Result<Self, WriteError> {
        let is_name = name.starts_with("EXT") && !name.contains([':', ' ', '\t']);
        if !is_name {
            return Err(WriteError::NotATagName);
        }
        check_text(name)?;
        Ok(Self { text: name.into(), value: 0 })
    }

    /// The tag `name` with `value` as it stands: `EXT-X-CUE-OUT`, `30`.
    ///
    /// # Errors
    /// When the name is none of a tag, or the value would not stay on its line.
    pub fn with_value(name: &str, value: &str) -> Result<Self, WriteError> {
        check_text(value)?;
        let mut tag = Self::new(name)?;
        tag.text.push(':');
        tag.value = tag.text.len();
        tag.text.push_str(value);
        Ok(tag)
    }

    /// A comment: `text` after the `#`.
    ///
    /// # Errors
    /// When the text would not stay on its line, or look like a tag.
    pub fn comment(text: &str) -> Result<Self, WriteError> {
        if text.starts_with("EXT") {
            return Err(WriteError::NotATagName);
        }
        check_text(text)?;
        Ok(Self { text: text.into(), value: 0 })
    }

    /// EXT-X-KEY, to be completed with IV, KEYFORMAT and the like.
    ///
    /// # Errors
    /// When the method or the URI cannot be written.
    pub fn key(method: Method<'_>, uri: &str) -> Result<Self, WriteError> {
        Self::new("EXT-X-KEY")?.unquoted("METHOD", method.0)?.quoted("URI", uri)
    }

    /// EXT-X-MAP.
    ///
    /// # Errors
    /// When the URI cannot be written.
    pub fn map(uri: &str, byte_range: Option<ByteRange>) -> Result<Self, WriteError> {
        let tag = Self::new("EXT-X-MAP")?.quoted("URI", uri)?;
        match byte_range {
            Some(range) => tag.byte_range("BYTERANGE", range),
            None => Ok(tag),
        }
    }

    /// EXT-X-PART, to be completed with INDEPENDENT, BYTERANGE and GAP.
    ///
    /// # Errors
    /// When the URI cannot be written.
    pub fn part(uri: &str, duration: Ticks) -> Result<Self, WriteError> {
        Self::new("EXT-X-PART")?.seconds("DURATION", duration)?.quoted("URI", uri)
    }

    /// EXT-X-DATERANGE, to be completed.
    ///
    /// # Errors
    /// When the ID cannot be written.
    pub fn date_range(id: &str, start: DateTime) -> Result<Self, WriteError> {
        Self::new("EXT-X-DATERANGE")?.quoted("ID", id)?.date("START-DATE", start)
    }

    /// An attribute with quotes around its value.
    ///
    /// # Errors
    /// When the name or the value cannot be written, or the name is there already.
    pub fn quoted(self, name: &str, value: &str) -> Result<Self, WriteError> {
        if value.contains('"') {
            return Err(WriteError::Quote);
        }
        check_text(value)?;
        self.attribute(name, |text| {
            text.push('"');
            text.push_str(value);
            text.push('"');
        })
    }

    /// An attribute without quotes: a number, a resolution, an enumerated string.
    ///
    /// # Errors
    /// When the name or the value cannot be written, or the name is there already.
    pub fn unquoted(self, name: &str, value: &str) -> Result<Self, WriteError> {
        check_unquoted(value)?;
        check_text(value)?;
        self.attribute(name, |text| text.push_str(value))
    }

    /// An attribute with an integer.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn integer(self, name: &str, value: u64) -> Result<Self, WriteError> {
        self.attribute(name, |text| push_number(text, value))
    }

    /// An attribute with a number of seconds.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn seconds(self, name: &str, value: Ticks) -> Result<Self, WriteError> {
        self.attribute(name, |text| push_seconds(text, value))
    }

    /// An attribute that is YES.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn yes(self, name: &str) -> Result<Self, WriteError> {
        self.attribute(name, |text| text.push_str("YES"))
    }

    /// An attribute with a date.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn date(self, name: &str, value: DateTime) -> Result<Self, WriteError> {
        self.attribute(name, |text| text.extend([Quoted(value).text().as_str()]))
    }

    /// An attribute with a byte range, `"length@offset"`.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn byte_range(self, name: &str, value: ByteRange) -> Result<Self, WriteError> {
        self.attribute(name, |text| text.extend([Quoted(value).text().as_str()]))
    }

    /// An attribute with bytes as a hexadecimal sequence: IV, SCTE35-OUT.
    ///
    /// # Errors
    /// When the name cannot be written, or is there already.
    pub fn hexadecimal(self, name: &str, bytes: &[u8]) -> Result<Self, WriteError> {
        self.attribute(name, |text| {
            text.push_str("0x");
            for &byte in bytes {
                let digit = |digit: u8| char::from(b"0123456789ABCDEF"[usize::from(digit)]);
                text.extend([digit(byte >> 4), digit(byte & 15)]);
            }
        })
    }

    /// The name: what stands between `#` and the colon; all of a comment.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[..self.value.checked_sub(1).unwrap_or(self.text.len())]
    }

    /// The value read as a list of attributes.
    #[must_use]
    pub fn attributes(&self) -> AttributeList<'_> {
        AttributeList::new(if self.value == 0 { "" } else { &self.text[self.value..] })
    }

    /// Everything after the `#`.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    fn attribute(
        mut self,
        name: &str,
        write: impl FnOnce(&mut String),
    ) -> Result<Self, WriteError> {
        let is_name = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(WriteError::NotAnAttributeName);
        }
        if self.attributes().iter().any(|other| other.is_ok_and(|other| other.name == name)) {
            return Err(WriteError::DuplicateAttribute);
        }
        self.text.push(if self.value == 0 { ':' } else { ',' });
        if self.value == 0 {
            self.value = self.text.len();
        }
        self.text.push_str(name);
        self.text.push('=');
        write(&mut self.text);
        Ok(self)
    }
}

impl fmt::Display for NewTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.text)
    }
}

/// Something that prints, with quotes around it.
struct Quoted<T>(T);

impl<T: fmt::Display> Quoted<T> {
    fn text(&self) -> String {
        alloc::format!("\"{}\"", self.0)
    }
}
