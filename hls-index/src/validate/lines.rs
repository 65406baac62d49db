//! What holds for any playlist: characters, lines, tags by themselves.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::attributes::check_list;
use super::{Findings, Problem, schema};
use crate::define::{Expansions, Source};
use crate::error::{BYTE_ORDER_MARK, ParseErrorKind};
use crate::kind::{is_media_tag, is_multivariant_tag};
use crate::reader::{Reader, TagLine};
use crate::scan::Span;
use crate::text::TextSpan;
use crate::value::{Named, Value};

/// The characters of the text (RFC 8216bis §4.1).
pub(super) fn check(text: &str, source: &Source<'_>, findings: &mut Findings) {
    let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    findings.add_if(start > 0, 0, Problem::ByteOrderMark);
    let first = text[start..].lines().next().unwrap_or_default();
    findings.add_if(first.trim_end() != "#EXTM3U", start, Problem::FirstLine);
    for line in lines(text) {
        let limit = source.accepted().line_bytes;
        let too_long = Problem::Refused(ParseErrorKind::LineTooLong { limit });
        findings.add_if(line.end - line.start > limit, line.start, too_long);
        let text = &text[line.start..line.end];
        let is_odd = |byte: u8| !(b' '..0x7F).contains(&byte);
        if text.bytes().fold(false, |any, byte| any | is_odd(byte)) {
            let controls = text.char_indices().filter(|&(_, c)| c.is_control() && c != '\t');
            for (at, control) in controls.take(1) {
                let kind = match control {
                    '\r' => ParseErrorKind::LoneCarriageReturn,
                    _ => ParseErrorKind::ControlCharacter,
                };
                findings.add(line.start + at, Problem::Refused(kind));
            }
        }
        let trimmed = text.trim_matches([' ', '\t']);
        if trimmed.len() != text.len() {
            findings.add(line.start, Problem::WhiteSpace);
        }
        // Tabs stand between the IDs that EXT-X-SKIP lists, and nowhere else; spaces not in URIs.
        let blank = match trimmed.as_bytes() {
            [b'#', ..] if trimmed.starts_with("#EXT-X-SKIP:") => None,
            [b'#', ..] => trimmed.find('\t'),
            _ => trimmed.find([' ', '\t']),
        };
        if let Some(at) = blank {
            let start = line.end - text.trim_start_matches([' ', '\t']).len();
            findings.add(start + at, Problem::WhiteSpaceWithin);
        }
    }
}

/// The lines without their ends.
fn lines(text: &str) -> impl Iterator<Item = Span> {
    let mark = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let mut next = mark;
    core::iter::from_fn(move || {
        let start = next;
        let rest = text.as_bytes().get(start..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        next = start + length + 1;
        let has_return = rest[..length].ends_with(b"\r") && length < rest.len();
        Some(Span { start, end: start + length - usize::from(has_return) })
    })
}

/// A playlist as its tags and URIs, with variables replaced.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) items: Vec<Item<'a>>,
    pub(super) limit: usize,
    expansions: Expansions,
}

/// A line that means something.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Tag(TagLine<'a>),
    Uri(Span),
}

impl<'a> Text<'a> {
    /// Takes the text apart, and looks at each tag by itself.
    pub(super) fn new(text: &'a str, source: &Source<'_>, findings: &mut Findings) -> Self {
        let mut reader = Reader::new(text, source, Expansions::default());
        reader.has_brace = memchr::memchr(b'{', text.as_bytes()).is_some();
        let limit = source.accepted().attributes;
        let (mut items, mut seen) = (Vec::new(), BTreeSet::new());
        let mut kinds = [false; 2];
        for Span { start, end } in lines(text) {
            let line = text[start..end].trim_matches([' ', '\t']);
            let start = start
                + (text[start..end].len() - text[start..end].trim_start_matches([' ', '\t']).len());
            let span = Span { start, end: start + line.len() };
            let Some(tag) = reader.tag(span) else {
                if !line.is_empty() && !line.starts_with('#') {
                    if let Err(fault) = reader.expand_uri(span.into()) {
                        findings.add(fault.offset, undefined(fault.kind));
                    }
                    items.push(Item::Uri(span));
                }
                continue;
            };
            if let Err(fault) = match tag.name {
                "EXT-X-DEFINE" => reader.define(tag.value),
                _ if schema::of(tag.name).is_some() => reader.expand_list(tag.value),
                _ => Ok(()),
            } {
                findings.add(fault.offset, undefined(fault.kind));
            }
            check_tag(&reader, tag, limit, findings);
            let value = start + 1 + tag.name.len() + 1;
            let has_blank = schema::is_known(tag.name) && value < tag.value.start();
            findings.add_if(has_blank, value, Problem::WhiteSpaceWithin);
            if let Some(name) = schema::known(schema::ONCE, tag.name) {
                findings.add_if(!seen.insert(name), start, Problem::Duplicate(name));
            }
            kinds[0] |= is_media_tag(tag.name);
            kinds[1] |= is_multivariant_tag(tag.name);
            let is_other = match kinds {
                [true, true] => is_media_tag(tag.name) || is_multivariant_tag(tag.name),
                _ => false,
            };
            findings.add_if(is_other, start, Problem::Mixed);
            if is_other {
                kinds = [false; 2];
            }
            items.push(Item::Tag(tag));
        }
        Self { text, items, limit, expansions: reader.expander.expansions }
    }

    pub(super) fn value(&self, span: TextSpan) -> Value<'_> {
        Value::new("", self.text, span, &self.expansions)
    }

    /// A URI line with its variables replaced.
    pub(super) fn uri(&self, span: Span) -> &str {
        self.expansions.of(span.start, &self.text[span.start..span.end])
    }

    /// The attributes of a tag, as far as they can be read.
    pub(super) fn attributes(&self, tag: TagLine<'_>) -> Attributes<'_> {
        let value = self.value(tag.value);
        Attributes(value.attributes(self.limit).filter_map(Result::ok).collect())
    }

    /// The tags of this name.
    pub(super) fn tags<'t>(&'t self, name: &'t str) -> impl Iterator<Item = TagLine<'a>> + 't {
        self.items.iter().filter_map(move |item| match item {
            Item::Tag(tag) if tag.name == name => Some(*tag),
            _ => None,
        })
    }
}

/// The attributes of a tag, in order.
pub(super) struct Attributes<'p>(pub(super) Vec<Named<'p>>);

impl<'p> Attributes<'p> {
    pub(super) fn find(&self, name: &str) -> Option<Value<'p>> {
        self.0.iter().find(|named| named.name == name).map(|named| named.value)
    }

    pub(super) fn text(&self, name: &str) -> Option<&'p str> {
        self.find(name).map(|value| value.text)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }
}

fn undefined(kind: ParseErrorKind) -> Problem {
    match kind {
        ParseErrorKind::UndefinedVariable => Problem::Undefined,
        kind => Problem::Refused(kind),
    }
}

/// A tag by itself: whether it has a value as it should.
fn check_tag(reader: &Reader<'_, '_>, tag: TagLine<'_>, limit: usize, findings: &mut Findings) {
    let value = reader.value("", tag.value);
    if let Some((name, rules)) = schema::of(tag.name) {
        check_list(value, name, rules, limit, findings);
    } else if let Some(name) = schema::known(schema::FLAGS, tag.name) {
        let has_value = tag.line.end > tag.line.start + 1 + name.len();
        findings.add_if(has_value, tag.line.start, Problem::ValueNotExpected(name));
    } else if let Some(name) = schema::known(schema::INTEGERS, tag.name) {
        let is_integer = value.integer().is_ok();
        findings.add_if(!is_integer, value.offset, Problem::NotAnInteger(name));
    }
}
