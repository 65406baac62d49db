//! Variables: EXT-X-DEFINE and what it is replaced with (RFC 8216bis §4.3, §4.4.2.3).

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::attributes::AttributeList;
use crate::error::{Fault, ParseErrorKind};
use crate::limits::Limits;
use crate::text::TextSpan;

/// Where a playlist comes from: what its EXT-X-DEFINE tags may ask for.
///
/// ```
/// use hls_index::{MediaPlaylist, MultivariantPlaylist, Source};
///
/// let main = MultivariantPlaylist::parse(
///     "#EXTM3U\n#EXT-X-DEFINE:NAME=\"host\",VALUE=\"https://a.example.com\"\n",
/// )?;
/// let source = Source::new()
///     .uri("https://example.com/live.m3u8?token=t%20k")
///     .imports(main.variables());
/// let text = "#EXTM3U\n#EXT-X-DEFINE:IMPORT=\"host\"\n#EXT-X-DEFINE:QUERYPARAM=\"token\"\n\
///     #EXTINF:5,\n{$host}/1.ts?token={$token}\n";
/// let playlist = MediaPlaylist::parse_from(text, &source)?;
/// assert_eq!(playlist.segment(0).unwrap().uri(), "https://a.example.com/1.ts?token=t k");
/// # Ok::<(), hls_index::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Source<'s> {
    uri: Option<&'s str>,
    imports: Option<Variables<'s>>,
    limits: Limits,
}

impl<'s> Source<'s> {
    /// A playlist of which only the text is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The URI that it was loaded from, after redirects: for QUERYPARAM.
    #[must_use]
    pub const fn uri(mut self, uri: &'s str) -> Self {
        self.uri = Some(uri);
        self
    }

    /// The variables of the multivariant playlist that it belongs to: for IMPORT.
    #[must_use]
    pub const fn imports(mut self, variables: Variables<'s>) -> Self {
        self.imports = Some(variables);
        self
    }

    /// How much to accept.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(crate) const fn accepted(&self) -> &Limits {
        &self.limits
    }
}

/// The variables that a playlist defines, in the order of their tags.
#[derive(Clone, Copy, Default)]
pub struct Variables<'p> {
    text: &'p str,
    expansions: Option<&'p Expansions>,
}

impl<'p> Variables<'p> {
    pub(crate) const fn new(text: &'p str, expansions: &'p Expansions) -> Self {
        Self { text, expansions: Some(expansions) }
    }

    /// Each name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'p str, &'p str)> + use<'p> {
        let Self { text, expansions } = *self;
        expansions.into_iter().flat_map(move |expansions| {
            let name = |place: &Place| &text[place.at as usize..place.at as usize + place.name()];
            expansions.variables.iter().map(move |place| (name(place), expansions.value(place)))
        })
    }

    /// The value of the variable `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&'p str> {
        self.iter().find(|&(other, _)| other == name).map(|(_, value)| value)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.expansions.map_or(0, |expansions| expansions.variables.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Variables<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// What the references in a text were replaced with. Whatever has none is read from the text
/// itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expansions {
    /// By where the piece that has references begins.
    pieces: Vec<Place>,
    variables: Vec<Place>,
    text: String,
}

/// A piece of the playlist's text, and of the expanded one.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    start: u32,
    length: u32,
    name_length: u32,
}

impl Place {
    const fn name(&self) -> usize {
        self.name_length as usize
    }
}

impl Expansions {
    /// What stands for the piece `written`, which begins at the offset `at`.
    #[inline]
    pub(crate) fn of<'p>(&'p self, at: usize, written: &'p str) -> &'p str {
        if self.pieces.is_empty() { written } else { self.find(at).unwrap_or(written) }
    }

    fn find(&self, at: usize) -> Option<&str> {
        let at = self.pieces.binary_search_by(|place| (place.at as usize).cmp(&at)).ok()?;
        Some(self.value(&self.pieces[at]))
    }

    fn value(&self, place: &Place) -> &str {
        &self.text[place.start as usize..(place.start + place.length) as usize]
    }

    /// How many bytes were added for what stands before the offset `at`: values, and what they replaced
    /// references with.
    pub(crate) fn bytes_before(&self, at: usize) -> usize {
        let end = |places: &[Place]| {
            let before = places.partition_point(|place| (place.at as usize) < at);
            let last = before.checked_sub(1).map(|last| places[last]);
            last.map_or(0, |place| (place.start + place.length) as usize)
        };
        end(&self.pieces).max(end(&self.variables))
    }

    /// How many bytes were added altogether.
    pub(crate) const fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.variables.clear();
        self.text.clear();
    }
}

/// Defines and expands, while a text is read from its start to its end.
#[derive(Debug)]
pub(crate) struct Expander<'a, 's> {
    source: &'s Source<'s>,
    names: BTreeMap<&'a str, Place>,
    pub(crate) expansions: Expansions,
}

impl<'a, 's> Expander<'a, 's> {
    pub(crate) fn new(source: &'s Source<'s>, mut expansions: Expansions) -> Self {
        expansions.clear();
        Self { source, names: BTreeMap::new(), expansions }
    }

    /// Replaces the references in the piece `written`, which begins at `at` and not before any
    /// piece given earlier.
    pub(crate) fn expand(&mut self, written: &'a str, at: usize) -> Result<(), Fault> {
        let Some((before, _)) = first_reference(written) else { return Ok(()) };
        let start = self.expansions.text.len();
        let (mut rest, mut rest_at) = (written, at);
        let mut next = Some(before);
        while let Some(before) = next {
            let name = &rest[before + OPEN.len()..];
            let name = &name[..name_length(name)];
            let unknown = Fault::new(rest_at + before, ParseErrorKind::UndefinedVariable);
            let value = *self.names.get(name).ok_or(unknown)?;
            self.add(&rest[..before], rest_at)?;
            self.repeat(value, rest_at)?;
            let length = before + OPEN.len() + name.len() + CLOSE.len();
            (rest, rest_at) = (&rest[length..], rest_at + length);
            next = first_reference(rest).map(|(before, _)| before);
        }
        self.add(rest, rest_at)?;
        let place = self.place(at, start, 0);
        self.expansions.pieces.push(place);
        Ok(())
    }

    /// EXT-X-DEFINE, whose value stands at `span`; its own references have been replaced.
    pub(crate) fn define_by(
        &mut self,
        text: &'a str,
        span: TextSpan,
        limit: usize,
    ) -> Result<(), Fault> {
        let fault = |kind| Err(Fault::new(span.start(), kind));
        let (mut names, mut value) = ([None; 3], None);
        for attribute in &AttributeList::with_limit(span.of(text), limit) {
            let attribute = attribute.map_err(|error| {
                let kind = ParseErrorKind::Attribute(error.kind);
                Fault::new(span.start() + error.offset, kind)
            })?;
            let place = Some((attribute.value.text(), span.start() + attribute.offset));
            match attribute.name {
                "NAME" => names[0] = place,
                "IMPORT" => names[1] = place,
                "QUERYPARAM" => names[2] = place,
                "VALUE" => value = place,
                _ => {}
            }
        }
        let (name, at, definition) = match (names, value) {
            ([Some((name, at)), None, None], Some((value, value_at))) => {
                // It may be an expanded one, which the definition's own text then is copied from.
                let value = String::from(self.expansions.of(value_at, value));
                return self.define(name, at, Definition::Value(&value));
            }
            ([None, Some((name, at)), None], _) => (name, at, Definition::Import),
            ([None, None, Some((name, at))], _) => (name, at, Definition::QueryParameter),
            _ => return fault(ParseErrorKind::NotADefinition),
        };
        self.define(name, at, definition)
    }

    /// EXT-X-DEFINE with `name` at the offset `at`, and its value.
    fn define(
        &mut self,
        name: &'a str,
        at: usize,
        definition: Definition<'_>,
    ) -> Result<(), Fault> {
        let fault = |kind| Err(Fault::new(at, kind));
        if name.is_empty() || name_length(name) != name.len() {
            return fault(ParseErrorKind::NotAVariableName);
        }
        if self.names.contains_key(name) {
            return fault(ParseErrorKind::DuplicateVariable);
        }
        let limit = self.source.limits.variables;
        if self.names.len() >= limit {
            return fault(ParseErrorKind::TooManyVariables { limit });
        }
        let start = self.expansions.text.len();
        match definition {
            Definition::Value(value) => self.add(value, at)?,
            Definition::Import => {
                let value = self.source.imports.and_then(|variables| variables.find(name));
                match value {
                    Some(value) => self.add(value, at)?,
                    None => return fault(ParseErrorKind::VariableNotImported),
                }
            }
            Definition::QueryParameter => {
                let value = self.source.uri.and_then(|uri| query_parameter(uri, name));
                match value.and_then(percent_decoded) {
                    Some(value) => self.add(&value, at)?,
                    None => return fault(ParseErrorKind::NoSuchQueryParameter),
                }
            }
        }
        let place = self.place(at, start, name.len());
        self.names.insert(name, place);
        self.expansions.variables.push(place);
        Ok(())
    }

    /// Appends `piece` for the sake of what stands at `at`.
    fn add(&mut self, piece: &str, at: usize) -> Result<(), Fault> {
        let limit = self.source.limits.expanded_bytes.min(u32::MAX as usize);
        if piece.len() > limit - self.expansions.text.len() {
            return Err(Fault::new(at, ParseErrorKind::ExpansionTooLong { limit }));
        }
        self.expansions.text.push_str(piece);
        Ok(())
    }

    fn repeat(&mut self, place: Place, at: usize) -> Result<(), Fault> {
        self.add("", at)?;
        let limit = self.source.limits.expanded_bytes.min(u32::MAX as usize);
        if place.length as usize > limit - self.expansions.text.len() {
            return Err(Fault::new(at, ParseErrorKind::ExpansionTooLong { limit }));
        }
        let value = place.start as usize..(place.start + place.length) as usize;
        self.expansions.text.extend_from_within(value);
        Ok(())
    }

    fn place(&self, at: usize, start: usize, name_length: usize) -> Place {
        // Text and expansions are at most `u32::MAX` bytes long.
        let number = |number: usize| number as u32;
        let length = number(self.expansions.text.len() - start);
        Place { at: number(at), start: number(start), length, name_length: number(name_length) }
    }
}

/// Where the value of a variable comes from.
#[derive(Clone, Copy, Debug)]
enum Definition<'v> {
    Value(&'v str),
    Import,
    QueryParameter,
}

const OPEN: &str = "{$";
const CLOSE: &str = "}";

/// How many bytes of `text` come before the first variable reference, and its name.
pub(crate) fn first_reference(text: &str) -> Option<(usize, &str)> {
    let mut start = 0;
    while let Some(brace) = memchr::memchr(b'{', &text.as_bytes()[start..]) {
        let at = start + brace;
        if let Some(name) = text[at..].strip_prefix(OPEN) {
            let length = name_length(name);
            if length > 0 && name[length..].starts_with(CLOSE) {
                return Some((at, &name[..length]));
            }
        }
        start = at + 1;
    }
    None
}

/// How many characters at the start of `text` may stand in a Variable Name.
fn name_length(text: &str) -> usize {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.bytes().position(|byte| !is_name(byte)).unwrap_or(text.len())
}

/// The value of the parameter `name` in the query of `uri`, as it is written there.
fn query_parameter<'s>(uri: &'s str, name: &str) -> Option<&'s str> {
    let uri = uri.split_once('#').map_or(uri, |(uri, _)| uri);
    let (_, query) = uri.split_once('?')?;
    let mut parameters = query.split('&').filter_map(|parameter| parameter.split_once('='));
    parameters.find(|&(other, _)| other == name).map(|(_, value)| value)
}

/// `text` percent-decoded; `None` when that gives no UTF-8, or something that may not stand in a
/// quoted string.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |digit: u8| (digit as char).to_digit(16).unwrap_or_default() as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                rest = after;
            }
            _ => bytes.push(*byte),
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains(|c: char| c == '"' || c.is_control())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_a_name_between_braces() {
        for (text, expected) in [
            ("a{$b}c", Some((1, "b"))),
            ("{$a-B_9}", Some((0, "a-B_9"))),
            ("{{$a}", Some((1, "a"))),
            ("{$}{$a}", Some((3, "a"))),
            ("{$a b}{$c}", Some((6, "c"))),
            ("{a}", None),
            ("${a}", None),
            ("{$a", None),
            ("{$", None),
            ("{$é}", None),
            ("", None),
        ] {
            assert_eq!(first_reference(text), expected, "{text}");
        }
    }

    #[test]
    fn query_parameters_are_found_and_decoded() {
        let of = |uri, name| query_parameter(uri, name).and_then(percent_decoded);
        assert_eq!(of("https://a/b?x=1&y=2#z=3", "y").as_deref(), Some("2"));
        assert_eq!(of("b?x=1&x=2", "x").as_deref(), Some("1"));
        assert_eq!(of("b?x=a%20%C3%A9%2B+=", "x").as_deref(), Some("a é++="));
        assert_eq!(of("b?x=", "x").as_deref(), Some(""));
        assert_eq!(of("b?x=%zz%4", "x").as_deref(), Some("%zz%4"));
        for (uri, name) in [("b", "x"), ("b?x", "x"), ("b?y=1", "x"), ("b#?x=1", "x")] {
            assert_eq!(of(uri, name), None, "{uri}");
        }
        for uri in ["b?x=%22", "b?x=%0A", "b?x=%FF", "b?x=%00"] {
            assert_eq!(of(uri, "x"), None, "{uri}");
        }
    }
}
