//! EXT-X-KEY and EXT-X-MAP: what holds until the next one.

use super::Parser;
use crate::attributes::AttributeList;
use crate::error::{Fault, ParseErrorKind};
use crate::growth;
use crate::key::{IDENTITY, Key};
use crate::media::tables::{KeySet, MapTag};
use crate::media::{MAP, map_uri};
use crate::scan::Span;
use crate::text::TextSpan;
use crate::value::Named;

/// A key that is in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct InForce {
    number: u32,
    /// Where its KEYFORMAT is written, when it is another than `identity`.
    format: Option<TextSpan>,
}

impl Parser<'_, '_> {
    /// EXT-X-KEY, RFC 8216 §4.3.2.4 and RFC 8216bis §4.4.4.4.
    pub(super) fn key(&mut self, span: TextSpan) -> Result<(), Fault> {
        self.reader.expand_list(span)?;
        let value = self.reader.given("EXT-X-KEY", span)?;
        let Some(key) = Key::read(value, self.reader.limits.attributes)? else {
            if !self.in_force.is_empty() {
                self.in_force.clear();
                self.keys_change();
            }
            return Ok(());
        };
        let same_format = |held: &InForce| self.format(held.format) == key.key_format;
        let held = self.in_force.iter().position(same_format);
        let is_default = key.key_format == IDENTITY;
        let format = if is_default { None } else { self.format_span(span) };
        if let Some(at) = held {
            let before = self.tables.keys[self.in_force[at].number as usize];
            if before.of(self.reader.text) == span.of(self.reader.text) {
                return Ok(()); // Said again, as some packagers do before each segment.
            }
            self.in_force.remove(at);
        }
        if self.in_force.len() >= self.reader.limits.key_formats {
            let limit = self.reader.limits.key_formats;
            return Err(Fault::new(span.start(), ParseErrorKind::TooManyKeyFormats { limit }));
        }
        // There are fewer keys than the text has bytes.
        let number = self.tables.keys.len() as u32;
        self.in_force.push(InForce { number, format });
        growth::push(&mut self.tables.keys, span, self.progress);
        self.keys_change();
        Ok(())
    }

    /// Where KEYFORMAT is written in the attribute list at `span`, which has been read.
    fn format_span(&self, span: TextSpan) -> Option<TextSpan> {
        let list = AttributeList::with_limit(span.of(self.reader.text), usize::MAX);
        let mut attributes = list.iter().filter_map(Result::ok);
        let format = attributes.find(|attribute| attribute.name == "KEYFORMAT")?;
        let start = span.start() + format.offset;
        let end = start + format.value.text().len();
        Some(Span { start, end }.into())
    }

    fn format(&self, span: Option<TextSpan>) -> &str {
        span.map_or(IDENTITY, |span| self.reader.expanded(span))
    }

    fn keys_change(&mut self) {
        self.key_set = None;
        self.keys_changed = true;
    }

    /// The keys in force as a set, kept once however often it is asked for.
    pub(super) fn key_set(&mut self) -> KeySet {
        let (sets, progress) = (&mut self.tables.key_sets, self.progress);
        *self.key_set.get_or_insert_with(|| {
            // Every set has at most as many keys as `Limits` allows, and the text has a tag for it.
            let set = KeySet { start: sets.len() as u32, length: self.in_force.len() as u32 };
            self.in_force.iter().for_each(|key| growth::push(sets, key.number, progress));
            set
        })
    }

    /// EXT-X-MAP, RFC 8216 §4.3.2.5. One with no value at all is passed over, as players do.
    pub(super) fn map(&mut self, span: TextSpan) -> Result<(), Fault> {
        self.reader.expand_list(span)?;
        let value = self.reader.value(MAP, span);
        if value.text.is_empty() {
            return Ok(());
        }
        map_uri(value, self.reader.limits.attributes)?;
        let mut byte_range = None;
        for attribute in value.attributes(self.reader.limits.attributes) {
            let Named { name, value, .. } = attribute?;
            if name == "BYTERANGE" {
                let resolved = value.byte_range()?.resolve(0);
                byte_range = Some(resolved.map_err(|kind| value.fault(kind))?);
            }
        }
        self.map_after_range = byte_range.is_none() && self.byte_range.is_some();
        let map = MapTag { value: span, byte_range, keys: self.key_set() };
        let next = self.next_segment();
        let is_new = self.tables.maps.last().is_none_or(|(_, before)| {
            let same_text = before.value.of(self.reader.text) == span.of(self.reader.text);
            !same_text || (before.keys, before.byte_range) != (map.keys, map.byte_range)
        });
        if is_new {
            self.tables.maps.begin(next, map, self.progress);
        }
        Ok(())
    }

    /// The URI of the EXT-X-MAP whose value stands at `span`.
    pub(super) fn map_uri(&self, span: TextSpan) -> Option<&str> {
        map_uri(self.reader.value(MAP, span), usize::MAX).ok()
    }
}
