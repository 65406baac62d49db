//! `hls index`: from playlists to master records in a database.

use std::fmt::Write as _;

use command_line::{Failure, GOOD, Painted, Visible, note, print, print_json};
use hls_index::record::{Entry, Record, Recorder, RecorderError};
use hls_index::{MediaSequence, Placement, Segment, SegmentIndex, Ticks};
use serde::Serialize;

use crate::args::IndexArgs;
use crate::document::{Document, Parsed};
use crate::json::Seconds;
use crate::servers::{ServerArg, placement};
use crate::store::{Change, Store, Stored, Summary};
use crate::table::Table;

/// Does what the arguments say.
pub(crate) fn run(args: &IndexArgs) -> Result<(), Failure> {
    if args.list {
        return list(&Store::open(&args.db)?, args.json);
    }
    if let Some(name) = &args.remove {
        Store::open(&args.db)?.remove(name)?;
        return print(&format!("{}: removed\n", Visible(name)));
    }
    if args.name.is_some() && args.inputs.len() > 1 {
        return Err(Failure::cannot("--name is for one playlist; index one after the other"));
    }
    // What is wrong with the servers is not the fault of any one playlist.
    placement(&args.servers)?;
    let mut store = Store::create(&args.db)?;
    let mut failures = Vec::new();
    for input in &args.inputs {
        let recorded = Document::load(input, &args.loading)
            .and_then(|document| record(&mut store, args, &document));
        match recorded {
            Ok(outcome) => outcome.print(args.json)?,
            Err(failure) => failures.push(failure),
        }
    }
    // The last one is told by the caller.
    let Some(last) = failures.pop() else { return Ok(()) };
    for failure in failures {
        note(&format!("hls: {failure}"));
    }
    Err(Failure::cannot(last.to_string()))
}

/// What became of a stream, once that is safe.
#[derive(Debug, Serialize)]
struct Outcome {
    stream: String,
    action: Action,
    /// How many segments were added.
    added: u64,
    /// How many there are now.
    segments: u64,
    end: Seconds,
    ended: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Recorded,
    Appended,
    Replaced,
    Unchanged,
}

impl Outcome {
    /// The acknowledgement.
    fn print(&self, as_json: bool) -> Result<(), Failure> {
        if as_json {
            return print_json(self);
        }
        let Self { added, segments, end: Seconds(end), .. } = self;
        let what = match self.action {
            Action::Recorded => format!("recorded, {segments} segments, {end} s"),
            Action::Appended => format!("{added} segments added, {segments} now, {end} s"),
            Action::Replaced => format!("recorded anew, {segments} segments, {end} s"),
            Action::Unchanged => format!("unchanged, {segments} segments, {end} s"),
        };
        let (stream, style) = (Visible(&self.stream), GOOD);
        print(&format!("{}: {what}\n", Painted(style, stream)))
    }
}

/// Brings the record of one playlist up to date.
fn record(store: &mut Store, args: &IndexArgs, document: &Document) -> Result<Outcome, Failure> {
    let parsed = document.parse()?;
    let playlist = match &parsed {
        Parsed::Media(playlist) => playlist,
        Parsed::Record(_) => {
            return Err(document.refuse(&"it is a master record already; give the playlist"));
        }
        Parsed::Multivariant(playlist) => {
            let first = playlist.variants().next().map(|variant| variant.uri);
            let what = "a multivariant playlist; index the media playlists that it lists";
            let such = first.map(|uri| format!(", such as {uri}")).unwrap_or_default();
            return Err(document.refuse(&format_args!("{what}{such}")));
        }
    };
    if playlist.is_empty() {
        return Err(document.refuse(&"there are no segments to record yet"));
    }
    let index = playlist.index();
    let name = args.name.as_ref().unwrap_or(&document.name);
    store.change(name, |stored, random| {
        let fallback = || document.uri.as_deref().map(ServerArg::origin).into_iter().collect();
        let known = stored.as_ref().map(|stored| stored.servers.clone());
        let servers = match args.servers.as_slice() {
            [] => known.clone().unwrap_or_else(fallback),
            given => given.to_vec(),
        };
        let placement = placement(&servers)?;
        let old = stored.filter(|_| !args.replace);
        let refuse = |why: String| {
            document.refuse(&format_args!("{why}; nothing was changed; --replace records it anew"))
        };
        let (record, action) = match &old {
            None => {
                let action = if known.is_some() { Action::Replaced } else { Action::Recorded };
                (whole(&index, &placement, random).map_err(refuse)?, action)
            }
            Some(old) => {
                let moved = old.servers != servers;
                update(&old.record, moved, &index, &placement, random).map_err(refuse)?
            }
        };
        let opened = Record::open(&record).map_err(|error| refuse(error.to_string()))?;
        let (segments, end, is_ended) = (opened.len(), opened.end(), opened.is_ended());
        let before = old.as_ref().and_then(|old| Some(Record::open(&old.record).ok()?.len()));
        let outcome = Outcome {
            stream: name.clone(),
            action,
            added: match action {
                Action::Replaced => segments,
                _ => segments.saturating_sub(before.unwrap_or(0)),
            },
            segments,
            end: Seconds(end),
            ended: is_ended,
        };
        let stored = Stored { record, servers };
        let is_same = old.as_ref() == Some(&stored);
        let source = document.uri.as_ref().unwrap_or(&document.name).clone();
        let change = Change { stored, source, segments, end, is_ended };
        Ok(((!is_same).then_some(change), outcome))
    })
}

/// The record of all of a playlist.
fn whole(index: &SegmentIndex<'_>, placement: &Placement, random: u64) -> Result<Vec<u8>, String> {
    let mut error = String::new();
    // All texts of a segment must fit into a page: 4 KiB is best for most, long URIs take more.
    for page_bits in [12, 14, 16] {
        let mut recorder = Recorder::with_page_bits(random, page_bits);
        match recorder.append(index, placement) {
            Ok(_) => {
                let mut record = Vec::new();
                recorder.write_to(&mut record);
                return Ok(record);
            }
            Err(RecorderError::TooLong) => error = RecorderError::TooLong.to_string(),
            Err(other) => return Err(other.to_string()),
        }
    }
    Err(error)
}

/// The record with what is new in the playlist; when the servers of all segments have `moved` and all
/// are in the playlist, one that is made anew.
fn update(
    old: &[u8],
    moved: bool,
    index: &SegmentIndex<'_>,
    placement: &Placement,
    random: u64,
) -> Result<(Vec<u8>, Action), String> {
    let record = Record::open(old).map_err(|error| error.to_string())?;
    let first = record.entry(0).map_err(|error| error.to_string())?.sequence();
    compare(&record, first, index)?;
    if moved && index.playlist().first_sequence() == first && index.len() as u64 >= record.len() {
        return Ok((whole(index, placement, random)?, Action::Replaced));
    }
    let mut recorder = Recorder::resume(&record).map_err(|error| error.to_string())?;
    recorder.append(index, placement).map_err(|error| match error {
        RecorderError::NotTheNext { expected } => {
            let begins = index.playlist().first_sequence();
            format!("it begins with segment {begins}, and segment {expected} is the next to record")
        }
        other => other.to_string(),
    })?;
    let mut new = old.to_vec();
    recorder.write_to(&mut new);
    let action = if new == old { Action::Unchanged } else { Action::Appended };
    Ok((new, action))
}

/// Whether the segments that both the record and the playlist have are the same.
fn compare(
    record: &Record<'_>,
    first: MediaSequence,
    index: &SegmentIndex<'_>,
) -> Result<(), String> {
    let playlist_first = index.playlist().first_sequence();
    let (in_record, in_playlist) = if playlist_first >= first {
        (playlist_first.0 - first.0, 0)
    } else {
        (0, usize::try_from(first.0 - playlist_first.0).unwrap_or(usize::MAX))
    };
    let segments = index.playlist().segments_within(in_playlist..index.len());
    for (entry, segment) in record.entries(in_record..record.len()).zip(segments) {
        let entry = entry.map_err(|error| error.to_string())?;
        if let Some(what) = difference(&entry, &segment) {
            return Err(format!("{what} of segment {} has changed", segment.sequence()));
        }
    }
    Ok(())
}

fn difference(entry: &Entry<'_>, segment: &Segment<'_>) -> Option<&'static str> {
    // Times count from another segment in each playlist, so that each is rounded otherwise.
    let (recorded, now) = (entry.end() - entry.start(), segment.duration());
    let is_near = recorded.count().abs_diff(now.count()) <= Ticks::new(1).count();
    let map = |uri, byte_range| (uri, byte_range);
    let recorded_map = entry.map().map(|it| map(it.uri, it.byte_range));
    if entry.uri() != segment.uri() {
        Some("the URI")
    } else if entry.byte_range() != segment.byte_range() {
        Some("the byte range")
    } else if !is_near {
        Some("the duration")
    } else if recorded_map != segment.map().map(|it| map(it.uri, it.byte_range)) {
        Some("the initialization section")
    } else {
        None
    }
}

/// `--list`.
fn list(store: &Store, as_json: bool) -> Result<(), Failure> {
    let streams = store.streams()?;
    if as_json {
        return print_json(&streams.iter().map(SummaryFacts::from).collect::<Vec<_>>());
    }
    let mut table = Table::new()
        .texts("stream")
        .numbers("segments")
        .numbers("seconds")
        .texts("ended")
        .numbers("bytes")
        .texts("servers");
    for stream in &streams {
        let servers: Vec<&str> = stream.servers.iter().map(|server| server.name.as_str()).collect();
        table.row([
            stream.name.clone(),
            stream.segments.to_string(),
            stream.end.to_string(),
            if stream.is_ended { "yes" } else { "no" }.to_owned(),
            stream.bytes.to_string(),
            servers.join(", "),
        ]);
    }
    let mut out = String::new();
    if table.is_empty() {
        let _ = writeln!(out, "There are no streams in it.");
    } else {
        table.write(&mut out);
    }
    print(&out)
}

#[derive(Debug, Serialize)]
struct SummaryFacts<'s> {
    stream: &'s str,
    source: &'s str,
    segments: u64,
    end: Seconds,
    ended: bool,
    bytes: u64,
    servers: Vec<ServerFacts<'s>>,
}

#[derive(Debug, Serialize)]
struct ServerFacts<'s> {
    name: &'s str,
    uri: &'s str,
    first: u64,
    last: Option<u64>,
}

impl<'s> From<&'s Summary> for SummaryFacts<'s> {
    fn from(summary: &'s Summary) -> Self {
        let servers = summary.servers.iter().map(|server| ServerFacts {
            name: &server.name,
            uri: &server.uri,
            first: server.first,
            last: server.last,
        });
        Self {
            stream: &summary.name,
            source: &summary.source,
            segments: summary.segments,
            end: Seconds(summary.end),
            ended: summary.is_ended,
            bytes: summary.bytes,
            servers: servers.collect(),
        }
    }
}
