//! What has to be fetched for a window, and what it is called when it is there.

use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
use std::ops::Range;

use command_line::Failure;
use hls_index::{ByteRange, MediaSequence, Placement, Ticks, uri};
use serde::Serialize;

use super::output::PLAYLIST;
use crate::amount::Amount;
use crate::args::WindowArgs;
use crate::media::{Media, Place, Plan, Row};

/// Something to be fetched into a file.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    /// As the playlist writes it.
    pub(super) uri: String,
    pub(super) byte_range: Option<ByteRange>,
    pub(super) time: Option<Range<Ticks>>,
    /// Where it lies, in the order to ask.
    pub(super) places: Vec<Place>,
    /// Its name in the folder, with `/` between folders in it.
    pub(super) file: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Init,
    Segment,
    Part,
}

/// The pieces of a window in the order to decode them: each initialization section before the first
/// segment that needs it, and the parts of the segment to come, as far as the window reaches.
pub(super) fn pieces(
    media: &Media<'_>,
    plan: &Plan<'_>,
    placement: &Placement,
    window: &WindowArgs,
) -> Result<Vec<Piece>, Failure> {
    let mut pieces: Vec<Piece> = Vec::new();
    for row in &plan.fetch {
        if row.servers.is_empty() {
            let advice = "say where, with --server NAME=URL";
            return Err(media.cannot(&format!(
                "it is a file, which does not tell what server has its media; {advice}"
            )));
        }
        if let Some(map) = row.map {
            let is_same = |piece: &Piece| {
                piece.kind == Kind::Init
                    && piece.uri == map.uri
                    && piece.byte_range == map.byte_range
            };
            if !pieces.iter().any(is_same) {
                let places = places(placement, row, row.sequence, map.uri);
                pieces.push(Piece::new(Kind::Init, map.uri, map.byte_range, None, places));
            }
        }
        let places = row.servers.clone();
        let time = Some(row.start..row.end);
        pieces.push(Piece::new(Kind::Segment, &row.uri, row.byte_range, time, places));
    }
    let (Some(last), Some(playlist)) = (plan.fetch.last(), media.playlist()) else {
        return Ok(pieces);
    };
    if let Amount::Time(length) = window.ahead
        && last.index + 1 == media.len()
    {
        let until = plan.at + length;
        let next = MediaSequence(last.sequence.0.saturating_add(1));
        for part in playlist.trailing_parts().filter(|part| !part.is_gap && part.start < until) {
            let places = places(placement, last, next, part.uri);
            let time = Some(part.start..part.end);
            pieces.push(Piece::new(Kind::Part, part.uri, part.byte_range, time, places));
        }
    }
    Ok(pieces)
}

/// Where something that a segment needs lies: on the servers of the segment.
fn places(
    placement: &Placement,
    row: &Row<'_>,
    sequence: MediaSequence,
    reference: &str,
) -> Vec<Place> {
    if !placement.servers().is_empty() {
        let candidates = placement.candidates_of(sequence, reference);
        return candidates
            .map(|place| Place { server: place.server.id().to_owned(), uri: place.uri })
            .collect();
    }
    // A record has the servers of segments only: what is before the segment's own name is the base.
    let place = |place: &Place| {
        let base = place.uri.strip_suffix(&row.uri).unwrap_or(&place.uri);
        Place { server: place.server.clone(), uri: uri::resolve(base, reference) }
    };
    row.servers.iter().map(place).collect()
}

impl Piece {
    fn new(
        kind: Kind,
        uri: &str,
        byte_range: Option<ByteRange>,
        time: Option<Range<Ticks>>,
        places: Vec<Place>,
    ) -> Self {
        let file = file_name(uri, byte_range);
        Self { kind, uri: uri.to_owned(), byte_range, time, places, file }
    }
}

/// A name for a file that depends on nothing but what is in it: the path of the URI, and the byte range.
/// It leads nowhere but into the folder, whatever the URI is.
fn file_name(reference: &str, byte_range: Option<ByteRange>) -> String {
    let after_scheme = reference.split_once("://").map_or(reference, |(_, after)| after);
    let end = after_scheme.find(['?', '#']).unwrap_or(after_scheme.len());
    let path = &after_scheme[..end];
    let names: Vec<String> =
        path.split('/').filter(|name| !name.is_empty()).map(harmless).collect();
    let mut file = names.join("/");
    // Too long for a file system, or nothing at all.
    if file.is_empty() || file.len() > 200 || names.iter().any(|name| name.len() > 100) {
        file = "media".to_owned();
    }
    let name_at = file.rfind('/').map_or(0, |slash| slash + 1);
    let stem_end = file[name_at..].rfind('.').map_or(file.len(), |dot| name_at + dot);
    let (stem, extension) = file.split_at(stem_end);
    let range = byte_range.map(|range| format!("@{}-{}", range.offset(), range.length()));
    // What the name does not tell, a number does; and what `fetch` itself writes there has its names.
    let lower = file.to_ascii_lowercase();
    let is_taken = lower == PLAYLIST || lower.ends_with(".partial");
    let is_told = reference == file && !is_taken;
    let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(reference);
    let rest = if is_told { String::new() } else { format!("~{:08x}", hash as u32) };
    let extension =
        if lower.ends_with(".partial") { format!("{extension}_") } else { extension.to_owned() };
    format!("{stem}{}{rest}{extension}", range.unwrap_or_default())
}

/// A name without anything that a file system or a shell takes for something else.
fn harmless(name: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    match name.trim_matches('.') {
        "" => "_".to_owned(),
        rest if name.starts_with('.') => format!("_{rest}"),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder() {
        for (uri, expected) in [("Segment_3.mp4", "Segment_3.mp4"), ("hd/3.ts", "hd/3.ts")] {
            assert_eq!(file_name(uri, None), expected);
        }
        for uri in [
            "../../etc/passwd",
            "/etc/passwd",
            "..",
            ".",
            "",
            "?",
            "a/../../b",
            "..\\..\\b",
            "C:\\x",
            ".bashrc",
            "a\0b",
            "a\nb",
            "https://h/../x.ts",
            "file:///etc/passwd",
            "~/x",
            "-rf",
            &"a/".repeat(400),
            &"a".repeat(400),
            "é/ü.ts",
            "a//b",
            "con",
            "x.ts?y=../../z",
        ] {
            let name = file_name(uri, None);
            let is_plain = |name: &str| {
                !name.is_empty()
                    && !name.starts_with('.')
                    && name.len() < 220
                    && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-~".contains(c))
            };
            assert!(name.split('/').all(is_plain), "{uri}: {name}");
            assert!(!name.starts_with('/'), "{uri}: {name}");
        }
    }

    #[test]
    fn names_that_are_taken_are_not_given() {
        for uri in ["window.m3u8", "Window.M3U8", "a.ts.partial", "b/a.ts.PARTIAL"] {
            let name = file_name(uri, None).to_ascii_lowercase();
            assert!(!name.ends_with(".partial") && name != PLAYLIST, "{uri}: {name}");
        }
    }

    #[test]
    fn different_things_have_different_names() {
        let range = ByteRange::new(700, 1000);
        let names = [
            file_name("a.ts", None),
            file_name("a.ts", range),
            file_name("a.ts", ByteRange::new(0, 1000)),
            file_name("a.ts?x=1", None),
            file_name("a.ts?x=2", None),
            file_name("b/a.ts", None),
            file_name("b_a.ts", None),
            file_name("b:a.ts", None),
            file_name("https://h/a.ts", None),
            file_name("h/a.ts", None),
        ];
        for (number, name) in names.iter().enumerate() {
            assert!(!names[..number].contains(name), "{name}");
        }
        assert_eq!(names[1], "a@700-1000.ts");
    }
}
