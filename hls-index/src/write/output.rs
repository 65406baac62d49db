//! The text as it grows, and the version that it takes.

use alloc::string::String;

use super::WriteError;
use crate::date::DateTime;
use crate::define::first_reference;
use crate::digits::push_number;
use crate::scan::plain::is_plain;

const VERSION: &str = "#EXT-X-VERSION:";

/// Appends to a text; takes back everything when something cannot be written.
pub(super) struct Output<'o> {
    pub(super) text: &'o mut String,
    /// The EXT-X-VERSION that it takes so far (RFC 8216bis §8).
    version: u64,
}

impl<'o> Output<'o> {
    /// Writes a playlist after whatever `text` has: `#EXTM3U`, the version that it turns out to
    /// take, and what `body` writes.
    pub(super) fn playlist(
        text: &'o mut String,
        body: impl FnOnce(&mut Output<'_>) -> Result<(), WriteError>,
    ) -> Result<(), WriteError> {
        let start = text.len();
        text.push_str("#EXTM3U\n");
        let version_at = text.len();
        // Nearly always it is one digit, which can be put in later without moving what follows.
        text.push_str(VERSION);
        text.push_str("3\n");
        let body_at = text.len();
        let mut output = Output { text, version: 1 };
        if let Err(error) = body(&mut output) {
            text.truncate(start);
            return Err(error);
        }
        let version = output.version;
        if version == 1 {
            text.drain(version_at..body_at);
        } else if version != 3 {
            let mut digits = String::new();
            push_number(&mut digits, version);
            text.replace_range(version_at + VERSION.len()..body_at - 1, &digits);
        }
        Ok(())
    }

    #[inline]
    pub(super) fn takes_version(&mut self, version: u64) {
        self.version = self.version.max(version);
    }

    #[inline]
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// `name`, which ends with a colon, and a number.
    pub(super) fn number(&mut self, name: &str, number: u64) {
        self.text.push_str(name);
        push_number(self.text, number);
        self.text.push('\n');
    }

    /// `name`, which ends with a colon, and a date.
    pub(super) fn date(&mut self, name: &str, date: DateTime) {
        self.text.push_str(name);
        date.push_to(self.text);
        self.text.push('\n');
    }

    #[inline]
    pub(super) fn uri(&mut self, uri: &str) -> Result<(), WriteError> {
        check_uri(uri)?;
        self.line(uri);
        Ok(())
    }
}

/// Whether `uri` can stand on a line of its own.
#[inline]
pub(super) fn check_uri(uri: &str) -> Result<(), WriteError> {
    let bytes = uri.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(WriteError::NotAUri);
    };
    if *first == b'#' || first.is_ascii_whitespace() || last.is_ascii_whitespace() {
        return Err(WriteError::NotAUri);
    }
    check_text(uri)
}

/// Whether `value` can stand in an attribute list without quotes around it.
pub(super) fn check_unquoted(value: &str) -> Result<(), WriteError> {
    match value.is_empty() || value.contains([',', '"', ' ', '\t']) {
        true => Err(WriteError::NotUnquoted),
        false => Ok(()),
    }
}

/// Whether `text` stays on its line and is read as what it is.
#[inline]
pub(super) fn check_text(text: &str) -> Result<(), WriteError> {
    if is_plain(text.as_bytes()) { Ok(()) } else { check_odd_text(text) }
}

#[cold]
fn check_odd_text(text: &str) -> Result<(), WriteError> {
    if text.chars().any(char::is_control) {
        return Err(WriteError::ControlCharacter);
    }
    match first_reference(text) {
        Some(_) => Err(WriteError::VariableReference),
        None => Ok(()),
    }
}
