//! The command line.

use std::path::PathBuf;

use clap::Parser;
use command_line::moment;
use hls_index::Ticks;

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

#[cfg(test)]
mod tests {
    use command_line::Asked;

    use super::*;

    fn read(line: &str) -> Result<Args, String> {
        match command_line::read(line.split(' ').map(Into::into)) {
            Ok(Asked::Run(args)) => Ok(args),
            Ok(Asked::Text(text)) => Err(text),
            Err(failure) => Err(failure.to_string()),
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
}
