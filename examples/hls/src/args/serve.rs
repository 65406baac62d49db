//! The command line of `hls serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use command_line::moment;
use hls_index::Ticks;

const SERVE: &str = "\
An origin for what is in a folder: playlists and segments, whole or by byte ranges, for
players on any page. At / is a player that shows the timeline and what was fetched.
It only reads, and can be ended at any time.

With --live, a playlist without EXT-X-ENDLIST is watched as it grows, and clients may
wait for what comes next (blocking reload) and leave out what they have (delta updates).
With --low-latency as well, fMP4 segments are offered in parts while they are written:
those that the playlist lists, and the next one, whose name must be that of the last one
with its number one higher, with or without .tmp after it.

When all connections are taken, the client that has the most of them (an IPv4 address, or a
network of 64 bits) loses the one that was idle for the longest time to a client that has
fewer; who has the most already is told 503. Half of them may wait for what comes next.

Examples:
  hls serve film                          then open http://127.0.0.1:8080/
  hls serve film --listen 0.0.0.0:80      for everybody in reach
  hls serve film --hls-js hls.min.js      the player without the internet
  hls serve news --live
  ffmpeg -re -i news.mp4 -c copy -f dash -streaming 1 -hls_playlist 1 \\
         -frag_type duration -frag_duration 0.5 -seg_duration 4 news/live.mpd &
  hls serve news --low-latency

Exit codes: 0 it was ended by SIGINT or SIGTERM; 2 it could not be started.";

#[derive(Debug, Args)]
#[command(after_help = SERVE)]
pub(crate) struct ServeArgs {
    /// What is served: all in it but names that begin with a dot, and links that lead out of it
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    #[arg(value_parser = address)]
    pub(crate) listen: SocketAddr,

    /// Watch playlists that grow: blocking reload, delta updates
    #[arg(long)]
    pub(crate) live: bool,

    /// Offer fMP4 segments in parts while they grow; --live is meant with it
    #[arg(long)]
    pub(crate) low_latency: bool,

    /// How long a part is, as far as the fragments of the segments allow
    #[arg(long, value_name = "TIME", default_value = "0.5", value_parser = moment)]
    #[arg(requires = "low_latency")]
    pub(crate) part: Ticks,

    /// Connections at a time; each may need two file descriptors (see `ulimit -n`)
    #[arg(long, value_name = "NUMBER", default_value = "512", value_parser = connections)]
    pub(crate) max_connections: usize,

    /// The hls.js that the player page loads, from this file instead of a CDN
    #[arg(long, value_name = "FILE")]
    pub(crate) hls_js: Option<PathBuf>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "write an IP address and a port: 127.0.0.1:8080, [::1]:8080".to_owned())
}

fn connections(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (2..=65_536).contains(number));
    number.ok_or_else(|| "write a number from 2 to 65536".to_owned())
}
