//! What goes to stdout and stderr: text for people, in colours where they can be seen, and never a
//! control character that somebody else wrote.

use std::fmt::{self, Display, Write as _};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use crate::failure::Failure;

pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CAUTION: Style = AnsiColor::Yellow.on_default().bold();

/// Something in a style.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Painted<D>(pub(crate) Style, pub(crate) D);

impl<D: Display> Display for Painted<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(style, text) = self;
        write!(f, "{style}{text}{style:#}")
    }
}

/// A text that somebody else wrote, on one line and without anything that a terminal obeys: control
/// characters, and those that turn the direction of what follows, are written as escapes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visible<'t>(pub(crate) &'t str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                _ if is_obeyed(character) => write!(f, "{}", character.escape_default())?,
                _ => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
}

/// Writes text for people: styles are left out where stdout is no terminal, or NO_COLOR is set.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = anstream::stdout().lock();
    written(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()))
}

/// Writes a line to stderr, beside what is printed. Where nobody reads, nothing is lost.
pub(crate) fn note(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// As [`note`], where somebody is watching.
pub(crate) fn progress(line: &str) {
    if io::stderr().is_terminal() {
        note(&format!("{FAINT}{line}{FAINT:#}"));
    }
}

/// Writes what is for programs, byte for byte.
pub(crate) fn print_plain(
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    written(write(&mut stdout).and_then(|()| stdout.flush()))
}

/// Writes a JSON value and a line end.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    print_plain(|out| {
        serde_json::to_writer(&mut *out, value)?;
        out.write_all(b"\n")
    })
}

/// When nobody reads any more (`stun decode | head`), that is no failure.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::cannot(format!("can't write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_comes_through() {
        let text = "a\x1b]0;title\x07\u{9b}31m\u{202e}b\r\nc\u{7f}é😀";
        let visible = Visible(text).to_string();
        assert!(!visible.chars().any(is_obeyed), "{visible}");
        assert!(visible.starts_with("a\\u{1b}]0;title") && visible.ends_with("é😀"), "{visible}");
    }
}
