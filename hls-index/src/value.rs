//! The values of tags and attributes, read as what they should be.

use crate::attributes::{AttributeList, AttributeValue};
use crate::byte_range::WrittenByteRange;
use crate::date::DateTime;
use crate::define::Expansions;
use crate::error::{Fault, ParseErrorKind};
use crate::integer::{self, NotAnInteger};
use crate::number::Number;
use crate::offset::TimeOffset;
use crate::text::TextSpan;
use crate::time::{ParseTicksError, Ticks};

/// The value of a tag or of an attribute, with the place in the text where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'p> {
    pub(crate) tag: &'static str,
    pub(crate) text: &'p str,
    pub(crate) offset: usize,
    expansions: &'p Expansions,
}

/// An attribute in a tag's value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'p> {
    pub(crate) name: &'p str,
    pub(crate) value: Value<'p>,
    pub(crate) is_quoted: bool,
}

impl<'p> Value<'p> {
    pub(crate) fn new(
        tag: &'static str,
        text: &'p str,
        span: TextSpan,
        expansions: &'p Expansions,
    ) -> Self {
        Self { tag, text: span.of(text), offset: span.start(), expansions }
    }

    /// The attributes, the references to variables in them replaced.
    pub(crate) fn attributes(
        self,
        limit: usize,
    ) -> impl Iterator<Item = Result<Named<'p>, Fault>> + use<'p> {
        AttributeList::with_limit(self.text, limit).iter().map(move |attribute| match attribute {
            Ok(attribute) => {
                let offset = self.offset + attribute.offset;
                let text = self.expansions.of(offset, attribute.value.text());
                let is_quoted = matches!(attribute.value, AttributeValue::Quoted(_));
                Ok(Named { name: attribute.name, value: Self { text, offset, ..self }, is_quoted })
            }
            Err(error) => {
                let kind = ParseErrorKind::Attribute(error.kind);
                Err(Fault::new(self.offset + error.offset, kind))
            }
        })
    }

    /// The value as the list of attributes that it is, as written.
    pub(crate) const fn list(&self) -> AttributeList<'p> {
        AttributeList::with_limit(self.text, usize::MAX)
    }

    pub(crate) const fn fault(&self, kind: ParseErrorKind) -> Fault {
        Fault::new(self.offset, kind)
    }

    pub(crate) const fn missing(&self, attribute: &'static str) -> Fault {
        self.fault(ParseErrorKind::MissingAttribute { tag: self.tag, attribute })
    }

    pub(crate) fn integer(&self) -> Result<u64, Fault> {
        let tag = self.tag;
        integer::read(self.text).map_err(|error| {
            self.fault(match error {
                NotAnInteger::Malformed => ParseErrorKind::NotAnInteger { tag },
                NotAnInteger::TooLarge => ParseErrorKind::IntegerTooLarge { tag },
            })
        })
    }

    pub(crate) fn duration(&self) -> Result<Ticks, Fault> {
        self.text.parse().map_err(|error| self.fault(duration_fault(error)))
    }

    pub(crate) fn time_offset(&self) -> Result<TimeOffset, Fault> {
        self.text.parse().map_err(|error| self.fault(duration_fault(error)))
    }

    pub(crate) fn number(&self) -> Result<Number, Fault> {
        self.text.parse().map_err(|_| self.fault(ParseErrorKind::NotADecimal))
    }

    pub(crate) fn date(&self) -> Result<DateTime, Fault> {
        self.text.parse().map_err(|error| self.fault(ParseErrorKind::Date(error)))
    }

    pub(crate) fn byte_range(&self) -> Result<WrittenByteRange, Fault> {
        WrittenByteRange::read(self.text).map_err(|kind| self.fault(kind))
    }

    /// Whether it is YES; anything else counts as NO, as players have it.
    pub(crate) fn is_yes(&self) -> bool {
        self.text == "YES"
    }

    /// IV: a number of up to 128 bits; leading zeros may be missing.
    pub(crate) fn initialization_vector(&self) -> Result<[u8; 16], Fault> {
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
pub(crate) const fn duration_fault(error: ParseTicksError) -> ParseErrorKind {
    match error {
        ParseTicksError::NotADecimal => ParseErrorKind::NotADuration,
        ParseTicksError::TooLong => ParseErrorKind::DurationTooLong,
    }
}
