//! How a program can end otherwise than well: one line for the user, and the exit code.

use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use crate::{Visible, note};

/// Why a program did not end well. It prints as one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// It was done, and the answer is no: exit code 1.
    No(String),
    /// It could not be done: exit code 2.
    Cannot(String),
}

impl Failure {
    /// It was done, and the answer is no.
    #[must_use]
    pub fn no(line: impl Into<String>) -> Self {
        Self::No(line.into())
    }

    /// It could not be done.
    #[must_use]
    pub fn cannot(line: impl Into<String>) -> Self {
        Self::Cannot(line.into())
    }

    /// Says it on stderr, after the `program`'s name, and gives the exit code.
    #[must_use]
    pub fn report(&self, program: &str) -> ExitCode {
        note(&format!("{program}: {self}"));
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

/// What the system says, in words and without its number.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => {
            let text = error.to_string();
            match text.split_once(" (os error") {
                Some((words, _)) => words.to_lowercase(),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_the_file_is_called() {
        let failure = Failure::cannot("a\nb\x1b[2J.m3u8: not a playlist");
        assert_eq!(failure.to_string(), "a\\nb\\u{1b}[2J.m3u8: not a playlist");
    }

    #[test]
    fn an_error_of_the_system_has_words_and_no_number() {
        for number in 1..=40 {
            let words = plain(&io::Error::from_raw_os_error(number));
            assert!(!words.contains("os error") && !words.is_empty(), "{words}");
        }
        assert_eq!(plain(&io::Error::from(ErrorKind::NotFound)), "no such file");
        assert_eq!(plain(&io::Error::other("The server is off")), "The server is off");
    }
}
