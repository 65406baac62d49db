//! Attribute lists (RFC 8216 §4.2), with nom.

use nom::bytes::complete::{take_till, take_while, take_while1};
use nom::character::complete::char;
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

/// An attribute list such as `METHOD=AES-128,URI="key.bin"`: read as it is walked, in the order
/// in which it is written.
///
/// The walk ends with the first thing that is wrong: a name outside `A–Z`, `0–9` and `-`, no `=`,
/// no value, a quote that is not closed, a name for the second time. Blanks around a comma and a
/// comma at the end are let pass, as players do.
///
/// ```
/// use hls_index::{AttributeList, AttributeValue};
///
/// let list = AttributeList::new(r#"METHOD=AES-128,URI="https://example.com/k?a=1,2""#);
/// assert_eq!(list.find("METHOD")?, Some(AttributeValue::Unquoted("AES-128")));
/// assert_eq!(list.find("URI")?.map(AttributeValue::text), Some("https://example.com/k?a=1,2"));
/// assert_eq!(list.find("IV")?, None);
/// # Ok::<(), hls_index::AttributeError>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AttributeList<'a> {
    text: &'a str,
    limit: usize,
}

/// One attribute of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Attribute<'a> {
    /// Its name: `KEYFORMAT`.
    pub name: &'a str,
    /// Its value.
    pub value: AttributeValue<'a>,
    /// How many bytes of the list come before the value's text.
    pub offset: usize,
}

/// The value of an attribute, as it is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttributeValue<'a> {
    /// Between double quotes, here without them.
    Quoted(&'a str),
    /// A number, a hexadecimal sequence, a resolution or an enumerated string.
    Unquoted(&'a str),
}

impl<'a> AttributeValue<'a> {
    /// The value's text, however it is written.
    #[must_use]
    pub const fn text(self) -> &'a str {
        match self {
            Self::Quoted(text) | Self::Unquoted(text) => text,
        }
    }
}

impl<'a> AttributeList<'a> {
    /// The attribute list that is written in `text`; at most 256 attributes are read.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self::with_limit(text, 256)
    }

    /// The same with at most `limit` attributes.
    #[must_use]
    pub const fn with_limit(text: &'a str, limit: usize) -> Self {
        Self { text, limit }
    }

    /// The list as it is written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The attributes in order; nothing follows an error.
    #[must_use]
    pub fn iter(&self) -> Attributes<'a> {
        let blanks = self.text.bytes().take_while(|&byte| is_blank(byte)).count();
        Attributes { list: self.text, next: blanks, left: self.limit, seen: 0 }
    }

    /// The value of the attribute `name`, when the list has it.
    ///
    /// # Errors
    /// When something in the list is broken, before the attribute or after it.
    pub fn find(&self, name: &str) -> Result<Option<AttributeValue<'a>>, AttributeError> {
        let mut found = None;
        for attribute in self {
            let attribute = attribute?;
            if attribute.name == name {
                found = Some(attribute.value);
            }
        }
        Ok(found)
    }
}

impl<'a> IntoIterator for &AttributeList<'a> {
    type IntoIter = Attributes<'a>;
    type Item = Result<Attribute<'a>, AttributeError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The walk over an [`AttributeList`].
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    list: &'a str,
    /// Where the next attribute begins.
    next: usize,
    left: usize,
    /// A bit for each name so far: where it is not set, the name is new.
    seen: u64,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, AttributeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let start = self.next;
        let rest = &self.list.as_bytes()[start..];
        if rest.is_empty() {
            return None;
        }
        // Whatever comes of it, after an error there is nothing more.
        self.next = self.list.len();
        let broken = |rest: &[u8], kind| {
            Some(Err(AttributeError { offset: self.list.len() - rest.len(), kind }))
        };
        if self.left == 0 {
            return broken(rest, AttributeErrorKind::TooMany);
        }
        self.left -= 1;
        let (rest, written) = match attribute(rest) {
            Ok(attribute) => attribute,
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                return broken(fault.rest, fault.kind);
            }
            // The complete parsers never ask for more.
            Err(nom::Err::Incomplete(_)) => return None,
        };
        let name = &self.list[start..start + written.name];
        let bit = 1 << bit_of(name);
        if self.seen & bit != 0 && is_named(name, &self.list.as_bytes()[..start]) {
            return broken(&self.list.as_bytes()[start..], AttributeErrorKind::Duplicate);
        }
        self.seen |= bit;
        self.next = self.list.len() - rest.len();
        let offset = start + written.value;
        let text = &self.list[offset..offset + written.length];
        let value = match written.is_quoted {
            true => AttributeValue::Quoted(text),
            false => AttributeValue::Unquoted(text),
        };
        Some(Ok(Attribute { name, value, offset }))
    }
}

/// Where and why an attribute list is broken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("byte {offset}: {kind}")]
pub struct AttributeError {
    /// How many bytes of the list come before the place.
    pub offset: usize,
    /// What is wrong there.
    pub kind: AttributeErrorKind,
}

/// What is wrong with an attribute list (RFC 8216 §4.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AttributeErrorKind {
    /// No name of the letters `A–Z`, `0–9` and `-` stands here.
    #[error("a name of A-Z, 0-9 and - is missing")]
    Name,
    /// The name is not followed by `=`.
    #[error("the name is not followed by =")]
    Equals,
    /// There is nothing after the `=`.
    #[error("the value is missing")]
    Value,
    /// A quoted value has no second quote.
    #[error("the quote is not closed")]
    Unterminated,
    /// The value is not followed by a comma.
    #[error("the value is not followed by a comma")]
    Comma,
    /// An attribute of this name was there already.
    #[error("the attribute is there twice")]
    Duplicate,
    /// There are more attributes than the limit allows.
    #[error("too many attributes")]
    TooMany,
}

/// Which of 64 bits stands for `name`.
fn bit_of(name: &str) -> u32 {
    let name = name.as_bytes();
    let (first, last) = (name.first().copied(), name.last().copied());
    let mixed = u32::from(first.unwrap_or(0)) * 7 + u32::from(last.unwrap_or(0)) * 3;
    (mixed + name.len() as u32) % 64
}

/// Whether the attributes written in `list` (which have been read before) include one of `name`.
#[cold]
fn is_named(name: &str, list: &[u8]) -> bool {
    let mut rest = list.trim_ascii_start();
    while let Ok((after, attribute)) = attribute(rest) {
        if &rest[..attribute.name] == name.as_bytes() {
            return true;
        }
        rest = after;
    }
    false
}

/// Where in its text an attribute's pieces are: the name is at the start.
struct Written {
    name: usize,
    value: usize,
    length: usize,
    is_quoted: bool,
}

/// A fault and the text from where it stands.
struct Broken<'a> {
    rest: &'a [u8],
    kind: AttributeErrorKind,
}

type Parsed<'a, O> = IResult<&'a [u8], O, Broken<'a>>;

/// One attribute with the comma after it.
fn attribute(input: &[u8]) -> Parsed<'_, Written> {
    let (rest, name) = expect(AttributeErrorKind::Name, take_while1(is_name), input)?;
    let (rest, _) = expect(AttributeErrorKind::Equals, char('='), rest)?;
    let is_quoted = rest.first() == Some(&b'"');
    let value = input.len() - rest.len() + usize::from(is_quoted);
    let (rest, text) = if is_quoted { quoted(rest)? } else { unquoted(rest)? };
    let written = Written { name: name.len(), value, length: text.len(), is_quoted };
    match rest {
        [] => return Ok((rest, written)),
        [b',', next, ..] if !is_blank(*next) => return Ok((&rest[1..], written)),
        _ => {}
    }
    let (rest, _) = expect(AttributeErrorKind::Comma, blanks, rest)?;
    if rest.is_empty() {
        return Ok((rest, written));
    }
    let (rest, _) = expect(AttributeErrorKind::Comma, terminated(char(','), blanks), rest)?;
    Ok((rest, written))
}

fn quoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    let text = delimited(char('"'), take_till(|byte| byte == b'"'), char('"'));
    expect(AttributeErrorKind::Unterminated, text, input)
}

fn unquoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    let text = take_while1(|byte| byte != b',' && byte != b'"' && !is_blank(byte));
    expect(AttributeErrorKind::Value, text, input)
}

fn blanks(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    take_while(is_blank).parse(input)
}

/// Runs `parser`, whose failure means `kind`.
#[inline]
fn expect<'a, O>(
    kind: AttributeErrorKind,
    mut parser: impl Parser<&'a [u8], Output = O, Error = ()>,
    input: &'a [u8],
) -> Parsed<'a, O> {
    parser.parse(input).map_err(|_| nom::Err::Failure(Broken { rest: input, kind }))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-'
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::AttributeErrorKind::*;
    use super::*;

    fn read(text: &str) -> Result<Vec<(&str, AttributeValue<'_>)>, (usize, AttributeErrorKind)> {
        AttributeList::new(text)
            .iter()
            .map(|attribute| match attribute {
                Ok(Attribute { name, value, .. }) => Ok((name, value)),
                Err(AttributeError { offset, kind }) => Err((offset, kind)),
            })
            .collect()
    }

    #[test]
    fn reads_every_shape_of_value() {
        use AttributeValue::{Quoted, Unquoted};
        assert_eq!(
            read(r#"A=1,B-2=0x0F,C="x,y=z",D=1920x1080,E="",F=-1.5"#),
            Ok(alloc::vec![
                ("A", Unquoted("1")),
                ("B-2", Unquoted("0x0F")),
                ("C", Quoted("x,y=z")),
                ("D", Unquoted("1920x1080")),
                ("E", Quoted("")),
                ("F", Unquoted("-1.5")),
            ])
        );
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn lets_blanks_around_commas_and_a_last_comma_pass() {
        let plain = read(r#"A="1",B=2"#);
        assert!(plain.is_ok());
        for loose in [r#"A="1", B=2"#, r#" A="1" ,B=2 "#, r#"A="1",B=2,"#, "A=\"1\",\tB=2 , "] {
            assert_eq!(read(loose), plain, "{loose}");
        }
    }

    #[test]
    fn h08_a_broken_list_is_refused_where_it_breaks() {
        for (text, offset, kind) in [
            (",A=1", 0, Name),
            ("a=1", 0, Name),
            ("A=1,b=2", 4, Name),
            ("A=1,,B=2", 4, Name),
            ("A=1,Ä=2", 4, Name),
            ("A", 1, Equals),
            ("A =1", 1, Equals),
            ("Ab=1", 1, Equals),
            ("A=", 2, Value),
            ("A=,B=1", 2, Value),
            ("A= 1", 2, Value),
            ("A=\"x", 2, Unterminated),
            ("A=\"x\"y", 5, Comma),
            ("A=1\"x\"", 3, Comma),
            ("A=1 2", 4, Comma),
            ("A=1,B=2,A=3", 8, Duplicate),
            ("A=\"1\",A=\"1\"", 6, Duplicate),
        ] {
            assert_eq!(read(text), Err((offset, kind)), "{text}");
        }
    }

    #[test]
    fn h18_the_number_of_attributes_is_limited() {
        let list = AttributeList::with_limit("A=1,B=2,C=3", 2);
        assert_eq!(list.find("A"), Err(AttributeError { offset: 8, kind: TooMany }));
        assert!(AttributeList::with_limit("A=1,B=2,C=3", 3).find("A").is_ok());
    }

    #[test]
    fn the_walk_ends_with_an_error() {
        let mut walk = AttributeList::new("A=1,b,C=3").iter();
        assert!(walk.next().is_some_and(|attribute| attribute.is_ok()));
        assert!(walk.next().is_some_and(|attribute| attribute.is_err()));
        assert!(walk.next().is_none());
    }
}
