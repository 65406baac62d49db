//! What goes to stdout and stderr: text for people, in colours where they can be seen, and facts for
//! programs, byte for byte.

use std::fmt::{self, Display};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use crate::Failure;
use crate::visible::is_obeyed;

/// What matters most.
pub const STRONG: Style = Style::new().bold();
/// What may be passed over.
pub const FAINT: Style = Style::new().dimmed();
/// What went well.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// What did not.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// What should be looked at.
pub const CAUTION: Style = AnsiColor::Yellow.on_default().bold();
/// What was asked for.
pub const HIGHLIGHT: Style = AnsiColor::Cyan.on_default();

/// Something in a style.
#[derive(Clone, Copy, Debug)]
pub struct Painted<D>(pub Style, pub D);

impl<D: Display> Display for Painted<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}

/// Writes text for people to stdout: styles are left out where that is no terminal, or NO_COLOR is set.
///
/// # Errors
/// When it cannot be written. (When nobody reads any more, that is no failure.)
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Writes to stdout what is for programs, byte for byte.
///
/// # Errors
/// As [`print()`].
pub fn print_plain(
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    written(write(&mut stdout).and_then(|()| stdout.flush()))
}

/// Writes a JSON value and a line end to stdout.
///
/// # Errors
/// As [`print()`].
pub fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    print_plain(|out| {
        value.serialize(&mut Serializer::with_formatter(&mut *out, VisibleJson))?;
        out.write_all(b"\n")
    })
}

/// Writes a line to stderr, beside what is printed. Where nobody reads, nothing is lost.
pub fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// As [`note`], where somebody is watching.
pub fn progress(line: &str) {
    if io::stderr().is_terminal() {
        note(&format!("{FAINT}{line}{FAINT:#}"));
    }
}

/// When nobody reads any more (`hls inspect film.m3u8 | head`), that is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::cannot(format!("can't write to stdout: {}", crate::plain(&error))))
        }
        _ => Ok(()),
    }
}

/// JSON in which all that a terminal obeys is escaped: JSON itself asks that of few characters only.
struct VisibleJson;

impl Formatter for VisibleJson {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = CompactFormatter;
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, it)| is_obeyed(*it)) {
            plain.write_string_fragment(writer, &rest[..at])?;
            write!(writer, "\\u{:04x}", u32::from(character))?;
            rest = &rest[at + character.len_utf8()..];
        }
        plain.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_with_nothing_in_it_that_a_terminal_obeys() {
        let text = "a\u{9b}31m\u{202e}\x1b[2J\x7fb\u{2028}é\"\\😀";
        let mut out = Vec::new();
        text.serialize(&mut Serializer::with_formatter(&mut out, VisibleJson)).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert!(!json.chars().any(is_obeyed), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn only_a_reader_who_is_gone_is_no_failure() {
        assert_eq!(written(Err(ErrorKind::BrokenPipe.into())), Ok(()));
        let line = written(Err(ErrorKind::StorageFull.into())).unwrap_err().to_string();
        assert_eq!(line, "can't write to stdout: the disk is full");
    }
}
