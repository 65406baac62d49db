//! Attribute lists (RFC 8216 §4.2), with nom.

use nom::bytes::complete::{take_till, take_while, take_while1};
use nom::character::complete::char;
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

use crate::tag::BLANK;

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
        Attributes { list: self.text, rest: self.text.trim_start_matches(BLANK), left: self.limit }
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
    rest: &'a str,
    left: usize,
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, AttributeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest;
        if start.is_empty() {
            return None;
        }
        // Whatever comes of it, after an error there is nothing more.
        self.rest = "";
        let before = &self.list[..self.list.len() - start.len()];
        let broken =
            |rest: &str, kind| AttributeError { offset: self.list.len() - rest.len(), kind };
        if self.left == 0 {
            return Some(Err(broken(start, AttributeErrorKind::TooMany)));
        }
        self.left -= 1;
        match attribute(start) {
            Ok((_, attribute)) if is_named(attribute.name, before) => {
                Some(Err(broken(start, AttributeErrorKind::Duplicate)))
            }
            Ok((rest, mut attribute)) => {
                self.rest = rest;
                attribute.offset += before.len();
                Some(Ok(attribute))
            }
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                Some(Err(broken(fault.rest, fault.kind)))
            }
            // The complete parsers never ask for more.
            Err(nom::Err::Incomplete(_)) => None,
        }
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

/// Whether the attributes written in `list` (which have been read before) include one of `name`.
fn is_named(name: &str, list: &str) -> bool {
    let mut rest = list.trim_start_matches(BLANK);
    while let Ok((after, attribute)) = attribute(rest) {
        if attribute.name == name {
            return true;
        }
        rest = after;
    }
    false
}

/// A fault and the text from where it stands.
struct Broken<'a> {
    rest: &'a str,
    kind: AttributeErrorKind,
}

type Parsed<'a, O> = IResult<&'a str, O, Broken<'a>>;

/// One attribute with the comma after it; its offset counts from its own start.
fn attribute(input: &str) -> Parsed<'_, Attribute<'_>> {
    let (rest, name) = expect(AttributeErrorKind::Name, take_while1(is_name), input)?;
    let (rest, _) = expect(AttributeErrorKind::Equals, char('='), rest)?;
    let is_quoted = rest.starts_with('"');
    let offset = input.len() - rest.len() + usize::from(is_quoted);
    let (rest, value) = if is_quoted { quoted(rest)? } else { unquoted(rest)? };
    let attribute = Attribute { name, value, offset };
    let (rest, _) = expect(AttributeErrorKind::Comma, blanks, rest)?;
    if rest.is_empty() {
        return Ok((rest, attribute));
    }
    let (rest, _) = expect(AttributeErrorKind::Comma, terminated(char(','), blanks), rest)?;
    Ok((rest, attribute))
}

fn quoted(input: &str) -> Parsed<'_, AttributeValue<'_>> {
    let text = delimited(char('"'), take_till(|c| c == '"'), char('"'));
    let (rest, text) = expect(AttributeErrorKind::Unterminated, text, input)?;
    Ok((rest, AttributeValue::Quoted(text)))
}

fn unquoted(input: &str) -> Parsed<'_, AttributeValue<'_>> {
    let text = take_while1(|c| c != ',' && c != '"' && !is_blank(c));
    let (rest, text) = expect(AttributeErrorKind::Value, text, input)?;
    Ok((rest, AttributeValue::Unquoted(text)))
}

fn blanks(input: &str) -> IResult<&str, &str, ()> {
    take_while(is_blank).parse(input)
}

/// Runs `parser`, whose failure means `kind`.
fn expect<'a, O>(
    kind: AttributeErrorKind,
    mut parser: impl Parser<&'a str, Output = O, Error = ()>,
    input: &'a str,
) -> Parsed<'a, O> {
    parser.parse(input).map_err(|_| nom::Err::Failure(Broken { rest: input, kind }))
}

fn is_name(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'
}

fn is_blank(c: char) -> bool {
    BLANK.contains(&c)
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
