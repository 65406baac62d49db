use alloc::borrow::Cow;
use alloc::string::String;

use crate::attributes::AttributeList;
use crate::define::{Expansions, Variables};
use crate::scan::Span;
use crate::value::Value;

/// The text of a playlist, with what its variable references were replaced with.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) written: Cow<'a, str>,
    pub(crate) expansions: Expansions,
}

/// A piece of the text, which is at most `u32::MAX` bytes long.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct TextSpan {
    start: u32,
    length: u32,
}

impl TextSpan {
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    pub(crate) const fn end(self) -> usize {
        (self.start + self.length) as usize
    }

    pub(crate) fn of(self, text: &str) -> &str {
        &text[self.start()..self.end()]
    }
}

impl From<Span> for TextSpan {
    /// The text is no longer than a `u32` can tell.
    #[inline]
    fn from(Span { start, end }: Span) -> Self {
        Self { start: start as u32, length: (end - start) as u32 }
    }
}

impl Text<'_> {
    /// The piece as it is written.
    pub(crate) fn written(&self, span: TextSpan) -> &str {
        &self.written[span.start()..span.end()]
    }

    /// The piece with the values of variables in it.
    #[inline]
    pub(crate) fn expanded(&self, span: TextSpan) -> &str {
        self.expansions.of(span.start(), self.written(span))
    }

    /// What stands for `piece`, which is a piece of the text itself.
    pub(crate) fn expansions_of<'p>(&'p self, piece: &'p str) -> &'p str {
        let start = (piece.as_ptr() as usize).wrapping_sub(self.written.as_ptr() as usize);
        self.expansions.of(start, piece)
    }

    /// The value of a tag that stands at `span`.
    pub(crate) fn value(&self, tag: &'static str, span: TextSpan) -> Value<'_> {
        Value::new(tag, &self.written, span, &self.expansions)
    }

    pub(crate) fn variables(&self) -> Variables<'_> {
        Variables::new(&self.written, &self.expansions)
    }

    /// The attribute list `list`, which is a piece of the text itself, with what its references
    /// stand for.
    pub(crate) fn expanded_list(&self, list: &str) -> String {
        let attributes = AttributeList::with_limit(list, usize::MAX);
        let mut expanded = String::with_capacity(list.len());
        let mut copied = 0;
        for attribute in attributes.iter().filter_map(Result::ok) {
            let written = attribute.value.text();
            expanded.push_str(&list[copied..attribute.offset]);
            expanded.push_str(self.expansions_of(written));
            copied = attribute.offset + written.len();
        }
        expanded.push_str(&list[copied..]);
        expanded
    }

    /// The same, whose text lives as long as it does.
    pub(crate) fn into_owned(self) -> Text<'static> {
        Text { written: Cow::Owned(self.written.into_owned()), expansions: self.expansions }
    }
}
