//! The command line of `hls fetch`.

use std::path::PathBuf;

use clap::Args;
use command_line::size;

use super::{StreamArgs, WindowArgs};
use crate::servers::{ServerArg, server};

const FETCH: &str = "\
Fetches the segments of a window, with what they need to be decoded, and nothing else. With
-o DIR (the folder that you are in, without -o) each is a file, and window.m3u8 plays them.
With -o FILE, such as clip.mp4, they are one file. A file gets its name when all of it is there;
what is there already is not fetched again: run the same command again to go on.

A segment may lie on several servers: when one fails, the next is asked, and a server that
failed is asked last from then on. Where a transfer breaks off, the rest is asked for, if the
server tells enough to be sure that it is the rest of the same file. Servers that you name may be anywhere; where they and
playlists lead must not be in a private network, unless --allow-private is given.

Examples:
  hls fetch https://example.com/film.m3u8 --at 11 -o clip
  hls fetch https://example.com/film.m3u8 --at 1:02:03 --ahead 30 -o clip.mp4
  hls fetch film.m3u8 --at 11 --server a=https://a.example.com/film/ \\
                              --server b=https://b.example.com/film/
  hls fetch --db master.db --stream film --at 11 --json | jq '.pieces[].failed'

Exit codes: 0 all of it is there; 1 no segment holds that moment; 2 something could not be
fetched or written: it is said what.";

#[derive(Debug, Args)]
#[command(after_help = FETCH)]
#[command(group = clap::ArgGroup::new("when").required(true))]
pub(crate) struct FetchArgs {
    #[command(flatten)]
    pub(crate) stream: StreamArgs,

    #[command(flatten)]
    pub(crate) window: WindowArgs,

    /// The media lie there: NAME=URL of their folder, or NAME@FIRST-LAST=URL for the segments with these
    /// media sequence numbers; in the order to ask them
    #[arg(long = "server", value_name = "NAME=URL", value_parser = server, conflicts_with = "db")]
    pub(crate) servers: Vec<ServerArg>,

    /// Where to put it: a folder, or one file for all of it
    #[arg(short = 'o', long = "out", value_name = "DIR|FILE", default_value = ".")]
    pub(crate) out: PathBuf,

    /// Fetch also what is there already
    #[arg(long)]
    pub(crate) again: bool,

    /// The most to fetch altogether
    #[arg(long, value_name = "SIZE", default_value = "4GB", value_parser = size)]
    pub(crate) max_media: u64,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
