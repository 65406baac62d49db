//! The command line.

use std::path::PathBuf;

use clap::Parser;
use hls_index::{ParseTicksError, Ticks};

use crate::failure::Failure;
use crate::world::Act;

const ABOUT: &str = "\
Two peers that know nothing of each other find the best path between them,
and one plays the right segment of the other's stream.";

const LONG_ABOUT: &str = "\
Two peers that know nothing of each other find the best path between them,
and one plays the right segment of the other's stream.

The tour has three acts: (a) both peers on the same network, (b) each behind a NAT,
(c) each behind a symmetric NAT, which only a relay gets around. The STUN and TURN server,
the NATs and the signaling all run inside this program, on loopback addresses:
it needs no network and no other program.";

const EXAMPLES: &str = "\
Examples:
  tour                                    all three acts with the stream that is built in
  tour --act c                            only the one that needs the relay
  tour --json | jq .acts                  facts for a script
  tour --playlist video/index.m3u8 --at 1:30 --ahead 20 --out clip.mp4
                                          your own stream from 1:30 on, 20 s of it, into a file

Exit codes: 0 all went well; 1 no path, not the expected path, or a broken transfer; 2 bad input.";

#[derive(Debug, Parser)]
#[command(name = "tour", version, about = ABOUT, long_about = LONG_ABOUT, after_help = EXAMPLES)]
pub(crate) struct Args {
    /// Share this HLS media playlist and the local files that it names
    #[arg(long, value_name = "FILE")]
    pub(crate) playlist: Option<PathBuf>,

    /// The moment to play from: 10, 10.5, 1:30 or 0:01:30.5
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = moment)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) at: Ticks,

    /// How far beyond that moment to preload
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = moment)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) ahead: Ticks,

    /// Run one act only
    #[arg(long, value_name = "ACT")]
    pub(crate) act: Option<Act>,

    /// Write what was fetched to this file, whole or not at all
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,

    /// Print one JSON object instead of the story
    #[arg(long)]
    pub(crate) json: bool,

    /// Say nothing unless something goes wrong
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// What the command line asks for.
pub(crate) enum Asked {
    Tour(Args),
    /// `--help` or `--version`: this text.
    Text(String),
}

impl Args {
    /// Reads the command line.
    pub(crate) fn read(
        line: impl IntoIterator<Item = std::ffi::OsString>,
    ) -> Result<Asked, Failure> {
        match Self::try_parse_from(line) {
            Ok(args) => Ok(Asked::Tour(args)),
            Err(error) if !error.use_stderr() => Ok(Asked::Text(error.to_string())),
            Err(error) => Err(Failure::bad_input(in_one_line(&error.to_string()))),
        }
    }
}

/// A moment or a length: seconds, or hours, minutes and seconds with colons between them.
fn moment(text: &str) -> Result<Ticks, String> {
    let what_to_write = "write seconds (10 or 10.5) or a time (1:30, 0:01:30.5)";
    if text.starts_with('-') {
        return Err(format!("it can't be negative; {what_to_write}"));
    }
    let (minutes, seconds) = match text.rsplit_once(':') {
        None => (0, text),
        Some((before, seconds)) => {
            (minutes(before).ok_or_else(|| what_to_write.to_owned())?, seconds)
        }
    };
    let seconds: Ticks = seconds.parse().map_err(|error| match error {
        ParseTicksError::NotADecimal => what_to_write.to_owned(),
        ParseTicksError::TooLong => error.to_string(),
    })?;
    let too_long = || ParseTicksError::TooLong.to_string();
    let whole =
        minutes.checked_mul(60).filter(|&whole| whole < MAX_SECONDS).ok_or_else(too_long)?;
    Ticks::from_seconds(whole).checked_add(seconds).ok_or_else(too_long)
}

/// More seconds than `Ticks` hold; below it, `from_seconds` is exact.
const MAX_SECONDS: u64 = 1 << 34;

/// `90` or `1:30`, in minutes.
fn minutes(text: &str) -> Option<u64> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse::<u64>().ok()).flatten()
    };
    match text.split_once(':') {
        None => number(text),
        Some((hours, minutes)) => number(hours)?.checked_mul(60)?.checked_add(number(minutes)?),
    }
}

/// What clap says on several lines (the error, tips, usage), without the usage.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    let mut parts: Vec<&str> = lines.collect();
    if let Some(first) = parts.first_mut() {
        *first = first.strip_prefix("error: ").unwrap_or(first);
    }
    parts.push("see `tour --help`");
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Args, String> {
        match Args::read(line.split(' ').map(Into::into)) {
            Ok(Asked::Tour(args)) => Ok(args),
            Ok(Asked::Text(text)) => Err(text),
            Err(failure) => Err(failure.to_string()),
        }
    }

    #[test]
    fn moments_are_read_in_all_their_forms() {
        for (text, millis) in [
            ("10", 10_000),
            ("10.5", 10_500),
            ("0", 0),
            ("1:30", 90_000),
            ("0:00:10.5", 10_500),
            ("2:00:00", 7_200_000),
            ("90:00", 5_400_000),
        ] {
            assert_eq!(moment(text), Ok(Ticks::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "", "-1", "-1:00", "NaN", "inf", "ten", "1e3", "+1", " 1", "1:", ":1", "1:2:3:4",
            "1:-2",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
        for text in ["99999999999999999999", "18446744073709551615:0", "99999999999:0", "1:1:1e9"] {
            assert!(moment(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_defaults_are_the_ones_of_the_story() {
        let args = read("tour").unwrap();
        assert_eq!(args.at, Ticks::from_seconds(10));
        assert_eq!(args.act, None);
        assert!(!args.json);
    }

    #[test]
    fn a_bad_command_line_gets_one_line() {
        for (line, expected) in [
            ("tour --plylist x", "--plylist"),
            ("tour --at -5", "negative"),
            ("tour --at ten", "1:30"),
            ("tour --act d", "a, b, c"),
            ("tour --out", "--out"),
            ("tour extra", "extra"),
        ] {
            let text = read(line).unwrap_err();
            assert!(text.contains(expected), "{line}: {text}");
            assert!(text.contains("--help") && !text.contains('\n'), "{line}: {text}");
            assert!(!text.starts_with("error"), "{line}: {text}");
        }
    }

    #[test]
    fn help_is_no_error() {
        assert!(matches!(Args::read(["tour".into(), "--help".into()]), Ok(Asked::Text(_))));
        assert!(matches!(Args::read(["tour".into(), "-V".into()]), Ok(Asked::Text(_))));
    }
}
