use crate::attributes::{Attribute, AttributeError, AttributeList};
use crate::date::DateTime;
use crate::error::{Fault, ParseErrorKind};
use crate::integer::{self, NotAnInteger};
use crate::limits::Limits;
use crate::time::{ParseTicksError, Ticks};

/// The value of a tag, or a piece of it, with the place in the text where it begins.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) tag: &'static str,
    pub(super) text: &'a str,
    pub(super) offset: usize,
}

impl<'a> Value<'a> {
    pub(super) fn fault(&self, kind: ParseErrorKind) -> Fault {
        Fault::new(self.offset, kind)
    }

    /// The piece `text` of the value, `offset` bytes into it.
    pub(super) fn piece(&self, text: &'a str, offset: usize) -> Self {
        Self { tag: self.tag, text, offset: self.offset + offset }
    }

    pub(super) fn missing(&self, attribute: &'static str) -> Fault {
        self.fault(ParseErrorKind::MissingAttribute { tag: self.tag, attribute })
    }

    pub(super) fn integer(&self) -> Result<u64, Fault> {
        let tag = self.tag;
        integer::read(self.text).map_err(|error| {
            self.fault(match error {
                NotAnInteger::Malformed => ParseErrorKind::NotAnInteger { tag },
                NotAnInteger::TooLarge => ParseErrorKind::IntegerTooLarge { tag },
            })
        })
    }

    pub(super) fn duration(&self) -> Result<Ticks, Fault> {
        self.text.parse().map_err(|error| self.fault(duration_fault(error)))
    }

    pub(super) fn date(&self) -> Result<DateTime, Fault> {
        self.text.parse().map_err(|error| self.fault(ParseErrorKind::Date(error)))
    }

    pub(super) fn attributes(&self, limits: &Limits) -> AttributeList<'a> {
        AttributeList::with_limit(self.text, limits.attributes)
    }

    pub(super) fn attribute(
        &self,
        attribute: Result<Attribute<'a>, AttributeError>,
    ) -> Result<Attribute<'a>, Fault> {
        attribute.map_err(|error| {
            Fault::new(self.offset + error.offset, ParseErrorKind::Attribute(error.kind))
        })
    }

    /// IV: a number of up to 128 bits; leading zeros may be missing.
    pub(super) fn initialization_vector(&self) -> Result<[u8; 16], Fault> {
        self.text
            .strip_prefix("0x")
            .or_else(|| self.text.strip_prefix("0X"))
            .filter(|digits| digits.len() <= 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .map(u128::to_be_bytes)
            .ok_or_else(|| self.fault(ParseErrorKind::NotAnInitializationVector))
    }
}

/// What is wrong with a duration.
pub(super) fn duration_fault(error: ParseTicksError) -> ParseErrorKind {
    match error {
        ParseTicksError::NotADecimal => ParseErrorKind::NotADuration,
        ParseTicksError::TooLong => ParseErrorKind::DurationTooLong,
    }
}
