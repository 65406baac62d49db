//! From a moment to what must be fetched: the wanted segment first, then the ones to preload.

use std::collections::BTreeSet;

use hls_index::{
    Ahead, ByteRange, Line, MediaPlaylist, ParseError, ParseErrorKind, SeekError, Ticks,
};

use crate::failure::Failure;

/// The longest playlist that is read, in bytes: a week in segments of 2 s has less.
pub(crate) const MAX_PLAYLIST: u64 = 16 << 20;

/// Which part of a stream is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Wanted {
    /// The moment to play from.
    pub(crate) at: Ticks,
    /// How far beyond it to preload.
    pub(crate) ahead: Ticks,
}

/// What to fetch, in order.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Plan {
    /// The URI of the segment that holds the moment.
    pub(crate) segment: String,
    /// When that segment begins and ends.
    pub(crate) span: (Ticks, Ticks),
    /// When the whole stream ends.
    pub(crate) end: Ticks,
    /// How many segments there are.
    pub(crate) segments: usize,
    /// Whether a segment among the wanted ones is encrypted.
    pub(crate) encrypted: bool,
    /// The requests to make. The first `urgent` of them hold the wanted segment and what is needed to
    /// decode it.
    pub(crate) pieces: Vec<Piece>,
    /// See `pieces`.
    pub(crate) urgent: usize,
}

/// One request: a file or a part of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Piece {
    /// As the playlist writes it.
    pub(crate) uri: String,
    /// All of the file when `None`.
    pub(crate) range: Option<ByteRange>,
    /// The line of the playlist that names it, counted from 1.
    pub(crate) line: usize,
}

impl Piece {
    fn new(uri: &str, range: Option<ByteRange>, line: usize) -> Self {
        Self { uri: uri.to_owned(), range, line }
    }

    /// Both in one request, when they are parts of one file and `next` continues this one: an
    /// initialization section often lies right before its segment.
    fn joined(&self, next: &Self) -> Option<Self> {
        let (range, after) = (self.range?, next.range?);
        if self.uri != next.uri || range.end() != after.offset() {
            return None;
        }
        let length = range.length().checked_add(after.length())?;
        Some(Self { range: Some(ByteRange::new(range.offset(), length)?), ..next.clone() })
    }
}

impl Plan {
    /// What to fetch of `playlist`, which `name` is the name of.
    pub(crate) fn new(
        name: &str,
        playlist: &MediaPlaylist<'_>,
        wanted: Wanted,
    ) -> Result<Self, Failure> {
        let index = playlist.index();
        let segment = index.at(wanted.at).map_err(|error| cannot_seek(name, wanted.at, error))?;
        let places = Places::of(playlist);
        if segment.is_gap() {
            let (line, uri) = (places.of_segment(segment.number()), segment.uri());
            return Err(Failure::bad_input(format!(
                "{name}, line {line}: {uri} is a gap (EXT-X-GAP), there is nothing to play at {} s; \
                 choose another moment with --at",
                wanted.at
            )));
        }
        let mut plan = Self {
            segment: segment.uri().to_owned(),
            span: (segment.start(), segment.end()),
            end: index.end(),
            segments: index.len(),
            encrypted: false,
            pieces: Vec::new(),
            urgent: 0,
        };
        let mut last_map = None;
        for fetch in index.window(wanted.at, Ahead::time(wanted.ahead)) {
            let number = fetch.segment.number();
            let media = Piece::new(fetch.uri, fetch.byte_range, places.of_segment(number));
            let map = fetch.map.filter(|_| fetch.map != last_map);
            last_map = fetch.map;
            let map = map.map(|map| Piece::new(map.uri, map.byte_range, places.of_map(number)));
            match map.as_ref().and_then(|map| map.joined(&media)) {
                Some(whole) => plan.pieces.push(whole),
                None => plan.pieces.extend(map.into_iter().chain([media])),
            }
            plan.encrypted |= !fetch.keys.is_empty();
            if plan.urgent == 0 {
                plan.urgent = plan.pieces.len();
            }
        }
        Ok(plan)
    }

    /// The names of the files to fetch, each once, in order.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let uris = self.pieces.iter().map(|piece| &piece.uri);
        uris.filter(|uri| seen.insert(*uri)).cloned().collect()
    }
}

/// Reads a playlist; `name` is what to call it when it is bad.
pub(crate) fn parse<'a>(name: &str, text: &'a [u8]) -> Result<MediaPlaylist<'a>, Failure> {
    MediaPlaylist::parse_bytes(text).map_err(|ParseError { line, column, kind }| {
        let advice = match kind {
            ParseErrorKind::Multivariant => "give --playlist one of them",
            ParseErrorKind::Empty
            | ParseErrorKind::NotAPlaylist
            | ParseErrorKind::NotUtf8
            | ParseErrorKind::NoMediaTag => "give --playlist an HLS media playlist (.m3u8)",
            _ => "correct the playlist",
        };
        Failure::bad_input(format!("{name}, line {line}, column {column}: {kind}; {advice}"))
    })
}

fn cannot_seek(name: &str, at: Ticks, error: SeekError) -> Failure {
    Failure::bad_input(match error {
        SeekError::Empty => {
            format!("{name}: the playlist has no segments yet; give --playlist one that has")
        }
        SeekError::PastEnd { end } => {
            format!(
                "{name}: there is nothing at {at} s, the stream ends at {end} s; choose --at below {end}"
            )
        }
    })
}

/// Where segments and their initialization sections are named: line numbers, counted from 1.
#[derive(Debug, Default)]
struct Places {
    segments: Vec<usize>,
    /// For each segment, the line of the EXT-X-MAP in force; 0 without one.
    maps: Vec<usize>,
}

impl Places {
    fn of(playlist: &MediaPlaylist<'_>) -> Self {
        let mut places = Self::default();
        let mut map = 0;
        for (line, number) in playlist.lines().zip(1..) {
            match line {
                Line::Tag(tag) if tag.name == "EXT-X-MAP" => map = number,
                Line::Uri(_) => {
                    places.segments.push(number);
                    places.maps.push(map);
                }
                _ => {}
            }
        }
        places
    }

    fn of_segment(&self, number: usize) -> usize {
        self.segments.get(number).copied().unwrap_or_default()
    }

    fn of_map(&self, number: usize) -> usize {
        self.maps.get(number).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "\
#EXTM3U
#EXT-X-TARGETDURATION:5
#EXT-X-MAP:URI=\"init.mp4\"
#EXTINF:5,
1.m4s
#EXTINF:5,

2.m4s
#EXT-X-MAP:URI=\"3.mp4\",BYTERANGE=\"100@0\"
#EXTINF:3,
#EXT-X-BYTERANGE:900@100
3.mp4
";

    fn plan(text: &str, at: u64, ahead: u64) -> Result<Plan, String> {
        let playlist = parse("p.m3u8", text.as_bytes()).map_err(|failure| failure.to_string())?;
        let wanted = Wanted { at: Ticks::from_seconds(at), ahead: Ticks::from_seconds(ahead) };
        Plan::new("p.m3u8", &playlist, wanted).map_err(|failure| failure.to_string())
    }

    fn pieces(plan: &Plan) -> Vec<(&str, Option<String>, usize)> {
        plan.pieces
            .iter()
            .map(|piece| (&*piece.uri, piece.range.map(|range| range.to_string()), piece.line))
            .collect()
    }

    #[test]
    fn the_wanted_segment_comes_first_and_its_initialization_before_it() {
        let plan = plan(STREAM, 5, 0).unwrap();
        assert_eq!(plan.segment, "2.m4s");
        assert_eq!(pieces(&plan), [("init.mp4", None, 3), ("2.m4s", None, 8)]);
        assert_eq!(plan.urgent, 2);
    }

    #[test]
    fn what_lies_ahead_is_preloaded() {
        let plan = plan(STREAM, 4, 6).unwrap();
        assert_eq!(plan.files(), ["init.mp4", "1.m4s", "2.m4s"]);
        assert_eq!(plan.urgent, 2);
        assert_eq!((plan.segments, plan.end), (3, Ticks::from_seconds(13)));
    }

    #[test]
    fn an_initialization_section_and_the_segment_right_behind_it_are_one_request() {
        let plan = plan(STREAM, 10, 10).unwrap();
        assert_eq!(pieces(&plan), [("3.mp4", Some("1000@0".to_owned()), 12)]);
        assert_eq!(plan.files(), ["3.mp4"]);
    }

    #[test]
    fn a_moment_past_the_end_is_refused_with_the_end() {
        let line = plan(STREAM, 13, 0).unwrap_err();
        assert!(line.contains("p.m3u8") && line.contains("below 13"), "{line}");
    }

    #[test]
    fn a_gap_is_named_with_its_line() {
        let gap = "#EXTM3U\n#EXTINF:5,\na.ts\n#EXT-X-GAP\n#EXTINF:5,\nb.ts\n";
        let line = plan(gap, 6, 0).unwrap_err();
        assert!(line.contains("line 6") && line.contains("b.ts"), "{line}");
    }

    #[test]
    fn bad_playlists_are_named_with_the_line() {
        for (text, expected) in [
            ("", "empty"),
            ("<html>", "line 1"),
            ("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", "multivariant"),
            ("#EXTM3U\n#EXTINF:x,\na.ts\n", "line 2"),
        ] {
            let line = plan(text, 0, 0).unwrap_err();
            assert!(line.contains("p.m3u8") && line.contains(expected), "{line}");
        }
    }
}
