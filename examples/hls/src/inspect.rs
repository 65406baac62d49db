//! `hls inspect`: what is in a playlist or a master record.

mod facts;
mod multivariant;

use std::fmt::Write as _;

use command_line::{FAINT, Failure, Painted, STRONG, Visible, print, print_json};
use hls_index::{MediaPlaylist, PlaylistType, Ticks};

use self::facts::MediaFacts;
use crate::args::InspectArgs;
use crate::document::{Document, Parsed};
use crate::media::{Form, Media, Row};
use crate::seek::about;
use crate::servers::placement_or_origin;
use crate::table::Table;

/// Does what the arguments say.
pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let document = Document::of_stream(&args.stream)?;
    let parsed = document.parse()?;
    if let Parsed::Multivariant(playlist) = &parsed {
        return multivariant::run(&document.name, playlist, args.json);
    }
    let placement = placement_or_origin(&[], document.uri.as_deref())?;
    let media = Media::new(&document, &parsed, placement)?;
    if args.json {
        return print_json(&MediaFacts::new(&document.name, &media)?);
    }
    let mut out = String::new();
    title(&mut out, &document.name, &media);
    summary(&mut out, &media)?;
    segments(&mut out, &media, args.all)?;
    if let Some(playlist) = media.playlist() {
        live_edge(&mut out, playlist);
        date_ranges(&mut out, playlist);
    }
    print(&out)
}

fn title(out: &mut String, name: &str, media: &Media<'_>) {
    let what = match (&media.form, media.is_ended()) {
        (Form::Record(_), _) => "master record",
        (Form::Playlist { index, .. }, true) if index.playlist().is_i_frames_only() => {
            "playlist of I-frames"
        }
        (_, true) => "media playlist",
        (_, false) => "media playlist, live",
    };
    let _ = writeln!(out, "{}: {what}\n", Painted(STRONG, Visible(name)));
}

/// A line of the summary.
fn line(out: &mut String, what: &str, value: impl std::fmt::Display) {
    let _ = writeln!(out, "  {FAINT}{what:<20}{FAINT:#}{value}");
}

fn summary(out: &mut String, media: &Media<'_>) -> Result<(), Failure> {
    let tally = Tally::of(media)?;
    line(out, "duration", format_args!("{} s{}", media.end(), clock_words(media.end())));
    let sequences = match tally.sequences {
        Some((first, last)) => format!(" (media sequence numbers {first} to {last})"),
        None => String::new(),
    };
    line(out, "segments", format_args!("{}{sequences}", media.len()));
    if let Some((shortest, longest)) = tally.lengths {
        line(out, "segment lengths", format_args!("{shortest} s to {longest} s"));
    }
    if let Some(playlist) = media.playlist() {
        playlist_summary(out, playlist);
    }
    if let Some(bytes) = tally.bytes {
        line(out, "size", about(bytes));
    }
    for (what, count) in [
        ("discontinuities", tally.discontinuities),
        ("gaps", tally.gaps),
        ("encrypted segments", tally.encrypted),
    ] {
        if count > 0 {
            line(out, what, count);
        }
    }
    if let Some((first, last)) = tally.dates {
        line(out, "dates", format_args!("{first} to {last}"));
    }
    if !tally.servers.is_empty() {
        let servers: Vec<String> =
            tally.servers.iter().map(|name| Visible(name).to_string()).collect();
        line(out, "servers", servers.join(", "));
    }
    Ok(())
}

/// ` (1:02:03)` for what takes more than a minute.
fn clock_words(length: Ticks) -> String {
    let seconds = length.count() / 1_000_000_000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => String::new(),
        (0, minutes) => format!(" ({minutes}:{seconds:02})"),
        (hours, minutes) => format!(" ({hours}:{minutes:02}:{seconds:02})"),
    }
}

fn playlist_summary(out: &mut String, playlist: &MediaPlaylist<'_>) {
    if let Some(target) = playlist.target_duration() {
        line(out, "target duration", format_args!("{target} s"));
    }
    if let Some(kind) = playlist.playlist_type() {
        line(out, "type", kind_name(kind));
    }
    if let Some(version) = playlist.version() {
        line(out, "version", version);
    }
    if playlist.has_independent_segments() {
        line(out, "segments decode", "each by itself");
    }
    if let Some(start) = playlist.start() {
        let moment = start.moment(playlist.duration());
        line(out, "start at", format_args!("{moment} s (TIME-OFFSET {})", start.time_offset));
    }
    if let Some(skipped) = playlist.skipped_segments() {
        line(out, "delta update", format_args!("{skipped} segments are left out"));
    }
    if let Some(target) = playlist.part_target() {
        let count = playlist.part_count();
        line(out, "parts", format_args!("{count}, of {target} s at most"));
    }
    if let Some(control) = playlist.server_control() {
        let mut can = Vec::new();
        if control.can_block_reload {
            can.push("blocking reload".to_owned());
        }
        if let Some(until) = control.can_skip_until {
            can.push(format!("delta updates until {until} s before the end"));
        }
        if let Some(back) = control.hold_back {
            can.push(format!("play {back} s behind"));
        }
        if let Some(back) = control.part_hold_back {
            can.push(format!("{back} s behind with parts"));
        }
        line(out, "server", can.join(", "));
    }
    for (name, value) in playlist.variables().iter() {
        line(out, "variable", format_args!("{} = {}", Visible(name), Visible(value)));
    }
}

pub(crate) const fn kind_name(kind: PlaylistType) -> &'static str {
    match kind {
        PlaylistType::Event => "EVENT",
        PlaylistType::Vod => "VOD",
    }
}

/// What one walk over all segments finds.
#[derive(Debug, Default)]
struct Tally {
    sequences: Option<(u64, u64)>,
    lengths: Option<(Ticks, Ticks)>,
    dates: Option<(hls_index::DateTime, hls_index::DateTime)>,
    /// `None` when that of some segment is not known.
    bytes: Option<u64>,
    discontinuities: u64,
    gaps: u64,
    encrypted: u64,
    /// Their names, in the order in which they come up.
    servers: Vec<String>,
}

impl Tally {
    fn of(media: &Media<'_>) -> Result<Self, Failure> {
        let mut tally = Self { bytes: Some(0).filter(|_| media.len() > 0), ..Self::default() };
        for row in media.rows(0..media.len()) {
            let row = row?;
            let (sequence, length) = (row.sequence.0, row.length());
            let (first, _) = tally.sequences.unwrap_or((sequence, sequence));
            tally.sequences = Some((first, sequence));
            let (shortest, longest) = tally.lengths.unwrap_or((length, length));
            tally.lengths = Some((shortest.min(length), longest.max(length)));
            if let Some(start) = row.date {
                let (first, last) = tally.dates.unwrap_or((start, start));
                tally.dates = Some((first.min(start), last.max(start + length)));
            }
            tally.bytes = tally.bytes.zip(row.bytes).and_then(|(sum, size)| sum.checked_add(size));
            tally.discontinuities += u64::from(row.is_discontinuity);
            tally.gaps += u64::from(row.is_gap);
            tally.encrypted += u64::from(!row.keys.is_empty());
            for place in row.servers {
                if !tally.servers.contains(&place.server) {
                    tally.servers.push(place.server);
                }
            }
        }
        Ok(tally)
    }
}

/// Where more segments than this are, only the first and the last ones are shown.
const SHOWN: u64 = 24;
const AT_EACH_END: u64 = 10;

fn segments(out: &mut String, media: &Media<'_>, all: bool) -> Result<(), Failure> {
    let count = media.len();
    if count == 0 {
        return Ok(());
    }
    let mut table = Table::new()
        .numbers("#")
        .numbers("start")
        .numbers("length")
        .numbers("bytes")
        .texts("")
        .texts("uri")
        .texts("title");
    if all || count <= SHOWN {
        rows(&mut table, media, 0..count)?;
    } else {
        rows(&mut table, media, 0..AT_EACH_END)?;
        let left_out = count - 2 * AT_EACH_END;
        table.note(format!("… {left_out} more; --all shows them"));
        rows(&mut table, media, count - AT_EACH_END..count)?;
    }
    out.push('\n');
    table.write(out);
    Ok(())
}

fn rows(
    table: &mut Table,
    media: &Media<'_>,
    numbers: std::ops::Range<u64>,
) -> Result<(), Failure> {
    for row in media.rows(numbers) {
        let row = row?;
        let title = row.segment.and_then(|segment| segment.title()).unwrap_or_default();
        table.row([
            row.index.to_string(),
            row.start.to_string(),
            row.length().to_string(),
            row.bytes.map(|bytes| bytes.to_string()).unwrap_or_default(),
            marks(&row),
            row.uri.clone(),
            title.to_owned(),
        ]);
    }
    Ok(())
}

/// What is unusual about a segment, in words.
fn marks(row: &Row<'_>) -> String {
    let mut marks: Vec<String> = Vec::new();
    if row.is_discontinuity {
        marks.push("discontinuity".to_owned());
    }
    if row.is_gap {
        marks.push("gap".to_owned());
    }
    if let Some(key) = row.keys.first() {
        marks.push(key.method.to_owned());
    }
    if let Some(segment) = row.segment.filter(|segment| segment.parts().len() > 0) {
        marks.push(format!("{} parts", segment.parts().len()));
    }
    marks.join(", ")
}

/// What comes after the last segment of a low-latency playlist.
fn live_edge(out: &mut String, playlist: &MediaPlaylist<'_>) {
    let mut table = Table::new().texts("soon").numbers("start").numbers("length").texts("uri");
    for part in playlist.trailing_parts() {
        let what = if part.is_independent { "part, independent" } else { "part" };
        let length = (part.end - part.start).to_string();
        table.row([what.to_owned(), part.start.to_string(), length, part.uri.to_owned()]);
    }
    for hint in playlist.preload_hints() {
        let what = format!("hint: {:?}", hint.hint_type).to_lowercase();
        table.row([what, String::new(), String::new(), hint.uri.to_owned()]);
    }
    for report in playlist.rendition_reports() {
        let last = report.last_sequence.map(|last| format!(" at {last}")).unwrap_or_default();
        table.row([
            format!("rendition{last}"),
            String::new(),
            String::new(),
            report.uri.to_owned(),
        ]);
    }
    if !table.is_empty() {
        out.push('\n');
        table.write(out);
    }
}

fn date_ranges(out: &mut String, playlist: &MediaPlaylist<'_>) {
    let mut table = Table::new().texts("date range").texts("class").texts("start").texts("end");
    for range in playlist.date_ranges() {
        let text = |date: Option<hls_index::DateTime>| {
            date.map(|date| date.to_string()).unwrap_or_default()
        };
        let end = playlist.date_range_end(&range);
        let class = range.class.unwrap_or_default().to_owned();
        table.row([range.id.to_owned(), class, text(range.start_date), text(end)]);
    }
    if !table.is_empty() {
        out.push('\n');
        table.write(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_times_are_told_by_the_clock_too() {
        for (seconds, expected) in [(59, ""), (61, " (1:01)"), (3_723, " (1:02:03)")] {
            assert_eq!(clock_words(Ticks::from_seconds(seconds)), expected);
        }
    }
}
