//! Attribute lists, against the table of what each tag has.

use super::schema::{Rule, Shape};
use super::{Findings, Problem};
use crate::byte_range::WrittenByteRange;
use crate::date::DateTime;
use crate::error::{Fault, ParseErrorKind};
use crate::integer;
use crate::multivariant::Resolution;
use crate::number::Number;
use crate::offset::TimeOffset;
use crate::value::{Named, Value};

pub(super) fn check_list(
    value: Value<'_>,
    tag: &'static str,
    rules: &'static [Rule],
    limit: usize,
    findings: &mut Findings,
) {
    let mut seen = 0_u32;
    for attribute in value.attributes(limit) {
        let named = match attribute {
            Ok(named) => named,
            Err(Fault { offset, kind }) => {
                // What follows cannot be told.
                seen = u32::MAX;
                findings.add(
                    offset,
                    match kind {
                        ParseErrorKind::Attribute(kind) => Problem::List(kind),
                        kind => Problem::Refused(kind),
                    },
                );
                break;
            }
        };
        let Some(at) = rules.iter().position(|rule| rule.name == named.name) else {
            let is_open = tag == "EXT-X-DATERANGE" && named.name.starts_with("X-");
            let at = value.offset + (named.name.as_ptr() as usize - value.text.as_ptr() as usize);
            findings.add_if(!is_open, at, Problem::UnknownAttribute(tag));
            let text = named.value.text;
            let is_value =
                named.is_quoted || is_hexadecimal(text) || text.parse::<TimeOffset>().is_ok();
            let problem = Problem::NotAnExtensionValue;
            findings.add_if(is_open && !is_value, named.value.offset, problem);
            let is_empty = is_open && named.is_quoted && text.is_empty();
            findings.add_if(is_empty, named.value.offset, Problem::EmptyValue("an X- attribute"));
            continue;
        };
        seen |= 1 << at;
        check_value(named, &rules[at], findings);
    }
    for (at, rule) in rules.iter().enumerate() {
        let is_missing = rule.is_required && seen & (1 << at) == 0;
        findings.add_if(is_missing, value.offset, Problem::MissingAttribute(tag, rule.name));
    }
    check_blanks(value, findings);
}

/// Blanks around commas, and a comma at the end: let pass by the parser, forbidden all the same.
fn check_blanks(value: Value<'_>, findings: &mut Findings) {
    let mut is_quoted = false;
    let odd = value.text.bytes().enumerate().find(|&(at, byte)| {
        is_quoted ^= byte == b'"';
        let is_last = at + 1 == value.text.len();
        !is_quoted && (matches!(byte, b' ' | b'\t') || byte == b',' && is_last)
    });
    if let Some((at, _)) = odd {
        findings.add(value.offset + at, Problem::ListWhiteSpace);
    }
}

fn check_value(named: Named<'_>, rule: &Rule, findings: &mut Findings) {
    let Named { value, is_quoted, .. } = named;
    let text = value.text;
    let is_plain = |ok: bool| !is_quoted && ok;
    let (is_right, expected) = match rule.shape {
        Shape::Integer => (is_plain(integer::read(text).is_ok()), "a decimal integer"),
        Shape::Hexadecimal => (is_plain(is_hexadecimal(text)), "a hexadecimal sequence"),
        Shape::Decimal => (is_plain(text.parse::<Number>().is_ok()), "a decimal number"),
        Shape::Signed => (is_plain(text.parse::<TimeOffset>().is_ok()), "a signed decimal number"),
        Shape::Quoted | Shape::Entries(_) | Shape::Words | Shape::WordOrQuoted(_)
            if is_quoted && text.is_empty() =>
        {
            findings.add(value.offset, Problem::EmptyValue(rule.name));
            return;
        }
        Shape::Quoted | Shape::QuotedOrEmpty => (is_quoted, "in double quotes"),
        Shape::Word(words) => (is_plain(words.contains(&text)), "one of the words that it can be"),
        Shape::AnyWord => (!is_quoted, "a word without quotes"),
        Shape::WordOrQuoted(word) => (is_quoted || text == word, "NONE or in double quotes"),
        Shape::Resolution => {
            (is_plain(Resolution::read(text).is_some() && !text.contains('X')), "a resolution")
        }
        Shape::Range => {
            (is_quoted && WrittenByteRange::read(text).is_ok(), "a byte range in double quotes")
        }
        Shape::Date => (is_quoted && check_date(value, findings), "a date in double quotes"),
        Shape::StableId => {
            let is_id = |b: u8| b.is_ascii_alphanumeric() || b"+/=.-_".contains(&b);
            let is_id = !text.is_empty() && text.bytes().all(is_id);
            findings.add_if(is_quoted && !is_id, value.offset, Problem::NotAStableId(rule.name));
            (is_quoted, "in double quotes")
        }
        Shape::Variable => (is_quoted, "in double quotes"),
        Shape::PathwayId => {
            let is_id = |b: u8| b.is_ascii_alphanumeric() || b".-_".contains(&b);
            let is_id = !text.is_empty() && text.bytes().all(is_id);
            findings.add_if(is_quoted && !is_id, value.offset, Problem::NotAPathwayId);
            (is_quoted, "in double quotes")
        }
        Shape::Language => (is_quoted && is_language(text), "a language tag in double quotes"),
        Shape::Positive => {
            let is_positive = text.parse::<Number>().is_ok_and(|number| number > Number::default());
            (is_plain(is_positive), "a decimal number above 0")
        }
        Shape::Channels => {
            (is_quoted && are_channels(text), "a number of channels and lists of identifiers")
        }
        Shape::DeviceLabels => {
            (is_quoted && are_device_labels(text), "a KEYFORMAT and labels, or several, in quotes")
        }
        Shape::Entries(separators) => {
            let is_whole = is_quoted && !text.split(separators).any(str::is_empty);
            (is_whole, "entries, none of them empty")
        }
        Shape::Words => {
            let is_again = |(at, word)| text.split(',').take(at).any(|other| other == word);
            let is_repeated = text.split(',').enumerate().any(is_again);
            findings.add_if(is_repeated, value.offset, Problem::RepeatedWord(rule.name));
            (is_quoted, "in double quotes")
        }
    };
    findings.add_if(!is_right, value.offset, Problem::NotAValue(rule.name, expected));
}

/// Whether it has the form of an RFC 5646 tag: parts of one to eight letters and digits, of which the first has
/// letters only.
fn is_language(text: &str) -> bool {
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let first = text.split('-').next().unwrap_or_default();
    first.bytes().all(|b| b.is_ascii_alphabetic()) && text.split('-').all(is_part)
}

/// Whether each is a word of `A`–`Z`, digits and `-`.
fn are_identifiers<'t>(mut texts: impl Iterator<Item = &'t str>) -> bool {
    let is_in = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    texts.all(|text| !text.is_empty() && text.bytes().all(is_in))
}

/// CHANNELS, RFC 8216bis §4.4.6.1.
fn are_channels(text: &str) -> bool {
    let mut parameters = text.split('/');
    let is_count = parameters.next().is_some_and(|count| integer::read(count).is_ok());
    // One that is empty says nothing; before a third, the second must say something.
    let is_list = |list: &str| list.is_empty() || are_identifiers(list.split(','));
    let second = parameters.next();
    let third = parameters.next();
    let is_right = second.is_none_or(is_list) && third.is_none_or(is_list);
    is_count && is_right && !(third.is_some() && second == Some("")) && parameters.all(is_list)
}

/// ALLOWED-CPC, RFC 8216bis §4.4.6.2.
fn are_device_labels(text: &str) -> bool {
    text.split(',').all(|entry| {
        let entry = entry.trim().rsplit_once(':');
        entry.is_some_and(|(format, labels)| {
            !format.is_empty() && are_identifiers(labels.split('/'))
        })
    })
}

fn is_hexadecimal(text: &str) -> bool {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(is_digit))
}

/// Whether it is a date; and whether it says enough.
pub(super) fn check_date(value: Value<'_>, findings: &mut Findings) -> bool {
    if value.text.parse::<DateTime>().is_err() {
        return false;
    }
    let time = value.text.get(10..).unwrap_or_default();
    let has_zone = time.ends_with(['Z', 'z']) || time.contains(['+', '-']);
    let decimals = time.split(['.', ',']).nth(1).unwrap_or_default();
    let has_millis = decimals.bytes().take_while(u8::is_ascii_digit).count() >= 3;
    findings.add_if(!has_zone || !has_millis, value.offset, Problem::DateNotExact);
    true
}
