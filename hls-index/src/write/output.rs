//! The text as it grows, and the version that it takes.

use alloc::string::String;

use super::WriteError;
use crate::define::first_reference;
use crate::time::Ticks;

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
        let mut output = Output { text, version: 1 };
        if let Err(error) = body(&mut output) {
            text.truncate(start);
            return Err(error);
        }
        let version = output.version;
        if version > 1 {
            let mut line = String::from("#EXT-X-VERSION:");
            push_number(&mut line, version);
            line.push('\n');
            text.insert_str(version_at, &line);
        }
        Ok(())
    }

    pub(super) fn takes_version(&mut self, version: u64) {
        self.version = self.version.max(version);
    }

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

    pub(super) fn uri(&mut self, uri: &str) -> Result<(), WriteError> {
        check_uri(uri)?;
        self.line(uri);
        Ok(())
    }
}

/// Whether `uri` can stand on a line of its own.
fn check_uri(uri: &str) -> Result<(), WriteError> {
    let bytes = uri.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return Err(WriteError::NotAUri);
    };
    if *first == b'#' || first.is_ascii_whitespace() || last.is_ascii_whitespace() {
        return Err(WriteError::NotAUri);
    }
    check_text(uri)
}

/// Whether `text` stays on its line and is read as what it is.
#[inline]
pub(super) fn check_text(text: &str) -> Result<(), WriteError> {
    let is_odd = |byte: u8| !(b' '..0x7F).contains(&byte) | (byte == b'{');
    if !text.bytes().fold(false, |any, byte| any | is_odd(byte)) {
        return Ok(());
    }
    if text.chars().any(char::is_control) {
        return Err(WriteError::ControlCharacter);
    }
    match first_reference(text) {
        Some(_) => Err(WriteError::VariableReference),
        None => Ok(()),
    }
}

/// Appends the digits of `number`.
pub(super) fn push_number(text: &mut String, number: u64) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = number;
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    push_digits(text, &digits[start..]);
}

/// Appends ASCII digits.
fn push_digits(text: &mut String, digits: &[u8]) {
    // Digits are always UTF-8.
    text.push_str(core::str::from_utf8(digits).unwrap_or_default());
}

/// Appends a number of seconds, with as many decimals as it takes.
pub(super) fn push_seconds(text: &mut String, time: Ticks) {
    const TICKS_PER_SECOND: u64 = 1_000_000_000;
    let (whole, mut fraction) = (time.count() / TICKS_PER_SECOND, time.count() % TICKS_PER_SECOND);
    push_number(text, whole);
    if fraction == 0 {
        return;
    }
    let mut digits = [b'0'; 9];
    let mut length = 9;
    while fraction.is_multiple_of(10) {
        fraction /= 10;
        length -= 1;
    }
    for digit in digits[..length].iter_mut().rev() {
        *digit = b'0' + (fraction % 10) as u8;
        fraction /= 10;
    }
    text.push('.');
    push_digits(text, &digits[..length]);
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn numbers_and_seconds_are_written_as_they_print() {
        for number in [0, 9, 10, 12_345, u64::MAX] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text, number.to_string());
        }
        for ticks in [0, 1, 10, 999_999_999, 1_000_000_000, 10_500_000_000, u64::MAX] {
            let mut text = String::new();
            push_seconds(&mut text, Ticks::new(ticks));
            assert_eq!(text, Ticks::new(ticks).to_string());
        }
    }
}
