//! How a run can end badly: one line for the user, and the exit code.

use std::fmt;
use std::process::ExitCode;

use command_line::Visible;

/// Why the tour ended before its end. It prints as one line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Failure {
    /// The user asked for something that can't be done, and can ask for something else.
    BadInput(String),
    /// The input was good, and it still didn't work.
    Run(String),
}

impl Failure {
    pub(crate) fn bad_input(line: impl Into<String>) -> Self {
        Self::BadInput(line.into())
    }

    pub(crate) fn run(line: impl Into<String>) -> Self {
        Self::Run(line.into())
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::BadInput(_) => ExitCode::from(2),
            Self::Run(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::BadInput(line) | Self::Run(line)) = self;
        // A file name may hold a line break, and this is promised to be one line.
        Visible(line).fmt(f)
    }
}

/// Says what was being done when an error came up.
pub(crate) trait Doing<T> {
    /// Turns the error into a [`Failure::Run`] that reads `what: error`.
    fn doing(self, what: impl fmt::Display) -> Result<T, Failure>;
}

impl<T, E: fmt::Display> Doing<T> for Result<T, E> {
    fn doing(self, what: impl fmt::Display) -> Result<T, Failure> {
        self.map_err(|error| Failure::run(format!("{what}: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_the_file_is_called() {
        let failure = Failure::bad_input("a\nb\r.m3u8: not a playlist");
        assert_eq!(failure.to_string(), "a\\nb\\r.m3u8: not a playlist");
    }
}
