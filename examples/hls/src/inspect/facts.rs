//! `hls inspect --json` of segments.

use std::collections::BTreeMap;

use command_line::Failure;
use hls_index::{MediaPlaylist, Part};
use serde::{Serialize, Serializer};

use super::{Tally, kind_name};
use crate::json::{KeyFacts, MapFacts, PlaceFacts, Range, Seconds};
use crate::media::{Media, Row};

/// What is printed, in this order.
#[derive(Debug, Serialize)]
pub(super) struct MediaFacts<'m> {
    file: &'m str,
    kind: &'static str,
    ended: bool,
    duration: Seconds,
    segment_count: u64,
    first_sequence: Option<u64>,
    discontinuities: u64,
    gaps: u64,
    encrypted: u64,
    bytes: Option<u64>,
    #[serde(flatten)]
    playlist: Option<PlaylistFacts<'m>>,
    segments: AllSegments<'m>,
}

/// What only a playlist tells.
#[derive(Debug, Serialize)]
struct PlaylistFacts<'m> {
    version: Option<u64>,
    target_duration: Option<Seconds>,
    #[serde(rename = "type")]
    playlist_type: Option<&'static str>,
    independent_segments: bool,
    i_frames_only: bool,
    start: Option<StartFacts>,
    server_control: Option<ServerControlFacts>,
    part_target: Option<Seconds>,
    skipped_segments: Option<u64>,
    variables: BTreeMap<&'m str, &'m str>,
    trailing_parts: Vec<PartFacts<'m>>,
    preload_hints: Vec<HintFacts<'m>>,
    rendition_reports: Vec<ReportFacts<'m>>,
    date_ranges: Vec<DateRangeFacts<'m>>,
}

#[derive(Debug, Serialize)]
struct StartFacts {
    time_offset: String,
    moment: Seconds,
    precise: bool,
}

#[derive(Debug, Serialize)]
struct ServerControlFacts {
    can_skip_until: Option<Seconds>,
    can_skip_date_ranges: bool,
    hold_back: Option<Seconds>,
    part_hold_back: Option<Seconds>,
    can_block_reload: bool,
}

#[derive(Debug, Serialize)]
struct PartFacts<'m> {
    uri: &'m str,
    byte_range: Option<Range>,
    start: Seconds,
    end: Seconds,
    independent: bool,
    gap: bool,
}

#[derive(Debug, Serialize)]
struct HintFacts<'m> {
    #[serde(rename = "type")]
    hint_type: String,
    uri: &'m str,
    start: u64,
    length: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ReportFacts<'m> {
    uri: &'m str,
    last_sequence: Option<u64>,
    last_part: Option<u64>,
}

#[derive(Debug, Serialize)]
struct DateRangeFacts<'m> {
    id: &'m str,
    class: Option<&'m str>,
    start: Option<String>,
    end: Option<String>,
    attributes: BTreeMap<&'m str, &'m str>,
}

#[derive(Debug, Serialize)]
struct SegmentFacts<'m> {
    index: u64,
    sequence: u64,
    uri: &'m str,
    start: Seconds,
    end: Seconds,
    byte_range: Option<Range>,
    bytes: Option<u64>,
    map: Option<MapFacts<'m>>,
    keys: Vec<KeyFacts<'m>>,
    gap: bool,
    discontinuity: bool,
    date: Option<String>,
    title: Option<&'m str>,
    parts: Vec<PartFacts<'m>>,
    servers: Vec<PlaceFacts<'m>>,
}

/// Written one after the other, so that they are never all in memory.
#[derive(Debug)]
struct AllSegments<'m>(&'m Media<'m>);

impl Serialize for AllSegments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::{Error as _, SerializeSeq as _};

        let mut sequence = serializer.serialize_seq(None)?;
        for row in self.0.rows(0..self.0.len()) {
            let row = row.map_err(S::Error::custom)?;
            sequence.serialize_element(&SegmentFacts::from(&row))?;
        }
        sequence.end()
    }
}

impl<'m> MediaFacts<'m> {
    pub(super) fn new(file: &'m str, media: &'m Media<'m>) -> Result<Self, Failure> {
        let tally = Tally::of(media)?;
        let playlist = media.playlist();
        let kind = if playlist.is_some() { "media" } else { "record" };
        Ok(Self {
            file,
            kind,
            ended: media.is_ended(),
            duration: Seconds(media.end()),
            segment_count: media.len(),
            first_sequence: tally.sequences.map(|(first, _)| first),
            discontinuities: tally.discontinuities,
            gaps: tally.gaps,
            encrypted: tally.encrypted,
            bytes: tally.bytes,
            playlist: playlist.map(PlaylistFacts::from),
            segments: AllSegments(media),
        })
    }
}

impl<'m> From<&'m MediaPlaylist<'m>> for PlaylistFacts<'m> {
    fn from(playlist: &'m MediaPlaylist<'m>) -> Self {
        let start = playlist.start().map(|start| StartFacts {
            time_offset: start.time_offset.to_string(),
            moment: Seconds(start.moment(playlist.duration())),
            precise: start.is_precise,
        });
        let control = playlist.server_control().map(|control| ServerControlFacts {
            can_skip_until: control.can_skip_until.map(Seconds),
            can_skip_date_ranges: control.can_skip_date_ranges,
            hold_back: control.hold_back.map(Seconds),
            part_hold_back: control.part_hold_back.map(Seconds),
            can_block_reload: control.can_block_reload,
        });
        let hints = playlist.preload_hints().map(|hint| HintFacts {
            hint_type: format!("{:?}", hint.hint_type).to_uppercase(),
            uri: hint.uri,
            start: hint.byte_range_start,
            length: hint.byte_range_length,
        });
        let reports = playlist.rendition_reports().map(|report| ReportFacts {
            uri: report.uri,
            last_sequence: report.last_sequence.map(|last| last.0),
            last_part: report.last_part,
        });
        let ranges = playlist.date_ranges().map(|range| DateRangeFacts {
            id: range.id,
            class: range.class,
            start: range.start_date.map(|date| date.to_string()),
            end: playlist.date_range_end(&range).map(|date| date.to_string()),
            attributes: range
                .attributes()
                .iter()
                .flatten()
                .map(|attribute| (attribute.name, attribute.value.text()))
                .collect(),
        });
        Self {
            version: playlist.version(),
            target_duration: playlist.target_duration().map(Seconds),
            playlist_type: playlist.playlist_type().map(kind_name),
            independent_segments: playlist.has_independent_segments(),
            i_frames_only: playlist.is_i_frames_only(),
            start,
            server_control: control,
            part_target: playlist.part_target().map(Seconds),
            skipped_segments: playlist.skipped_segments(),
            variables: playlist.variables().iter().collect(),
            trailing_parts: playlist.trailing_parts().map(PartFacts::from).collect(),
            preload_hints: hints.collect(),
            rendition_reports: reports.collect(),
            date_ranges: ranges.collect(),
        }
    }
}

impl<'m> From<Part<'m>> for PartFacts<'m> {
    fn from(part: Part<'m>) -> Self {
        Self {
            uri: part.uri,
            byte_range: part.byte_range.map(Range),
            start: Seconds(part.start),
            end: Seconds(part.end),
            independent: part.is_independent,
            gap: part.is_gap,
        }
    }
}

impl<'m> From<&'m Row<'m>> for SegmentFacts<'m> {
    fn from(row: &'m Row<'m>) -> Self {
        let parts = row.segment.into_iter().flat_map(|segment| segment.parts());
        Self {
            index: row.index,
            sequence: row.sequence.0,
            uri: &row.uri,
            start: Seconds(row.start),
            end: Seconds(row.end),
            byte_range: row.byte_range.map(Range),
            bytes: row.bytes,
            map: row.map.map(MapFacts::from),
            keys: row.keys.iter().copied().map(KeyFacts::from).collect(),
            gap: row.is_gap,
            discontinuity: row.is_discontinuity,
            date: row.date.map(|date| date.to_string()),
            title: row.segment.and_then(|segment| segment.title()),
            parts: parts.map(PartFacts::from).collect(),
            servers: row.servers.iter().map(PlaceFacts::from).collect(),
        }
    }
}
