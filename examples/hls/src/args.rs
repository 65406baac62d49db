//! The command line.

mod fetch;
mod serve;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use command_line::{moment, size};
use hls_index::{DateTime, Ticks};

pub(crate) use self::fetch::FetchArgs;
pub(crate) use self::serve::ServeArgs;
use crate::amount::{Amount, amount};
use crate::servers::{ServerArg, server};

const ABOUT: &str = "\
Looks into HLS playlists, checks them, finds moments in them, draws them, keeps their
master records, serves them and fetches pieces of them.";

const EXAMPLES: &str = "\
Examples:
  hls inspect film.m3u8                    what is in it
  hls validate https://example.com/i.m3u8  what must be fixed, what should be
  hls seek film.m3u8 --at 11 --ahead 10    which segment holds second 11; what to fetch
  hls plot film.m3u8 --at 11 -o film.svg   a picture of it, for any browser
  hls index --db master.db film.m3u8       its master record, in SQLite
  hls serve film                           an origin for players, with a page of its own
  hls fetch https://example.com/i.m3u8 --at 11   the media for second 11, from its servers

Exit codes: 0 all is well; 1 the answer is no (validate: something must be fixed;
seek, plot, fetch: no segment holds the moment); 2 it could not be done: a bad command line,
or something that cannot be read or written.

`hls COMMAND --help` has more examples.";

const INSPECT: &str = "\
Examples:
  hls inspect film.m3u8
  hls inspect https://example.com/main.m3u8     its variants and renditions
  curl -s https://example.com/i.m3u8 | hls inspect -
  hls inspect film.m3u8 --json | jq '.segments[] | select(.gap)'
  hls inspect --db master.db --stream film.m3u8 a master record that `hls index` keeps

Exit codes: 0 it was shown; 2 it could not be read.";

const VALIDATE: &str = "\
Each finding says whether it must be fixed (it breaks a MUST) or should be (a SHOULD),
its line and column, and the section of RFC 8216bis that has the rule.

Examples:
  hls validate film.m3u8
  hls validate --json film.m3u8 | jq '.findings[] | select(.severity == \"must fix\")'
  hls validate film.m3u8 && upload film.m3u8

Exit codes: 0 nothing must be fixed, though something should be; 1 something must be
fixed; 2 it could not be read at all.";

const SEEK: &str = "\
Times count from the start of the playlist. A segment holds the moments from its start
on, up to its end, where the next one begins.

Examples:
  hls seek film.m3u8 --at 11                    the second from 11 to 12, and 10 s ahead
  hls seek film.m3u8 --at 1:02:03.5 --ahead 3seg
  hls seek film.m3u8 --at 11 --ahead 5MB        so far as the playlist tells sizes
  hls seek film.m3u8 --at 11 --preroll 0.13     begin early enough for a decoder
  hls seek live.m3u8 --date 2026-11-22T17:00:00Z
  hls seek film.m3u8 --at 11 --server a=https://a.example.com/film/ \\
                             --server b=https://b.example.com/film/
  hls seek --db master.db --stream film.m3u8 --at 11
  hls seek film.m3u8 --at 10.5 --json | jq -r .segment.uri

Exit codes: 0 there it is; 1 no segment holds that moment; 2 it could not be read.";

const PLOT: &str = "\
The picture is an SVG file for any browser, light or dark as the reader's system is.
Point at something to read what it is. Where segments are too many to be drawn one by
one, it shows how long they are, and those around the moment one by one.

Examples:
  hls plot film.m3u8 -o film.svg
  hls plot film.m3u8 --at 11 --ahead 10 -o film.svg
  hls plot https://example.com/live.m3u8 > live.svg

Exit codes: 0 it is drawn; 1 there is nothing to draw, or no segment holds the moment;
2 it could not be read or written.";

const INDEX: &str = "\
A master record holds what is known of a stream's segments: when each begins and ends,
and where it lies. The database has one row a stream, the record as a BLOB. A line is
printed when a record is safe on the disk; whatever happens after, it stays readable.

To index a stream again adds what is new in its playlist, as of a live stream; when
there is nothing new, nothing changes. Servers stay as they were unless others are given.

Examples:
  hls index --db master.db film.m3u8 news/live.m3u8
  hls index --db master.db --name film --server a=https://a.example.com/film/ \\
                           --server b=https://b.example.com/film/ film.m3u8
  hls index --db master.db --server old@0-99=https://old.example.com/ \\
                           --server new@100-=https://new.example.com/ live.m3u8
  hls index --db master.db --list
  hls index --db master.db --remove film
  hls seek --db master.db --stream film --at 11

Exit codes: 0 all are recorded; 2 some are not: each has its line on stderr.";

#[derive(Debug, Parser)]
#[command(name = "hls", version, about = ABOUT, after_help = EXAMPLES)]
#[command(subcommand_required = true, arg_required_else_help = false)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Shows what is in a playlist, as a table
    Inspect(InspectArgs),
    /// Lists what is wrong with a playlist
    Validate(ValidateArgs),
    /// Finds a moment, and what to fetch in order to play from there on
    Seek(SeekArgs),
    /// Draws a timeline as an SVG file
    Plot(PlotArgs),
    /// Keeps master records of streams in an SQLite database
    Index(IndexArgs),
    /// Serves a folder to players, live as it grows
    Serve(ServeArgs),
    /// Fetches the media around a moment, and nothing else
    Fetch(FetchArgs),
}

#[derive(Debug, Args)]
#[command(after_help = INSPECT)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) stream: StreamArgs,

    /// Show all segments, not just the first and the last ones
    #[arg(short, long)]
    pub(crate) all: bool,

    /// Print one JSON object with everything
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = VALIDATE)]
pub(crate) struct ValidateArgs {
    /// The playlist: a file, an http or https URL, or - for stdin
    #[arg(value_name = "FILE|URL")]
    pub(crate) input: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) loading: LoadingArgs,
}

#[derive(Debug, Args)]
#[command(after_help = SEEK)]
#[command(group = clap::ArgGroup::new("when").required(true))]
pub(crate) struct SeekArgs {
    #[command(flatten)]
    pub(crate) stream: StreamArgs,

    #[command(flatten)]
    pub(crate) window: WindowArgs,

    /// The media lie there: NAME=URL of their folder, or NAME@FIRST-LAST=URL for the segments with
    /// these media sequence numbers; in the order to ask them
    #[arg(long = "server", value_name = "NAME=URL", value_parser = server, conflicts_with = "db")]
    pub(crate) servers: Vec<ServerArg>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = PLOT)]
#[command(group = clap::ArgGroup::new("when"))]
pub(crate) struct PlotArgs {
    #[command(flatten)]
    pub(crate) stream: StreamArgs,

    #[command(flatten)]
    pub(crate) window: WindowArgs,

    /// The file to write, whole or not at all; stdout without it
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = INDEX)]
pub(crate) struct IndexArgs {
    /// The playlists: files, http or https URLs, or - for stdin
    #[arg(value_name = "FILE|URL", required_unless_present_any = ["list", "remove"])]
    pub(crate) inputs: Vec<PathBuf>,

    /// The database; it is made when there is none
    #[arg(long, value_name = "FILE")]
    pub(crate) db: PathBuf,

    /// What to call the stream; as FILE or URL is written without it
    #[arg(long, conflicts_with_all = ["list", "remove"])]
    pub(crate) name: Option<String>,

    /// Where its segments lie: NAME=URL of the folder, or NAME@FIRST-LAST=URL for the segments
    /// with these media sequence numbers; in the order to ask them
    #[arg(long = "server", value_name = "NAME=URL", value_parser = server)]
    #[arg(conflicts_with_all = ["list", "remove"])]
    pub(crate) servers: Vec<ServerArg>,

    /// Record anew, whatever was recorded before
    #[arg(long, conflicts_with_all = ["list", "remove"])]
    pub(crate) replace: bool,

    /// Show which streams there are
    #[arg(long, conflicts_with_all = ["inputs", "remove"])]
    pub(crate) list: bool,

    /// Remove the record of this stream
    #[arg(long, value_name = "NAME", conflicts_with = "inputs")]
    pub(crate) remove: Option<String>,

    /// Print JSON: an object for each stream on its line, with --list an array
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) loading: LoadingArgs,
}

/// One stream: a playlist, or the record of one.
#[derive(Debug, Args)]
pub(crate) struct StreamArgs {
    /// The playlist: a file, an http or https URL, or - for stdin; or a file with a master record
    #[arg(value_name = "FILE|URL", required_unless_present = "db", conflicts_with = "db")]
    pub(crate) input: Option<PathBuf>,

    /// Take the record from this database, which `hls index` has made
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,

    /// Which stream of the database; not needed when it has only one
    #[arg(long, value_name = "NAME", requires = "db")]
    pub(crate) stream: Option<String>,

    #[command(flatten)]
    pub(crate) loading: LoadingArgs,
}

/// How playlists are loaded.
#[derive(Debug, Args)]
pub(crate) struct LoadingArgs {
    /// The multivariant playlist that it belongs to, for variables that it imports
    /// (EXT-X-DEFINE:IMPORT)
    #[arg(long, value_name = "FILE|URL", help_heading = "Loading")]
    pub(crate) main: Option<PathBuf>,

    /// The most to take from a URL or stdin, unpacked
    #[arg(long, value_name = "SIZE", default_value = "64MiB", value_parser = size)]
    #[arg(help_heading = "Loading")]
    pub(crate) max_size: u64,

    /// How long a URL may take
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = moment)]
    #[arg(help_heading = "Loading")]
    pub(crate) timeout: Ticks,

    /// Go also where servers lead into a private network, to hosts that you have not named
    #[arg(long, help_heading = "Loading")]
    pub(crate) allow_private: bool,
}

/// A moment, and what is fetched for it.
#[derive(Debug, Args)]
pub(crate) struct WindowArgs {
    /// The moment: 10, 10.5, 1:30 or 0:01:30.5
    #[arg(long, value_name = "TIME", value_parser = moment, group = "when")]
    #[arg(allow_negative_numbers = true)]
    pub(crate) at: Option<Ticks>,

    /// The moment on the wall clock (EXT-X-PROGRAM-DATE-TIME): 2026-11-22T17:00:00Z
    #[arg(long, value_name = "DATE", value_parser = date, group = "when")]
    pub(crate) date: Option<DateTime>,

    /// Begin so much earlier, for a decoder that must see some media before
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = moment, requires = "when")]
    #[arg(allow_negative_numbers = true, hide_default_value = true)]
    pub(crate) preroll: Ticks,

    /// How far to fetch: a time (10, 1:30), more segments (3seg) or a size (5MB)
    #[arg(long, value_name = "AMOUNT", default_value = "10", value_parser = amount, requires = "when")]
    #[arg(allow_negative_numbers = true)]
    pub(crate) ahead: Amount,
}

fn date(text: &str) -> Result<DateTime, String> {
    text.parse().map_err(|error| format!("{error}; write it as 2026-11-22T17:00:00Z"))
}

#[cfg(test)]
mod tests;
