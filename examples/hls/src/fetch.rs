//! `hls fetch`: the media around a moment, from the servers that have it, into files.

mod download;
mod joined;
mod output;
mod partial;
mod piece;
mod version;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use command_line::{
    BAD, CAUTION, FAINT, Failure, GOOD, Painted, STRONG, Visible, print, print_json,
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde::Serialize;

use self::download::{Downloader, Outcome, Tried};
use self::output::Output;
use self::piece::{Kind, Piece};
use crate::args::FetchArgs;
use crate::document::Document;
use crate::json::{Range, Seconds};
use crate::media::{Media, Plan};
use crate::seek::about;
use crate::servers::placement_or_origin;

/// Pieces that are fetched at a time.
const AT_A_TIME: usize = 3;

/// Does what the arguments say.
pub(crate) fn run(args: &FetchArgs) -> Result<(), Failure> {
    let document = Document::of_stream(&args.stream)?;
    let parsed = document.parse()?;
    let placement = placement_or_origin(&args.servers, document.uri.as_deref())?;
    let media = Media::new(&document, &parsed, placement.clone())?;
    let Some(plan) = media.plan(&args.window)? else {
        return Err(Failure::cannot("neither --at nor --date; see `hls fetch --help`"));
    };
    let pieces = piece::pieces(&media, &plan, &placement, &args.window)?;
    let output = Output::open(&args.out, &pieces, &plan)?;
    Document::spare(&args.stream, &output.result())?;
    let downloader = Downloader::new(args, &document, &pieces);
    let fetched = fetch_all(&downloader, &pieces, &output, args.again)?;
    let is_whole = fetched.iter().all(|(_, outcome)| outcome.is_there());
    let result = match is_whole {
        true => Some(output.complete(&media, &plan, &pieces)?),
        false => None,
    };
    let report = Report::new(&plan, &fetched, result);
    if args.json { print_json(&report) } else { print(&report.words()) }?;
    if is_whole {
        return Ok(());
    }
    let missing = fetched.iter().filter(|(_, outcome)| !outcome.is_there()).count();
    let line = format!("{missing} of {} pieces could not be fetched", pieces.len());
    Err(Failure::cannot(format!("{line}; run it again to fetch those only")))
}

/// Fetches all pieces, a few at a time, in order.
fn fetch_all<'p>(
    downloader: &Downloader,
    pieces: &'p [Piece],
    output: &Output,
    again: bool,
) -> Result<Vec<(&'p Piece, Outcome)>, Failure> {
    let bars = MultiProgress::new();
    let style = |template| {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    };
    let all = bars.add(ProgressBar::new(pieces.len() as u64));
    all.set_style(style("{bar:30} {pos} of {len}  {elapsed}"));
    // A playlist may list the same media twice: they are fetched once.
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, piece) in pieces.iter().enumerate() {
        first.entry(&piece.file).or_insert(number);
    }
    let (next, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let outcomes: Mutex<BTreeMap<usize, Result<Outcome, Failure>>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(pieces.len()) {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(piece) = pieces.get(number) else { return };
                    let bar = bars.add(ProgressBar::no_length());
                    bar.set_style(style("  {msg}  {bytes}  {bytes_per_sec}"));
                    bar.set_message(Visible(&piece.file).to_string());
                    let kept = match first.get(piece.file.as_str()) {
                        Some(&first) if first < number => Some(0),
                        _ => output.kept(piece).filter(|_| !again),
                    };
                    let outcome = match kept {
                        Some(bytes) => Ok(Outcome::Kept { bytes }),
                        None => downloader.fetch(piece, &output.path(piece), &bar),
                    };
                    bar.finish_and_clear();
                    all.inc(1);
                    // A full disk does not get emptier.
                    is_over.fetch_or(outcome.is_err(), Ordering::Relaxed);
                    if let Ok(mut outcomes) = outcomes.lock() {
                        outcomes.insert(number, outcome);
                    }
                }
            });
        }
    });
    all.finish_and_clear();
    let outcomes = outcomes.into_inner().unwrap_or_default();
    let outcomes: Result<Vec<Outcome>, Failure> = outcomes.into_values().collect();
    Ok(pieces.iter().zip(outcomes?).collect())
}

/// What is printed with `--json`, in this order.
#[derive(Debug, Serialize)]
struct Report<'r> {
    at: Seconds,
    /// The one file with all of it, or the playlist that plays the files; `null` when something is
    /// missing.
    result: Option<String>,
    bytes: u64,
    pieces: Vec<PieceFacts<'r>>,
}

#[derive(Debug, Serialize)]
struct PieceFacts<'r> {
    kind: Kind,
    uri: &'r str,
    byte_range: Option<Range>,
    start: Option<Seconds>,
    end: Option<Seconds>,
    file: &'r str,
    /// `fetched`, `kept` (it was there) or `failed`.
    state: &'static str,
    bytes: u64,
    server: Option<&'r str>,
    /// How often it broke off, and the rest was asked for.
    resumed: u32,
    /// Servers that were asked in vain, and why.
    failed: &'r [Tried],
}

impl<'r> Report<'r> {
    fn new(plan: &Plan<'_>, fetched: &'r [(&Piece, Outcome)], result: Option<String>) -> Self {
        let facts = |(piece, outcome): &'r (&Piece, Outcome)| PieceFacts {
            kind: piece.kind,
            uri: &piece.uri,
            byte_range: piece.byte_range.map(Range),
            start: piece.time.as_ref().map(|time| Seconds(time.start)),
            end: piece.time.as_ref().map(|time| Seconds(time.end)),
            file: &piece.file,
            state: outcome.state(),
            bytes: outcome.bytes(),
            server: outcome.server(),
            resumed: outcome.resumed(),
            failed: outcome.failed(),
        };
        let bytes = fetched.iter().map(|(_, outcome)| outcome.bytes()).sum();
        Self { at: Seconds(plan.at), result, bytes, pieces: fetched.iter().map(facts).collect() }
    }

    /// The same for people.
    fn words(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            let state = match piece.state {
                "fetched" => Painted(GOOD, piece.state),
                "kept" => Painted(FAINT, piece.state),
                _ => Painted(BAD, piece.state),
            };
            let size = about(piece.bytes);
            let _ = write!(out, "{state:<8} {}  {size}", Visible(piece.file));
            if let Some(server) = piece.server {
                let _ = write!(out, "  {FAINT}from {}{FAINT:#}", Visible(server));
            }
            if piece.resumed > 0 {
                let _ = write!(out, "  {FAINT}resumed {} times{FAINT:#}", piece.resumed);
            }
            out.push('\n');
            for Tried { server, why, .. } in piece.failed {
                let (server, why) = (Visible(server), Visible(why));
                let _ = writeln!(out, "         {CAUTION}{server}{CAUTION:#}: {why}");
            }
        }
        if let Some(result) = &self.result {
            let size = about(self.bytes);
            let _ = writeln!(out, "{}  {size}", Painted(STRONG, Visible(result)));
        }
        out
    }
}
