//! How a command can end otherwise than well: one line for the user, and the exit code.

use std::fmt;
use std::io;
use std::process::ExitCode;

use crate::terminal::Visible;

/// Why a command did not end well. It prints as one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// It was done, and the answer is no: exit code 1.
    No(String),
    /// It could not be done: exit code 2.
    Cannot(String),
}

impl Failure {
    pub(crate) fn no(line: impl Into<String>) -> Self {
        Self::No(line.into())
    }

    pub(crate) fn cannot(line: impl Into<String>) -> Self {
        Self::Cannot(line.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::No(_) => ExitCode::from(1),
            Self::Cannot(_) => ExitCode::from(2),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::No(line) | Self::Cannot(line)) = self;
        // A file name or a server's words may hold a line break, and this is promised to be one line.
        Visible(line).fmt(f)
    }
}

/// What the system says, without its number.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_the_server_is_called() {
        let failure = Failure::no("a\nb\x1b[2J: no answer");
        assert_eq!(failure.to_string(), "a\\nb\\u{1b}[2J: no answer");
    }

    #[test]
    fn an_error_of_the_system_has_no_number() {
        assert!(!plain(&io::Error::from_raw_os_error(13)).contains("os error"));
    }
}
