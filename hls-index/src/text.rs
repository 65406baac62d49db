use crate::define::{Expansions, Variables};
use crate::scan::Span;
use crate::value::Value;

/// The text of a playlist, with what its variable references were replaced with.
#[derive(Clone, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) written: &'a str,
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

impl<'a> Text<'a> {
    /// The piece as it is written.
    pub(crate) fn written(&self, span: TextSpan) -> &'a str {
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
        Value::new(tag, self.written, span, &self.expansions)
    }

    pub(crate) fn variables(&self) -> Variables<'_> {
        Variables::new(self.written, &self.expansions)
    }
}
