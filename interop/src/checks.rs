//! Checks: one line each, which the scripts count.

use std::process::ExitCode;

/// How many checks did not hold.
#[derive(Debug, Default)]
pub struct Checks {
    failed: u32,
}

impl Checks {
    /// Prints the check's line; `detail` is what was seen.
    pub fn check(&mut self, holds: bool, name: &str, detail: impl std::fmt::Debug) -> bool {
        if holds {
            println!("ok     {name}");
        } else {
            self.failed += 1;
            println!("FAILED {name}: {detail:?}");
        }
        holds
    }

    /// The exit code of a program that checks.
    #[must_use]
    pub fn finish(self) -> ExitCode {
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
