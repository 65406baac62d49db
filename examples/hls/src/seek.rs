//! `hls seek`: which segment holds a moment, and what to fetch from there on.

use std::fmt::Write as _;

use command_line::{FAINT, Failure, HIGHLIGHT, Painted, STRONG, Visible, print, print_json};
use serde::Serialize;

use crate::args::SeekArgs;
use crate::document::Document;
use crate::json::{MapFacts, PlaceFacts, Range, Seconds};
use crate::media::{Media, Plan, Row};
use crate::servers::placement_or_origin;
use crate::table::Table;

/// Does what the arguments say.
pub(crate) fn run(args: &SeekArgs) -> Result<(), Failure> {
    let document = Document::of_stream(&args.stream)?;
    let parsed = document.parse()?;
    let placement = placement_or_origin(&args.servers, document.uri.as_deref())?;
    let media = Media::new(&document, &parsed, placement)?;
    let Some(plan) = media.plan(&args.window)? else {
        return Err(Failure::cannot("neither --at nor --date; see `hls seek --help`"));
    };
    if args.json { print_json(&PlanFacts::from(&plan)) } else { print(&words(&plan)) }
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct PlanFacts<'m> {
    at: Seconds,
    segment: SegmentFacts<'m>,
    fetch: Vec<FetchFacts<'m>>,
}

#[derive(Debug, Serialize)]
struct SegmentFacts<'m> {
    index: u64,
    sequence: u64,
    uri: &'m str,
    start: Seconds,
    end: Seconds,
}

#[derive(Debug, Serialize)]
struct FetchFacts<'m> {
    uri: &'m str,
    byte_range: Option<Range>,
    start: Seconds,
    end: Seconds,
    map: Option<MapFacts<'m>>,
    servers: Vec<PlaceFacts<'m>>,
}

impl<'m> From<&'m Plan<'_>> for PlanFacts<'m> {
    fn from(plan: &'m Plan<'_>) -> Self {
        let segment = &plan.segment;
        Self {
            at: Seconds(plan.at),
            segment: SegmentFacts {
                index: segment.index,
                sequence: segment.sequence.0,
                uri: &segment.uri,
                start: Seconds(segment.start),
                end: Seconds(segment.end),
            },
            fetch: plan.fetch.iter().map(FetchFacts::from).collect(),
        }
    }
}

impl<'m> From<&'m Row<'_>> for FetchFacts<'m> {
    fn from(row: &'m Row<'_>) -> Self {
        Self {
            uri: &row.uri,
            byte_range: row.byte_range.map(Range),
            start: Seconds(row.start),
            end: Seconds(row.end),
            map: row.map.map(MapFacts::from),
            servers: row.servers.iter().map(PlaceFacts::from).collect(),
        }
    }
}

/// The same for people.
fn words(plan: &Plan<'_>) -> String {
    let mut out = String::new();
    let Plan { at, segment, fetch } = plan;
    let _ = writeln!(
        out,
        "{} is in segment {} (media sequence number {}), [{} s, {} s):",
        Painted(STRONG, format_args!("{at} s")),
        segment.index,
        segment.sequence,
        segment.start,
        segment.end,
    );
    let _ = writeln!(out, "  {}", Painted(HIGHLIGHT, Visible(&segment.uri)));
    if segment.is_gap {
        let _ = writeln!(out, "  It is a gap (EXT-X-GAP): there is nothing to fetch for it.");
    }
    if let (Some(date), Some(into)) = (segment.date, at.checked_sub(segment.start)) {
        let _ = writeln!(out, "  On the wall clock that is {}.", date + into);
    }
    let (Some(first), Some(last)) = (fetch.first(), fetch.last()) else {
        let _ = writeln!(out, "\nThere is nothing to fetch.");
        return out;
    };
    let sizes = fetch.iter().map(|row| row.bytes).sum::<Option<u64>>();
    let sizes = sizes.map(|bytes| format!(", {}", about(bytes))).unwrap_or_default();
    let count = match fetch.len() {
        1 => "one segment".to_owned(),
        count => format!("{count} segments"),
    };
    let _ = writeln!(
        out,
        "\nTo fetch, in this order: {count}, [{} s, {} s){sizes}",
        first.start, last.end
    );
    table(fetch).write(&mut out);
    for (method, uri) in keys(fetch) {
        let (method, uri) = (Visible(method), Visible(uri));
        let _ = writeln!(out, "  {FAINT}encrypted: {method}, key {uri}{FAINT:#}");
    }
    out
}

fn table(fetch: &[Row<'_>]) -> Table {
    let mut table =
        Table::new().numbers("#").numbers("start").numbers("end").texts("bytes").texts("uri");
    // An initialization section is fetched once, before the first segment that needs it.
    let mut last_map = None;
    for row in fetch {
        if let Some(map) = row.map.filter(|map| last_map != Some(*map)) {
            let range = map.byte_range.map(range).unwrap_or_default();
            let empty = String::new();
            table.row(["init".to_owned(), empty.clone(), empty, range, map.uri.to_owned()]);
            last_map = Some(map);
        }
        let range = row.byte_range.map(range).unwrap_or_default();
        let (start, end) = (row.start.to_string(), row.end.to_string());
        table.row([row.index.to_string(), start, end, range, row.uri.clone()]);
        for place in &row.servers {
            table.note(format!("   {}: {}", Visible(&place.server), Visible(&place.uri)));
        }
    }
    table
}

/// As requests have it: first and last byte.
fn range(range: hls_index::ByteRange) -> String {
    match range.end().checked_sub(1) {
        Some(last) if range.length() > 0 => format!("{}-{last}", range.offset()),
        _ => "none".to_owned(),
    }
}

/// The keys of all of them, each once.
fn keys<'r>(fetch: &'r [Row<'_>]) -> Vec<(&'r str, &'r str)> {
    let mut keys: Vec<(&str, &str)> = Vec::new();
    for key in fetch.iter().flat_map(|row| &row.keys) {
        if !keys.contains(&(key.method, key.uri)) {
            keys.push((key.method, key.uri));
        }
    }
    keys
}

/// A size as people say it.
pub(crate) fn about(bytes: u64) -> String {
    let (unit, scale) = match bytes {
        0..1_000 => return format!("{bytes} B"),
        1_000..1_000_000 => ("kB", 1e3),
        1_000_000..1_000_000_000 => ("MB", 1e6),
        _ => ("GB", 1e9),
    };
    format!("{:.1} {unit}", bytes as f64 / scale)
}
