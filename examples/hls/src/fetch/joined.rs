//! What plays the pieces: a playlist of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use command_line::Failure;
use hls_index::Ticks;
use hls_index::write::{MediaBuilder, NewMap, NewSegment, NewTag, WriteError};

use super::piece::{Kind, Piece};
use crate::media::{Media, Plan, Row};

/// A playlist of the files: it begins with the window, and ends with it.
pub(super) fn playlist(
    media: &Media<'_>,
    plan: &Plan<'_>,
    pieces: &[Piece],
) -> Result<String, Failure> {
    let written = write_playlist(plan, pieces);
    written.map_err(|error| media.cannot(&format!("its window cannot be written: {error}")))
}

fn write_playlist(plan: &Plan<'_>, pieces: &[Piece]) -> Result<String, WriteError> {
    let longest = plan.fetch.iter().map(Row::length).max().unwrap_or_default();
    let rounded = (longest + Ticks::from_millis(500)).count() / 1_000_000_000;
    let mut playlist = MediaBuilder::new(rounded.max(1));
    playlist.is_ended = true;
    playlist.media_sequence = plan.fetch.first().map_or(0, |row| row.sequence.0);
    let mut maps: BTreeMap<&str, Arc<NewMap>> = BTreeMap::new();
    let inits = pieces.iter().filter(|piece| piece.kind == Kind::Init);
    for init in inits {
        let map = NewMap { tag: NewTag::map(&init.file, None)?, keys: Vec::new() };
        maps.insert(&init.file, Arc::new(map));
    }
    let mut segments = pieces.iter().filter(|piece| piece.kind == Kind::Segment);
    for row in &plan.fetch {
        let Some(piece) = segments.next() else { break };
        let mut segment = NewSegment::new(&piece.file, row.length());
        let map = row.map.and_then(|map| {
            let is_it = |piece: &&Piece| {
                piece.kind == Kind::Init
                    && piece.uri == map.uri
                    && piece.byte_range == map.byte_range
            };
            maps.get(pieces.iter().find(is_it)?.file.as_str()).cloned()
        });
        segment.map = map;
        segment.discontinuities = u32::from(row.is_discontinuity && !playlist.segments.is_empty());
        segment.program_date_time = row.date;
        segment.keys = keys(row, piece)?;
        playlist.segments.push_back(segment);
    }
    for part in pieces.iter().filter(|piece| piece.kind == Kind::Part) {
        let Some(time) = &part.time else { continue };
        let mut segment = NewSegment::new(&part.file, time.end - time.start);
        segment.map = playlist.segments.back().and_then(|segment| segment.map.clone());
        playlist.segments.push_back(segment);
    }
    playlist.to_text()
}

/// The keys of a segment, which stay where they are.
fn keys(row: &Row<'_>, piece: &Piece) -> Result<Vec<Arc<NewTag>>, WriteError> {
    let base = piece.places.first().map_or("", |place| place.uri.as_str());
    let base = base.strip_suffix(&row.uri).unwrap_or(base);
    let Some(segment) = &row.segment else { return Ok(Vec::new()) };
    let mut tags = Vec::new();
    for key in segment.keys() {
        let tag = NewTag::key(key.method, &hls_index::uri::resolve(base, key.uri))?;
        // Where it is not told, it is the media sequence number; but gaps are left out here.
        let iv = key.iv.unwrap_or_else(|| u128::from(row.sequence.0).to_be_bytes());
        let mut tag = tag.hexadecimal("IV", &iv)?;
        if key.key_format != "identity" {
            tag = tag.quoted("KEYFORMAT", key.key_format)?;
            tag = tag.quoted("KEYFORMATVERSIONS", key.key_format_versions)?;
        }
        tags.push(Arc::new(tag));
    }
    Ok(tags)
}
