//! What the parsers of both sorts of playlist share: tags, values, variables.

use crate::attributes::AttributeList;
use crate::define::{Expander, Expansions, Source, first_reference};
use crate::error::{Fault, ParseErrorKind};
use crate::limits::Limits;
use crate::scan::Span;
use crate::text::TextSpan;
use crate::value::Value;

/// The text while it is read from its start to its end.
#[derive(Debug)]
pub(crate) struct Reader<'a, 's> {
    pub(crate) text: &'a str,
    pub(crate) limits: &'s Limits,
    pub(crate) expander: Expander<'a, 's>,
    /// Whether there was a `{` so far.
    pub(crate) has_brace: bool,
}

/// A line that begins with `#EXT`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TagLine<'a> {
    /// What stands between `#` and the colon.
    pub(crate) name: &'a str,
    /// What stands after the colon, or the end of the line.
    pub(crate) value: TextSpan,
    pub(crate) line: Span,
}

impl<'a, 's> Reader<'a, 's> {
    pub(crate) fn new(text: &'a str, source: &'s Source<'s>, expansions: Expansions) -> Self {
        let expander = Expander::new(source, expansions);
        Self { text, limits: source.accepted(), expander, has_brace: false }
    }

    /// The tag on `line`, when it is one.
    #[inline]
    pub(crate) fn tag(&self, line: Span) -> Option<TagLine<'a>> {
        let text = &self.text[line.start..line.end];
        if !text.starts_with("#EXT") {
            return None;
        }
        let colon = memchr::memchr(b':', text.as_bytes());
        let name = &text[1..colon.unwrap_or(text.len())];
        let value = match colon {
            Some(colon) => self.trimmed(line.start + colon + 1, line.end),
            None => Span { start: line.end, end: line.end }.into(),
        };
        Some(TagLine { name, value, line })
    }

    /// The text from `start` to `end` without the blanks before it.
    #[inline]
    pub(crate) fn trimmed(&self, mut start: usize, end: usize) -> TextSpan {
        while start < end && matches!(self.text.as_bytes()[start], b' ' | b'\t') {
            start += 1;
        }
        Span { start, end }.into()
    }

    /// The value of a tag.
    #[inline]
    pub(crate) fn value(&self, tag: &'static str, span: TextSpan) -> Value<'_> {
        Value::new(tag, self.text, span, &self.expander.expansions)
    }

    /// The value of a tag that needs one.
    pub(crate) fn given(&self, tag: &'static str, span: TextSpan) -> Result<Value<'_>, Fault> {
        let value = self.value(tag, span);
        match value.text {
            "" => Err(value.fault(ParseErrorKind::MissingValue { tag })),
            _ => Ok(value),
        }
    }

    /// The piece with the values of variables in it.
    pub(crate) fn expanded(&self, span: TextSpan) -> &str {
        self.expander.expansions.of(span.start(), span.of(self.text))
    }

    /// Replaces the references to variables in a URI.
    #[inline]
    pub(crate) fn expand_uri(&mut self, span: TextSpan) -> Result<(), Fault> {
        match self.has_brace {
            true => self.expander.expand(span.of(self.text), span.start()),
            false => Ok(()),
        }
    }

    /// Replaces the references in the attribute values of a tag.
    #[inline]
    pub(crate) fn expand_list(&mut self, span: TextSpan) -> Result<(), Fault> {
        match self.has_brace && first_reference(span.of(self.text)).is_some() {
            true => self.expand_attributes(span),
            false => Ok(()),
        }
    }

    #[cold]
    fn expand_attributes(&mut self, span: TextSpan) -> Result<(), Fault> {
        let list = AttributeList::with_limit(span.of(self.text), self.limits.attributes);
        // What is broken in the list is reported when it is read.
        for attribute in list.iter().filter_map(Result::ok) {
            self.expander.expand(attribute.value.text(), span.start() + attribute.offset)?;
        }
        Ok(())
    }

    /// EXT-X-DEFINE.
    pub(crate) fn define(&mut self, span: TextSpan) -> Result<(), Fault> {
        self.expand_list(span)?;
        self.expander.define_by(self.text, span, self.limits.attributes)
    }
}

impl TagLine<'_> {
    /// An error unless the tag stands there for the first time.
    pub(crate) fn once(&self, tag: &'static str, is_first: bool) -> Result<(), Fault> {
        match is_first {
            true => Ok(()),
            false => Err(Fault::new(self.line.start, ParseErrorKind::DuplicateTag { tag })),
        }
    }
}
