//! What the index makes of a playlist: `hls_seek PLAYLIST` reads moments in seconds from its input,
//! and prints for each the segment that holds it, with tabs between: number, start and end in
//! seconds, URI, offset and length of the byte range, URI of the map, offset and length of its range
//! (`-` for what is not there), then the URIs that are to be fetched for one second from there.
//! A moment that no segment holds gives the reason instead.

use std::error::Error;
use std::io::BufRead as _;

use hls_index::{Ahead, ByteRange, MediaPlaylist, SegmentIndex, Ticks};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: hls_seek PLAYLIST")?;
    let bytes = std::fs::read(&file)?;
    let playlist =
        MediaPlaylist::parse_bytes(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let index = playlist.index();
    for line in std::io::stdin().lock().lines() {
        println!("{}", found(&index, line?.trim().parse()?));
    }
    Ok(())
}

fn found(index: &SegmentIndex<'_>, moment: Ticks) -> String {
    let segment = match index.at(moment) {
        Ok(segment) => segment,
        Err(error) => return error.to_string(),
    };
    let map = segment.map();
    let fetched: Vec<&str> =
        index.window(moment, Ahead::seconds(1)).map(|fetch| fetch.uri).collect();
    [
        segment.number().to_string(),
        segment.start().to_string(),
        segment.end().to_string(),
        segment.uri().into(),
        range(segment.byte_range()),
        map.map_or("-", |map| map.uri).into(),
        range(map.and_then(|map| map.byte_range)),
        fetched.join(" "),
    ]
    .join("\t")
}

fn range(range: Option<ByteRange>) -> String {
    match range {
        Some(range) => format!("{}\t{}", range.offset(), range.length()),
        None => "-\t-".into(),
    }
}
