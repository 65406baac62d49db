//! The command line: read once, and what is wrong with it told in one line.

use std::ffi::OsString;

use clap::{Command, Parser};

use crate::Failure;

/// What a command line asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Asked<T> {
    /// To do something.
    Run(T),
    /// `--help` or `--version`: this text, with styles, to be [printed](crate::print()).
    Text(String),
}

/// Reads a command line whose first word is the program's name.
///
/// # Errors
/// When it is a bad one: in one line, with the help to read, that of the subcommand where one was named.
pub fn read<T: Parser>(line: impl IntoIterator<Item = OsString>) -> Result<Asked<T>, Failure> {
    let line: Vec<OsString> = line.into_iter().collect();
    match T::try_parse_from(&line) {
        Ok(asked) => Ok(Asked::Run(asked)),
        Err(error) if !error.use_stderr() => Ok(Asked::Text(error.render().ansi().to_string())),
        Err(error) => {
            let help = help_to_read(&T::command(), &line);
            Err(Failure::cannot(format!("{}; see `{help}`", in_one_line(&error.to_string()))))
        }
    }
}

/// `hls seek --help` for `hls seek film.m3u8 --att 1`.
fn help_to_read(command: &Command, line: &[OsString]) -> String {
    let program = command.get_name();
    let mut words = line.iter().skip(1).filter_map(|word| word.to_str());
    let asked = words.find(|word| !word.starts_with('-'));
    match asked.and_then(|asked| command.find_subcommand(asked)) {
        Some(subcommand) => format!("{program} {} --help", subcommand.get_name()),
        None => format!("{program} --help"),
    }
}

/// What clap says on several lines (the error, tips, usage), without the usage.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    // What a line announces is on the next one.
    let line = lines.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program.
    #[derive(Debug, Parser)]
    #[command(name = "tool", version, subcommand_required = true, arg_required_else_help = false)]
    struct Tool {
        #[command(subcommand)]
        command: Subcommand,
    }

    #[derive(clap::Subcommand, Debug)]
    enum Subcommand {
        /// Looks for something
        Seek {
            #[arg(long)]
            at: u32,
        },
    }

    fn ask(line: &str) -> Result<Asked<Tool>, Failure> {
        read(line.split(' ').map(Into::into))
    }

    #[test]
    fn a_good_line_is_read() {
        let asked = ask("tool seek --at 7");
        let Ok(Asked::Run(Tool { command: Subcommand::Seek { at } })) = asked else { panic!() };
        assert_eq!(at, 7);
    }

    #[test]
    fn help_and_version_are_answers() {
        for line in ["tool --help", "tool -V", "tool seek --help", "tool help seek"] {
            let Ok(Asked::Text(text)) = ask(line) else { panic!("{line}") };
            assert!(!text.is_empty(), "{line}");
        }
    }

    #[test]
    fn a_bad_line_gets_one_line_that_names_the_help_to_read() {
        for (line, words, help) in [
            ("tool", "subcommand", "`tool --help`"),
            ("tool sek", "'seek'", "`tool --help`"),
            ("tool seek", "not provided: --at", "`tool seek --help`"),
            ("tool seek --at x", "'x'", "`tool seek --help`"),
            ("tool seek --att 1", "'--at'", "`tool seek --help`"),
            ("tool seek --at 1 a\nb", "unexpected", "`tool seek --help`"),
        ] {
            let text = ask(line).unwrap_err().to_string();
            assert!(text.contains(words) && text.contains(help), "{line}: {text}");
            assert!(!text.contains('\n') && !text.starts_with("error"), "{line}: {text}");
        }
    }
}
